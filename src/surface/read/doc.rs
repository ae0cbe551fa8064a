//! A document to be read: directly by those who may read every row, else by queries.
//!
//! Read directly, nothing of the forest's owner is run, no policy, rule or index expression, and no
//! plan depends on the caller's settings.

use pgrx::pg_sys::Oid;

use super::query::by_index;
use crate::doc::{DocDatum, DocName};
use crate::error::Error;
use crate::forest::Open;
use crate::memory::PerRow;
use crate::storage::reader::Reader;
use crate::surface::rights::{Reading, may_read};

/// A reader of a document, as the query that is running sees it.
pub struct DocReader<'o> {
    pub(super) reader: Reader<'o>,
    pub(super) doc: DocDatum,
    pub(super) name: &'o DocName<'static>,
    pub(super) memory: PerRow,
}

impl<'o> DocReader<'o> {
    /// Opens it.
    ///
    /// # Errors
    /// [`Error::Rewritten`].
    pub fn new(forest: &'o Open, doc: &'o DocName<'static>) -> Result<Self, Error> {
        let reader = Reader::of_query(forest)?;
        Ok(Self { reader, doc: DocDatum::new(doc), name: doc, memory: PerRow::default() })
    }

    /// Opens it as the transaction sees it by now.
    ///
    /// # Errors
    /// [`Error::Rewritten`].
    pub fn now(forest: &'o Open, doc: &'o DocName<'static>) -> Result<Self, Error> {
        let reader = Reader::open(forest)?;
        Ok(Self { reader, doc: DocDatum::new(doc), name: doc, memory: PerRow::default() })
    }

    /// The error for tables that contradict each other.
    pub(super) fn corrupted(&self, problem: String) -> Error {
        Error::corrupted(&self.reader.forest.name, self.name, problem)
    }
}

/// Reads a document directly if the caller may read every row of these tables, else by queries.
pub fn read<T>(
    forest: &Open,
    doc: &DocName<'static>,
    tables: &[Oid],
    direct: impl FnOnce(&mut DocReader<'_>) -> Result<T, Error>,
    by_sql: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    if tables.iter().all(|&table| may_read(table) == Reading::All) {
        direct(&mut DocReader::new(forest, doc)?)
    } else {
        by_index(forest, by_sql)
    }
}
