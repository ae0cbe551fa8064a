//! Which statement is running.

use pgrx::pg_sys;

use crate::server;

/// A statement, as long as nobody begins another command within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    transaction: pg_sys::LocalTransactionId,
    subtransaction: pg_sys::SubTransactionId,
    command: pg_sys::CommandId,
    table: pg_sys::Oid,
}

impl Statement {
    /// The one that is running, about this `ops`.
    pub fn now(table: pg_sys::Oid) -> Self {
        // SAFETY: reads counters of the running transaction.
        unsafe {
            Self {
                transaction: server::local_transaction(),
                subtransaction: pg_sys::GetCurrentSubTransactionId(),
                command: pg_sys::GetCurrentCommandId(false),
                table,
            }
        }
    }
}
