//! Operations that have just entered the log.

use treecrdt::VersionVector;

use super::batch::Batch;
use super::work::{Doc, Work, work};
use super::{accounted, lock};
use crate::datum::{KeyDatums, Varlena};
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Open;
use crate::forest::owner::acting_as;
use crate::forest::shape::{Waiting, waiting};
use crate::settings::{CATCH_UP, CatchUp};

/// Materializes operations that have just entered the log, or notes that they wait: a batch a
/// document, in the order of documents.
///
/// # Errors
/// [`Error::Corrupted`] where the tables contradict each other. The statement must end then.
pub fn append(forest: &Open, batches: Vec<(DocName<'static>, Batch)>) -> Result<(), Error> {
    acting_as(forest.owner, || {
        let mut locked = Vec::with_capacity(batches.len());
        for (doc, _) in &batches {
            locked.push(lock::take(forest, doc)?);
        }
        let docs: Vec<DocName<'_>> = batches.iter().map(|(doc, _)| doc.clone()).collect();
        work(forest, &docs, |work| {
            for ((doc, batch), locked) in batches.into_iter().zip(locked) {
                let dots: VersionVector = batch.entries.iter().map(|op| op.key.dot).collect();
                accounted::take(forest, &doc, &dots, batch.entries.len());
                let mut doc = work.doc(doc, locked)?;
                doc.row.op_count = doc.row.op_count.saturating_add(batch.entries.len() as u64);
                if CATCH_UP.get() == CatchUp::Deferred {
                    work.defer(&mut doc, &batch, &dots)?;
                } else {
                    work.catch_up(&mut doc, batch)?;
                }
                work.write_doc(doc)?;
            }
            Ok(())
        })
    })
}

impl Work<'_> {
    /// Notes that operations wait.
    fn defer(&mut self, doc: &mut Doc, batch: &Batch, dots: &VersionVector) -> Result<(), Error> {
        let Some(least) = batch.entries.iter().map(|op| op.key).min() else { return Ok(()) };
        let dots = Varlena::new(&dots.to_cbor());
        let key = KeyDatums::new(&least);
        let [lamport, replica, counter] = Waiting::KEY.set(Some(&key));
        let (of, dots) = (waiting::DOC.set_doc(&doc.datum), Some(dots.vector()));
        let row = [of, lamport, replica, counter, waiting::DOTS.set(dots)];
        self.writer.insert(&row)?;
        doc.row.frontier = Some(doc.row.frontier.map_or(least, |frontier| frontier.min(least)));
        Ok(())
    }
}
