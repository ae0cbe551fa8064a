//! Settings, all below the prefix `treecrdt`, which is reserved.

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};

/// When operations are materialized.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PostgresGucEnum)]
pub enum CatchUp {
    /// In the statement that inserts them.
    #[name = c"immediate"]
    Immediate,
    /// When `treecrdt.ensure_materialized` is called, or the next immediate append.
    #[name = c"deferred"]
    Deferred,
}

/// `treecrdt.catch_up`.
pub static CATCH_UP: GucSetting<CatchUp> = GucSetting::<CatchUp>::new(CatchUp::Immediate);

/// Declares the settings to the server.
pub fn define() {
    GucRegistry::define_enum_guc(
        c"treecrdt.catch_up",
        c"When inserted operations become rows of the tree tables.",
        c"immediate: in the same statement. deferred: only the frontier is recorded, and \
          treecrdt.ensure_materialized, or the next immediate append to the doc, does the rest.",
        &CATCH_UP,
        GucContext::Userset,
        GucFlags::default(),
    );
    // SAFETY: a constant C string; the server copies it.
    unsafe { pgrx::pg_sys::MarkGUCPrefixReserved(c"treecrdt".as_ptr()) };
}
