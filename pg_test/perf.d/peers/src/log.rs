//! Rows of a log as operations.

use crate::op::{Key, Op, Place};
use crate::spi::Row;

impl<'s> Op<'s> {
    /// The columns of `ops` that follow `doc`, in the order of the table.
    pub fn read(row: &Row<'s>) -> Self {
        let key = Key { replica: row.bytes(1), counter: row.int8(2), lamport: row.int8(3) };
        let place = row
            .optional_node(6)
            .map(|parent| Place { parent, order_key: row.optional_bytes(7).unwrap_or_default() });
        Self { key, node: row.node(5), place, payload: row.optional_bytes(8) }
    }
}
