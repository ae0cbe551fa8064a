//! Bytes on disk an operation: all tables of a forest, against tables with the columns of the
//! contract alone, their primary keys and the index of children, filled from the same rows. And what
//! the type of a doc's name makes of it.

use crate::Result;
use crate::bench::Bench;
use crate::report::{Goal, Line, Side, Unit};
use crate::stage::{COLUMNS, Stage};
use crate::workload::Workload;
use crate::{check, floor, forest};

/// Table, columns, keys: what the contract asks for.
const MINIMAL: [(&str, &str, &str); 4] = [
    ("ops", COLUMNS, "PRIMARY KEY (doc, replica, counter)"),
    (
        "docs",
        "doc, head_lamport, head_replica, head_counter, op_count, frontier_lamport, frontier_replica, frontier_counter",
        "PRIMARY KEY (doc)",
    ),
    ("nodes", "doc, node, parent, order_key, tombstone, payload", "PRIMARY KEY (doc, node)"),
    (
        "oprefs",
        "doc, parent, lamport, replica, counter",
        "PRIMARY KEY (doc, parent, lamport, replica, counter)",
    ),
];

/// A doc as most applications have it.
const DOC: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
/// What a doc is: the type of the forest, and its name from the uuid in the stage.
const NAMES: [(&str, &str, &str); 3] = [
    ("a uuid as text", "text", "doc"),
    ("a uuid", "uuid", "doc::uuid"),
    ("a bigint", "bigint", "hashtextextended(doc, 0)"),
];
/// Bytes an operation, at most, where a doc is a uuid.
const MOST: f64 = 700.0;

/// Each workload; its size does not vary from one repetition to the next.
pub fn run(bench: &mut Bench) -> Result<()> {
    workloads(bench)?;
    names(bench)
}

fn workloads(bench: &mut Bench) -> Result<()> {
    let count = bench.size(20_000, 100_000);
    for workload in Workload::ALL {
        let seed = bench.seed(workload.name());
        let ops = workload.ops(seed, count, &bench.options.out)?;
        let stage = Stage::load(bench, "size", "doc", &ops)?;
        forest::create(bench, "f")?;
        bench.run(&stage.append("f"))?;
        floor::drop(bench, "minimal")?;
        bench.run("CREATE SCHEMA minimal")?;
        for (table, columns, key) in MINIMAL {
            bench.run(&format!(
                "CREATE TABLE minimal.{table} AS SELECT {columns} FROM f.{table} WHERE false;
                 ALTER TABLE minimal.{table} ADD {key}"
            ))?;
        }
        bench.run("CREATE INDEX ON minimal.nodes (doc, parent, order_key, node)")?;
        for (table, columns, _) in MINIMAL {
            bench.run(&format!(
                "INSERT INTO minimal.{table} ({columns}) SELECT {columns} FROM f.{table}"
            ))?;
        }
        let line = Line::compared(
            format!("bytes an op on disk, {} {} ops", stage.count, workload.name()),
            Side::new("all tables", Unit::Bytes, vec![an_op(bench, "f", stage.count)?]),
            Side::new("minimal tables", Unit::Bytes, vec![an_op(bench, "minimal", stage.count)?]),
        );
        bench.line(line.goal(Goal::AtMost(1.2)));
        floor::drop(bench, "minimal")?;
        forest::drop(bench, "f")?;
        stage.drop(bench)?;
    }
    Ok(())
}

/// The same doc with a name of each type.
fn names(bench: &mut Bench) -> Result<()> {
    let count = bench.size(20_000, 100_000);
    let ops = Workload::Fan10.ops(bench.seed("size, names"), count, &bench.options.out)?;
    let stage = Stage::load(bench, "size", DOC, &ops)?;
    for (what, doc_type, doc) in NAMES {
        forest::create_of(bench, "f", doc_type)?;
        bench.run(&stage.append_as("f", doc))?;
        check::forest(bench, "f", count)?;
        let bytes = an_op(bench, "f", count)?;
        let line = Line::of(
            format!("bytes an op on disk, {count} fan10 ops, doc {what}"),
            Side::new("all tables", Unit::Bytes, vec![bytes]),
        );
        let met = if bytes <= MOST { "met" } else { "missed" };
        let note = format!("goal ≤ {}, {met}", Unit::Bytes.show(MOST));
        bench.line(if doc_type == "uuid" { line.note(note) } else { line });
        forest::drop(bench, "f")?;
    }
    stage.drop(bench)
}

fn an_op(bench: &mut Bench, schema: &str, count: usize) -> Result<f64> {
    Ok(forest::bytes(bench, schema)? as f64 / count as f64)
}
