//! Bytes on disk an operation: all tables of a forest, against tables with the columns of the
//! contract alone, their primary keys and the index of children, filled from the same rows.

use crate::Result;
use crate::bench::Bench;
use crate::report::{Goal, Line, Side, Unit};
use crate::stage::{COLUMNS, Stage};
use crate::workload::Workload;
use crate::{floor, forest};

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

/// Each workload; its size does not vary from one repetition to the next.
pub fn run(bench: &mut Bench) -> Result<()> {
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
        let an_op = |bytes: i64| vec![bytes as f64 / stage.count as f64];
        let a = an_op(forest::bytes(bench, "f")?);
        let b = an_op(forest::bytes(bench, "minimal")?);
        let line = Line::compared(
            format!("bytes an op on disk, {} {} ops", stage.count, workload.name()),
            Side::new("all tables", Unit::Bytes, a),
            Side::new("minimal tables", Unit::Bytes, b),
        );
        bench.line(line.goal(Goal::AtMost(1.2)));
        floor::drop(bench, "minimal")?;
        forest::drop(bench, "f")?;
        stage.drop(bench)?;
    }
    Ok(())
}
