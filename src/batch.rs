//! The operations of one document that are to be materialized, as they are read: entries for the
//! core, and the bytes that rows will take over.
//!
//! Order keys and short payloads are kept, each once, in one block of memory. A long payload is
//! left where it is, and read from `ops` again when its row is written.

use pgrx::pg_sys::{self, Datum};
use treecrdt::{Entry, Source};

use crate::codec::Varlenas;
use crate::error::Error;
use crate::rows::OpRow;

/// The longest payload that is kept, in bytes.
const SHORT_PAYLOAD: usize = 1024;

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
    payload: Payload,
}

#[derive(Debug, Clone, Copy)]
enum Payload {
    Null,
    Kept(u32),
    InTheLog,
}

/// Bytes that a row takes over.
#[derive(Debug, Clone, Copy)]
pub enum Bytes {
    /// These; valid while the batch stays as it is. `None` is NULL.
    Kept(Option<Datum>),
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
        let payload = match row.payload.map(short) {
            None => Payload::Null,
            Some(Some(bytes)) => Payload::Kept(self.bytes.push(bytes)),
            Some(None) => Payload::InTheLog,
        };
        self.places.push(Places { order_key, payload });
        Ok(())
    }

    /// The order key of an operation.
    pub fn order_key(&self, source: &Source) -> Bytes {
        match source.position {
            Some(at) => Bytes::Kept(self.places[at].order_key.map(|at| self.bytes.datum(at))),
            None => Bytes::InTheLog,
        }
    }

    /// The payload of an operation.
    pub fn payload(&self, source: &Source) -> Bytes {
        match source.position.map(|at| self.places[at].payload) {
            Some(Payload::Null) => Bytes::Kept(None),
            Some(Payload::Kept(at)) => Bytes::Kept(Some(self.bytes.datum(at))),
            Some(Payload::InTheLog) | None => Bytes::InTheLog,
        }
    }
}

/// The bytes of a payload that is short and in the row itself.
fn short<'s>(payload: Datum) -> Option<&'s [u8]> {
    let varlena = payload.cast_mut_ptr::<pg_sys::varlena>();
    // SAFETY: a non-null `bytea`, valid while the row is; whoever is given the bytes copies them.
    unsafe {
        let plain = pgrx::varatt_is_4b_u(varlena)
            || (pgrx::varatt_is_1b(varlena) && !pgrx::varatt_is_1b_e(varlena));
        (plain && pgrx::varsize_any_exhdr(varlena) <= SHORT_PAYLOAD)
            .then(|| pgrx::varlena_to_byte_slice(varlena))
    }
}
