//! Operations worked off a piece at a time, so that memory does not grow with their number.
//!
//! Until its piece comes an operation of the log is passed over, as if it were not there yet.

use std::collections::BTreeMap;

use treecrdt::{Key, VersionVector};

use super::accounted;
use super::batch::{Batch, Batches};
use super::lock::{self, Locked};
use super::sorted::Sorted;
use super::work::{AtWork, Doc, Work, work_in};
use crate::datum::{KeyDatums, Varlena};
use crate::doc::{DocDatum, DocName};
use crate::error::Error;
use crate::forest::Open;
use crate::forest::shape::{Ops, Waiting, waiting};
use crate::settings::{CATCH_UP, CatchUp};
use crate::storage::reader::Reader;

/// The dots of operations that are in the log and not materialized, document by document.
pub type Pending = BTreeMap<DocName<'static>, VersionVector>;

/// Where operations come from that are to be materialized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The statement that ends: they are to be counted, and may be left to wait.
    Statement,
    /// Among those that wait.
    Waiting,
    /// A log that is replayed over rows which were emptied.
    Replay,
}

/// Materializes sorted operations of documents that are locked, and [at work](AtWork) as long as it takes:
/// who would write them in between, a trigger for instance, knows nothing of what is yet to come.
/// `pending` has the dots of all of them, and of what else is to be passed over.
///
/// # Errors
/// [`Error::Corrupted`] where the tables contradict each other.
pub fn in_pieces(
    forest: &Open,
    mut rows: Sorted<'_>,
    mut pending: Pending,
    origin: Origin,
) -> Result<(), Error> {
    loop {
        let batches = rows.next()?;
        if batches.is_empty() {
            return Ok(());
        }
        // The lock is held; what the row holds by now is what the piece before has left.
        let locked = batches.iter().map(|(doc, _)| lock::take(forest, doc));
        let locked = locked.collect::<Result<_, _>>()?;
        piece(forest, None, batches, locked, origin, &mut pending)?;
    }
}

/// Materializes operations of documents that are locked, and [at work](AtWork), by `at_work` or
/// beyond, or notes that they wait. `pending` loses their dots.
///
/// # Errors
/// As for [`in_pieces`].
pub fn piece(
    forest: &Open,
    at_work: Option<AtWork>,
    batches: Batches,
    locked: Vec<Locked>,
    origin: Origin,
    pending: &mut Pending,
) -> Result<(), Error> {
    work_in(forest, at_work, |work| {
        for ((doc, batch), locked) in batches.into_iter().zip(locked) {
            let dots = batch.dots();
            let rest = pending.remove(&doc).map(|all| all.difference(&dots));
            let mut doc = work.doc(doc, locked)?;
            doc.pending = rest.filter(|rest| !rest.is_empty());
            if origin == Origin::Statement {
                accounted::take(forest, &doc.name, &dots, batch.entries.len());
                doc.row.op_count = doc.row.op_count.saturating_add(batch.entries.len() as u64);
            }
            // That nothing is materialized would say that there are no rows.
            if origin == Origin::Replay && doc.row.head.is_none() {
                doc.row.head = Some(Key::MIN);
            }
            if origin == Origin::Statement && CATCH_UP.get() == CatchUp::Deferred {
                work.defer(&mut doc, &batch, &dots)?;
            } else {
                work.catch_up(&mut doc, batch)?;
            }
            let name = doc.name.clone();
            if let Some(rest) = work.write_doc(doc)? {
                pending.insert(name, rest);
            }
        }
        Ok(())
    })
}

/// Catches up what waits of a document that is locked, if it is more than so much: a small rest is
/// taken along by the catch-up to come. `not_yet` gives the dots of operations that are in the log
/// and to be passed over. Gives the document as it is then.
///
/// # Errors
/// As for [`in_pieces`].
pub fn catch_up_waiting(
    forest: &Open,
    doc: &DocName<'static>,
    locked: Locked,
    most: usize,
    not_yet: impl FnOnce() -> VersionVector,
) -> Result<Locked, Error> {
    if locked.row.frontier.is_none() {
        return Ok(locked);
    }
    let datum = DocDatum::new(doc);
    let mut reader = Reader::open(forest)?;
    let dots = reader.waiting_dots(&datum)?;
    let count: u128 = dots.ranges().map(|it| u128::from(it.last - it.first) + 1).sum();
    if count <= most as u128 {
        return Ok(locked);
    }
    // SAFETY: the table stays open.
    let mut rows = unsafe { Sorted::new(forest, (*forest.relation::<Ops>()).rd_att) };
    reader.each_op_of(&datum, &dots, |row| rows.push(&row))?;
    drop(reader);
    let _at_work = AtWork::begin(forest, [doc])?;
    work_in(forest, None, |work| {
        let mut doc = work.doc(doc.clone(), locked)?;
        work.take_waiting(&doc)?;
        doc.row.frontier = None;
        work.write_doc(doc)
    })?;
    let mut pending = rows.sort();
    pending.entry(doc.clone()).or_default().union(&not_yet());
    in_pieces(forest, rows, pending, Origin::Waiting)?;
    lock::take(forest, doc)
}

impl Work<'_> {
    /// Notes that operations wait.
    fn defer(&mut self, doc: &mut Doc, batch: &Batch, dots: &VersionVector) -> Result<(), Error> {
        let Some(least) = batch.entries.keys().min() else { return Ok(()) };
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
