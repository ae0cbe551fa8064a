//! The tables of a document made anew from its log.

use std::collections::HashSet;
use std::hash::Hash;

use treecrdt::{Key, NodeId, OpRef, Patch};

use super::batch::Batch;
use super::store::Learned;
use super::work::{Doc, Work, work};
use super::{accounted, lock};
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Open;
use crate::forest::owner::acting_as;
use crate::forest::shape::{Table, nodes};
use crate::storage::reader::{Reader, each_row, pair, reinsert};
use crate::storage::row::Row;
use crate::storage::scan::Probe;
use crate::storage::writer::Writer;

/// Makes the rows of all documents, or of the one that is named, anew from the log alone, and writes
/// those that differ. Gives how many documents that were.
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
        work(forest, &docs, |work| {
            for (doc, locked) in docs.iter().zip(locked) {
                let mut doc = work.doc(doc.clone(), locked)?;
                work.rebuild(&mut doc)?;
                if doc.row.op_count > 0 {
                    work.write_doc(doc)?;
                } else if let Some(row) = work.reader.doc.find(&[doc.datum.arg()], &[])? {
                    work.writer.delete(row)?;
                }
            }
            Ok(docs.len() as u64)
        })
    })
}

impl Work<'_> {
    /// Replays the whole log from nothing, and writes what differs from the rows that are there.
    fn rebuild(&mut self, doc: &mut Doc) -> Result<(), Error> {
        self.take_waiting(doc)?;
        let mut batch = Batch::default();
        let (forest, name) = (self.reader.forest, &doc.name);
        self.reader.each_op(&doc.datum, |row| {
            batch.push(&row)?;
            let dot = batch.entries[batch.entries.len() - 1].key.dot;
            // The statement that brings it would materialize it once more.
            if row.is_of_this_transaction() {
                accounted::must_have(forest, name, dot)
            } else {
                Ok(())
            }
        })?;
        let dots = batch.entries.iter().map(|op| op.key.dot).collect();
        accounted::add(self.reader.forest, &doc.name, dots);
        let (mut patch, Learned { places, .. }) = self.replay(doc, None, &batch)?;
        doc.row.head = patch.head;
        doc.row.op_count = batch.entries.len() as u64;
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
