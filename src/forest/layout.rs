//! Which layout the tables of a forest have.
//!
//! A forest is made of ordinary tables, which an update of the extension does not touch. So each says
//! which layout it has: as the argument of the trigger `treecrdt_materialize`, which goes where the
//! tables go, through dumps, copies and new names. A forest of another layout is neither read nor
//! written; its owner [upgrades](super::upgrade()) an older one.

use std::ffi::CStr;

use pgrx::pg_sys;

use super::types::TypeOids;
use crate::error::Error;

/// The layout that this library reads and writes.
pub const LAYOUT: u32 = 1;

/// The function of the trigger that has the mark.
const MARKED: &CStr = c"ops_materialize";

/// The arguments that a trigger with this function is made with.
pub fn arguments_of(function: &CStr) -> String {
    if function == MARKED { format!("'{LAYOUT}'") } else { String::new() }
}

/// Whether a trigger with this function has these arguments.
pub fn has_arguments_of(trigger: &pg_sys::Trigger, function: &CStr) -> bool {
    // SAFETY: there are so many arguments, C strings.
    let first = (trigger.tgnargs > 0).then(|| unsafe { CStr::from_ptr(*trigger.tgargs) });
    match first {
        Some(first) if function == MARKED => {
            trigger.tgnargs == 1 && first.to_bytes() == LAYOUT.to_string().as_bytes()
        }
        first => first.is_none() && function != MARKED,
    }
}

/// Ends the work on a forest whose layout is not this library's.
///
/// # Errors
/// [`Error::Layout`].
///
/// # Safety
/// The relation is `ops`, open and locked.
pub unsafe fn must_be_ours(
    ops: pg_sys::Relation,
    forest: &str,
    types: &TypeOids,
) -> Result<(), Error> {
    // SAFETY: by the caller's promise.
    match unsafe { marked(ops, types) } {
        Some(found) if found != LAYOUT => {
            Err(Error::Layout { forest: forest.into(), found, known: LAYOUT })
        }
        // Where there is no such trigger, the shape is wrong, and the check says how.
        _ => Ok(()),
    }
}

/// The layout that the triggers of `ops` name; 0 where they name none, `None` where there is no such
/// trigger, or no number.
///
/// # Safety
/// The relation is open and locked.
pub unsafe fn marked(ops: pg_sys::Relation, types: &TypeOids) -> Option<u32> {
    // SAFETY: by the caller's promise; names and arguments in catalogs are C strings.
    unsafe {
        // A copy: the server may put a new list in the place of this one while names are looked up.
        let descriptor = pg_sys::CopyTriggerDesc((*ops).trigdesc).as_ref()?;
        let all = std::slice::from_raw_parts(descriptor.triggers, descriptor.numtriggers as usize);
        let ours =
            all.iter().find(|it| types.function_of_ours(it.tgfoid).as_deref() == Some(MARKED))?;
        match ours.tgnargs {
            0 => Some(0),
            _ => CStr::from_ptr(*ours.tgargs).to_str().ok()?.parse().ok(),
        }
    }
}
