//! Catching up what is deferred, and making tables anew.

use pgrx::pg_sys::Oid;
use pgrx::{Spi, pg_extern};

use super::rights;
use crate::error::{Error, or_raise};
use crate::forest::Forest;
use crate::materialize;
use crate::owner::acting_as;

#[pg_extern(sql = false)]
fn ensure_materialized(forest: Option<Oid>, doc: Option<&str>) -> i64 {
    let forest = or_raise(Forest::of_argument(forest));
    or_raise(rights::must_append(&forest));
    let name = &forest.name;
    let waiting = format!(
        "SELECT doc FROM {name}.docs
         WHERE frontier_lamport IS NOT NULL AND ($1 IS NULL OR doc OPERATOR(pg_catalog.=) $1) ORDER BY doc"
    );
    let docs = acting_as(forest.owner, || docs(&waiting, doc));
    or_raise(docs.and_then(|docs| materialize::ensure(&forest, docs))) as i64
}

#[pg_extern(sql = false)]
fn rebuild(forest: Option<Oid>, doc: Option<&str>) -> i64 {
    let forest = or_raise(Forest::of_argument(forest));
    or_raise(rights::must_own(&forest));
    let docs = acting_as(forest.owner, || docs(&all_docs(&forest), doc));
    or_raise(docs.and_then(|docs| materialize::rebuild(&forest, docs))) as i64
}

/// The query for all documents that any table knows of, or the one that $1 names.
pub fn all_docs(forest: &Forest) -> String {
    let name = &forest.name;
    let tables = ["docs", "ops", "nodes", "oprefs", "ignored", "waiting"].map(|table| {
        format!("SELECT doc FROM {name}.{table} WHERE $1 IS NULL OR doc OPERATOR(pg_catalog.=) $1")
    });
    format!("{} ORDER BY doc", tables.join(" UNION "))
}

/// Runs a query that gives documents' names, with one parameter.
pub fn docs(sql: &str, doc: Option<&str>) -> Result<Vec<String>, Error> {
    Spi::connect(|client| {
        let mut docs = Vec::new();
        for row in client.select(sql, None, &[doc.into()])? {
            docs.extend(row.get::<String>(1)?);
        }
        Ok(docs)
    })
}
