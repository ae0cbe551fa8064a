//! SQL that goes by the names of a forest's tables, held to the very tables that were checked.
//!
//! A name can come to mean something else between the check and the moment when a statement is
//! analyzed, or analyzed again: a schema can be renamed without a lock, and a view put in its
//! place, whose functions would run with the rights of whoever called us. So every statement of
//! ours carries a mark, and what the server made of its names is looked at before views and
//! policies are expanded, and before anything of it is planned or run.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::rc::Rc;

use pgrx::pg_sys;

use super::find::Forest;
use crate::error::Error;

/// How statements of ours begin.
const MARK: &str = "/* pg_treecrdt */ ";

thread_local! {
    /// The forests whose tables statements may name by now, the innermost last.
    static NAMED: RefCell<Vec<Rc<Forest>>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<pg_sys::post_parse_analyze_hook_type> = const { Cell::new(None) };
}

/// A statement with the forest's name in the places marked `@forest@`, and without comments: a name
/// may have more than one line.
pub fn sql(forest: &Forest, text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
    format!("{MARK}{}", lines.join("\n").replace("@forest@", &forest.name))
}

/// Runs what uses such statements.
pub fn naming<T>(forest: &Rc<Forest>, work: impl FnOnce() -> T) -> T {
    struct Innermost;
    impl Drop for Innermost {
        fn drop(&mut self) {
            NAMED.with_borrow_mut(Vec::pop);
        }
    }
    NAMED.with_borrow_mut(|named| named.push(forest.clone()));
    let _innermost = Innermost;
    work()
}

/// Has the server show us each statement that it has analyzed.
pub fn watch_statements() {
    // SAFETY: the backend's only thread sets a hook of its own; whoever was there is called first.
    unsafe {
        NEXT.set(pg_sys::post_parse_analyze_hook);
        pg_sys::post_parse_analyze_hook = Some(analyzed);
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn analyzed(
    state: *mut pg_sys::ParseState,
    query: *mut pg_sys::Query,
    jumble: *mut pg_sys::JumbleState,
) {
    if let Some(next) = NEXT.get() {
        // SAFETY: the arguments that we were called with.
        unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| next(state, query, jumble)) };
    }
    // SAFETY: the server calls with a statement that it has analyzed.
    let text = unsafe { (*state).p_sourcetext };
    // SAFETY: a C string, where there is one.
    if text.is_null() || unsafe { !CStr::from_ptr(text).to_bytes().starts_with(MARK.as_bytes()) } {
        return;
    }
    let Some(forest) = NAMED.with_borrow(|named| named.last().cloned()) else { return };
    let (mut relations, mut others, mut policies) =
        (std::ptr::null_mut(), std::ptr::null_mut(), false);
    // SAFETY: as above. The lists are ours, in the context of the analysis.
    unsafe {
        pg_sys::extract_query_dependencies(
            query.cast(),
            &raw mut relations,
            &raw mut others,
            &raw mut policies,
        );
        for at in 0..pg_sys::list_length(relations) {
            let relation = pg_sys::list_nth_oid(relations, at);
            if !forest.tables().any(|table| table == relation) {
                Error::Moving { schema: forest.name.clone() }.raise();
            }
        }
    }
}
