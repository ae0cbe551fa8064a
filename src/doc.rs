//! The name of a document: a value of the type that the forest's `doc` columns have.

use std::borrow::Cow;
use std::fmt;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{Uuid, direct_function_call};
use treecrdt::NodeId;

use crate::datum::{self, Arg, Type, Varlena};
use crate::error::short;

/// What type the `doc` columns of a forest have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocType {
    /// `text COLLATE "C"`.
    Text,
    /// `uuid`.
    Uuid,
    /// `bigint`.
    Int8,
}

impl DocType {
    /// The type with this OID, if documents can be named by it.
    pub fn of(oid: Oid) -> Option<Self> {
        [Self::Text, Self::Uuid, Self::Int8].into_iter().find(|it| it.oid() == oid)
    }

    /// Its OID.
    pub fn oid(self) -> Oid {
        match self {
            Self::Text => pg_sys::TEXTOID,
            Self::Uuid => pg_sys::UUIDOID,
            Self::Int8 => pg_sys::INT8OID,
        }
    }

    /// What a type is in a forest whose documents have this one.
    pub fn resolve(self, of: Type) -> Type {
        if of == Type::Doc { self.column() } else { of }
    }

    /// The type of the columns.
    pub fn column(self) -> Type {
        match self {
            Self::Text => Type::Text,
            Self::Uuid => Type::Uuid,
            Self::Int8 => Type::Int8,
        }
    }
}

/// The name of a document. Ordered, so that all lock documents in the same order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocName<'d> {
    /// A text.
    Text(Cow<'d, str>),
    /// A uuid.
    Uuid([u8; 16]),
    /// A number.
    Int8(i64),
}

impl<'d> DocName<'d> {
    /// Reads the text form of a name. What is none of this type ends the statement, with the
    /// server's own 22P02 or 22003.
    pub fn parse(text: &str, of: DocType) -> DocName<'static> {
        let cstring = std::ffi::CString::new(text).expect("SQL text has no zero bytes");
        let argument = [Some(Datum::from(cstring.as_ptr()))];
        // SAFETY: input functions of the server, on a C string.
        unsafe {
            match of {
                DocType::Text => DocName::Text(Cow::Owned(text.to_owned())),
                DocType::Uuid => {
                    let uuid = direct_function_call::<Uuid>(pg_sys::uuid_in, &argument);
                    DocName::Uuid(*uuid.expect("never NULL").as_bytes())
                }
                DocType::Int8 => {
                    let number = direct_function_call::<i64>(pg_sys::int8in, &argument);
                    DocName::Int8(number.expect("never NULL"))
                }
            }
        }
    }

    /// What stands in a `doc` column of this type.
    ///
    /// # Safety
    /// The datum is not NULL, is of the type, and stays valid for `'d`.
    pub unsafe fn read(datum: Datum, of: DocType) -> Self {
        // SAFETY: by the caller's promise.
        unsafe {
            match of {
                DocType::Text => Self::Text(String::from_utf8_lossy(datum::bytes(datum))),
                DocType::Uuid => Self::Uuid(datum::node(datum).0),
                DocType::Int8 => Self::Int8(datum.value() as i64),
            }
        }
    }

    /// The name on its own.
    pub fn into_owned(self) -> DocName<'static> {
        match self {
            Self::Text(text) => DocName::Text(Cow::Owned(text.into_owned())),
            Self::Uuid(uuid) => DocName::Uuid(uuid),
            Self::Int8(number) => DocName::Int8(number),
        }
    }

    /// Bytes that tell it from others of its type.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Text(text) => Cow::Borrowed(text.as_bytes()),
            Self::Uuid(uuid) => Cow::Borrowed(uuid),
            Self::Int8(number) => Cow::Owned(number.to_be_bytes().to_vec()),
        }
    }

    /// It as the parameter of a query.
    pub fn param(&self) -> DatumWithOid<'_> {
        match self {
            Self::Text(text) => text.as_ref().into(),
            Self::Uuid(uuid) => Uuid::from_bytes(*uuid).into(),
            Self::Int8(number) => (*number).into(),
        }
    }

    /// It as messages quote it: what is long is cut.
    pub fn short(&self) -> String {
        short(&self.to_string())
    }
}

impl fmt::Display for DocName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Uuid(uuid) => NodeId(*uuid).fmt(f),
            Self::Int8(number) => number.fmt(f),
        }
    }
}

/// A name in memory of our own, for questions to the tables and for rows.
#[derive(Debug, Clone)]
pub struct DocDatum(Held);

#[derive(Debug, Clone)]
enum Held {
    Text(Varlena),
    Uuid([u8; 16]),
    Int8(i64),
}

impl DocDatum {
    /// The datum of a name, which must be of the forest's type.
    pub fn new(name: &DocName<'_>) -> Self {
        Self(match name {
            DocName::Text(text) => Held::Text(Varlena::new(text.as_bytes())),
            DocName::Uuid(uuid) => Held::Uuid(*uuid),
            DocName::Int8(number) => Held::Int8(*number),
        })
    }

    /// It as a value for a `doc` column.
    pub fn arg(&self) -> Arg<'_> {
        match &self.0 {
            Held::Text(text) => text.text(),
            // SAFETY: points to 16 bytes, which stay while they are borrowed.
            Held::Uuid(uuid) => unsafe { Arg::new(Datum::from(uuid.as_ptr()), Type::Uuid) },
            // SAFETY: a number is its own datum.
            Held::Int8(number) => unsafe { Arg::new(Datum::from(*number), Type::Int8) },
        }
    }
}
