//! pg_treecrdt: conflict-free replicated trees inside PostgreSQL.
::pgrx::pg_module_magic!(name, version);
