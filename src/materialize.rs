//! From operations in the log to rows of the tree tables: the drive of a catch-up.
//!
//! Everything here acts as the forest's owner and holds the documents' locks. What to write is
//! decided in the core; this file brings the batch, and takes the patch to the tables.

use std::collections::HashSet;

use pgrx::pg_sys::{AttrNumber, Datum};
use treecrdt::reference::{Node, State};
use treecrdt::{Key, NodeId, Patch, VersionVector, catch_up};

use crate::batch::Batch;
use crate::codec::{KeyDatums, Varlena, int8_datum, uuid_datum};
use crate::error::Error;
use crate::forest::Forest;
use crate::guc::{CATCH_UP, CatchUp};
use crate::lock;
use crate::owner::acting_as;
use crate::reader::{Derived, DocRow, Reader, RowOf};
use crate::rows::{NodeKeys, read_bytes, read_key, read_node};
use crate::store::DocStore;
use crate::write::{Target, Writer};

mod node_row;

/// Materializes operations that have just entered the log, or notes that they wait: a batch a
/// document, in the order of documents.
///
/// # Errors
/// [`Error::Corrupted`] where the tables contradict each other. The statement must end then.
pub fn append(forest: &Forest, batches: Vec<(String, Batch)>) -> Result<(), Error> {
    acting_as(forest.owner, || {
        for (doc, _) in &batches {
            lock::take(forest, doc)?;
        }
        let mut work = Work::begin(forest);
        for (doc, batch) in batches {
            let mut doc = work.doc(doc)?;
            doc.row.op_count += batch.entries.len() as u64;
            if CATCH_UP.get() == CatchUp::Deferred {
                work.defer(&mut doc, &batch);
            } else {
                work.catch_up(&mut doc, batch)?;
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
                work.catch_up(&mut doc, Batch::default())?;
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
        let keys = NodeKeys::read(row, &c);
        let node = Node {
            parent: read_node(row, c[2]),
            order_key: read_bytes(row, c[3]),
            placed: keys.placed,
            payload: read_bytes(row, c[5]),
            payload_key: keys.payload,
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
        ranges.extend(VersionVector::from_cbor(&row)?.ranges());
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
    fn defer(&mut self, doc: &mut Doc, batch: &Batch) {
        let Some(least) = batch.entries.iter().map(|op| op.key).min() else { return };
        let dots: VersionVector = batch.entries.iter().map(|op| op.key.dot).collect();
        let dots = Varlena::new(&dots.to_cbor());
        let key = KeyDatums::new(&least);
        let [lamport, replica, counter] = key.datums();
        let row = [doc.datum.datum(), lamport, replica, counter, dots.datum()];
        let columns = self.reader.forest.waiting.columns;
        self.writer.insert(Target::Waiting, &pairs(columns, row));
        doc.row.frontier = Some(doc.row.frontier.map_or(least, |frontier| frontier.min(least)));
    }

    /// Materializes operations, with all that waited.
    fn catch_up(&mut self, doc: &mut Doc, mut batch: Batch) -> Result<(), Error> {
        if doc.row.frontier.take().is_some() {
            let dots = self.take_waiting(doc)?;
            self.reader.each_op_of(&doc.datum, &dots, |row| batch.push(&row))?;
        }
        let patch = self.replay(doc, doc.row.head, &batch)?;
        self.apply(doc, &batch, &patch)?;
        doc.row.head = patch.head;
        doc.row.late_count += patch.late;
        doc.row.reevaluated_count += patch.reevaluated;
        Ok(())
    }

    /// What the core makes of a batch where everything up to `head` is materialized.
    fn replay(&mut self, doc: &Doc, head: Option<Key>, batch: &Batch) -> Result<Patch, Error> {
        let mut store = DocStore::new(&mut self.reader, &doc.name, &doc.datum, head, batch);
        catch_up(&mut store, &batch.entries)
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

    /// Replays the whole log from nothing, and writes what differs from the rows that are there.
    fn rebuild(&mut self, doc: &mut Doc) -> Result<(), Error> {
        self.take_waiting(doc)?;
        let mut batch = Batch::default();
        self.reader.each_op(&doc.datum, |row| batch.push(&row))?;
        let mut patch = self.replay(doc, None, &batch)?;
        doc.row.head = patch.head;
        doc.row.op_count = batch.entries.len() as u64;
        doc.row.frontier = None;

        let right: HashSet<NodeId> = patch.nodes.iter().map(|node| node.node).collect();
        let (column, mut there, mut stray) =
            (self.reader.forest.nodes.columns[1], HashSet::new(), Vec::new());
        self.reader.each_row(&doc.datum, Derived::Nodes, |row| {
            if let Some(id) = read_node(row, column) {
                if right.contains(&id) {
                    there.insert(id);
                } else {
                    stray.push(id)
                }
            }
        });
        for id in &stray {
            self.delete(Target::Nodes, RowOf::Node(&doc.datum, id));
        }
        for node in std::mem::take(&mut patch.nodes) {
            self.write_node(doc, &batch, &node, there.contains(&node.node))?;
        }
        self.leave_what_is_there(doc, Derived::Oprefs, &mut patch);
        self.leave_what_is_there(doc, Derived::Ignored, &mut patch);
        self.apply(doc, &batch, &patch)
    }

    /// Makes of a patch that writes all op refs (or ignored operations) one that writes those that
    /// are not there, and removes those that should not be.
    fn leave_what_is_there(&mut self, doc: &Doc, table: Derived, patch: &mut Patch) {
        let (c, added, removed) = match table {
            Derived::Oprefs => {
                let columns = self.reader.forest.oprefs.columns;
                (columns, &mut patch.refs_added, &mut patch.refs_removed)
            }
            _ => {
                let columns = self.reader.forest.ignored.columns;
                (columns, &mut patch.ignored_added, &mut patch.ignored_removed)
            }
        };
        let mut there = HashSet::new();
        self.reader.each_row(&doc.datum, table, |row| {
            there.extend(read_node(row, c[1]).zip(read_key(row, [c[2], c[3], c[4]])));
        });
        if !there.is_empty() {
            added.retain(|row| !there.remove(row));
            removed.extend(there);
        }
    }

    fn apply(&mut self, doc: &Doc, batch: &Batch, patch: &Patch) -> Result<(), Error> {
        for node in &patch.nodes {
            self.write_node(doc, batch, node, false)?;
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
        let mut columns_of_key = KeyDatums::default();
        for (target, columns, rows) in added {
            for (node, key) in rows {
                columns_of_key.set(key);
                let [lamport, replica, counter] = columns_of_key.datums();
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
fn pairs<const N: usize>(
    columns: [AttrNumber; N],
    row: [Datum; N],
) -> [(AttrNumber, Option<Datum>); N] {
    std::array::from_fn(|at| (columns[at], Some(row[at])))
}
