//! Expressions that belong to a table: defaults of columns, what an index holds, which rows it is of.

use pgrx::pg_sys::ffi::pg_guard_ffi_boundary;
use pgrx::pg_sys::{self, Datum};

/// The context of the row that is being made: its memory is given back between rows.
///
/// # Safety
/// The executor state is open.
pub unsafe fn row_context(estate: *mut pg_sys::EState) -> *mut pg_sys::ExprContext {
    // SAFETY: by the caller's promise.
    unsafe {
        let context = (*estate).es_per_tuple_exprcontext;
        if context.is_null() { pg_sys::MakePerTupleExprContext(estate) } else { context }
    }
}

/// The value of an expression, which lives as long as the row, and whether it is NULL.
///
/// # Safety
/// The expression is initialized, for a table that is written with this executor state.
pub unsafe fn evaluate(
    expression: *mut pg_sys::ExprState,
    estate: *mut pg_sys::EState,
) -> (Datum, bool) {
    let mut is_null = false;
    // SAFETY: by the caller's promise; the context is that of the row being made.
    unsafe {
        let context = row_context(estate);
        let old = pg_sys::MemoryContextSwitchTo((*context).ecxt_per_tuple_memory);
        let evaluate = (*expression).evalfunc.expect("an initialized expression");
        // Where it fails, what is on the way is closed.
        let value = pg_guard_ffi_boundary(|| evaluate(expression, context, &raw mut is_null));
        pg_sys::MemoryContextSwitchTo(old);
        (value, is_null)
    }
}
