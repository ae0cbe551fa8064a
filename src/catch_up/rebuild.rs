//! The tables of a document made anew from its log.

use std::collections::HashSet;

use treecrdt::{Key, NodeId, Patch};

use super::batch::Batch;
use super::work::{Doc, Work, work};
use super::{accounted, lock};
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Open;
use crate::forest::owner::acting_as;
use crate::forest::shape::{PairTable, nodes};
use crate::storage::reader::{Reader, each_pair, each_row, reinsert};
use crate::storage::scan::Probe;

/// Makes the rows of all documents, or of the one that is named, anew from the log alone, and writes
/// those that differ. Gives how many documents that were.
///
/// # Errors
/// [`Error::Malformed`] for an operation that slipped past the checks, [`Error::InUse`] in the midst of a
/// statement that appends to a document.
pub fn rebuild(forest: &Open, doc: Option<&DocName<'_>>) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        let docs = Reader::open(forest)?.docs(doc)?;
        for doc in &docs {
            lock::take(forest, doc)?;
        }
        work(forest, &docs, |work| {
            for doc in &docs {
                let mut doc = work.doc(doc.clone())?;
                work.rebuild(&mut doc)?;
                if doc.row.op_count > 0 {
                    work.write_doc(&doc)?;
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
            if row.is_of_this_transaction() && !accounted::has(forest, name, dot) {
                return Err(Error::InUse { forest: forest.name.clone(), doc: name.short() });
            }
            Ok(())
        })?;
        let dots = batch.entries.iter().map(|op| op.key.dot).collect();
        accounted::add(self.reader.forest, &doc.name, &dots);
        let mut patch = self.replay(doc, None, &batch)?;
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
        for node in std::mem::take(&mut patch.nodes) {
            if there.contains(&node.node) {
                self.replace_node(doc, &batch, &node)?;
            } else {
                self.change_node(doc, &batch, &node)?;
            }
        }
        let (refs, ignored) = (&mut self.reader.doc_refs, &mut self.reader.doc_ignored);
        leave_what_is_there(refs, doc, &mut patch.refs_added, &mut patch.refs_removed)?;
        leave_what_is_there(ignored, doc, &mut patch.ignored_added, &mut patch.ignored_removed)?;
        self.leave_reinserts(doc, &mut patch)?;
        self.apply(doc, &batch, &patch)
    }

    /// Deletes the rows of `reinserts` that a patch which writes all of them has not, and leaves in
    /// the patch those that are not there.
    fn leave_reinserts(&mut self, doc: &Doc, patch: &mut Patch) -> Result<(), Error> {
        let right: HashSet<_> = patch.again.iter().copied().collect();
        let mut there = HashSet::new();
        let writer = &mut self.writer;
        each_row(&mut self.reader.doc_reinserts, &[doc.datum.arg()], &[], |row| {
            match reinsert(&row) {
                Some(it) if right.contains(&it) => {
                    there.insert(it);
                    Ok(())
                }
                _ => writer.delete(row),
            }
        })?;
        patch.again.retain(|it| !there.contains(it));
        Ok(())
    }
}

/// Makes of a patch that writes all pairs one that writes those that are not there, and removes
/// those that should not be.
fn leave_what_is_there<T: PairTable>(
    probe: &mut Probe<'_, T>,
    doc: &Doc,
    added: &mut Vec<(NodeId, Key)>,
    removed: &mut Vec<(NodeId, Key)>,
) -> Result<(), Error> {
    let mut there = HashSet::new();
    each_pair(probe, &doc.datum, |pair| {
        there.insert(pair);
    })?;
    if !there.is_empty() {
        added.retain(|row| !there.remove(row));
        removed.extend(there);
    }
    Ok(())
}
