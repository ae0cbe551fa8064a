//! The core's questions, answered from the tables of a forest.
//!
//! A [`Reader`] keeps one open [`Probe`] per kind of question for as long as a statement works;
//! a [`DocStore`] is the reader bound to one document.

use pgrx::pg_sys::{self, Datum, Oid};
use treecrdt::{
    Dot, Entry, Key, NodeId, Op, OpKind, OpParts, ReplicaId, Row, Step, Store, Track, VersionVector,
};

use crate::codec::{self, KeyDatums, Varlena, int8_datum, uuid_datum};
use crate::error::Error;
use crate::forest::Forest;
use crate::scan::{Aim, Column, Probe, slot_column};

/// The kinds of question, each with a probe of its own.
#[derive(Debug, Clone, Copy)]
enum Question {
    Doc,
    Node,
    Nodes,
    Children,
    Deleted,
    NextStep,
    NextPayload,
    NextDeletion,
    PrevStep,
    PrevPayload,
    PrevDeletion,
    Op,
    OpRange,
    Ops,
    Ref,
    Refs,
    DocRefs,
    Ignored,
    DocIgnored,
    Waiting,
}

const QUESTIONS: usize = Question::Waiting as usize + 1;

/// Reads one forest under one snapshot.
pub struct Reader<'f> {
    /// The forest.
    pub forest: &'f Forest,
    snapshot: pg_sys::Snapshot,
    probes: [Option<Probe>; QUESTIONS],
}

impl<'f> Reader<'f> {
    /// A reader that sees all that this transaction may see by now, its own writes included.
    pub fn open(forest: &'f Forest) -> Self {
        // SAFETY: makes earlier writes of this statement visible, then takes the transaction's
        // snapshot: a new one at READ COMMITTED, the first one otherwise.
        let snapshot = unsafe {
            pg_sys::CommandCounterIncrement();
            let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetTransactionSnapshot());
            pg_sys::PushActiveSnapshot(snapshot);
            snapshot
        };
        Self { forest, snapshot, probes: [const { None }; QUESTIONS] }
    }

    /// Closes what is open.
    pub fn close(self) {
        self.probes.into_iter().flatten().for_each(Probe::close);
        // SAFETY: the snapshot was pushed and registered by `open`.
        unsafe {
            pg_sys::PopActiveSnapshot();
            pg_sys::UnregisterSnapshot(self.snapshot);
        }
    }

    fn probe(&mut self, question: Question) -> &mut Probe {
        use Column::{Bytea, Int8, Text, Uuid};
        let (forest, snapshot) = (self.forest, self.snapshot);
        self.probes[question as usize].get_or_insert_with(|| {
            let i = &forest.indexes;
            let (heap, index, equals, aim): (Oid, Oid, &[Column], Aim) = match question {
                Question::Doc => (forest.docs.oid, i.docs_pkey, &[Text], Aim::All),
                Question::Node => (forest.nodes.oid, i.nodes_pkey, &[Text, Uuid], Aim::All),
                Question::Nodes => (forest.nodes.oid, i.nodes_pkey, &[Text], Aim::All),
                Question::Children => (forest.nodes.oid, i.nodes_children, &[Text, Uuid], Aim::All),
                Question::Deleted => (forest.nodes.oid, i.nodes_deleted, &[Text], Aim::All),
                Question::NextStep => (forest.ops.oid, i.ops_structure, &[Text, Uuid], Aim::After),
                Question::NextPayload => (forest.ops.oid, i.ops_payload, &[Text, Uuid], Aim::After),
                Question::NextDeletion => {
                    (forest.ops.oid, i.ops_deletion, &[Text, Uuid], Aim::After)
                }
                Question::PrevStep => (forest.ops.oid, i.ops_structure, &[Text, Uuid], Aim::Before),
                Question::PrevPayload => {
                    (forest.ops.oid, i.ops_payload, &[Text, Uuid], Aim::Before)
                }
                Question::PrevDeletion => {
                    (forest.ops.oid, i.ops_deletion, &[Text, Uuid], Aim::Before)
                }
                Question::Op => (forest.ops.oid, i.ops_pkey, &[Text, Bytea, Int8], Aim::All),
                Question::OpRange => (forest.ops.oid, i.ops_pkey, &[Text, Bytea], Aim::Between),
                Question::Ops => (forest.ops.oid, i.ops_pkey, &[Text], Aim::All),
                Question::Ref => {
                    (forest.oprefs.oid, i.oprefs_pkey, &[Text, Uuid, Int8, Bytea, Int8], Aim::All)
                }
                Question::Refs => (forest.oprefs.oid, i.oprefs_pkey, &[Text, Uuid], Aim::All),
                Question::DocRefs => (forest.oprefs.oid, i.oprefs_pkey, &[Text], Aim::All),
                Question::Ignored => {
                    (forest.ignored.oid, i.ignored_pkey, &[Text, Uuid, Int8, Bytea, Int8], Aim::All)
                }
                Question::DocIgnored => (forest.ignored.oid, i.ignored_pkey, &[Text], Aim::All),
                Question::Waiting => (forest.waiting.oid, i.waiting_doc, &[Text], Aim::All),
            };
            // SAFETY: the indexes are those of sql/forest.sql, with these leading columns; the
            // snapshot is registered until `close`.
            unsafe { Probe::open(heap, index, equals, aim, snapshot) }
        })
    }

    /// The row of a document in `docs`.
    pub fn doc(&mut self, doc: &Varlena) -> Option<DocRow> {
        let columns = self.forest.docs.columns;
        let probe = self.probe(Question::Doc);
        probe.find(&[doc.datum()], &[]).then(|| DocRow {
            head: read_key(probe, [columns[1], columns[2], columns[3]]),
            op_count: read_u64(probe, columns[4]),
            frontier: read_key(probe, [columns[5], columns[6], columns[7]]),
            late_count: read_u64(probe, columns[8]),
            reevaluated_count: read_u64(probe, columns[9]),
        })
    }

    /// Finds the row that a patch is about, to be written over.
    pub fn row_of(&mut self, row: RowOf<'_>) -> Option<&Probe> {
        let probe = match row {
            RowOf::Doc(doc) => {
                let probe = self.probe(Question::Doc);
                probe.find(&[doc.datum()], &[]).then_some(probe)
            }
            RowOf::Node(doc, node) => {
                let probe = self.probe(Question::Node);
                probe.find(&[doc.datum(), uuid_datum(node)], &[]).then_some(probe)
            }
            RowOf::Ref(doc, node, key) => {
                let [lamport, replica, counter] = key.datums();
                let probe = self.probe(Question::Ref);
                let at = [doc.datum(), uuid_datum(node), lamport, replica, counter];
                probe.find(&at, &[]).then_some(probe)
            }
            RowOf::Ignored(doc, node, key) => {
                let [lamport, replica, counter] = key.datums();
                let probe = self.probe(Question::Ignored);
                let at = [doc.datum(), uuid_datum(node), lamport, replica, counter];
                probe.find(&at, &[]).then_some(probe)
            }
        };
        probe.map(|probe| &*probe)
    }

    /// Visits every row of a document in one of the derived tables.
    pub fn each_row(&mut self, doc: &Varlena, table: Derived, mut visit: impl FnMut(&Probe)) {
        let probe = self.probe(match table {
            Derived::Nodes => Question::Nodes,
            Derived::Oprefs => Question::DocRefs,
            Derived::Ignored => Question::DocIgnored,
            Derived::Waiting => Question::Waiting,
        });
        probe.aim(&[doc.datum()], &[]);
        while probe.next() {
            pgrx::check_for_interrupts!();
            visit(probe);
        }
    }

    /// All operations of a document.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a row that slipped past the checks.
    pub fn ops(&mut self, doc: &Varlena) -> Result<Vec<Op>, Error> {
        let forest = self.forest;
        let probe = self.probe(Question::Ops);
        probe.aim(&[doc.datum()], &[]);
        let mut ops = Vec::new();
        while probe.next() {
            pgrx::check_for_interrupts!();
            // SAFETY: the probe stands on a row of `ops`.
            ops.push(unsafe { read_op(probe.slot(), forest) }?.1);
        }
        Ok(ops)
    }

    /// The operations of a document that have these dots.
    ///
    /// # Errors
    /// As for [`Reader::ops`].
    pub fn ops_of(&mut self, doc: &Varlena, dots: &VersionVector) -> Result<Vec<Op>, Error> {
        let forest = self.forest;
        let probe = self.probe(Question::OpRange);
        let mut ops = Vec::new();
        for (replica, ranges) in dots.ranges() {
            let replica = Varlena::new(replica.as_bytes());
            for &(first, last) in ranges {
                probe.aim(&[doc.datum(), replica.datum()], &[int8_datum(first), int8_datum(last)]);
                while probe.next() {
                    pgrx::check_for_interrupts!();
                    // SAFETY: the probe stands on a row of `ops`.
                    ops.push(unsafe { read_op(probe.slot(), forest) }?.1);
                }
            }
        }
        Ok(ops)
    }
}

/// A row to be written over or removed, by its primary key.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub enum RowOf<'a> {
    Doc(&'a Varlena),
    Node(&'a Varlena, &'a NodeId),
    Ref(&'a Varlena, &'a NodeId, &'a KeyDatums),
    Ignored(&'a Varlena, &'a NodeId, &'a KeyDatums),
}

/// The derived tables that hold rows per document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Derived {
    Nodes,
    Oprefs,
    Ignored,
    Waiting,
}

/// A row of `docs`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocRow {
    /// The greatest key materialized.
    pub head: Option<Key>,
    /// Operations in the log.
    pub op_count: u64,
    /// The least key that waits.
    pub frontier: Option<Key>,
    /// Operations that were below the head when materialized.
    pub late_count: u64,
    /// Older structural operations judged again.
    pub reevaluated_count: u64,
}

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

/// A `uuid` column of the row a probe stands on.
pub fn read_node(probe: &Probe, column: pg_sys::AttrNumber) -> Option<NodeId> {
    // SAFETY: a `uuid` column, by the forest's shape.
    probe.column(column).map(|datum| unsafe { codec::node(datum) })
}

/// A `bytea` column, copied.
pub fn read_bytes(probe: &Probe, column: pg_sys::AttrNumber) -> Option<Vec<u8>> {
    // SAFETY: a `bytea` column, by the forest's shape.
    probe.column(column).map(|datum| unsafe { codec::bytes(datum) }.to_vec())
}

/// The key in three columns; `None` where they are NULL.
pub fn read_key(probe: &Probe, columns: [pg_sys::AttrNumber; 3]) -> Option<Key> {
    let replica = probe.column(columns[1])?;
    // SAFETY: a `bytea` column, by the forest's shape.
    let replica = ReplicaId::new(unsafe { codec::bytes(replica) }).ok()?;
    let dot = Dot { replica, counter: read_u64(probe, columns[2]) };
    Some(Key { lamport: read_u64(probe, columns[0]), dot })
}

fn read_u64(probe: &Probe, column: pg_sys::AttrNumber) -> u64 {
    probe.column(column).map_or(0, |datum| datum.value() as u64)
}

/// The timeline entry of the row of `ops` a probe stands on, payload bytes left alone.
///
/// # Safety
/// The probe stands on a row of the forest's `ops`.
unsafe fn read_entry(probe: &Probe, forest: &Forest) -> Result<Entry, Error> {
    let columns = &forest.ops.columns;
    let kind = probe.column(columns[4]).and_then(|datum| forest.kinds.kind(datum));
    let key = read_key(probe, [columns[3], columns[1], columns[2]]);
    let (Some(kind), Some(key)) = (kind, key) else {
        // SAFETY: by the caller's promise. Reading it whole names what is wrong.
        let op = unsafe { read_op(probe.slot(), forest) }?.1;
        return Err(Error::Corrupted {
            forest: forest.name.clone(),
            doc: String::new(),
            problem: format!("operation {} cannot be read", op.key),
        });
    };
    let step = match kind {
        OpKind::Insert | OpKind::Move => Some(Step {
            parent: read_node(probe, columns[6]).unwrap_or(NodeId::TRASH),
            order_key: read_bytes(probe, columns[7]).unwrap_or_default(),
            is_move: kind == OpKind::Move,
        }),
        _ => None,
    };
    let writes_payload =
        kind == OpKind::Payload || (kind == OpKind::Insert && probe.column(columns[8]).is_some());
    Ok(Entry { key, step, writes_payload })
}

/// The row of `ops` in a slot, checked: its document, and the operation.
///
/// # Errors
/// [`Error::NullColumn`] or [`Error::Malformed`], which name document and dot.
///
/// # Safety
/// The slot holds a row of the forest's `ops`.
pub unsafe fn read_op<'s>(
    slot: *mut pg_sys::TupleTableSlot,
    forest: &Forest,
) -> Result<(&'s str, Op), Error> {
    let columns = &forest.ops.columns;
    // SAFETY: by the caller's promise, for all columns.
    let column = |at: usize| unsafe { slot_column(slot, columns[at]) };
    // SAFETY: as above; the columns have the types of sql/forest.sql.
    let bytes = |at: usize| column(at).map(|datum| unsafe { codec::bytes(datum) });
    // SAFETY: as above.
    let node = |at: usize| column(at).map(|datum| unsafe { codec::node(datum) });
    let int8 = |at: usize| column(at).map(|datum: Datum| datum.value() as i64);

    let doc = bytes(0).map(|bytes| std::str::from_utf8(bytes).unwrap_or("(not UTF-8)"));
    let name_dot = || {
        let replica = bytes(1).and_then(|bytes| ReplicaId::new(bytes).ok());
        let replica = replica.map_or("?".into(), |replica| replica.to_string());
        format!("{replica}:{}", int8(2).map_or("?".into(), |counter| counter.to_string()))
    };
    let missing = |column: &'static str| Error::NullColumn {
        doc: doc.unwrap_or("?").into(),
        dot: name_dot(),
        column,
    };
    let parts = OpParts {
        replica: bytes(1).ok_or_else(|| missing("replica"))?,
        counter: int8(2).ok_or_else(|| missing("counter"))?,
        lamport: int8(3).ok_or_else(|| missing("lamport"))?,
        kind: column(4)
            .and_then(|datum| forest.kinds.kind(datum))
            .ok_or_else(|| missing("kind"))?,
        node: node(5).ok_or_else(|| missing("node"))?,
        parent: node(6),
        order_key: bytes(7),
        payload: bytes(8),
        known_state: bytes(9).map(VersionVector::from_cbor).transpose()?,
    };
    let doc = doc.ok_or_else(|| missing("doc"))?;
    let malformed = |problem| Error::Malformed { doc: doc.into(), dot: name_dot(), problem };
    if doc.len() > treecrdt::MAX_DOC {
        return Err(malformed(treecrdt::MalformedOp::DocLength { length: doc.len() }));
    }
    Op::from_parts(parts).map(|op| (doc, op)).map_err(malformed)
}
