//! The core's questions, answered from the tables of a forest: a reader bound to one document.

use pgrx::pg_sys::Datum;
use treecrdt::{Above, Entry, Key, NodeId, Row, Source, Store, Track, VersionVector};

use crate::batch::{Batch, Bytes};
use crate::codec::{self, KeyDatums, Varlena, uuid_datum};
use crate::error::Error;
use crate::reader::{Question, Reader, RowOf};
use crate::rows::{NodeKeys, OpRow, read_key, read_node};

/// How many op refs are read at a time.
const REFS: usize = 256;

/// The reader, bound to one document.
pub struct DocStore<'r, 'f> {
    reader: &'r mut Reader<'f>,
    doc: &'r str,
    doc_datum: &'r Varlena,
    head: Option<Key>,
    batch: &'r Batch,
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
        Self { reader, doc, doc_datum, head, batch }
    }

    /// The nearest operation of a track after or before `key`, out of the parts of the timeline
    /// that make up the track.
    fn nearest(
        &mut self,
        question: Question,
        node: NodeId,
        track: Track,
        key: Key,
    ) -> Result<Option<Entry>, Error> {
        // Whether the operations of a part have a parent, and write the payload.
        let parts: &[(bool, bool)] = match track {
            Track::Structure => &[(true, true), (true, false)],
            Track::Payload => &[(true, true), (false, true)],
            Track::Deletion => &[(false, false)],
        };
        let key = KeyDatums::new(&key);
        let (doc, forest) = (self.doc_datum.datum(), self.reader.forest);
        let probe = self.reader.probe(question);
        let mut nearest: Option<Entry> = None;
        for &(has_parent, writes_payload) in parts {
            let equals =
                [doc, uuid_datum(&node), Datum::from(has_parent), Datum::from(writes_payload)];
            if !probe.find(&equals, &key.datums()) {
                continue;
            }
            // SAFETY: the probe stands on a row of `ops`.
            let entry = unsafe { OpRow::read(probe.slot(), forest) }?.entry()?;
            let nearer = |nearest: &Entry| match question {
                Question::Prev => nearest.key < entry.key,
                _ => entry.key < nearest.key,
            };
            if nearest.as_ref().is_none_or(nearer) {
                nearest = Some(entry);
            }
        }
        Ok(nearest)
    }

    /// Reads an operation of the log.
    fn on_op<T>(
        &mut self,
        key: Key,
        read: impl FnOnce(&OpRow<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let forest = self.reader.forest;
        match self.reader.op(self.doc_datum, &key) {
            // SAFETY: the probe stands on a row of `ops`.
            Some(probe) => read(&unsafe { OpRow::read(probe.slot(), forest) }?),
            None => Err(self.corrupted(format!("operation {key} is not in ops"))),
        }
    }

    fn corrupted(&self, problem: String) -> Error {
        Error::Corrupted { forest: self.reader.forest.name.clone(), doc: self.doc.into(), problem }
    }
}

impl Store for DocStore<'_, '_> {
    type Error = Error;

    fn head(&self) -> Option<Key> {
        self.head
    }

    fn row(&mut self, node: NodeId) -> Result<Option<Row>, Error> {
        let columns = self.reader.forest.nodes.columns;
        let row = RowOf::Node(self.doc_datum, &node);
        let Some(probe) = self.reader.row_of(row) else { return Ok(None) };
        let parent = read_node(probe, columns[2]);
        let keys = NodeKeys::read(probe, &columns);
        if parent.is_some() != keys.placed.is_some() {
            return Err(self.corrupted(format!("node {node} has a parent and no placed_*")));
        }
        Ok(Some(Row {
            placed: keys.placed.zip(parent),
            payload: keys.payload,
            deleted: probe.column(columns[12]).is_some(),
            tombstone: probe.column(columns[4]).is_some_and(|flag| flag.value() != 0),
        }))
    }

    fn above(&mut self, node: NodeId) -> Result<Above, Error> {
        let columns = self.reader.forest.nodes.columns;
        let row = RowOf::Node(self.doc_datum, &node);
        let Some(probe) = self.reader.row_of(row) else { return Ok(Above::default()) };
        Ok(Above {
            parent: read_node(probe, columns[2]),
            deleted: probe.column(columns[12]).is_some(),
        })
    }

    fn deleted_at(&mut self, node: NodeId) -> Result<VersionVector, Error> {
        let column = self.reader.forest.nodes.columns[12];
        let row = RowOf::Node(self.doc_datum, &node);
        match self.reader.row_of(row).and_then(|probe| probe.column(column)) {
            // SAFETY: a column of type version_vector.
            Some(datum) => Ok(VersionVector::from_cbor(unsafe { codec::bytes(datum) })?),
            None => Ok(VersionVector::default()),
        }
    }

    fn any_deleted(&mut self) -> Result<bool, Error> {
        let doc = self.doc_datum.datum();
        Ok(self.reader.probe(Question::Deleted).find(&[doc], &[]))
    }

    fn children(&mut self, node: NodeId) -> Result<Vec<NodeId>, Error> {
        let column = self.reader.forest.nodes.columns[1];
        let doc = self.doc_datum.datum();
        let probe = self.reader.probe(Question::Children);
        probe.aim(&[doc, uuid_datum(&node)], &[]);
        let mut children = Vec::new();
        while probe.next() {
            pgrx::check_for_interrupts!();
            children.extend(read_node(probe, column));
        }
        Ok(children)
    }

    fn next(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Error> {
        self.nearest(Question::Next, node, track, key)
    }

    fn prev(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Error> {
        self.nearest(Question::Prev, node, track, key)
    }

    fn entry(&mut self, key: Key) -> Result<Entry, Error> {
        self.on_op(key, |row| row.entry())
    }

    fn known_state(&mut self, delete: Source) -> Result<VersionVector, Error> {
        match self.batch.contents(&delete) {
            Bytes::Kept(None) => Ok(VersionVector::default()),
            Bytes::Kept(Some(datum)) => {
                // SAFETY: a `version_vector`, kept by the batch.
                Ok(VersionVector::from_cbor(unsafe { codec::bytes(datum) })?)
            }
            Bytes::InTheLog => self.on_op(delete.key, |row| row.known_state()),
        }
    }

    fn is_ignored(&mut self, node: NodeId, key: Key) -> Result<bool, Error> {
        let row = RowOf::Ignored(self.doc_datum, &node, &KeyDatums::new(&key));
        Ok(self.reader.row_of(row).is_some())
    }

    fn has_ref(&mut self, parent: NodeId, key: Key) -> Result<bool, Error> {
        let row = RowOf::Ref(self.doc_datum, &parent, &KeyDatums::new(&key));
        Ok(self.reader.row_of(row).is_some())
    }

    fn has_refs(&mut self, parent: NodeId) -> Result<bool, Error> {
        let at = [self.doc_datum.datum(), uuid_datum(&parent)];
        Ok(self.reader.probe(Question::Refs).find(&at, &[]))
    }

    fn check(&mut self) -> Result<(), Error> {
        pgrx::check_for_interrupts!();
        Ok(())
    }

    fn refs(&mut self, parent: NodeId, after: Key) -> Result<Vec<Key>, Error> {
        let columns = self.reader.forest.oprefs.columns;
        let doc = self.doc_datum.datum();
        let after = KeyDatums::new(&after);
        let probe = self.reader.probe(Question::RefsAfter);
        probe.aim(&[doc, uuid_datum(&parent)], &after.datums());
        let mut refs = Vec::new();
        while refs.len() < REFS && probe.next() {
            refs.extend(read_key(probe, [columns[2], columns[3], columns[4]]));
        }
        Ok(refs)
    }
}
