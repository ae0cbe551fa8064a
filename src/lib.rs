//! pg_treecrdt: conflict-free replicated trees inside PostgreSQL.
//!
//! Layers, and arrows only downwards; `README.md` beside this file says what each may know:
//!
//! * [`surface`]: what SQL calls, triggers and functions: arguments in, rows out;
//! * [`catch_up`]: the drive, from operations in the log to rows of the tree tables;
//! * [`storage`]: rows read and written without a query;
//! * [`forest`]: seven tables of one shape, found, locked, checked;
//! * [`datum`], [`doc`], [`error`], [`memory`], [`server`], [`settings`]: the ground;
//! * the crate `treecrdt`, in `core/`: what a set of operations means. It knows nothing of a database.
//!
//! The SQL that declares all of it stands in `sql/`.

mod catch_up;
mod datum;
mod doc;
mod error;
mod forest;
mod memory;
mod server;
mod settings;
mod storage;
mod surface;

::pgrx::pg_module_magic!(name, version);

::pgrx::extension_sql_file!("../sql/types.sql", name = "types", bootstrap);
::pgrx::extension_sql_file!("../sql/functions.sql", name = "functions");
::pgrx::extension_sql_file!("../sql/edit.sql", name = "edit", requires = ["functions"]);
::pgrx::extension_sql_file!("../sql/json.sql", name = "json", requires = ["edit"], finalize);

/// Called by Postgres when the library is loaded.
#[::pgrx::pg_guard]
#[allow(non_snake_case)]
pub extern "C-unwind" fn _PG_init() {
    settings::define();
    forest::watch_invalidations();
    forest::names::watch_statements();
    catch_up::watch_transactions();
    surface::proposed::watch_transactions();
}
