//! Making and dropping forests and documents.

use pgrx::pg_sys::Oid;
use pgrx::{Spi, pg_extern};

use super::rights;
use crate::error::{Error, or_raise};
use crate::forest::{Forest, check_encoding, quote};
use crate::lock;
use crate::owner::acting_as;
use crate::trigger::allowing_deletes;

const FOREST: &str = include_str!("../../sql/forest.sql");

#[pg_extern(sql = false)]
fn create_forest(name: &str) -> Oid {
    or_raise(check_encoding());
    if name.len() >= pgrx::pg_sys::NAMEDATALEN as usize {
        Error::NameTooLong { length: name.len() }.raise();
    }
    let schema = quote(name);
    or_raise(Spi::run(&FOREST.replace("@forest@", &schema)).map_err(Error::from));
    let oid = Spi::get_one_with_args::<Oid>(
        "SELECT oid FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name",
        &[name.into()],
    );
    or_raise(oid.map_err(Error::from)).expect("the schema was just created")
}

#[pg_extern(sql = false)]
fn drop_forest(forest: Oid) {
    let forest = or_raise(Forest::of_schema(forest));
    or_raise(rights::must_own(&forest));
    let name = &forest.name;
    let drop = format!(
        "DROP VIEW {name}.children;
         DROP TABLE {name}.ops, {name}.nodes, {name}.oprefs, {name}.ignored, {name}.waiting, {name}.docs;
         DROP SCHEMA {name}"
    );
    or_raise(Spi::run(&drop).map_err(Error::from));
}

#[pg_extern(sql = false)]
fn drop_doc(forest: Oid, doc: &str) -> i64 {
    let forest = or_raise(Forest::of_schema(forest));
    or_raise(rights::must_own(&forest));
    or_raise(acting_as(forest.owner, || delete_doc(&forest, doc)))
}

fn delete_doc(forest: &Forest, doc: &str) -> Result<i64, Error> {
    lock::take(forest, doc)?;
    let name = &forest.name;
    let delete = |table: &str| {
        let sql = format!("DELETE FROM {name}.{table} WHERE doc OPERATOR(pg_catalog.=) $1");
        Spi::connect_mut(|client| Ok(client.update(&sql, None, &[doc.into()])?.len()))
    };
    let count: Result<usize, Error> = allowing_deletes(|| delete("ops"));
    for table in ["nodes", "oprefs", "ignored", "waiting", "docs"] {
        delete(table)?;
    }
    Ok(count? as i64)
}
