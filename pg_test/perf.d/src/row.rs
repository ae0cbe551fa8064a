//! An operation as parameters of a prepared INSERT, in the binary form of their types.

use postgres::types::ToSql;
use postgres::{Client, Statement};
use treecrdt::{Action, Op};

use crate::Result;
use crate::measure::timed;
use crate::raw::Raw;
use crate::stage::COLUMNS;

/// The statement that appends one row to a forest.
pub fn insert(forest: &str) -> String {
    format!("INSERT INTO {forest}.ops ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
}

/// Appends one row with that statement, prepared; gives the seconds that took.
pub fn append(client: &mut Client, insert: &Statement, doc: &str, op: &Op) -> Result<f64> {
    let row = of(doc, op);
    let params: Vec<&(dyn ToSql + Sync)> = row.iter().map(|raw| raw as _).collect();
    Ok(timed(|| Ok(client.execute(insert, &params)?))?.0)
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
