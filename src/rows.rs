//! Rows as the core's values: columns of what a probe or slot holds, and whole operations.

use pgrx::pg_sys::{self, Datum};
use treecrdt::{Dot, Entry, Key, MalformedOp, NodeId, Op, OpParts, ReplicaId, VersionVector};

use crate::codec;
use crate::error::Error;
use crate::forest::{Forest, NODES_COLUMNS};
use crate::scan::{Probe, slot_column};

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

/// A `bigint` column that is never negative; NULL counts as 0.
pub fn read_u64(probe: &Probe, column: pg_sys::AttrNumber) -> u64 {
    probe.column(column).map_or(0, |datum| datum.value() as u64)
}

/// The two keys of a row of `nodes`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeKeys {
    /// The operation that placed the node.
    pub placed: Option<Key>,
    /// The operation that wrote its payload.
    pub payload: Option<Key>,
}

impl NodeKeys {
    /// Reads them from the row a probe stands on.
    pub fn read(probe: &Probe, columns: &[pg_sys::AttrNumber; NODES_COLUMNS.len()]) -> Self {
        let placed = read_key(probe, [columns[6], columns[7], columns[8]]);
        let payload = read_key(probe, [columns[9], columns[10], columns[11]])
            .or_else(|| placed.filter(|_| probe.column(columns[5]).is_some()));
        Self { placed, payload }
    }

    /// What the columns `payload_*` hold. They are NULL where the operation that placed the node
    /// brought the payload along: that is the common case, and the payload itself tells.
    pub fn stored_payload(&self) -> Option<Key> {
        self.payload.filter(|_| self.payload != self.placed)
    }
}

/// A row of `ops`, in place: nothing of it is copied.
pub struct OpRow<'s> {
    /// Its document.
    pub doc: &'s str,
    /// Its columns, but for the two that follow.
    pub parts: OpParts<'s>,
    /// Column `payload`.
    pub payload: Option<Datum>,
    /// Column `known_state`.
    pub known_state: Option<Datum>,
}

impl<'s> OpRow<'s> {
    /// Reads the row in a slot.
    ///
    /// # Errors
    /// [`Error::NullColumn`] or [`Error::Malformed`], which name document and dot.
    ///
    /// # Safety
    /// The slot holds a row of the forest's `ops`, and keeps it while this value lives.
    pub unsafe fn read(slot: *mut pg_sys::TupleTableSlot, forest: &Forest) -> Result<Self, Error> {
        let columns = &forest.ops.columns;
        // SAFETY: by the caller's promise, for all columns.
        let column = |at: usize| unsafe { slot_column(slot, columns[at]) };
        // SAFETY: as above; the columns have the types of sql/forest.sql.
        let bytes = |at: usize| column(at).map(|datum| unsafe { codec::bytes(datum) });
        // SAFETY: as above.
        let node = |at: usize| column(at).map(|datum| unsafe { codec::node(datum) });
        let int8 = |at: usize| column(at).map(|datum: Datum| datum.value() as i64);
        // The last column first: the slot takes the whole row apart at once.
        let (known_state, payload) = (column(9), column(8));
        let doc = bytes(0).map(|bytes| std::str::from_utf8(bytes).unwrap_or("(not UTF-8)"));
        let missing = |column: &'static str| Error::NullColumn {
            doc: doc.unwrap_or("?").into(),
            dot: dot_name(bytes(1), int8(2)),
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
            has_payload: payload.is_some(),
            has_known_state: known_state.is_some(),
        };
        let row = Self { doc: doc.ok_or_else(|| missing("doc"))?, parts, payload, known_state };
        if row.doc.len() > treecrdt::MAX_DOC {
            return Err(row.malformed(MalformedOp::DocLength { length: row.doc.len() }));
        }
        Ok(row)
    }

    /// The operation without its bytes, checked.
    ///
    /// # Errors
    /// [`Error::Malformed`], which names document and dot.
    pub fn entry(&self) -> Result<Entry, Error> {
        self.parts.entry().map_err(|problem| self.malformed(problem))
    }

    /// The operation with its bytes.
    ///
    /// # Errors
    /// As for [`OpRow::entry`], and [`Error::Vector`].
    pub fn op(&self) -> Result<Op, Error> {
        // SAFETY: a `bytea` column.
        let payload = self.payload.map(|datum| unsafe { codec::bytes(datum) });
        let known_state = self.known_state.map(|_| self.known_state()).transpose()?;
        Op::from_parts(&self.parts, payload, known_state).map_err(|problem| self.malformed(problem))
    }

    /// What the author of a delete had seen; nothing if it does not say.
    ///
    /// # Errors
    /// [`Error::Vector`] for what is no version vector.
    pub fn known_state(&self) -> Result<VersionVector, Error> {
        match self.known_state {
            // SAFETY: a `version_vector` column.
            Some(datum) => Ok(VersionVector::from_cbor(unsafe { codec::bytes(datum) })?),
            None => Ok(VersionVector::default()),
        }
    }

    fn malformed(&self, problem: MalformedOp) -> Error {
        let dot = dot_name(Some(self.parts.replica), Some(self.parts.counter));
        Error::Malformed { doc: self.doc.into(), dot, problem }
    }
}

/// `replica:counter`, as far as they are known.
fn dot_name(replica: Option<&[u8]>, counter: Option<i64>) -> String {
    let replica = replica.and_then(|bytes| ReplicaId::new(bytes).ok());
    let replica = replica.map_or("?".into(), |replica| replica.to_string());
    format!("{replica}:{}", counter.map_or("?".into(), |counter| counter.to_string()))
}
