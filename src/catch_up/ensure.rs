//! Documents with operations that wait.

use treecrdt::VersionVector;

use super::batch::Batch;
use super::lock;
use super::pieces::catch_up_waiting;
use super::work::work;
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Open;
use crate::forest::owner::acting_as;
use crate::settings::BATCH_SIZE;
use crate::storage::reader::Reader;

/// Catches up the documents that wait, or the one that is named if it does. Gives how many did.
///
/// # Errors
/// As for [`append`].
pub fn ensure(forest: &Open, doc: Option<&DocName<'_>>) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        let docs = Reader::open(forest)?.waiting_docs(doc)?;
        let most = BATCH_SIZE.get() as usize;
        let (mut there, mut rows, mut count) = (Vec::new(), Vec::new(), 0);
        for doc in docs {
            let Some(locked) = lock::take_existing(forest, &doc)? else { continue };
            if locked.row.frontier.is_some() {
                count += 1;
                rows.push(catch_up_waiting(forest, &doc, locked, most, VersionVector::default)?);
                there.push(doc);
            }
        }
        work(forest, &there, |work| {
            for (doc, locked) in there.iter().zip(rows) {
                let mut doc = work.doc(doc.clone(), locked)?;
                if doc.row.frontier.is_some() {
                    work.catch_up(&mut doc, Batch::default())?;
                    work.write_doc(doc)?;
                }
            }
            Ok(count)
        })
    })
}
