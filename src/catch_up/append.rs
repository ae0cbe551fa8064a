//! Operations that have just entered the log.

use treecrdt::VersionVector;

use super::batch::Batches;
use super::lock::{self, Locked};
use super::pieces::{Origin, Pending, catch_up_waiting, in_pieces, piece};
use super::sorted::Sorted;
use super::work::AtWork;
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Open;
use crate::forest::owner::acting_as;
use crate::settings::{BATCH_SIZE, CATCH_UP, CatchUp};

/// Materializes operations that have just entered the log, or notes that they wait: a batch a
/// document, in the order of documents.
///
/// # Errors
/// [`Error::Corrupted`] where the tables contradict each other. The statement must end then.
pub fn append(forest: &Open, batches: Batches) -> Result<(), Error> {
    acting_as(forest.owner, || {
        let mut locked = Vec::with_capacity(batches.len());
        for (doc, batch) in &batches {
            locked.push(take(forest, doc, BATCH_SIZE.get() as usize, || batch.dots())?);
        }
        let at_work = AtWork::begin(forest, batches.iter().map(|(doc, _)| doc))?;
        piece(forest, Some(at_work), batches, locked, Origin::Statement, &mut Pending::new())
    })
}

/// Does the same with the operations of a large statement, a piece at a time.
///
/// # Errors
/// As for [`append`].
pub fn append_sorted(forest: &Open, mut rows: Sorted<'_>) -> Result<(), Error> {
    acting_as(forest.owner, || {
        let docs = rows.sort();
        for (doc, dots) in &docs {
            take(forest, doc, 0, || dots.clone())?;
        }
        let _at_work = AtWork::begin(forest, docs.keys())?;
        in_pieces(forest, rows, docs, Origin::Statement)
    })
}

/// Locks a document that operations have come of, `new`, and sees to it that no more than so many of
/// it wait.
fn take(
    forest: &Open,
    doc: &DocName<'static>,
    most: usize,
    new: impl FnOnce() -> VersionVector,
) -> Result<Locked, Error> {
    let locked = lock::take(forest, doc)?;
    match CATCH_UP.get() {
        CatchUp::Immediate => catch_up_waiting(forest, doc, locked, most, new),
        CatchUp::Deferred => Ok(locked),
    }
}
