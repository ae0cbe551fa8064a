//! Settings: ours, all below the prefix `treecrdt`, which is reserved; and the server's, set for a while.

use std::ffi::{CStr, CString};

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum, pg_sys};

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

/// `treecrdt.batch_size`.
pub static BATCH_SIZE: GucSetting<i32> = GucSetting::<i32>::new(1 << 17);

/// `treecrdt.replica`.
pub static REPLICA: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

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
    GucRegistry::define_int_guc(
        c"treecrdt.batch_size",
        c"How many operations of a statement are materialized at a time.",
        c"The memory that a statement takes is in proportion to it. A statement of more operations is \
          sorted, and worked off in pieces.",
        &BATCH_SIZE,
        1,
        1 << 24,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_string_guc(
        c"treecrdt.replica",
        c"Who mints the operations of the functions that edit.",
        c"1 to 64 bytes, as they stand or in hex after \\x. Empty: an identity of this database, for as long as \
          its server runs.",
        &REPLICA,
        GucContext::Userset,
        GucFlags::default(),
    );
    // SAFETY: a constant C string; the server copies it.
    unsafe { pg_sys::MarkGUCPrefixReserved(c"treecrdt".as_ptr()) };
}

/// Runs `work` with these settings, and brings the caller's back: those, and whatever else was set
/// meanwhile, for the transaction or for the session. An error needs no clean-up here: the end of the (sub)transaction restores settings.
pub fn with_settings<T>(settings: &[(&CStr, &CStr)], work: impl FnOnce() -> T) -> T {
    if settings.is_empty() {
        return work();
    }
    // SAFETY: plain calls into the server on the backend's only thread; the server copies strings.
    let nest = unsafe { pg_sys::NewGUCNestLevel() };
    for (name, value) in settings {
        // SAFETY: as above. Saved, not set: the end of the nest level brings the caller's value back.
        unsafe {
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
    }
    let result = work();
    // SAFETY: undoes what was done above. As if it had failed: else what was set for the session stays.
    unsafe { pg_sys::AtEOXact_GUC(false, nest) };
    result
}
