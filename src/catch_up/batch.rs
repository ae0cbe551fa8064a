//! The operations of one document that are to be materialized, as they are read: entries for the
//! core, and the bytes that rows will take over.
//!
//! What is short is kept, each once, in one block of memory. What is long is left where it is, and read
//! from `ops` again when it is needed.

use treecrdt::{Entries, VersionVector};

use crate::datum::{Arg, Type, Varlenas};
use crate::doc::DocName;
use crate::error::Error;
use crate::storage::rows::OpRow;

/// Order keys, payloads and version vectors of up to so many bytes are kept.
const SHORT: usize = 1024;

/// Operations of documents, in the order of documents.
pub type Batches = Vec<(DocName<'static>, Batch)>;

/// Operations of one document, in the order they were read.
#[derive(Debug, Default)]
pub struct Batch {
    /// Without their bytes. Replay takes them; the bytes stay.
    pub entries: Entries,
    bytes: Varlenas,
    places: Vec<Places>,
}

/// Where the bytes of an operation are.
#[derive(Debug, Clone, Copy)]
struct Places {
    order_key: Contents,
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
    /// None, with room for so many.
    pub fn with_room(count: usize) -> Self {
        let entries = Entries::with_room(count);
        Self { entries, bytes: Varlenas::default(), places: Vec::with_capacity(count) }
    }

    /// Adds an operation.
    ///
    /// # Errors
    /// Those of [`OpRow::entry`].
    pub fn push(&mut self, row: &OpRow<'_>) -> Result<(), Error> {
        self.entries.push(&row.entry()?);
        let order_key = self.keep(row.order_key, Type::Bytea);
        let contents = match row.payload {
            Some(payload) => self.keep(Some(payload), Type::Bytea),
            None => self.keep(row.known_state, Type::Vector),
        };
        self.places.push(Places { order_key, contents });
        Ok(())
    }

    fn keep(&mut self, value: Option<Arg<'_>>, of: Type) -> Contents {
        match value.map(|value| value.short(SHORT)) {
            None => Contents::Null,
            Some(Some(bytes)) => Contents::Kept(self.bytes.push(bytes), of),
            Some(None) => Contents::InTheLog,
        }
    }

    fn kept(&self, contents: Option<Contents>) -> Bytes<'_> {
        match contents {
            Some(Contents::Null) => Bytes::Kept(None),
            Some(Contents::Kept(at, of)) => Bytes::Kept(Some(self.bytes.arg(at, of))),
            Some(Contents::InTheLog) | None => Bytes::InTheLog,
        }
    }

    /// Their dots.
    pub fn dots(&self) -> VersionVector {
        self.entries.keys().map(|key| key.dot).collect()
    }

    /// The order key of the operation that was read at this place, if it was.
    pub fn order_key(&self, position: Option<usize>) -> Bytes<'_> {
        self.kept(position.map(|at| self.places[at].order_key))
    }

    /// Its payload, or the `known_state` of a delete.
    pub fn contents(&self, position: Option<usize>) -> Bytes<'_> {
        self.kept(position.map(|at| self.places[at].contents))
    }
}
