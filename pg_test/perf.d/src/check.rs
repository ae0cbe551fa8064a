//! That what was measured was right. What is wrong ends the run.

use crate::bench::Bench;
use crate::{Failure, Result};

/// The longest log that is replayed naively.
const VERIFIED: i64 = 20_000;

/// A forest holds so many operations, counts them right, and waits for none; if they are few, a
/// naive replay comes to the same tables.
pub fn forest(bench: &mut Bench, forest: &str, ops: usize) -> Result<()> {
    let row = bench.client.query_one(
        &format!(
            "SELECT (SELECT count(*) FROM {forest}.ops), (SELECT sum(op_count)::bigint FROM {forest}.docs),
                    (SELECT count(*) FROM {forest}.docs WHERE frontier_lamport IS NOT NULL),
                    (SELECT count(*) FROM (SELECT DISTINCT doc, node FROM {forest}.ops
                        WHERE node NOT IN ('00000000-0000-0000-0000-000000000000',
                                           'ffffffff-ffff-ffff-ffff-ffffffffffff')) AS subjects),
                    (SELECT count(*) FROM {forest}.nodes)"
        ),
        &[],
    )?;
    let [log, counted, waiting, subjects, nodes]: [i64; 5] = std::array::from_fn(|at| row.get(at));
    if log != ops as i64 || counted != log || waiting != 0 || subjects != nodes {
        return Err(Failure(format!(
            "wrong: {ops} operations came to {log} in the log, {counted} in docs, {waiting} docs \
             that wait, {nodes} nodes for {subjects} that operations are about"
        )));
    }
    if log <= VERIFIED { verify(bench, forest) } else { Ok(()) }
}

/// `treecrdt.verify` has nothing to say.
pub fn verify(bench: &mut Bench, forest: &str) -> Result<()> {
    let rows = bench
        .client
        .query(&format!("SELECT v::text FROM treecrdt.verify('{forest}') AS v LIMIT 5"), &[])?;
    let rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    Err(Failure(format!("wrong: treecrdt.verify('{forest}') gives\n  {}", rows.join("\n  "))))
}

/// A doc has the same digest in two forests.
pub fn same(bench: &mut Bench, doc: &str, one: &str, other: &str) -> Result<()> {
    let same = "SELECT treecrdt.digest($2::text::regnamespace, $1) \
                = treecrdt.digest($3::text::regnamespace, $1)";
    if bench.value(same, &[&doc, &one, &other])? {
        return Ok(());
    }
    Err(Failure(format!("wrong: the digests of {doc} in {one} and {other} differ")))
}

/// Two tables have as many rows.
pub fn same_count(bench: &mut Bench, one: &str, other: &str) -> Result<()> {
    let count = |bench: &mut Bench, table: &str| -> Result<i64> {
        bench.value(&format!("SELECT count(*) FROM {table}"), &[])
    };
    let counts = (count(bench, one)?, count(bench, other)?);
    if counts.0 == counts.1 {
        return Ok(());
    }
    Err(Failure(format!("wrong: {one} has {} rows and {other} {}", counts.0, counts.1)))
}

/// Two tables have the same rows.
pub fn same_rows(bench: &mut Bench, one: &str, other: &str) -> Result<()> {
    same_count(bench, one, other)?;
    let hash = |table: &str| {
        format!("(SELECT coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {table} AS t)")
    };
    if bench.value(&format!("SELECT {} = {}", hash(one), hash(other)), &[])? {
        return Ok(());
    }
    Err(Failure(format!("wrong: the rows of {one} and {other} differ")))
}

/// `treecrdt.verify` has nothing to say of a doc, however long it is.
pub fn doc(bench: &mut Bench, forest: &str, doc: &str) -> Result<()> {
    let verify = "SELECT count(*) FROM treecrdt.verify($1::text::regnamespace, $2)";
    match bench.value(verify, &[&forest, &doc])? {
        0 => Ok(()),
        rows => {
            let rows: i64 = rows;
            Err(Failure(format!("wrong: treecrdt.verify('{forest}', '{doc}') gives {rows} rows")))
        }
    }
}
