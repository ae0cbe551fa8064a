//! From operations in the log to rows of the tree tables: the drive of a catch-up.
//!
//! Everything here acts as the forest's owner and holds the documents' locks. What to write is
//! decided in the core; this file brings the batch, and takes the patch to the tables.

use std::collections::BTreeMap;

use pgrx::pg_sys::Datum;
use treecrdt::reference::{Node, State};
use treecrdt::{
    Key, MemoryStore, NodeId, NodePatch, Op, Patch, Placement, VersionVector, catch_up,
};

use crate::codec::{KeyDatums, Varlena, int8_datum, uuid_datum};
use crate::error::Error;
use crate::forest::Forest;
use crate::guc::{CATCH_UP, CatchUp};
use crate::lock;
use crate::owner::acting_as;
use crate::reader::{Derived, DocRow, Reader, RowOf};
use crate::rows::{read_bytes, read_key, read_node};
use crate::store::DocStore;
use crate::write::{Target, Writer};

/// Materializes operations that have just entered the log, or notes that they wait.
///
/// # Errors
/// [`Error::Corrupted`] where the tables contradict each other. The statement must end then.
pub fn append(forest: &Forest, batch: BTreeMap<String, Vec<Op>>) -> Result<(), Error> {
    acting_as(forest.owner, || {
        for doc in batch.keys() {
            lock::take(forest, doc)?;
        }
        let mut work = Work::begin(forest);
        for (doc, ops) in batch {
            let mut doc = work.doc(doc)?;
            doc.row.op_count += ops.len() as u64;
            if CATCH_UP.get() == CatchUp::Deferred {
                work.defer(&mut doc, &ops);
            } else {
                work.catch_up(&mut doc, ops)?;
            }
            work.write_doc(&doc);
        }
        work.end();
        Ok(())
    })
}

/// Catches up documents that wait; those that do not are passed over. Gives how many did.
///
/// # Errors
/// As for [`append`].
pub fn ensure(forest: &Forest, docs: Vec<String>) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        let mut there = Vec::with_capacity(docs.len());
        for doc in docs {
            if lock::take_existing(forest, &doc)? {
                there.push(doc);
            }
        }
        let mut work = Work::begin(forest);
        let mut count = 0;
        for doc in there {
            let mut doc = work.doc(doc)?;
            if doc.row.frontier.is_some() {
                work.catch_up(&mut doc, Vec::new())?;
                work.write_doc(&doc);
                count += 1;
            }
        }
        work.end();
        Ok(count)
    })
}

/// Makes the rows of documents anew from the log alone, and writes those that differ.
///
/// # Errors
/// [`Error::Malformed`] for an operation that slipped past the checks.
pub fn rebuild(forest: &Forest, docs: Vec<String>) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        let count = docs.len() as u64;
        for doc in &docs {
            lock::take(forest, doc)?;
        }
        let mut work = Work::begin(forest);
        for doc in docs {
            let mut doc = work.doc(doc)?;
            work.rebuild(&mut doc)?;
            if doc.row.op_count > 0 {
                work.write_doc(&doc);
            } else {
                work.delete(Target::Docs, RowOf::Doc(&doc.datum));
            }
        }
        work.end();
        Ok(count)
    })
}

/// The rows of a document as they are.
///
/// # Errors
/// [`Error::Vector`] for a `deleted_at` that cannot be read.
pub fn read_state(reader: &mut Reader<'_>, doc: &Varlena) -> Result<State, Error> {
    let forest = reader.forest;
    let mut state = State::default();
    let mut problem = None;
    let c = forest.nodes.columns;
    reader.each_row(doc, Derived::Nodes, |row| {
        let deleted_at = read_bytes(row, c[12]).map(|bytes| VersionVector::from_cbor(&bytes));
        let node = Node {
            parent: read_node(row, c[2]),
            order_key: read_bytes(row, c[3]),
            placed: read_key(row, [c[6], c[7], c[8]]),
            payload: read_bytes(row, c[5]),
            payload_key: read_key(row, [c[9], c[10], c[11]]),
            deleted_at: deleted_at.and_then(|read| read.map_err(|e| problem = Some(e)).ok()),
            tombstone: row.column(c[4]).is_some_and(|flag| flag.value() != 0),
        };
        state.nodes.extend(read_node(row, c[1]).map(|id| (id, node)));
    });
    let c = forest.oprefs.columns;
    reader.each_row(doc, Derived::Oprefs, |row| {
        state.refs.extend(read_node(row, c[1]).zip(read_key(row, [c[2], c[3], c[4]])));
    });
    let c = forest.ignored.columns;
    reader.each_row(doc, Derived::Ignored, |row| {
        state.ignored.extend(read_node(row, c[1]).zip(read_key(row, [c[2], c[3], c[4]])));
    });
    state.head = reader.doc(doc).and_then(|row| row.head);
    match problem {
        Some(problem) => Err(problem.into()),
        None => Ok(state),
    }
}

/// The dots of a document's operations that wait.
///
/// # Errors
/// [`Error::Vector`] for a row that cannot be read.
pub fn read_waiting(reader: &mut Reader<'_>, doc: &Varlena) -> Result<VersionVector, Error> {
    let column = reader.forest.waiting.columns[4];
    let mut rows = Vec::new();
    reader.each_row(doc, Derived::Waiting, |row| rows.extend(read_bytes(row, column)));
    let mut ranges = Vec::new();
    for row in rows {
        for (replica, of_replica) in VersionVector::from_cbor(&row)?.ranges() {
            ranges.extend(of_replica.iter().map(|&(first, last)| (*replica, first, last)));
        }
    }
    Ok(VersionVector::from_ranges(ranges)?)
}

/// A document at work.
struct Doc {
    name: String,
    datum: Varlena,
    row: DocRow,
}

/// A reader and a writer on one forest, for the length of a statement.
struct Work<'f> {
    reader: Reader<'f>,
    writer: Writer,
}

impl<'f> Work<'f> {
    fn begin(forest: &'f Forest) -> Self {
        let reader = Reader::open(forest);
        let writer = Writer::new([
            forest.nodes.oid,
            forest.oprefs.oid,
            forest.ignored.oid,
            forest.waiting.oid,
            forest.docs.oid,
        ]);
        Self { reader, writer }
    }

    /// Fires what triggers there are, and closes.
    fn end(self) {
        self.writer.finish();
        self.reader.close();
    }

    fn doc(&mut self, name: String) -> Result<Doc, Error> {
        let datum = Varlena::new(name.as_bytes());
        match self.reader.doc(&datum) {
            Some(row) => Ok(Doc { name, datum, row }),
            None => Err(self.corrupted(&name, "its row in docs is gone")),
        }
    }

    fn corrupted(&self, doc: &str, problem: &str) -> Error {
        let forest = self.reader.forest.name.clone();
        Error::Corrupted { forest, doc: doc.into(), problem: problem.into() }
    }

    /// Notes that operations wait.
    fn defer(&mut self, doc: &mut Doc, ops: &[Op]) {
        let dots: VersionVector = ops.iter().map(Op::dot).collect();
        let dots = Varlena::new(&dots.to_cbor());
        let Some(least) = ops.iter().map(|op| op.key).min() else { return };
        let key = KeyDatums::new(&least);
        let [lamport, replica, counter] = key.datums();
        let row = [doc.datum.datum(), lamport, replica, counter, dots.datum()];
        let columns = self.reader.forest.waiting.columns;
        self.writer.insert(Target::Waiting, &pairs(columns, row));
        doc.row.frontier = Some(doc.row.frontier.map_or(least, |frontier| frontier.min(least)));
    }

    /// Materializes operations, with all that waited.
    fn catch_up(&mut self, doc: &mut Doc, mut ops: Vec<Op>) -> Result<(), Error> {
        if doc.row.frontier.take().is_some() {
            let dots = self.take_waiting(doc)?;
            ops.extend(self.reader.ops_of(&doc.datum, &dots)?);
        }
        let mut store = DocStore::new(&mut self.reader, &doc.name, &doc.datum, doc.row.head);
        let patch = catch_up(&mut store, &ops)?;
        self.apply(doc, &patch)?;
        doc.row.head = patch.head;
        doc.row.late_count += patch.late;
        doc.row.reevaluated_count += patch.reevaluated;
        Ok(())
    }

    /// The dots that waited. Their rows are deleted.
    fn take_waiting(&mut self, doc: &Doc) -> Result<VersionVector, Error> {
        let dots = read_waiting(&mut self.reader, &doc.datum)?;
        let writer = &mut self.writer;
        self.reader.each_row(&doc.datum, Derived::Waiting, |row| {
            writer.delete(Target::Waiting, row);
        });
        Ok(dots)
    }

    fn rebuild(&mut self, doc: &mut Doc) -> Result<(), Error> {
        self.take_waiting(doc)?;
        let ops = self.reader.ops(&doc.datum)?;
        let mut memory = MemoryStore::default();
        memory.append(&ops);
        let (actual, right) = (read_state(&mut self.reader, &doc.datum)?, memory.state());
        let stray: Vec<NodeId> =
            actual.nodes.keys().filter(|id| !right.nodes.contains_key(id)).copied().collect();
        for id in &stray {
            self.delete(Target::Nodes, RowOf::Node(&doc.datum, id));
        }
        let differs = |(id, node): &(&NodeId, &Node)| actual.nodes.get(id) != Some(node);
        let nodes = right
            .nodes
            .iter()
            .filter(differs)
            .map(|(id, node)| whole_row(*id, node.clone(), actual.nodes.contains_key(id)));
        let patch = Patch {
            nodes: nodes.collect(),
            refs_added: right.refs.difference(&actual.refs).copied().collect(),
            refs_removed: actual.refs.difference(&right.refs).copied().collect(),
            ignored_added: right.ignored.difference(&actual.ignored).copied().collect(),
            ignored_removed: actual.ignored.difference(&right.ignored).copied().collect(),
            ..Patch::default()
        };
        self.apply(doc, &patch)?;
        doc.row.head = right.head;
        doc.row.op_count = ops.len() as u64;
        doc.row.frontier = None;
        Ok(())
    }

    fn apply(&mut self, doc: &Doc, patch: &Patch) -> Result<(), Error> {
        for node in &patch.nodes {
            self.write_node(doc, node)?;
        }
        let forest = self.reader.forest;
        for (node, key) in &patch.refs_removed {
            let key = KeyDatums::new(key);
            self.delete(Target::Oprefs, RowOf::Ref(&doc.datum, node, &key));
        }
        for (node, key) in &patch.ignored_removed {
            let key = KeyDatums::new(key);
            self.delete(Target::Ignored, RowOf::Ignored(&doc.datum, node, &key));
        }
        let added = [
            (Target::Oprefs, forest.oprefs.columns, &patch.refs_added),
            (Target::Ignored, forest.ignored.columns, &patch.ignored_added),
        ];
        for (target, columns, rows) in added {
            for (node, key) in rows {
                let key = KeyDatums::new(key);
                let [lamport, replica, counter] = key.datums();
                let row = [doc.datum.datum(), uuid_datum(node), lamport, replica, counter];
                self.writer.insert(target, &pairs(columns, row));
            }
        }
        Ok(())
    }

    fn delete(&mut self, target: Target, row: RowOf<'_>) {
        if let Some(probe) = self.reader.row_of(row) {
            self.writer.delete(target, probe);
        }
    }

    fn write_node(&mut self, doc: &Doc, patch: &NodePatch) -> Result<(), Error> {
        let c = self.reader.forest.nodes.columns;
        let mut values: Vec<(i16, Option<Datum>)> = Vec::with_capacity(c.len());
        let placed = patch.placement.as_ref().map(|placement| {
            placement.as_ref().map(|place| {
                let (key, order_key) = (KeyDatums::new(&place.key), Varlena::new(&place.order_key));
                (key, order_key, &place.parent)
            })
        });
        if let Some(placed) = &placed {
            let key = placed.as_ref().map(|(key, ..)| key.datums());
            values.push((c[2], placed.as_ref().map(|(_, _, parent)| uuid_datum(parent))));
            values.push((c[3], placed.as_ref().map(|(_, order_key, _)| order_key.datum())));
            values.extend((0..3).map(|at| (c[6 + at], key.map(|key| key[at]))));
        }
        let payload = patch.payload.as_ref().map(|payload| {
            payload
                .as_ref()
                .map(|(key, bytes)| (KeyDatums::new(key), bytes.as_deref().map(Varlena::new)))
        });
        if let Some(payload) = &payload {
            let key = payload.as_ref().map(|(key, _)| key.datums());
            let bytes = payload.as_ref().and_then(|(_, bytes)| bytes.as_ref());
            values.push((c[5], bytes.map(Varlena::datum)));
            values.extend((0..3).map(|at| (c[9 + at], key.map(|key| key[at]))));
        }
        let deleted_at = patch
            .deleted_at
            .as_ref()
            .map(|vector| vector.as_ref().map(|vector| Varlena::new(&vector.to_cbor())));
        if let Some(deleted_at) = &deleted_at {
            values.push((c[12], deleted_at.as_ref().map(Varlena::datum)));
        }
        if patch.exists {
            values.extend(patch.tombstone.map(|flag| (c[4], Some(Datum::from(flag)))));
            let Some(probe) = self.reader.row_of(RowOf::Node(&doc.datum, &patch.node)) else {
                return Err(self.corrupted(&doc.name, &format!("node {} is gone", patch.node)));
            };
            self.writer.update(Target::Nodes, probe, &values);
        } else {
            let tombstone = patch.tombstone.unwrap_or(false);
            values.push((c[0], Some(doc.datum.datum())));
            values.push((c[1], Some(uuid_datum(&patch.node))));
            values.push((c[4], Some(Datum::from(tombstone))));
            self.writer.insert(Target::Nodes, &values);
        }
        Ok(())
    }

    /// Writes the document's row in `docs`: always, since that is what tells a transaction with an
    /// older snapshot that it came too late.
    fn write_doc(&mut self, doc: &Doc) {
        let c = self.reader.forest.docs.columns;
        let (head, frontier) = (
            doc.row.head.as_ref().map(KeyDatums::new),
            doc.row.frontier.as_ref().map(KeyDatums::new),
        );
        let part = |key: &Option<KeyDatums>, at: usize| key.as_ref().map(|key| key.datums()[at]);
        let mut values = vec![
            (c[4], Some(int8_datum(doc.row.op_count))),
            (c[8], Some(int8_datum(doc.row.late_count))),
            (c[9], Some(int8_datum(doc.row.reevaluated_count))),
        ];
        values.extend((0..3).map(|at| (c[1 + at], part(&head, at))));
        values.extend((0..3).map(|at| (c[5 + at], part(&frontier, at))));
        if let Some(probe) = self.reader.row_of(RowOf::Doc(&doc.datum)) {
            self.writer.update(Target::Docs, probe, &values);
        }
    }
}

/// A row of values for these columns.
fn pairs<const N: usize>(columns: [i16; N], row: [Datum; N]) -> [(i16, Option<Datum>); N] {
    std::array::from_fn(|at| (columns[at], Some(row[at])))
}

/// The patch that writes a node's row as a whole.
fn whole_row(id: NodeId, node: Node, exists: bool) -> NodePatch {
    let placement = node.placed.zip(node.parent).map(|(key, parent): (Key, NodeId)| Placement {
        key,
        parent,
        order_key: node.order_key.unwrap_or_default(),
    });
    NodePatch {
        node: id,
        exists,
        placement: Some(placement),
        payload: Some(node.payload_key.map(|key| (key, node.payload))),
        deleted_at: Some(node.deleted_at),
        tombstone: Some(node.tombstone),
    }
}
