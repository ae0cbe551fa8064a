//! Queries of the reading functions: under one snapshot, and by index ranges, whatever the planner
//! believes about the tables.
//!
//! The queries of the reading functions are made for the indexes of a forest. The planner would
//! not always see that: on a table without statistics, or where one parent has most of the nodes,
//! a Seq Scan and a Sort can look cheaper to it, and cost the whole table on every call.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};

use pgrx::Spi;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys;
use pgrx::spi::SpiHeapTupleData;

use crate::error::Error;
use crate::forest::{Forest, Open, names};
use crate::memory;
use crate::settings::with_settings;

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

/// A query to be run once or many times, prepared when it is first run.
///
/// It always sees what the query that called us sees. Through pgrx it would see every moment anew
/// once the transaction has written something, and so a tree that never was.
pub struct Query {
    sql: CString,
    plan: pg_sys::SPIPlanPtr,
}

impl Query {
    /// A query about this forest.
    pub fn new(forest: &Forest, sql: &str) -> Self {
        for plan in LEFT.take() {
            // SAFETY: the plan was ours, and nobody uses it any more.
            unsafe { pg_sys::SPI_freeplan(plan) };
        }
        let sql = CString::new(names::sql(forest, sql)).expect("SQL text has no zero bytes");
        Self { sql, plan: std::ptr::null_mut() }
    }

    /// Visits its rows. Each run has a connection to SPI of its own: one connection keeps the rows
    /// of all that is run in it, some kilobytes for a single row. What arguments take is given back
    /// with it.
    ///
    /// # Errors
    /// [`Error::Spi`], and those of `visit`.
    pub fn each<'a, const N: usize>(
        &mut self,
        arguments: impl FnOnce() -> [DatumWithOid<'a>; N],
        mut visit: impl FnMut(&SpiHeapTupleData<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        Spi::connect(|_| {
            let arguments = arguments();
            let mut types = arguments.each_ref().map(DatumWithOid::oid);
            let values = arguments.each_ref().map(DatumWithOid::datum);
            let nulls =
                values.each_ref().map(|it| if it.is_some() { b' ' } else { b'n' } as c_char);
            let none = pg_sys::Datum::from(0usize);
            let mut values = values.map(|it| it.map_or(none, |it| it.sans_lifetime()));
            // SAFETY: we are connected. The plan is ours once it is kept; rows are read before the
            // connection, which they belong to, is closed.
            unsafe {
                if self.plan.is_null() {
                    let plan = pg_sys::SPI_prepare(self.sql.as_ptr(), N as i32, types.as_mut_ptr());
                    check(if plan.is_null() {
                        pg_sys::SPI_result
                    } else {
                        pg_sys::SPI_keepplan(plan)
                    })?;
                    self.plan = plan;
                }
                let (values, nulls) = (values.as_mut_ptr(), nulls.as_ptr());
                check(pg_sys::SPI_execute_plan(self.plan, values, nulls, true, 0))?;
                let rows = &*pg_sys::SPI_tuptable;
                for at in 0..rows.numvals as usize {
                    memory::check();
                    if let Some(row) = SpiHeapTupleData::new(rows.tupdesc, *rows.vals.add(at))? {
                        visit(&row)?;
                    }
                }
                Ok(())
            }
        })
    }
}

/// What SPI reports as a negative number, as an error.
fn check(code: i32) -> Result<(), Error> {
    if code >= 0 {
        return Ok(());
    }
    Err(Error::Unexpected { what: format!("a query ended with SPI code {code}") })
}

thread_local! {
    /// Plans of queries that an error has ended: while it is on its way the server is not called.
    static LEFT: RefCell<Vec<pg_sys::SPIPlanPtr>> = const { RefCell::new(Vec::new()) };
}

impl Drop for Query {
    fn drop(&mut self) {
        if self.plan.is_null() {
            return;
        }
        if std::thread::panicking() {
            LEFT.with_borrow_mut(|left| left.push(self.plan));
        } else {
            // SAFETY: the plan is ours.
            unsafe { pg_sys::SPI_freeplan(self.plan) };
        }
    }
}
