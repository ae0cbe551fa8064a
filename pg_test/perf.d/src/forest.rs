//! Forests to measure, and what the catalog says of their tables.
//!
//! Only the names of the contract are known here; which further tables and columns there are is
//! read from the catalog.

use crate::bench::Bench;
use crate::{Failure, Result};

/// Makes a forest of this name; what was there is dropped.
pub fn create(bench: &mut Bench, name: &str) -> Result<()> {
    create_of(bench, name, "text")
}

/// The same, with docs named by values of this type.
pub fn create_of(bench: &mut Bench, name: &str, doc_type: &str) -> Result<()> {
    if bench.value("SELECT to_regnamespace($1) IS NOT NULL", &[&name])? {
        drop(bench, name)?;
    }
    bench.run(&format!("SELECT treecrdt.create_forest('{name}', '{doc_type}')"))
}

/// Drops a forest.
pub fn drop(bench: &mut Bench, name: &str) -> Result<()> {
    bench.run(&format!("SELECT treecrdt.drop_forest('{name}')"))
}

/// The tables of a schema; `ops` and `docs` first, in a forest.
pub fn tables(bench: &mut Bench, schema: &str) -> Result<Vec<String>> {
    let tables: Vec<String> = bench.value(
        "SELECT array_agg(relname::text ORDER BY relname <> 'ops', relname <> 'docs', relname)
         FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind = 'r'",
        &[&schema],
    )?;
    if tables.is_empty() { Err(Failure(format!("{schema} has no tables"))) } else { Ok(tables) }
}

/// The tables that follow from the log, `docs` aside.
pub fn derived(bench: &mut Bench, schema: &str) -> Result<Vec<String>> {
    let tables = tables(bench, schema)?;
    Ok(tables.into_iter().filter(|table| table != "ops" && table != "docs").collect())
}

/// The columns of a table, in order.
pub fn columns(bench: &mut Bench, table: &str) -> Result<Vec<String>> {
    bench.value(
        "SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
         WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
        &[&table],
    )
}

/// The columns of a table's primary key, in order.
pub fn key(bench: &mut Bench, table: &str) -> Result<Vec<String>> {
    bench.value(
        "SELECT array_agg(a.attname::text ORDER BY k.at)
         FROM pg_index AS i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(attnum, at)
         JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indrelid = $1::text::regclass AND i.indisprimary",
        &[&table],
    )
}

/// Sets hint bits and gathers statistics, so that no measurement does.
pub fn settle(bench: &mut Bench, schema: &str) -> Result<()> {
    let tables = tables(bench, schema)?;
    let tables: Vec<String> = tables.iter().map(|table| format!("{schema}.{table}")).collect();
    bench.run(&format!("VACUUM ANALYZE {}", tables.join(", ")))
}

/// The bytes on disk of all tables of a schema, their indexes and TOAST included.
pub fn bytes(bench: &mut Bench, schema: &str) -> Result<i64> {
    bench.value(
        "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
         WHERE relnamespace = $1::text::regnamespace AND relkind = 'r'",
        &[&schema],
    )
}
