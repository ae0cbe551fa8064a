//! Functions that the server calls by its own convention, where pgrx has no type for an argument.

/// Declares a C function under the calling convention that the server looks for.
macro_rules! c_function {
    ($(#[$doc:meta])* $name:ident, $info:ident, $body:path) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// Only the server may call it.
        #[unsafe(no_mangle)]
        #[pgrx::pg_guard]
        pub unsafe extern "C-unwind" fn $name(fcinfo: pgrx::pg_sys::FunctionCallInfo) -> pgrx::pg_sys::Datum {
            // SAFETY: the server calls with a valid call frame.
            unsafe { $body(fcinfo) }
        }

        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $info() -> *const pgrx::pg_sys::Pg_finfo_record {
            static RECORD: pgrx::pg_sys::Pg_finfo_record =
                pgrx::pg_sys::Pg_finfo_record { api_version: 1 };
            &raw const RECORD
        }
    };
}
pub(crate) use c_function;
