//! Having the planner read index ranges, whatever it believes about the tables.
//!
//! The queries of the reading functions are made for the indexes of a forest. The planner would
//! not always see that: on a table without statistics, or where one parent has most of the nodes,
//! a Seq Scan and a Sort can look cheaper to it, and cost the whole table on every call.

use std::ffi::CStr;

use pgrx::pg_sys;

use crate::error::Error;

/// What is set while the reading functions run their queries.
const SETTINGS: [(&CStr, &CStr); 6] = [
    (c"enable_seqscan", c"off"),
    (c"enable_bitmapscan", c"off"),
    (c"enable_sort", c"off"),
    (c"enable_memoize", c"off"),
    // A statement that is run for every level is planned once.
    (c"plan_cache_mode", c"force_generic_plan"),
    // Plans that cannot do without what is off (those of policies, say) look too dear to it.
    (c"jit", c"off"),
];

/// Runs `read` with planner settings under which its queries come to index ranges.
///
/// An error of the server needs no clean-up: the end of the (sub)transaction restores settings.
///
/// # Errors
/// Those of `read`.
pub fn by_index<T>(read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // SAFETY: plain calls into the server on the backend's only thread, with static strings.
    let nest = unsafe {
        let nest = pg_sys::NewGUCNestLevel();
        for (name, value) in SETTINGS {
            // Saved, not set: the end of the nest level brings the caller's value back.
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_USERSET,
                pg_sys::GucSource::PGC_S_SESSION,
                pg_sys::GucAction::GUC_ACTION_SAVE,
                true,
                0,
                false,
            );
        }
        nest
    };
    let result = read();
    // SAFETY: undoes what was done above.
    unsafe { pg_sys::AtEOXact_GUC(true, nest) };
    result
}
