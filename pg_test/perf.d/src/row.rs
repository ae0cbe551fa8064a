//! An operation as parameters of a prepared INSERT, in the binary form of their types.

use treecrdt::{Action, Op};

use crate::raw::Raw;
use crate::stage::COLUMNS;

/// The statement that appends one row to a forest.
pub fn insert(forest: &str) -> String {
    format!("INSERT INTO {forest}.ops ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
}

/// The values of a row.
pub fn of(doc: &str, op: &Op) -> [Raw; 10] {
    let some = |bytes: &[u8]| Raw(Some(bytes.to_vec()));
    let (parent, order_key) = match &op.action {
        Action::Insert { parent, order_key, .. } | Action::Move { parent, order_key } => {
            (some(&parent.0), some(order_key))
        }
        _ => (Raw(None), Raw(None)),
    };
    let known_state = match &op.action {
        Action::Delete { known_state } => some(&known_state.to_cbor()),
        _ => Raw(None),
    };
    [
        some(doc.as_bytes()),
        some(op.dot().replica.as_bytes()),
        some(&(op.dot().counter as i64).to_be_bytes()),
        some(&(op.key.lamport as i64).to_be_bytes()),
        some(op.kind().name().as_bytes()),
        some(&op.node.0),
        parent,
        order_key,
        Raw(op.written_payload().flatten().map(<[u8]>::to_vec)),
        known_state,
    ]
}
