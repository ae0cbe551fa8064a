//! Documents with operations that wait.

use super::batch::Batch;
use super::lock;
use super::work::work;
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Open;
use crate::forest::owner::acting_as;
use crate::storage::reader::Reader;

/// Catches up the documents that wait, or the one that is named if it does. Gives how many did.
///
/// # Errors
/// As for [`append`].
pub fn ensure(forest: &Open, doc: Option<&DocName<'_>>) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        let docs = Reader::open(forest)?.waiting_docs(doc)?;
        let (mut there, mut rows) = (Vec::new(), Vec::new());
        for doc in docs {
            if let Some(locked) = lock::take_existing(forest, &doc)? {
                there.push(doc);
                rows.push(locked);
            }
        }
        work(forest, &there, |work| {
            let mut count = 0;
            for (doc, locked) in there.iter().zip(rows) {
                let mut doc = work.doc(doc.clone(), locked)?;
                if doc.row.frontier.is_some() {
                    work.catch_up(&mut doc, Batch::default())?;
                    work.write_doc(doc)?;
                    count += 1;
                }
            }
            Ok(count)
        })
    })
}
