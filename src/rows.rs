//! Rows as the core's values: columns of what a probe or slot holds, and whole operations.

use pgrx::pg_sys::{self, Datum};
use treecrdt::{Dot, Entry, Key, NodeId, Op, OpKind, OpParts, ReplicaId, Step, VersionVector};

use crate::codec;
use crate::error::Error;
use crate::forest::Forest;
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

/// The timeline entry of the row of `ops` a probe stands on, payload bytes left alone.
///
/// # Safety
/// The probe stands on a row of the forest's `ops`.
pub unsafe fn read_entry(probe: &Probe, forest: &Forest) -> Result<Entry, Error> {
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
