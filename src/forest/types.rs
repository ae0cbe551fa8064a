//! The OIDs that the types of columns have in this database.

use std::ffi::{CStr, CString};

use pgrx::pg_sys::{self, Datum, Oid};
use treecrdt::OpKind;

use crate::datum::Type;

/// The types of columns, and the labels of `treecrdt.op_kind`.
#[derive(Debug, Clone, Copy)]
pub struct TypeOids {
    /// The schema `treecrdt`.
    schema: Oid,
    kind: Oid,
    vector: Oid,
    labels: [Oid; OpKind::ALL.len()],
}

impl TypeOids {
    /// Looks them up; `None` if the extension's types are not all there.
    pub fn find() -> Option<Self> {
        // SAFETY: look-ups in catalogs.
        let schema = unsafe { pg_sys::get_namespace_oid(c"treecrdt".as_ptr(), true) };
        let kind = type_oid(schema, c"op_kind")?;
        let vector = type_oid(schema, c"version_vector")?;
        let mut labels = [pg_sys::InvalidOid; OpKind::ALL.len()];
        for (oid, label) in labels.iter_mut().zip(OpKind::ALL) {
            *oid = label_oid(kind, label)?;
        }
        Some(Self { schema, kind, vector, labels })
    }

    /// The OID of a type; that of documents must have been resolved.
    pub fn of(&self, of: Type) -> Oid {
        match of {
            Type::Doc => pg_sys::InvalidOid,
            Type::Text => pg_sys::TEXTOID,
            Type::Bytea => pg_sys::BYTEAOID,
            Type::Int8 => pg_sys::INT8OID,
            Type::Bool => pg_sys::BOOLOID,
            Type::Uuid => pg_sys::UUIDOID,
            Type::Kind => self.kind,
            Type::Vector => self.vector,
        }
    }

    /// The name of a function, if it is in schema `treecrdt`.
    pub fn function_of_ours(&self, function: Oid) -> Option<CString> {
        // SAFETY: look-ups of a function that a catalog has named; the name is a C string.
        unsafe {
            let name = pg_sys::get_func_name(function);
            let is_ours = pg_sys::get_func_namespace(function) == self.schema;
            (is_ours && !name.is_null()).then(|| CStr::from_ptr(name).to_owned())
        }
    }

    /// The kind of operation that a label stands for.
    pub fn op_kind(&self, label: Oid) -> Option<OpKind> {
        self.labels.iter().position(|&known| known == label).map(|at| OpKind::ALL[at])
    }

    /// The label that stands for a kind of operation.
    pub fn label(&self, kind: OpKind) -> Oid {
        self.labels[OpKind::ALL.iter().position(|&it| it == kind).expect("all kinds")]
    }
}

/// The OID of the type `treecrdt.dot`, if it is there.
pub fn dot_type() -> Option<Oid> {
    // SAFETY: a look-up in a catalog.
    let schema = unsafe { pg_sys::get_namespace_oid(c"treecrdt".as_ptr(), true) };
    type_oid(schema, c"dot")
}

fn type_oid(schema: Oid, name: &CStr) -> Option<Oid> {
    let cache = pg_sys::SysCacheIdentifier::TYPENAMENSP as i32;
    let (name, schema) = (Datum::from(name.as_ptr()), Datum::from(schema));
    let none = Datum::from(0usize);
    let column = pg_sys::Anum_pg_type_oid as pg_sys::AttrNumber;
    // SAFETY: a syscache look-up by name and schema.
    let oid = unsafe { pg_sys::GetSysCacheOid(cache, column, name, schema, none, none) };
    (oid != pg_sys::InvalidOid).then_some(oid)
}

fn label_oid(enum_type: Oid, kind: OpKind) -> Option<Oid> {
    let name: &CStr = match kind {
        OpKind::Insert => c"insert",
        OpKind::Move => c"move",
        OpKind::Delete => c"delete",
        OpKind::Tombstone => c"tombstone",
        OpKind::Payload => c"payload",
    };
    let cache = pg_sys::SysCacheIdentifier::ENUMTYPOIDNAME as i32;
    let (of, name, none) =
        (Datum::from(enum_type), Datum::from(name.as_ptr()), Datum::from(0usize));
    let column = pg_sys::Anum_pg_enum_oid as pg_sys::AttrNumber;
    // SAFETY: a syscache look-up by type and name.
    let oid = unsafe { pg_sys::GetSysCacheOid(cache, column, of, name, none, none) };
    (oid != pg_sys::InvalidOid).then_some(oid)
}
