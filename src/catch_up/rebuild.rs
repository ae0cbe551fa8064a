//! The tables of a document made anew from its log.

use std::collections::HashSet;

use treecrdt::{Key, NodeId};

use super::batch::Batch;
use super::work::{Doc, Work, work};
use super::{accounted, lock};
use crate::error::Error;
use crate::forest::Open;
use crate::forest::owner::acting_as;
use crate::forest::shape::{PairTable, nodes};
use crate::storage::reader::{Reader, each_pair, each_row};
use crate::storage::scan::Probe;

/// Makes the rows of all documents, or of the one that is named, anew from the log alone, and writes
/// those that differ. Gives how many documents that were.
///
/// # Errors
/// [`Error::Malformed`] for an operation that slipped past the checks.
pub fn rebuild(forest: &Open, doc: Option<&str>) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        let docs = Reader::open(forest)?.docs(doc)?;
        for doc in &docs {
            lock::take(forest, doc)?;
        }
        work(forest, docs.iter().map(String::as_str), |work| {
            for doc in &docs {
                let mut doc = work.doc(doc.clone())?;
                work.rebuild(&mut doc)?;
                if doc.row.op_count > 0 {
                    work.write_doc(&doc)?;
                } else if let Some(row) = work.reader.doc.find(&[doc.datum.text()], &[])? {
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
        self.reader.each_op(&doc.datum, |row| batch.push(&row))?;
        let dots = batch.entries.iter().map(|op| op.key.dot).collect();
        accounted::add(self.reader.forest, &doc.name, &dots);
        let mut patch = self.replay(doc, None, &batch)?;
        doc.row.head = patch.head;
        doc.row.op_count = batch.entries.len() as u64;
        doc.row.frontier = None;

        let right: HashSet<NodeId> = patch.nodes.iter().map(|node| node.node).collect();
        let mut there = HashSet::new();
        let writer = &mut self.writer;
        each_row(&mut self.reader.nodes, &[doc.datum.text()], &[], |row| {
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
        self.apply(doc, &batch, &patch)
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
