//! Rows as the core's values: whole operations, and what belongs together in a row of `nodes`.

use pgrx::pg_sys;
use treecrdt::{Entry, Key, MalformedOp, Op, OpParts, ReplicaId, VersionVector};

use crate::error::Error;
use crate::forest::Forest;
use crate::forest::shape::{Nodes, Ops, nodes, ops};
use crate::memory;
use crate::scan::{Arg, Row};

/// The two keys of a row of `nodes`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeKeys {
    /// The operation that placed the node.
    pub placed: Option<Key>,
    /// The operation that wrote its payload.
    pub payload: Option<Key>,
}

impl NodeKeys {
    /// Reads them from a row.
    pub fn read(row: &Row<'_, Nodes>) -> Self {
        let placed = row.key(Nodes::PLACED);
        let payload =
            row.key(Nodes::WRITTEN).or_else(|| placed.filter(|_| row.has(nodes::PAYLOAD)));
        Self { placed, payload }
    }

    /// What the columns `payload_*` hold. They are NULL where the operation that placed the node
    /// brought the payload along: that is the common case, and the payload itself tells.
    pub fn stored_payload(&self) -> Option<Key> {
        self.payload.filter(|_| self.payload != self.placed)
    }
}

/// A row of `ops`, in place: nothing of it is copied.
pub struct OpRow<'r> {
    /// Its document.
    pub doc: &'r str,
    /// Its columns, but for the two that follow.
    pub parts: OpParts<'r>,
    /// Column `payload`.
    pub payload: Option<Arg<'r>>,
    /// Column `known_state`.
    pub known_state: Option<Arg<'r>>,
    row: Row<'r, Ops>,
}

impl<'r> OpRow<'r> {
    /// Reads the row in a slot.
    ///
    /// # Errors
    /// As for [`OpRow::read`].
    ///
    /// # Safety
    /// The slot holds a row of the forest's `ops`, and keeps it for `'r`.
    pub unsafe fn in_slot(
        slot: *mut pg_sys::TupleTableSlot,
        forest: &'r Forest,
    ) -> Result<Self, Error> {
        // SAFETY: by the caller's promise.
        Self::read(unsafe { Row::in_slot(slot, forest) })
    }

    /// Takes a row apart.
    ///
    /// # Errors
    /// [`Error::NullColumn`] or [`Error::Malformed`], which name document and dot.
    pub fn read(row: Row<'r, Ops>) -> Result<Self, Error> {
        // The last column first: the slot takes the whole row apart at once.
        let (known_state, payload) = (row.arg(ops::KNOWN_STATE), row.arg(ops::PAYLOAD));
        let doc = row.get(ops::DOC);
        let doc = doc.map(|bytes| std::str::from_utf8(bytes).unwrap_or("(not UTF-8)"));
        let (replica, counter) = (row.get(ops::REPLICA), row.get(ops::COUNTER));
        let missing = |column: &'static str| Error::NullColumn {
            doc: short(doc.unwrap_or("?")),
            dot: dot_name(replica, counter),
            column,
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
            order_key: row.get(ops::ORDER_KEY),
            has_payload: payload.is_some(),
            has_known_state: known_state.is_some(),
        };
        let doc = doc.ok_or_else(|| missing("doc"))?;
        let row = Self { doc, parts, payload, known_state, row };
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
        let known_state = self.known_state.map(|_| self.known_state()).transpose()?;
        let payload = self.row.get(ops::PAYLOAD);
        Op::from_parts(&self.parts, payload, known_state).map_err(|problem| self.malformed(problem))
    }

    /// What the author of a delete had seen; nothing if it does not say.
    ///
    /// # Errors
    /// [`Error::Vector`] for what is no version vector.
    pub fn known_state(&self) -> Result<VersionVector, Error> {
        match self.row.get(ops::KNOWN_STATE) {
            Some(bytes) => read_vector(bytes),
            None => Ok(VersionVector::default()),
        }
    }

    fn malformed(&self, problem: MalformedOp) -> Error {
        let dot = dot_name(Some(self.parts.replica), Some(self.parts.counter));
        Error::Malformed { doc: short(self.doc), dot, problem }
    }
}

/// A stored version vector, read.
///
/// # Errors
/// [`Error::Vector`] for what is none.
pub fn read_vector(bytes: &[u8]) -> Result<VersionVector, Error> {
    memory::check();
    Ok(VersionVector::from_cbor_checking(bytes, &mut memory::check)?)
}

/// A name as messages quote it: what is long is cut.
pub fn short(name: &str) -> String {
    const MOST: usize = 100;
    match name.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.into(),
    }
}

/// `replica:counter`, as far as they are known.
fn dot_name(replica: Option<&[u8]>, counter: Option<i64>) -> String {
    let replica = replica.and_then(|bytes| ReplicaId::new(bytes).ok());
    let replica = replica.map_or("?".into(), |replica| replica.to_string());
    format!("{replica}:{}", counter.map_or("?".into(), |counter| counter.to_string()))
}
