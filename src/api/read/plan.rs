//! Having the planner read index ranges, whatever it believes about the tables.
//!
//! The queries of the reading functions are made for the indexes of a forest. The planner would
//! not always see that: on a table without statistics, or where one parent has most of the nodes,
//! a Seq Scan and a Sort can look cheaper to it, and cost the whole table on every call.

use std::ffi::CStr;

use pgrx::Spi;
use pgrx::pg_sys::PgOid;
use pgrx::spi::OwnedPreparedStatement;

use crate::error::Error;
use crate::guc::with_settings;

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
/// # Errors
/// Those of `read`.
pub fn by_index<T>(read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    with_settings(&SETTINGS, read)
}

/// `column = value`, said as a range, for a query with `ORDER BY column`.
///
/// Where statistics have it that a doc has one row, every index that begins with `doc` looks equally
/// good, and one may be taken that reads the whole doc for a single row. Only the right one gives
/// that order; and that the order of equal values is no order at all, the planner must not see.
pub fn just(column: &str, value: &str) -> String {
    format!("{column} OPERATOR(pg_catalog.>=) {value} AND {column} OPERATOR(pg_catalog.<=) {value}")
}

/// A statement to be run many times, each time in a connection to SPI of its own: one connection
/// keeps the rows of all that is run in it, some kilobytes for a single row.
///
/// # Errors
/// [`Error::Spi`].
pub fn prepare(sql: &str, types: &[PgOid]) -> Result<OwnedPreparedStatement, Error> {
    Spi::connect(|client| Ok(client.prepare(sql, types)?.keep()))
}
