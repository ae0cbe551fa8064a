//! Rows as the core's values: whole operations, and what belongs together in a row of `nodes`.

use pgrx::pg_sys;
use pgrx::spi::quote_literal;
use treecrdt::{
    Entry, MAX_DOC, MAX_LONG_ORDER_KEY, MAX_REPLICA, MalformedOp, MalformedVector, NodeId,
    NodeKeys, Op, OpParts, ReplicaId, VersionVector, hex,
};

use crate::datum::{Arg, Vector};
use crate::doc::DocName;
use crate::error::{Error, Problem};
use crate::forest::Forest;
use crate::forest::shape::{Column, Nodes, Ops, Table, nodes, ops};
use crate::memory;
use crate::storage::row::Row;

/// The keys of the operations that a row of `nodes` comes from.
///
/// # Errors
/// [`Error::Corrupted`] for what are none.
pub fn node_keys(row: &Row<'_, Nodes>) -> Result<NodeKeys, Error> {
    let keys = row.get(nodes::KEYS).unwrap_or_default();
    NodeKeys::from_bytes(keys).map_err(|problem| {
        let doc = row.doc().unwrap_or(DocName::Int8(0));
        let node = row.get(nodes::NODE).unwrap_or(NodeId::ROOT);
        Error::corrupted(&row.forest().name, &doc, format!("nodes.keys of node {node}: {problem}"))
    })
}

/// A row of `ops`, in place: nothing of it is copied.
pub struct OpRow<'r> {
    /// Its document.
    pub doc: DocName<'r>,
    /// Its columns, but for the three that follow.
    pub parts: OpParts<'r>,
    /// Column `order_key`.
    pub order_key: Option<Arg<'r>>,
    /// Column `payload`.
    pub payload: Option<Arg<'r>>,
    /// Column `known_state`.
    pub known_state: Option<Arg<'r>>,
    row: Row<'r, Ops>,
    /// Whether it is in the log, past all checks, or about to enter it.
    is_logged: bool,
}

impl<'r> OpRow<'r> {
    /// Reads the row in a slot, which a statement brings.
    ///
    /// # Errors
    /// As for [`OpRow::of_log`].
    ///
    /// # Safety
    /// The slot holds a row of the forest's `ops`, and keeps it for `'r`.
    pub unsafe fn incoming(
        slot: *mut pg_sys::TupleTableSlot,
        forest: &'r Forest,
    ) -> Result<Self, Error> {
        // SAFETY: by the caller's promise.
        Self::read(unsafe { Row::in_slot(slot, forest) }, false)
    }

    /// Reads a row of the log.
    ///
    /// # Errors
    /// [`Error::Malformed`], which names document and dot.
    pub fn of_log(row: Row<'r, Ops>) -> Result<Self, Error> {
        Self::read(row, true)
    }

    fn read(row: Row<'r, Ops>, is_logged: bool) -> Result<Self, Error> {
        let doc = row.doc();
        let order_key = row.arg(ops::ORDER_KEY);
        let (payload, known_state) = (row.arg(ops::PAYLOAD), row.arg(ops::KNOWN_STATE));
        let (replica, counter) = (row.get(ops::REPLICA), row.get(ops::COUNTER));
        let missing = |column: &'static str| Error::Malformed {
            doc: doc.as_ref().map_or("?".into(), DocName::short),
            dot: dot_name(replica, counter),
            problem: Problem::Null(column),
            removal: None,
        };
        let parts = OpParts {
            replica: replica.ok_or_else(|| missing("replica"))?,
            counter: counter.ok_or_else(|| missing("counter"))?,
            lamport: row.get(ops::LAMPORT).ok_or_else(|| missing("lamport"))?,
            kind: row
                .get(ops::KIND)
                .and_then(|label| row.forest().op_kind(label))
                .ok_or_else(|| missing("kind"))?,
            node: row.get(ops::NODE).ok_or_else(|| missing("node"))?,
            parent: row.get(ops::PARENT),
            order_key: order_key.map(|it| it.length()),
            has_payload: payload.is_some(),
            has_known_state: known_state.is_some(),
            max_order_key: if is_logged {
                MAX_LONG_ORDER_KEY
            } else {
                row.forest().max_order_key()
            },
        };
        let Some(doc) = doc else { return Err(missing("doc")) };
        let row = Self { doc, parts, order_key, payload, known_state, row, is_logged };
        match &row.doc {
            DocName::Text(doc) if doc.len() > MAX_DOC => {
                Err(row.malformed(MalformedOp::DocLength { length: doc.len() }))
            }
            _ => Ok(row),
        }
    }

    /// The operation without its bytes, checked.
    ///
    /// # Errors
    /// [`Error::Malformed`], which names document and dot.
    pub fn entry(&self) -> Result<Entry, Error> {
        self.parts.entry().map_err(|problem| self.malformed(problem))
    }

    /// Checks the operation, and makes nothing of it.
    ///
    /// # Errors
    /// As for [`OpRow::entry`].
    pub fn check(&self) -> Result<(), Error> {
        self.parts.check().map_err(|problem| self.malformed(problem))
    }

    /// The operation with its bytes.
    ///
    /// # Errors
    /// As for [`OpRow::entry`].
    pub fn op(&self) -> Result<Op, Error> {
        let known_state = self.known_state.map(|_| self.known_state()).transpose()?;
        Op::from_parts(&self.parts, self.order_key_bytes(), self.payload_bytes(), known_state)
            .map_err(|problem| self.malformed(problem))
    }

    /// What the author of a delete had seen; nothing if it does not say.
    ///
    /// # Errors
    /// [`Error::Malformed`] for what is no version vector.
    pub fn known_state(&self) -> Result<VersionVector, Error> {
        match self.row.get(ops::KNOWN_STATE) {
            Some(bytes) => read_vector(bytes).map_err(|problem| self.malformed(problem)),
            None => Ok(VersionVector::default()),
        }
    }

    /// Its order key.
    pub fn order_key_bytes(&self) -> Option<&'r [u8]> {
        self.row.get(ops::ORDER_KEY)
    }

    /// Its payload.
    pub fn payload_bytes(&self) -> Option<&'r [u8]> {
        self.row.get(ops::PAYLOAD)
    }

    /// What the author of a delete had seen, as it is stored.
    pub fn known_state_bytes(&self) -> Option<&'r [u8]> {
        self.row.get(ops::KNOWN_STATE)
    }

    /// The slot that holds the row.
    pub fn slot(&self) -> *mut pg_sys::TupleTableSlot {
        self.row.slot()
    }

    /// Whether this transaction has written the row.
    pub fn is_of_this_transaction(&self) -> bool {
        self.row.is_of_this_transaction()
    }

    /// `replica:counter`.
    pub fn dot_name(&self) -> String {
        dot_name(Some(self.parts.replica), Some(self.parts.counter))
    }

    fn malformed(&self, problem: impl Into<Problem>) -> Error {
        Error::Malformed {
            doc: self.doc.short(),
            dot: self.dot_name(),
            problem: problem.into(),
            removal: self.is_logged.then(|| self.removal()),
        }
    }

    /// How to take the row out of the log.
    fn removal(&self) -> String {
        let forest = &self.row.forest().name;
        let (doc, replica) = (&self.doc, self.parts.replica);
        // What is too long is told by that.
        let of_doc = match doc {
            DocName::Text(doc) if doc.len() > MAX_DOC => {
                format!("octet_length(doc) = {}", doc.len())
            }
            doc => format!("doc = {}", quote_literal(doc.to_string())),
        };
        let by_replica = match replica.len() {
            ..=MAX_REPLICA => format!("replica = '\\x{}'", hex(replica)),
            length => format!("octet_length(replica) = {length}"),
        };
        format!(
            "It came past the checks. The forest's owner can take it out: ALTER TABLE {forest}.ops DISABLE \
             TRIGGER treecrdt_append_only, DISABLE TRIGGER treecrdt_append_only_row; DELETE FROM \
             {forest}.ops WHERE {of_doc} AND {by_replica} AND counter = {}; ALTER TABLE {forest}.ops \
             ENABLE TRIGGER treecrdt_append_only, ENABLE TRIGGER treecrdt_append_only_row; then \
             treecrdt.rebuild makes the tables anew.",
            self.parts.counter
        )
    }
}

/// A stored version vector, read.
///
/// # Errors
/// [`MalformedVector`] for what is none.
pub fn read_vector(bytes: &[u8]) -> Result<VersionVector, MalformedVector> {
    memory::check();
    VersionVector::from_cbor_checking(bytes, &mut memory::check)
}

/// The version vector in a column of a derived table.
///
/// # Errors
/// [`Error::Corrupted`] for what is none.
pub fn vector_of<T: Table>(
    row: &Row<'_, T>,
    column: Column<T, Vector>,
) -> Result<Option<VersionVector>, Error> {
    let Some(bytes) = row.get(column) else { return Ok(None) };
    read_vector(bytes).map(Some).map_err(|problem| {
        let doc = row.doc().unwrap_or(DocName::Int8(0));
        let table = T::SHAPE.name.to_string_lossy();
        let column = T::SHAPE.columns[column.at].name.to_string_lossy();
        Error::corrupted(&row.forest().name, &doc, format!("{table}.{column}: {problem}"))
    })
}

/// `replica:counter`, as far as they are known.
fn dot_name(replica: Option<&[u8]>, counter: Option<i64>) -> String {
    let replica = replica.and_then(|bytes| ReplicaId::new(bytes).ok());
    let replica = replica.map_or("?".into(), |replica| replica.to_string());
    format!("{replica}:{}", counter.map_or("?".into(), |counter| counter.to_string()))
}
