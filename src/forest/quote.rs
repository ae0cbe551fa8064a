//! Names as they are written in SQL.

use std::ffi::{CStr, CString};

use pgrx::pg_sys::{self, Oid};

/// A schema's name, quoted.
pub fn schema_name(schema: Oid) -> Option<String> {
    // SAFETY: a catalog look-up, whose result is a C string or null.
    let name = unsafe {
        let name = pg_sys::get_namespace_name(schema);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_owned())
    };
    name.map(|name| quote(&name))
}

/// A role's name, quoted.
pub fn role_name(role: Oid) -> String {
    // SAFETY: a catalog look-up, whose result is a C string or null.
    let name = unsafe {
        let name = pg_sys::GetUserNameFromId(role, true);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_owned())
    };
    name.map(|name| quote(&name)).unwrap_or_default()
}

/// An identifier, quoted for use in SQL where it must be.
pub fn quote(identifier: &CStr) -> String {
    // SAFETY: gives its argument or a palloc'd string.
    unsafe { CStr::from_ptr(pg_sys::quote_identifier(identifier.as_ptr())) }
        .to_string_lossy()
        .into_owned()
}

/// As [`quote`], of text that came from SQL.
pub fn quote_text(identifier: &str) -> String {
    quote(&CString::new(identifier).expect("SQL text has no zero bytes"))
}

/// The name of an index, if it is there.
pub fn index_name(index: Oid) -> Option<String> {
    // SAFETY: a catalog look-up, whose result is a C string or null.
    unsafe {
        let name = pg_sys::get_rel_name(index);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}
