//! JSON: payload_text, payload_jsonb, tree_json, and what is imported.

use pgrx::pg_sys::{self, Datum, FunctionCallInfo};
use pgrx::{direct_function_call_as_datum, pg_extern};
use treecrdt::json::{Form, Given, Item, quoted, read_tree};

use super::function::c_function;
use super::read::{Asked, Visible, node_id};
use crate::datum::{Type, Varlena, bytes};
use crate::error::{EditProblem, Error, or_raise};
use crate::memory;

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn payload_text(payload: &[u8]) -> Option<&str> {
    match Form::of(payload) {
        Form::Json(text) | Form::Text(text) => Some(text),
        Form::Bytes(_) => None,
    }
}

c_function!(
    /// `treecrdt.payload_jsonb(bytea)`.
    payload_jsonb_wrapper, pg_finfo_payload_jsonb_wrapper, payload_jsonb);

unsafe fn payload_jsonb(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: the server passes a bytea: the function is strict.
    unsafe {
        let payload = pgrx::fcinfo::pg_getarg::<&[u8]>(fcinfo, 0).unwrap_or_default();
        match Form::of(payload) {
            Form::Json(text) => jsonb(text),
            _ => pgrx::fcinfo::pg_return_null(fcinfo),
        }
    }
}

c_function!(
    /// `treecrdt.tree_json(regnamespace, text, uuid, int)`.
    tree_json_wrapper, pg_finfo_tree_json_wrapper, tree_json);

unsafe fn tree_json(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: the server passes arguments of these types, or NULL.
    let asked = unsafe { or_raise(Asked::of(fcinfo)) };
    let mut tree = Written::default();
    or_raise(asked.each(|node| tree.push(&node)));
    jsonb(&tree.end())
}

/// The nodes of a tree, as JSON.
struct Written {
    json: String,
    /// That of the last node, whose children may follow.
    depth: i32,
}

impl Default for Written {
    fn default() -> Self {
        Self { json: String::from("["), depth: 0 }
    }
}

impl Written {
    /// Writes the next node in document order.
    fn push(&mut self, node: &Visible) {
        let Self { json, depth } = self;
        memory::check();
        for _ in node.depth..=*depth {
            json.push_str("]}");
        }
        if node.depth <= *depth {
            json.push(',');
        }
        *depth = node.depth;
        json.push_str("{\"node\":\"");
        json.push_str(&node_id(node.node).to_string());
        json.push_str("\",\"payload\":");
        match node.payload.as_deref().map(Form::of) {
            None => json.push_str("null"),
            Some(Form::Json(text)) => json.push_str(text),
            Some(Form::Text(text)) => json.push_str(&quoted(text)),
            Some(Form::Bytes(bytes)) => {
                json.push_str("{\"base64\":\"");
                json.push_str(&to_base64(bytes));
                json.push_str("\"}");
            }
        }
        json.push_str(",\"children\":[");
    }

    fn end(mut self) -> String {
        for _ in 0..self.depth {
            self.json.push_str("]}");
        }
        self.json.push(']');
        self.json
    }
}

/// The nodes of a tree that is given as a `jsonb`.
///
/// # Errors
/// [`EditProblem::Tree`].
///
/// # Safety
/// The datum is a `jsonb`.
pub unsafe fn items(tree: Datum) -> Result<Vec<Item>, Error> {
    // SAFETY: by the caller's promise; the result is a C string in memory of the statement's.
    let text = unsafe {
        let text = direct_function_call_as_datum(pg_sys::jsonb_out, &[Some(tree)]);
        std::ffi::CStr::from_ptr(text.expect("never NULL").cast_mut_ptr())
    };
    let text = text.to_str().map_err(|_| Error::Encoding)?;
    Ok(read_tree(text, &mut memory::check).map_err(EditProblem::Tree)?)
}

/// The bytes of a payload that is given. What is no base64 ends the statement, with the server's 22023.
pub fn payload(given: Given) -> Option<Vec<u8>> {
    match given {
        Given::Nothing => None,
        Given::Bytes(bytes) => Some(bytes),
        Given::Base64(text) => Some(from_base64(&text)),
    }
}

/// A `jsonb`. Text that is none ends the statement.
fn jsonb(text: &str) -> Datum {
    let text = std::ffi::CString::new(text).expect("JSON has no zero bytes");
    // SAFETY: an input function of the server, on a C string.
    let json = unsafe {
        direct_function_call_as_datum(pg_sys::jsonb_in, &[Some(Datum::from(text.as_ptr()))])
    };
    json.expect("never NULL")
}

fn to_base64(data: &[u8]) -> String {
    let (data, format) = (Varlena::new(data), Varlena::new(b"base64"));
    let arguments = [Some(data.bytea().datum(Type::Bytea)), Some(format.text().datum(Type::Text))];
    // SAFETY: a function of the server, on a bytea and a text; it gives a text.
    let text = unsafe {
        let text = direct_function_call_as_datum(pg_sys::binary_encode, &arguments);
        bytes(text.expect("never NULL"))
    };
    // The server breaks lines.
    text.iter().filter(|it| !it.is_ascii_whitespace()).map(|&it| char::from(it)).collect()
}

fn from_base64(text: &str) -> Vec<u8> {
    let (text, format) = (Varlena::new(text.as_bytes()), Varlena::new(b"base64"));
    let arguments = [Some(text.text().datum(Type::Text)), Some(format.text().datum(Type::Text))];
    // SAFETY: a function of the server, on two texts; it gives a bytea.
    unsafe {
        let data = direct_function_call_as_datum(pg_sys::binary_decode, &arguments);
        bytes(data.expect("never NULL")).to_vec()
    }
}
