//! Operations that have just entered the log.

use std::collections::BTreeMap;

use treecrdt::VersionVector;

use super::accounted;
use super::batch::Batch;
use super::lock::{self, Locked};
use super::work::{Doc, Work, work};
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
        piece(forest, batches, locked, &mut BTreeMap::new())
    })
}

/// Does the same with the operations of a large statement, which `next` gives piece by piece, those of
/// a document one after the other in canonical order. `docs` has the dots of all of them.
///
/// # Errors
/// As for [`append`], and those of `next`.
pub fn append_in_pieces(
    forest: &Open,
    mut docs: BTreeMap<DocName<'static>, VersionVector>,
    mut next: impl FnMut() -> Result<Vec<(DocName<'static>, Batch)>, Error>,
) -> Result<(), Error> {
    acting_as(forest.owner, || {
        for doc in docs.keys() {
            lock::take(forest, doc)?;
        }
        loop {
            let batches = next()?;
            if batches.is_empty() {
                return Ok(());
            }
            // The lock is held; what the row holds by now is what the piece before has left.
            let locked = batches.iter().map(|(doc, _)| lock::take(forest, doc));
            let locked = locked.collect::<Result<_, _>>()?;
            piece(forest, batches, locked, &mut docs)?;
        }
    })
}

/// Materializes operations of documents that are locked. `pending` has the dots of their operations
/// that are in the log and not materialized, those of the batches included.
fn piece(
    forest: &Open,
    batches: Vec<(DocName<'static>, Batch)>,
    locked: Vec<Locked>,
    pending: &mut BTreeMap<DocName<'static>, VersionVector>,
) -> Result<(), Error> {
    let docs: Vec<DocName<'_>> = batches.iter().map(|(doc, _)| doc.clone()).collect();
    work(forest, &docs, |work| {
        for ((doc, batch), locked) in batches.into_iter().zip(locked) {
            let dots: VersionVector = batch.entries.iter().map(|op| op.key.dot).collect();
            accounted::take(forest, &doc, &dots, batch.entries.len());
            let rest = pending.remove(&doc).map(|all| all.difference(&dots));
            let mut doc = work.doc(doc, locked)?;
            doc.row.op_count = doc.row.op_count.saturating_add(batch.entries.len() as u64);
            doc.pending = rest.filter(|rest| !rest.is_empty());
            if CATCH_UP.get() == CatchUp::Deferred {
                work.defer(&mut doc, &batch, &dots)?;
            } else {
                work.catch_up(&mut doc, batch)?;
            }
            if let Some(rest) = doc.pending.take() {
                pending.insert(doc.name.clone(), rest);
            }
            work.write_doc(doc)?;
        }
        Ok(())
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
