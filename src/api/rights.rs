//! What a caller of a function must be allowed, checked before it reads or writes on its own.

use pgrx::pg_sys::{self, Oid};

use crate::error::Error;
use crate::forest::Forest;

/// The owner of the forest, or a member of that role.
///
/// # Errors
/// [`Error::Denied`] for anybody else.
pub fn must_own(forest: &Forest) -> Result<(), Error> {
    // SAFETY: a look-up by the OIDs of a relation and of the current user.
    let owns = unsafe { pg_sys::pg_class_ownercheck(forest.ops.oid, pg_sys::GetUserId()) };
    grant(owns, forest, "only its owner may do this")
}

/// Those who may INSERT into `ops`.
///
/// # Errors
/// [`Error::Denied`] for anybody else.
pub fn must_append(forest: &Forest) -> Result<(), Error> {
    grant(may(forest.ops.oid, pg_sys::ACL_INSERT), forest, "it takes INSERT on ops")
}

/// Those who may SELECT every row of every table.
///
/// # Errors
/// [`Error::Denied`] for anybody else.
pub fn must_read_all(forest: &Forest) -> Result<(), Error> {
    for table in forest.tables() {
        grant(may(table, pg_sys::ACL_SELECT), forest, "it takes SELECT on all its tables")?;
        // SAFETY: a look-up for the current user.
        let policy = unsafe { pg_sys::check_enable_rls(table, pg_sys::InvalidOid, true) };
        let unfiltered = policy != pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32;
        grant(unfiltered, forest, "row-level security hides part of it")?;
    }
    Ok(())
}

fn may(table: Oid, mode: u32) -> bool {
    // SAFETY: as above.
    let result = unsafe { pg_sys::pg_class_aclcheck(table, pg_sys::GetUserId(), mode) };
    result == pg_sys::AclResult::ACLCHECK_OK
}

fn grant(granted: bool, forest: &Forest, needs: &'static str) -> Result<(), Error> {
    if granted { Ok(()) } else { Err(Error::Denied { forest: forest.name.clone(), needs }) }
}
