//! What a caller of a function must be allowed, checked before it reads on its own.

use pgrx::pg_sys;

use crate::error::Error;
use crate::forest::Open;
use crate::server;

/// Those who may SELECT every row of every table.
///
/// # Errors
/// [`Error::Denied`] for anybody else.
pub fn must_read_all(forest: &Open) -> Result<(), Error> {
    for table in forest.tables() {
        let needs = match may_read(table) {
            Reading::Nothing => "it takes SELECT on all its tables",
            Reading::Filtered => "row-level security hides part of it",
            Reading::All => continue,
        };
        return Err(Error::Denied { forest: forest.name.clone(), needs });
    }
    Ok(())
}

/// What a role may read of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Not every column, perhaps none.
    Nothing,
    /// Every column of the rows that policies let through.
    Filtered,
    /// Everything.
    All,
}

/// What the current role may read of a table, as the executor decides it.
pub fn may_read(table: pg_sys::Oid) -> Reading {
    // SAFETY: look-ups by the OIDs of a relation and of the current user.
    unsafe {
        if !server::may(table, pg_sys::GetUserId(), pg_sys::ACL_SELECT) {
            return Reading::Nothing;
        }
    }
    if is_filtered(table) { Reading::Filtered } else { Reading::All }
}

/// Whether policies keep rows of a table from the current role.
pub fn is_filtered(table: pg_sys::Oid) -> bool {
    // SAFETY: a look-up by the OID of a relation.
    let policy = unsafe { pg_sys::check_enable_rls(table, pg_sys::InvalidOid, true) };
    policy == pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32
}
