//! From operations in the log to rows of the tree tables: the drive of a catch-up.
//!
//! Everything here acts as the forest's owner and holds the documents' locks. What to write is
//! decided in the core; this file brings the batch, and takes the patch to the tables.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;

use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::PgTryBuilder;
use treecrdt::reference::{Node, State};
use treecrdt::{Key, NodeId, Patch, VersionVector, catch_up};

use crate::batch::Batch;
use crate::codec::{KeyDatums, Varlena, uuid};
use crate::dropping;
use crate::error::{Error, short};
use crate::forest::Open;
use crate::forest::lock;
use crate::forest::owner::acting_as;
use crate::forest::shape::{
    Docs, Ignored, Index, Oprefs, PairTable, TABLES, Table, Waiting, docs, nodes, waiting,
};
use crate::guc::{CATCH_UP, CatchUp};
use crate::reader::{DocRow, Reader, each_pair, each_row, find_pair};
use crate::rows::{NodeKeys, vector_of};
use crate::scan::{Arg, Probe, Row};
use crate::store::DocStore;
use crate::write::Writer;

mod node_row;

/// Materializes operations that have just entered the log, or notes that they wait: a batch a
/// document, in the order of documents.
///
/// # Errors
/// [`Error::Corrupted`] where the tables contradict each other. The statement must end then.
pub fn append(forest: &Open, batches: Vec<(String, Batch)>) -> Result<(), Error> {
    acting_as(forest.owner, || {
        for (doc, _) in &batches {
            lock::take(forest, doc)?;
        }
        work(forest, |work| {
            for (doc, batch) in batches {
                let mut doc = work.doc(doc)?;
                doc.row.op_count += batch.entries.len() as u64;
                if CATCH_UP.get() == CatchUp::Deferred {
                    work.defer(&mut doc, &batch)?;
                } else {
                    work.catch_up(&mut doc, batch)?;
                }
                work.write_doc(&doc)?;
            }
            Ok(())
        })
    })
}

/// Catches up the documents that wait, or the one that is named if it does. Gives how many did.
///
/// # Errors
/// As for [`append`].
pub fn ensure(forest: &Open, doc: Option<&str>) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        let docs = Reader::open(forest)?.waiting_docs(doc)?;
        let mut there = Vec::with_capacity(docs.len());
        for doc in docs {
            if lock::take_existing(forest, &doc)? {
                there.push(doc);
            }
        }
        work(forest, |work| {
            let mut count = 0;
            for doc in there {
                let mut doc = work.doc(doc)?;
                if doc.row.frontier.is_some() {
                    work.catch_up(&mut doc, Batch::default())?;
                    work.write_doc(&doc)?;
                    count += 1;
                }
            }
            Ok(count)
        })
    })
}

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
        work(forest, |work| {
            let count = docs.len() as u64;
            for doc in docs {
                let mut doc = work.doc(doc)?;
                work.rebuild(&mut doc)?;
                if doc.row.op_count > 0 {
                    work.write_doc(&doc)?;
                } else if let Some(row) = work.reader.doc.find(&[doc.datum.text()], &[])? {
                    work.writer.delete(row)?;
                }
            }
            Ok(count)
        })
    })
}

/// Removes a document with its whole log. Gives how many operations it had.
///
/// # Errors
/// [`Error::Suppressed`] if a trigger of the owner's keeps a row, and [`Error::InUse`] in the midst
/// of a statement that appends to the document.
pub fn drop_doc(forest: &Open, doc: &str) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        lock::take(forest, doc)?;
        work(forest, |work| {
            let Doc { datum, row, .. } = work.doc(doc.to_owned())?;
            let Work { reader, writer } = work;
            let mut is_new = false;
            let count = dropping::permitting(forest.forest(), doc, || {
                delete_all(&mut reader.ops, writer, &datum, |row| {
                    is_new |= row.is_of_this_transaction();
                })
            })?;
            // Those that are not counted yet are about to be materialized.
            if is_new && count > row.op_count {
                return Err(Error::InUse { forest: forest.name.clone(), doc: short(doc) });
            }
            delete_all(&mut reader.nodes, writer, &datum, |_| {})?;
            delete_all(&mut reader.doc_refs, writer, &datum, |_| {})?;
            delete_all(&mut reader.doc_ignored, writer, &datum, |_| {})?;
            delete_all(&mut reader.waiting, writer, &datum, |_| {})?;
            delete_all(&mut reader.doc, writer, &datum, |_| {})?;
            Ok(count)
        })
    })
}

/// Reads and writes a forest, and fires what triggers there are when that is done. A row that is to
/// be new and is there already means that the tables contradict each other.
fn work<T>(
    forest: &Open,
    work: impl FnOnce(&mut Work<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let all = || {
        let mut tables = Work::begin(forest)?;
        let result = work(&mut tables)?;
        tables.end();
        Ok(result)
    };
    PgTryBuilder::new(AssertUnwindSafe(all))
        .catch_when(PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION, |error| {
            if let CaughtError::PostgresError(report) = &error
                && is_about_primary_key(report.message())
            {
                let row = report.detail().unwrap_or(report.message()).to_owned();
                Error::AlreadyThere { forest: forest.name.clone(), row }.raise();
            }
            error.rethrow()
        })
        .execute()
}

/// Whether a message of the server's quotes the name of a primary key of ours.
fn is_about_primary_key(message: &str) -> bool {
    TABLES.iter().any(|table| {
        let key = table.indexes[Index::<Docs>::PRIMARY.at].name.to_string_lossy();
        message.contains(&format!("\"{key}\""))
    })
}

fn delete_all<T: Table>(
    probe: &mut Probe<'_, T>,
    writer: &mut Writer<'_>,
    doc: &Varlena,
    mut look: impl FnMut(&Row<'_, T>),
) -> Result<u64, Error> {
    let mut count = 0;
    each_row(probe, &[doc.text()], &[], |row| {
        count += 1;
        look(&row);
        writer.delete(row)
    })?;
    Ok(count)
}

/// The rows of a document as they are.
///
/// # Errors
/// [`Error::Corrupted`] for a `deleted_at` that cannot be read.
pub fn read_state(reader: &mut Reader<'_>, doc: &Varlena) -> Result<State, Error> {
    let mut state = State::default();
    each_row(&mut reader.nodes, &[doc.text()], &[], |row| {
        let keys = NodeKeys::read(&row);
        let node = Node {
            parent: row.get(nodes::PARENT),
            order_key: row.get(nodes::ORDER_KEY).map(<[u8]>::to_vec),
            placed: keys.placed,
            payload: row.get(nodes::PAYLOAD).map(<[u8]>::to_vec),
            payload_key: keys.payload,
            deleted_at: vector_of(&row, nodes::DELETED_AT)?,
            tombstone: row.get(nodes::TOMBSTONE) == Some(true),
        };
        state.nodes.extend(row.get(nodes::NODE).map(|id| (id, node)));
        Ok(())
    })?;
    each_pair(&mut reader.doc_refs, doc, |pair| {
        state.refs.insert(pair);
    })?;
    each_pair(&mut reader.doc_ignored, doc, |pair| {
        state.ignored.insert(pair);
    })?;
    state.head = reader.doc_row(doc)?.and_then(|row| row.head);
    Ok(state)
}

/// A document at work.
struct Doc {
    name: String,
    datum: Varlena,
    row: DocRow,
}

/// A reader and a writer on one forest, for the length of a statement.
struct Work<'o> {
    reader: Reader<'o>,
    writer: Writer<'o>,
}

impl<'o> Work<'o> {
    fn begin(forest: &'o Open) -> Result<Self, Error> {
        Ok(Self { reader: Reader::open(forest)?, writer: Writer::new(forest) })
    }

    /// Fires what triggers there are, and closes.
    fn end(self) {
        self.writer.finish();
    }

    fn doc(&mut self, name: String) -> Result<Doc, Error> {
        let datum = Varlena::new(name.as_bytes());
        match self.reader.doc_row(&datum)? {
            Some(row) => Ok(Doc { name, datum, row }),
            None => Err(self.corrupted(&name, "its row in docs is gone".into())),
        }
    }

    fn corrupted(&self, doc: &str, problem: String) -> Error {
        Error::corrupted(&self.reader.forest.name, doc, problem)
    }

    /// Notes that operations wait.
    fn defer(&mut self, doc: &mut Doc, batch: &Batch) -> Result<(), Error> {
        let Some(least) = batch.entries.iter().map(|op| op.key).min() else { return Ok(()) };
        let dots: VersionVector = batch.entries.iter().map(|op| op.key.dot).collect();
        let dots = Varlena::new(&dots.to_cbor());
        let key = KeyDatums::new(&least);
        let [lamport, replica, counter] = Waiting::KEY.set(Some(&key));
        let (name, dots) = (Some(doc.datum.text()), Some(dots.vector()));
        let row = [waiting::DOC.set(name), lamport, replica, counter, waiting::DOTS.set(dots)];
        self.writer.insert(&row)?;
        doc.row.frontier = Some(doc.row.frontier.map_or(least, |frontier| frontier.min(least)));
        Ok(())
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
        let dots = self.reader.waiting_dots(&doc.datum)?;
        delete_all(&mut self.reader.waiting, &mut self.writer, &doc.datum, |_| {})?;
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
            self.write_node(doc, &batch, &node, there.contains(&node.node))?;
        }
        let (refs, ignored) = (&mut self.reader.doc_refs, &mut self.reader.doc_ignored);
        leave_what_is_there(refs, doc, &mut patch.refs_added, &mut patch.refs_removed)?;
        leave_what_is_there(ignored, doc, &mut patch.ignored_added, &mut patch.ignored_removed)?;
        self.apply(doc, &batch, &patch)
    }

    fn apply(&mut self, doc: &Doc, batch: &Batch, patch: &Patch) -> Result<(), Error> {
        for node in &patch.nodes {
            self.write_node(doc, batch, node, false)?;
        }
        let Self { reader, writer } = self;
        remove_pairs(&mut reader.reference, writer, doc, &patch.refs_removed)?;
        remove_pairs(&mut reader.ignored, writer, doc, &patch.ignored_removed)?;
        add_pairs::<Oprefs>(writer, doc, &patch.refs_added)?;
        add_pairs::<Ignored>(writer, doc, &patch.ignored_added)
    }

    /// Writes the document's row in `docs`: always, since that is what tells a transaction with an
    /// older snapshot that it came too late.
    fn write_doc(&mut self, doc: &Doc) -> Result<(), Error> {
        let head = doc.row.head.as_ref().map(KeyDatums::new);
        let frontier = doc.row.frontier.as_ref().map(KeyDatums::new);
        let mut fields = vec![
            docs::OP_COUNT.set(Some(Arg::int8(doc.row.op_count))),
            docs::LATE_COUNT.set(Some(Arg::int8(doc.row.late_count))),
            docs::REEVALUATED_COUNT.set(Some(Arg::int8(doc.row.reevaluated_count))),
        ];
        fields.extend(Docs::HEAD.set(head.as_ref()));
        fields.extend(Docs::FRONTIER.set(frontier.as_ref()));
        match self.reader.doc.find(&[doc.datum.text()], &[])? {
            Some(row) => self.writer.update(row, &fields),
            None => Ok(()),
        }
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

fn remove_pairs<T: PairTable>(
    probe: &mut Probe<'_, T>,
    writer: &mut Writer<'_>,
    doc: &Doc,
    pairs: &[(NodeId, Key)],
) -> Result<(), Error> {
    for (node, key) in pairs {
        if let Some(row) = find_pair(probe, &doc.datum, node, &KeyDatums::new(key))? {
            writer.delete(row)?;
        }
    }
    Ok(())
}

fn add_pairs<T: PairTable>(
    writer: &mut Writer<'_>,
    doc: &Doc,
    pairs: &[(NodeId, Key)],
) -> Result<(), Error> {
    let mut columns = KeyDatums::default();
    for (node, key) in pairs {
        columns.set(key);
        let [lamport, replica, counter] = T::PAIR_KEY.set(Some(&columns));
        let (name, node) = (Some(doc.datum.text()), Some(uuid(node)));
        let row = [T::DOC.set(name), T::PAIR_NODE.set(node), lamport, replica, counter];
        writer.insert(&row)?;
    }
    Ok(())
}
