//! pg_treecrdt: conflict-free replicated trees inside PostgreSQL.
//!
//! Three layers, and arrows only downwards:
//!
//! * **SQL surface**: `trigger` (what fires on `ops`) and `api` (functions), argument in, rows out;
//! * **Postgres**: `forest` finds, locks and checks the tables; `materialize` drives a catch-up of a
//!   `batch`, with the document locked and as the forest's owner; `store` answers what replay asks,
//!   through `reader`, `rows` and `scan`; `write` writes what it decided;
//! * **core**: the crate `treecrdt`, which knows nothing of a database.
//!
//! The SQL that declares all of it stands in `sql/`.

mod api;
mod batch;
mod buffer;
mod codec;
mod dropping;
mod error;
mod forest;
mod guc;
mod materialize;
mod memory;
mod reader;
mod rows;
mod scan;
mod store;
mod trigger;
mod vector;
mod write;

::pgrx::pg_module_magic!(name, version);

::pgrx::extension_sql_file!("../sql/types.sql", name = "types", bootstrap);
::pgrx::extension_sql_file!("../sql/functions.sql", name = "functions", finalize);

/// Called by Postgres when the library is loaded.
#[::pgrx::pg_guard]
#[allow(non_snake_case)]
pub extern "C-unwind" fn _PG_init() {
    guc::define();
    forest::watch_invalidations();
    forest::names::watch_statements();
}
