//! The core's questions, answered from the tables of a forest: a reader bound to one document.

use treecrdt::{Entry, Key, NodeId, Row, Store, Track, VersionVector};

use crate::codec::{self, KeyDatums, Varlena, uuid_datum};
use crate::error::Error;
use crate::reader::{Question, Reader, RowOf};
use crate::rows::{read_entry, read_key, read_node};

/// The reader, bound to one document.
pub struct DocStore<'r, 'f> {
    reader: &'r mut Reader<'f>,
    doc: &'r str,
    doc_datum: &'r Varlena,
    head: Option<Key>,
}

impl<'r, 'f> DocStore<'r, 'f> {
    /// The document that is at this head.
    pub fn new(
        reader: &'r mut Reader<'f>,
        doc: &'r str,
        doc_datum: &'r Varlena,
        head: Option<Key>,
    ) -> Self {
        Self { reader, doc, doc_datum, head }
    }

    /// Whether nothing is materialized yet, so that there is nothing to look up.
    fn is_new(&self) -> bool {
        self.head.is_none()
    }

    fn on_timeline(
        &mut self,
        question: Question,
        node: NodeId,
        key: Key,
    ) -> Result<Option<Entry>, Error> {
        let key = KeyDatums::new(&key);
        let (doc, forest) = (self.doc_datum.datum(), self.reader.forest);
        let probe = self.reader.probe(question);
        if !probe.find(&[doc, uuid_datum(&node)], &key.datums()) {
            return Ok(None);
        }
        // SAFETY: the probe stands on a row of `ops`.
        Ok(Some(unsafe { read_entry(probe, forest) }?))
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
        if self.is_new() {
            return Ok(None);
        }
        let columns = self.reader.forest.nodes.columns;
        let row = RowOf::Node(self.doc_datum, &node);
        let Some(probe) = self.reader.row_of(row) else { return Ok(None) };
        let parent = read_node(probe, columns[2]);
        let placed = read_key(probe, [columns[6], columns[7], columns[8]]);
        if parent.is_some() != placed.is_some() {
            return Err(self.corrupted(format!("node {node} has a parent and no placed_*")));
        }
        Ok(Some(Row {
            placed: placed.zip(parent),
            payload: read_key(probe, [columns[9], columns[10], columns[11]]),
            deleted: probe.column(columns[12]).is_some(),
            tombstone: probe.column(columns[4]).is_some_and(|flag| flag.value() != 0),
        }))
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
        Ok(!self.is_new() && self.reader.probe(Question::Deleted).find(&[doc], &[]))
    }

    fn children(&mut self, node: NodeId) -> Result<Vec<NodeId>, Error> {
        if self.is_new() {
            return Ok(Vec::new());
        }
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
        let question = match track {
            Track::Structure => Question::NextStep,
            Track::Payload => Question::NextPayload,
            Track::Deletion => Question::NextDeletion,
        };
        self.on_timeline(question, node, key)
    }

    fn prev(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Error> {
        let question = match track {
            Track::Structure => Question::PrevStep,
            Track::Payload => Question::PrevPayload,
            Track::Deletion => Question::PrevDeletion,
        };
        self.on_timeline(question, node, key)
    }

    fn entry(&mut self, key: Key) -> Result<(NodeId, Entry), Error> {
        let columns = KeyDatums::new(&key);
        let [_, replica, counter] = columns.datums();
        let (doc, forest) = (self.doc_datum.datum(), self.reader.forest);
        let probe = self.reader.probe(Question::Op);
        if !probe.find(&[doc, replica, counter], &[]) {
            return Err(self.corrupted(format!("operation {key} is not in ops")));
        }
        // SAFETY: the probe stands on a row of `ops`.
        let entry = unsafe { read_entry(probe, forest) }?;
        match read_node(probe, forest.ops.columns[5]) {
            Some(node) => Ok((node, entry)),
            None => Err(self.corrupted(format!("operation {key} has no node"))),
        }
    }

    fn is_ignored(&mut self, node: NodeId, key: Key) -> Result<bool, Error> {
        let row = RowOf::Ignored(self.doc_datum, &node, &KeyDatums::new(&key));
        Ok(!self.is_new() && self.reader.row_of(row).is_some())
    }

    fn has_ref(&mut self, parent: NodeId, key: Key) -> Result<bool, Error> {
        let row = RowOf::Ref(self.doc_datum, &parent, &KeyDatums::new(&key));
        Ok(!self.is_new() && self.reader.row_of(row).is_some())
    }

    fn has_refs(&mut self, parent: NodeId) -> Result<bool, Error> {
        let at = [self.doc_datum.datum(), uuid_datum(&parent)];
        Ok(!self.is_new() && self.reader.probe(Question::Refs).find(&at, &[]))
    }

    fn check(&mut self) -> Result<(), Error> {
        pgrx::check_for_interrupts!();
        Ok(())
    }

    fn refs(&mut self, parent: NodeId) -> Result<Vec<Key>, Error> {
        if self.is_new() {
            return Ok(Vec::new());
        }
        let columns = self.reader.forest.oprefs.columns;
        let doc = self.doc_datum.datum();
        let probe = self.reader.probe(Question::Refs);
        probe.aim(&[doc, uuid_datum(&parent)], &[]);
        let mut refs = Vec::new();
        while probe.next() {
            pgrx::check_for_interrupts!();
            refs.extend(read_key(probe, [columns[2], columns[3], columns[4]]));
        }
        Ok(refs)
    }
}
