//! The core's questions, answered from the tables of a forest: a reader bound to one document.

use treecrdt::{Above, Entry, Key, NodeId, Range, Row, Source, Store, Track, VersionVector};

use super::accounted;
use crate::catch_up::batch::{Batch, Bytes};
use crate::datum::{self, Arg, KeyDatums, Type, Varlena, uuid};
use crate::error::{Error, short};
use crate::forest::shape::{Nodes, Oprefs, nodes, oprefs};
use crate::memory;
use crate::storage::parents::Parents;
use crate::storage::reader::{Reader, find_pair};
use crate::storage::rows::{NodeKeys, OpRow, read_vector, vector_of};
use crate::storage::scan;

/// How many op refs are read at a time.
const REFS: usize = 256;

/// The reader, bound to one document.
pub struct DocStore<'r, 'f> {
    reader: &'r mut Reader<'f>,
    doc: &'r str,
    doc_datum: &'r Varlena,
    head: Option<Key>,
    batch: &'r Batch,
    /// The operations that wait, for who only reads.
    waiting: Option<&'r VersionVector>,
    /// Whether the document has ignored operations, once that was asked.
    any_ignored: Option<bool>,
    /// The nodes that have op refs, for who asks many.
    parents: Option<Parents>,
}

impl<'r, 'f> DocStore<'r, 'f> {
    /// The document that is at this head, for a catch-up with this batch.
    pub fn new(
        reader: &'r mut Reader<'f>,
        doc: &'r str,
        doc_datum: &'r Varlena,
        head: Option<Key>,
        batch: &'r Batch,
    ) -> Self {
        let (waiting, any_ignored, parents) = (None, None, None);
        Self { reader, doc, doc_datum, head, batch, waiting, any_ignored, parents }
    }

    /// It, for who only reads, while these operations wait, and asks most nodes of a subtree.
    pub fn for_reading(self, waiting: &'r VersionVector) -> Self {
        Self { waiting: Some(waiting), parents: Some(Parents::default()), ..self }
    }

    fn node<'s>(&'s mut self, node: &'s NodeId) -> Result<Option<scan::Row<'s, Nodes>>, Error> {
        self.reader.node.find(&[self.doc_datum.text(), uuid(node)], &[])
    }

    /// Reads an operation of the log.
    fn on_op<T>(
        &mut self,
        key: Key,
        read: impl FnOnce(&OpRow<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let columns = KeyDatums::new(&key);
        let [_, replica, counter] = columns.args();
        match self.reader.op.find(&[self.doc_datum.text(), replica, counter], &[])? {
            Some(row) => read(&OpRow::of_log(row)?),
            None => Err(self.corrupted(format!("operation {key} is not in ops"))),
        }
    }

    /// The nearest operation of a track from `key` on, out of the parts of the timeline that make up
    /// the track.
    fn nearest(
        &mut self,
        node: NodeId,
        track: Track,
        key: Key,
        which: Which,
    ) -> Result<Option<Entry>, Error> {
        // Whether the operations of a part have a parent, and write the payload.
        let parts: &[(bool, bool)] = match track {
            Track::Structure => &[(true, true), (true, false)],
            Track::Payload => &[(true, true), (false, true)],
            Track::Deletion => &[(false, false)],
        };
        let probe = match which {
            Which::Next => &mut self.reader.next,
            Which::Prev => &mut self.reader.prev,
        };
        let key = KeyDatums::new(&key);
        let doc = self.doc_datum.text();
        let mut nearest: Option<(Entry, bool)> = None;
        for &(has_parent, writes_payload) in parts {
            let equals = [doc, uuid(&node), Arg::bool(has_parent), Arg::bool(writes_payload)];
            let Some(row) = probe.find(&equals, &key.args())? else { continue };
            let entry = OpRow::of_log(row)?.entry()?;
            let is_nearer = nearest.is_none_or(|(nearest, _)| match which {
                Which::Next => entry.key < nearest.key,
                Which::Prev => nearest.key < entry.key,
            });
            if is_nearer {
                nearest = Some((entry, row.is_of_this_transaction()));
            }
        }
        let Some((entry, is_ours)) = nearest else { return Ok(None) };
        let forest = self.reader.forest;
        if is_ours && self.waiting.is_none() && !accounted::has(forest, self.doc, entry.key.dot) {
            let (forest, doc) = (forest.name.clone(), short(self.doc));
            return Err(Error::InUse { forest, doc });
        }
        Ok(Some(entry))
    }

    fn corrupted(&self, problem: String) -> Error {
        Error::corrupted(&self.reader.forest.name, self.doc, problem)
    }
}

/// Which of a track's operations is meant.
#[derive(Debug, Clone, Copy)]
enum Which {
    /// The first after a key.
    Next,
    /// The last before it.
    Prev,
}

impl Store for DocStore<'_, '_> {
    type Error = Error;

    fn contradiction(&self, problem: String) -> Error {
        self.corrupted(problem)
    }

    fn head(&self) -> Option<Key> {
        self.head
    }

    fn row(&mut self, node: NodeId) -> Result<Option<Row>, Error> {
        let Some(row) = self.node(&node)? else { return Ok(None) };
        let parent = row.get(nodes::PARENT);
        let keys = NodeKeys::read(&row);
        let (deleted, tombstone) =
            (row.has(nodes::DELETED_AT), row.get(nodes::TOMBSTONE) == Some(true));
        if parent.is_some() != keys.placed.is_some() {
            return Err(self.corrupted(format!("node {node} has a parent and no placed_*")));
        }
        let placed = keys.placed.zip(parent);
        Ok(Some(Row { placed, payload: keys.payload, deleted, tombstone }))
    }

    fn above(&mut self, node: NodeId) -> Result<Above, Error> {
        let Some(row) = self.node(&node)? else { return Ok(Above::default()) };
        Ok(Above { parent: row.get(nodes::PARENT), deleted: row.has(nodes::DELETED_AT) })
    }

    fn deleted_at(&mut self, node: NodeId) -> Result<VersionVector, Error> {
        let Some(row) = self.node(&node)? else { return Ok(VersionVector::default()) };
        Ok(vector_of(&row, nodes::DELETED_AT)?.unwrap_or_default())
    }

    fn any_deleted(&mut self) -> Result<bool, Error> {
        Ok(self.reader.deleted.find(&[self.doc_datum.text()], &[])?.is_some())
    }

    fn children(&mut self, node: NodeId) -> Result<Vec<NodeId>, Error> {
        let mut children = Vec::new();
        let at = [self.doc_datum.text(), uuid(&node)];
        let mut rows = self.reader.children.rows(&at, &[])?;
        while let Some(row) = rows.next() {
            memory::check();
            children.extend(row.get(nodes::NODE));
        }
        Ok(children)
    }

    fn timeline(&mut self, node: NodeId) -> Result<Vec<Entry>, Error> {
        let at = [self.doc_datum.text(), uuid(&node)];
        let mut rows = self.reader.timeline.rows(&at, &[])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next() {
            memory::check();
            let entry = OpRow::of_log(row)?.entry()?;
            if !self.waiting.is_some_and(|waiting| waiting.contains(entry.key.dot)) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    fn next(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Error> {
        self.nearest(node, track, key, Which::Next)
    }

    fn prev(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Error> {
        self.nearest(node, track, key, Which::Prev)
    }

    fn entry(&mut self, key: Key) -> Result<Entry, Error> {
        self.on_op(key, |row| row.entry())
    }

    fn known_state(&mut self, delete: Source) -> Result<VersionVector, Error> {
        if let Bytes::Kept(kept) = self.batch.contents(&delete) {
            let Some(kept) = kept else { return Ok(VersionVector::default()) };
            // SAFETY: a `version_vector`, kept by the batch.
            if let Ok(known) = read_vector(unsafe { datum::bytes(kept.datum(Type::Vector)) }) {
                return Ok(known);
            }
        }
        // Whoever reads it from the log can say what is wrong with it.
        self.on_op(delete.key, |row| row.known_state())
    }

    fn deletions_in(&mut self, range: Range, most: usize) -> Result<Option<usize>, Error> {
        let replica = Varlena::new(range.replica.as_bytes());
        let equals = [self.doc_datum.text(), replica.bytea()];
        let bound = [Arg::int8(range.first), Arg::int8(range.last)];
        let mut rows = self.reader.op_range.rows(&equals, &bound)?;
        let mut count = 0;
        while let Some(row) = rows.next() {
            count += 1;
            if count > most || !OpRow::of_log(row)?.entry()?.is_deletion() {
                return Ok(None);
            }
        }
        Ok(Some(count))
    }

    fn is_ignored(&mut self, node: NodeId, key: Key) -> Result<bool, Error> {
        let any = match self.any_ignored {
            Some(any) => any,
            None => self.reader.doc_ignored.find(&[self.doc_datum.text()], &[])?.is_some(),
        };
        self.any_ignored = Some(any);
        if !any {
            return Ok(false);
        }
        let key = KeyDatums::new(&key);
        Ok(find_pair(&mut self.reader.ignored, self.doc_datum, &node, &key)?.is_some())
    }

    fn has_ref(&mut self, parent: NodeId, key: Key) -> Result<bool, Error> {
        let key = KeyDatums::new(&key);
        Ok(find_pair(&mut self.reader.reference, self.doc_datum, &parent, &key)?.is_some())
    }

    fn has_refs(&mut self, parent: NodeId) -> Result<bool, Error> {
        let at = [self.doc_datum.text(), uuid(&parent)];
        Ok(self.reader.refs.find(&at, &[])?.is_some())
    }

    fn check(&mut self) -> Result<(), Error> {
        memory::check();
        Ok(())
    }

    fn refs(&mut self, parent: NodeId, after: Key) -> Result<Vec<Key>, Error> {
        if self.parents.as_ref().is_some_and(|parents| parents.surely_not(parent)) {
            return Ok(Vec::new());
        }
        let is_first = after == Key::MIN;
        let after = KeyDatums::new(&after);
        let at = [self.doc_datum.text(), uuid(&parent)];
        let mut rows = self.reader.refs_after.rows(&at, &after.args())?;
        let mut refs = Vec::new();
        while refs.len() < REFS
            && let Some(row) = rows.next()
        {
            refs.extend(row.key(Oprefs::KEY));
        }
        if let Some(parents) = self.parents.as_mut().filter(|_| is_first && refs.is_empty()) {
            let probe = &mut self.reader.later_referrer;
            parents.go_on(probe, oprefs::PARENT, self.doc_datum)?;
        }
        Ok(refs)
    }
}
