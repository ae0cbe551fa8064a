//! Having the planner read index ranges, whatever it believes about the tables.
//!
//! The queries of the reading functions are made for the indexes of a forest. The planner would
//! not always see that: on a table without statistics, or where one parent has most of the nodes,
//! a Seq Scan and a Sort can look cheaper to it, and cost the whole table on every call.

use std::ffi::CStr;

use pgrx::Spi;
use pgrx::pg_sys::{self, PgOid};
use pgrx::spi::OwnedPreparedStatement;

use crate::error::Error;
use crate::forest::{Open, names};
use crate::guc::with_settings;

/// What is set while the reading functions run their queries.
const SETTINGS: [(&CStr, &CStr); 13] = [
    (c"enable_seqscan", c"off"),
    (c"enable_indexscan", c"on"),
    (c"enable_indexonlyscan", c"on"),
    (c"enable_nestloop", c"on"),
    (c"geqo", c"off"),
    (c"from_collapse_limit", c"8"),
    (c"join_collapse_limit", c"8"),
    (c"max_parallel_workers_per_gather", c"0"),
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
/// # Errors
/// Those of `read`.
pub fn by_index<T>(forest: &Open, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // SAFETY: a query is running, and its snapshot active.
    unsafe { forest.must_be_as_seen_by(pg_sys::GetActiveSnapshot()) }?;
    names::naming(forest.forest(), || with_settings(&SETTINGS, read))
}

/// A statement to be run many times, each time in a connection to SPI of its own: one connection
/// keeps the rows of all that is run in it, some kilobytes for a single row.
///
/// # Errors
/// [`Error::Spi`].
pub fn prepare(sql: &str, types: &[PgOid]) -> Result<OwnedPreparedStatement, Error> {
    Spi::connect(|client| Ok(client.prepare(sql, types)?.keep()))
}
