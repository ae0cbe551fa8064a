//! Acting as the owner of a forest, the way foreign-key triggers act as the owner of a table.
//!
//! Derived tables are written, and locks on them taken, with the rights of the forest's owner and
//! nobody else's, under a search path that no caller can bend. And nothing of it outlives the work:
//! it is a *security-restricted operation*, in which the server refuses to put triggers off to the
//! commit, where they would run as the caller (compare CVE-2020-25695), and to change roles; what
//! the owner's triggers have set is taken back. An error needs no clean-up here: the end of the
//! (sub)transaction gives both back.

use std::ffi::c_int;

use pgrx::pg_sys;

use crate::settings::with_settings;

/// Runs `work` as `owner`.
pub fn acting_as<T>(owner: pg_sys::Oid, work: impl FnOnce() -> T) -> T {
    let (mut user, mut context) = (pg_sys::InvalidOid, 0 as c_int);
    let switch = (pg_sys::SECURITY_LOCAL_USERID_CHANGE
        | pg_sys::SECURITY_RESTRICTED_OPERATION
        | pg_sys::SECURITY_NOFORCE_RLS) as c_int;
    // SAFETY: plain calls into the server on the backend's only thread; the pointers are to locals.
    unsafe {
        pg_sys::GetUserIdAndSecContext(&raw mut user, &raw mut context);
        pg_sys::SetUserIdAndSecContext(owner, context | switch);
    }
    let result = with_settings(&[(c"search_path", c"pg_catalog, pg_temp")], work);
    // SAFETY: undoes what was done above.
    unsafe { pg_sys::SetUserIdAndSecContext(user, context) };
    result
}
