//! The tables of a document made anew from its log.

use std::collections::HashSet;
use std::hash::Hash;

use treecrdt::{Key, NodeId, OpKind, OpRef, Patch};

use super::ancestry::Ways;
use super::batch::Batch;
use super::pieces::{Origin, in_pieces};
use super::sorted::Sorted;
use super::store::Learned;
use super::work::{AtWork, Doc, Work, delete_all, work, work_in};
use super::{accounted, lock};
use crate::datum::{Arg, uuid};
use crate::doc::{DocDatum, DocName};
use crate::error::Error;
use crate::forest::Open;
use crate::forest::owner::acting_as;
use crate::forest::shape::{Ops, Table, nodes};
use crate::memory;
use crate::settings::BATCH_SIZE;
use crate::storage::reader::{DocRow, Reader, each_row, pair, reinsert};
use crate::storage::row::Row;
use crate::storage::rows::OpRow;
use crate::storage::scan::Probe;
use crate::storage::writer::Writer;

/// Makes the rows of all documents, or of the one that is named, anew from the log alone, and writes
/// those that differ; or, of a document with very many operations, all. Gives how many documents that
/// were.
///
/// # Errors
/// [`Error::Malformed`] for an operation that slipped past the checks, [`Error::InUse`] in the midst of a
/// statement that appends to a document.
pub fn rebuild(forest: &Open, doc: Option<&DocName<'_>>) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        let docs = Reader::open(forest)?.docs(doc)?;
        let mut locked = Vec::with_capacity(docs.len());
        for doc in &docs {
            locked.push(lock::take(forest, doc)?);
        }
        let mut large = Vec::new();
        work(forest, &docs, |work| {
            for (name, locked) in docs.iter().zip(locked) {
                let mut doc = work.doc(name.clone(), locked)?;
                let Some(batch) = work.read_few(&doc)? else {
                    large.push(name);
                    continue;
                };
                work.rebuild(&mut doc, batch)?;
                if doc.row.op_count > 0 {
                    work.write_doc(doc)?;
                } else if let Some(row) = work.reader.doc.find(&[doc.datum.arg()], &[])? {
                    work.writer.delete(row)?;
                }
            }
            Ok(())
        })?;
        for doc in large {
            rebuild_large(forest, doc)?;
        }
        Ok(docs.len() as u64)
    })
}

/// A log of so many batches is replayed at once: then only what is wrong is written.
const BATCHES_AT_ONCE: usize = 8;

/// Replays a log that is too much to be held, a piece at a time. Nobody writes the document meanwhile.
fn rebuild_large(forest: &Open, doc: &DocName<'static>) -> Result<(), Error> {
    let locked = lock::take(forest, doc)?;
    // SAFETY: the table stays open.
    let mut rows = unsafe { Sorted::new(forest, (*forest.relation::<Ops>()).rd_att) };
    Reader::open(forest)?.each_op(&DocDatum::new(doc), |row| {
        must_be_accounted(forest, doc, &row)?;
        rows.push(&row)
    })?;
    let pending = rows.sort();
    for dots in pending.values() {
        accounted::add(forest, doc, dots.clone());
    }
    let _at_work = AtWork::begin(forest, [doc])?;
    work_in(forest, None, |work| {
        let mut doc = work.doc(doc.clone(), locked)?;
        work.empty(&mut doc, rows.len())?;
        work.write_doc(doc)
    })?;
    in_pieces(forest, rows, pending, Origin::Replay)?;
    work_in(forest, None, |work| work.delete_empty(doc))
}

/// The statement that brings an operation would materialize it once more.
fn must_be_accounted(forest: &Open, doc: &DocName<'_>, row: &OpRow<'_>) -> Result<(), Error> {
    if !row.is_of_this_transaction() {
        return Ok(());
    }
    accounted::must_have(forest, doc, row.entry()?.key.dot)
}

impl Work<'_> {
    /// Reads the log, and accounts for all of it; `None` if it is too much to be held.
    fn read_few(&mut self, doc: &Doc) -> Result<Option<Batch>, Error> {
        let (forest, most) = (self.reader.forest, BATCHES_AT_ONCE * BATCH_SIZE.get() as usize);
        let mut batch = Batch::default();
        let mut rows = self.reader.ops.rows(&[doc.datum.arg()], &[])?;
        while let Some(row) = rows.next() {
            memory::check();
            if batch.entries.len() == most {
                return Ok(None);
            }
            let row = OpRow::of_log(row)?;
            must_be_accounted(forest, &doc.name, &row)?;
            batch.push(&row)?;
        }
        accounted::add(forest, &doc.name, batch.dots());
        Ok(Some(batch))
    }

    /// Takes away all that follows from the log, to be replayed in pieces. Rows of `nodes` stay, empty:
    /// what users keep in them, or have refer to them, is not lost.
    fn empty(&mut self, doc: &mut Doc, op_count: u64) -> Result<(), Error> {
        self.take_waiting(doc)?;
        let Self { reader, writer, .. } = self;
        let empty = [
            nodes::PARENT.set(None),
            nodes::ORDER_KEY.set(None),
            nodes::PAYLOAD.set(None),
            nodes::KEYS.set(None),
            nodes::DELETED_AT.set(None),
            nodes::TOMBSTONE.set(Some(Arg::bool(false))),
        ];
        each_row(&mut reader.nodes, &[doc.datum.arg()], &[], |row| {
            writer.update(row, &empty).map(drop)
        })?;
        delete_all(&mut reader.doc_refs, writer, &doc.datum)?;
        delete_all(&mut reader.doc_ignored, writer, &doc.datum)?;
        delete_all(&mut reader.doc_reinserts, writer, &doc.datum)?;
        doc.row = DocRow { head: None, frontier: None, op_count, ..doc.row };
        // What was remembered is of the rows as they were.
        doc.ways = Ways::default();
        Ok(())
    }

    /// Deletes the rows of `nodes` that are still empty, since no operation is about them: not even a
    /// move that was ignored.
    fn delete_empty(&mut self, doc: &DocName<'_>) -> Result<(), Error> {
        let Self { reader: Reader { forest, nodes, of_kind, .. }, writer, .. } = self;
        let (doc, label) = (DocDatum::new(doc), forest.label(OpKind::Move));
        each_row(nodes, &[doc.arg()], &[], |row| {
            let is_empty = !row.has(nodes::KEYS) && !row.has(nodes::DELETED_AT);
            let Some(node) = row.get(nodes::NODE).filter(|_| is_empty) else { return Ok(()) };
            let moved = of_kind.find(&[doc.arg(), uuid(&node), Arg::kind(label)], &[])?;
            if moved.is_some() && !node.is_reserved() { Ok(()) } else { writer.delete(row) }
        })
    }

    /// Replays the whole log from nothing, and writes what differs from the rows that are there.
    fn rebuild(&mut self, doc: &mut Doc, mut batch: Batch) -> Result<(), Error> {
        self.take_waiting(doc)?;
        doc.row.op_count = batch.entries.len() as u64;
        let (mut patch, Learned { places, .. }) = self.replay(doc, None, &mut batch)?;
        doc.row.head = patch.head;
        doc.row.frontier = None;

        let right: HashSet<NodeId> = patch.nodes.iter().map(|node| node.node).collect();
        let mut there = HashSet::new();
        let writer = &mut self.writer;
        each_row(&mut self.reader.nodes, &[doc.datum.arg()], &[], |row| {
            match row.get(nodes::NODE) {
                Some(id) if right.contains(&id) => {
                    there.insert(id);
                    Ok(())
                }
                _ => writer.delete(row),
            }
        })?;
        let nodes = std::mem::take(&mut patch.nodes);
        for node in &nodes {
            if there.contains(&node.node) {
                self.replace_node(doc, &batch, &patch, node)?;
            } else {
                self.change_node(doc, &batch, &patch, node, None)?;
            }
        }
        // Of the other tables a row is there or not: what is, is taken out of the patch.
        let Self { reader, writer, .. } = self;
        let right: HashSet<_> = pairs(&patch, &patch.refs_added).collect();
        let there = leave(&mut reader.doc_refs, writer, doc, &right, pair)?;
        patch.refs_added = without(&patch, &patch.refs_added, &there);
        let right: HashSet<_> = pairs(&patch, &patch.ignored_added).collect();
        let there = leave(&mut reader.doc_ignored, writer, doc, &right, pair)?;
        patch.ignored_added = without(&patch, &patch.ignored_added, &there);
        let named = |&(node, op, with_payload): &_| (node, patch.key(op), with_payload);
        let right: HashSet<_> = patch.again.iter().map(named).collect();
        let there = leave(&mut reader.doc_reinserts, writer, doc, &right, reinsert)?;
        let again = patch.again.iter().filter(|&it| !there.contains(&named(it)));
        patch.again = again.copied().collect();
        self.apply(doc, &batch, &patch, &places)
    }
}

/// Pairs of a node and an operation, by keys.
fn pairs<'p>(
    patch: &'p Patch,
    pairs: &'p [(NodeId, OpRef)],
) -> impl Iterator<Item = (NodeId, Key)> + use<'p> {
    pairs.iter().map(|&(node, op)| (node, patch.key(op)))
}

/// Those pairs that are not there.
fn without(
    patch: &Patch,
    pairs: &[(NodeId, OpRef)],
    there: &HashSet<(NodeId, Key)>,
) -> Vec<(NodeId, OpRef)> {
    pairs.iter().filter(|&&(node, op)| !there.contains(&(node, patch.key(op)))).copied().collect()
}

/// Deletes the rows of a document that are not right, and tells which are there of those that are.
fn leave<T: Table, I: Eq + Hash + Copy>(
    probe: &mut Probe<'_, T>,
    writer: &mut Writer<'_>,
    doc: &Doc,
    right: &HashSet<I>,
    read: impl Fn(&Row<'_, T>) -> Option<I>,
) -> Result<HashSet<I>, Error> {
    let mut there = HashSet::new();
    each_row(probe, &[doc.datum.arg()], &[], |row| match read(&row) {
        Some(it) if right.contains(&it) => {
            there.insert(it);
            Ok(())
        }
        _ => writer.delete(row),
    })?;
    Ok(there)
}
