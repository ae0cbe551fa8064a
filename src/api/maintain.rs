//! Catching up what is deferred, and making tables anew.

use pgrx::pg_sys::Oid;
use pgrx::{Spi, pg_extern};

use crate::error::{Error, or_raise};
use crate::forest::owner::acting_as;
use crate::forest::{Access, Open, must_be_writable, names};
use crate::materialize;
use crate::memory;

/// The documents that wait, or the one that $1 names if it does.
const WAITING: &str = "SELECT doc FROM @forest@.docs
    WHERE frontier_lamport IS NOT NULL AND ($1 IS NULL OR doc OPERATOR(pg_catalog.=) $1) ORDER BY doc";

#[pg_extern(sql = false)]
fn ensure_materialized(forest: Option<Oid>, doc: Option<&str>) -> i64 {
    must_be_writable(c"treecrdt.ensure_materialized()");
    let forest = or_raise(Open::new(forest, Access::Append));
    let docs = acting_as(forest.owner, || docs(&forest, WAITING, doc));
    or_raise(docs.and_then(|docs| materialize::ensure(&forest, docs))) as i64
}

#[pg_extern(sql = false)]
fn rebuild(forest: Option<Oid>, doc: Option<&str>) -> i64 {
    must_be_writable(c"treecrdt.rebuild()");
    let forest = or_raise(Open::new(forest, Access::Own));
    let docs = acting_as(forest.owner, || all_docs(&forest, doc));
    or_raise(docs.and_then(|docs| materialize::rebuild(&forest, docs))) as i64
}

/// The documents that any table knows of, or the one that is named if it is among them.
///
/// # Errors
/// [`Error::Spi`].
pub fn all_docs(forest: &Open, doc: Option<&str>) -> Result<Vec<String>, Error> {
    docs(forest, include_str!("../../sql/read/all_docs.sql"), doc)
}

/// Runs a query that gives documents' names, with one parameter.
fn docs(forest: &Open, sql: &str, doc: Option<&str>) -> Result<Vec<String>, Error> {
    let sql = names::sql(forest, sql);
    names::naming(forest.forest(), || {
        Spi::connect(|client| {
            let mut docs = Vec::new();
            for row in client.select(&sql, None, &[doc.into()])? {
                memory::check();
                docs.extend(row.get::<String>(1)?);
            }
            Ok(docs)
        })
    })
}
