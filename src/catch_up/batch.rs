//! The operations of one document that are to be materialized, as they are read: entries for the
//! core, and the bytes that rows will take over.
//!
//! Order keys, short payloads and the like are kept, each once, in one block of memory. What is long
//! is left where it is, and read from `ops` again when it is needed.

use pgrx::pg_sys;
use treecrdt::{Entry, Source, VersionVector};

use crate::datum::{Arg, Type, Varlenas};
use crate::doc::DocName;
use crate::error::Error;
use crate::storage::rows::OpRow;

/// Payloads and version vectors of up to so many bytes are kept.
const SHORT: usize = 1024;

/// Operations of documents, in the order of documents.
pub type Batches = Vec<(DocName<'static>, Batch)>;

/// Operations of one document, in the order they were read.
#[derive(Debug, Default)]
pub struct Batch {
    /// Without their bytes.
    pub entries: Vec<Entry>,
    bytes: Varlenas,
    places: Vec<Places>,
}

/// Where the bytes of an operation are.
#[derive(Debug, Clone, Copy)]
struct Places {
    order_key: Option<u32>,
    /// Of its payload or, with a delete, its `known_state`.
    contents: Contents,
}

#[derive(Debug, Clone, Copy)]
enum Contents {
    Null,
    Kept(u32, Type),
    InTheLog,
}

/// Bytes that are taken over.
#[derive(Debug, Clone, Copy)]
pub enum Bytes<'b> {
    /// These; `None` is NULL.
    Kept(Option<Arg<'b>>),
    /// Those of the operation in the log.
    InTheLog,
}

impl Batch {
    /// Adds an operation.
    ///
    /// # Errors
    /// Those of [`OpRow::entry`].
    pub fn push(&mut self, row: &OpRow<'_>) -> Result<(), Error> {
        self.entries.push(row.entry()?);
        let order_key = row.parts.order_key.map(|order_key| self.bytes.push(order_key));
        let payload = row.payload.map(|payload| (payload, Type::Bytea));
        let contents = match payload.or(row.known_state.map(|known| (known, Type::Vector))) {
            None => Contents::Null,
            Some((value, of)) => match short(value, of) {
                Some(bytes) => Contents::Kept(self.bytes.push(bytes), of),
                None => Contents::InTheLog,
            },
        };
        self.places.push(Places { order_key, contents });
        Ok(())
    }

    /// Their dots.
    pub fn dots(&self) -> VersionVector {
        self.entries.iter().map(|op| op.key.dot).collect()
    }

    /// The order key of an operation.
    pub fn order_key(&self, source: &Source) -> Bytes<'_> {
        match source.position {
            Some(at) => {
                let order_key = self.places[at].order_key;
                Bytes::Kept(order_key.map(|at| self.bytes.arg(at, Type::Bytea)))
            }
            None => Bytes::InTheLog,
        }
    }

    /// The payload of an operation, or the `known_state` of a delete.
    pub fn contents(&self, source: &Source) -> Bytes<'_> {
        match source.position.map(|at| self.places[at].contents) {
            Some(Contents::Null) => Bytes::Kept(None),
            Some(Contents::Kept(at, of)) => Bytes::Kept(Some(self.bytes.arg(at, of))),
            Some(Contents::InTheLog) | None => Bytes::InTheLog,
        }
    }
}

/// The bytes of a value that is short and in the row itself.
fn short(value: Arg<'_>, of: Type) -> Option<&[u8]> {
    let varlena = value.datum(of).cast_mut_ptr::<pg_sys::varlena>();
    // SAFETY: a non-null varlena, valid as long as the value.
    unsafe {
        let plain = pgrx::varatt_is_4b_u(varlena)
            || (pgrx::varatt_is_1b(varlena) && !pgrx::varatt_is_1b_e(varlena));
        (plain && pgrx::varsize_any_exhdr(varlena) <= SHORT)
            .then(|| pgrx::varlena_to_byte_slice(varlena))
    }
}
