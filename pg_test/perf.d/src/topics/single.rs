//! One operation a transaction, against a transaction that inserts the same rows: one prepared
//! statement and one round trip on either side.

use postgres::types::ToSql;
use postgres::{Client, Statement};

use crate::Result;
use crate::bench::Bench;
use crate::measure::{quantile, timed};
use crate::raw::Raw;
use crate::report::{Goal, Line, Side, Unit};
use crate::stage::{COLUMNS, Stage};
use crate::workload::Workload;
use crate::{check, floor, forest};

/// With and without waiting for the disk.
pub fn run(bench: &mut Bench) -> Result<()> {
    let (before, singles) = (bench.size(20_000, 100_000), bench.size(500, 2_000));
    let ops =
        Workload::Fan10.ops(bench.seed("single"), before + 2 * singles, &bench.options.out)?;
    let stage = Stage::load(bench, "single", "doc", &ops)?;
    stage.index(bench)?;
    // The rows to insert come from a forest that has had all of it in one statement.
    forest::create(bench, "scout")?;
    bench.run(&stage.append("scout"))?;
    let rows = Rows::read(bench, &stage, before + 1)?;

    forest::create(bench, "f")?;
    let until = format!(" WHERE seq <= {before}");
    bench.run(&(stage.append("f") + &until))?;
    floor::create(bench, "floor", "f")?;
    let tables = forest::tables(bench, "f")?;
    let fill = floor::fill(bench, "floor", "f", &tables)?;
    bench.run(&fill)?;
    let statements = Statements::prepare(bench, &rows)?;
    let (durable, relaxed) = rows.rows.split_at(singles);
    pairs(bench, &statements, durable, true)?;
    pairs(bench, &statements, relaxed, false)?;
    check::forest(bench, "f", stage.count)?;
    check::same(bench, "doc", "f", "scout")?;
    for table in ["ops", "nodes"] {
        check::same_count(bench, &format!("f.{table}"), &format!("floor.{table}"))?;
    }
    floor::drop(bench, "floor")?;
    forest::drop(bench, "f")?;
    forest::drop(bench, "scout")?;
    stage.drop(bench)
}

/// What one operation inserts: its row of `ops`, of `nodes`.
struct Rows {
    columns: [Vec<String>; 2],
    rows: Vec<Vec<Raw>>,
}

impl Rows {
    fn read(bench: &mut Bench, stage: &Stage, from: usize) -> Result<Self> {
        let columns =
            [forest::columns(bench, "scout.ops")?, forest::columns(bench, "scout.nodes")?];
        let chosen = columns.iter().zip(["o", "n"]).flat_map(|(columns, table)| {
            columns.iter().map(move |column| format!("{table}.{column}"))
        });
        let select = format!(
            "SELECT {} FROM {} AS s JOIN scout.ops AS o USING (doc, replica, counter)
             JOIN scout.nodes AS n ON n.doc = s.doc AND n.node = s.node
             WHERE s.seq >= {from} ORDER BY s.seq",
            chosen.collect::<Vec<_>>().join(", "),
            stage.table
        );
        let rows = bench.client.query(&select, &[])?;
        let rows = rows.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect();
        Ok(Self { columns, rows })
    }
}

struct Statements {
    append: Statement,
    floor: Statement,
}

impl Statements {
    fn prepare(bench: &mut Bench, rows: &Rows) -> Result<Self> {
        let mut next = 0;
        let mut insert = |into: &str, columns: &[String]| {
            let values = columns.iter().map(|_| {
                next += 1;
                format!("${next}")
            });
            let values = values.collect::<Vec<_>>().join(", ");
            format!("INSERT INTO {into} ({}) VALUES ({values})", columns.join(", "))
        };
        let [ops, nodes] = &rows.columns;
        let inserts = [
            format!("o AS ({})", insert("floor.ops", ops)),
            format!("n AS ({})", insert("floor.nodes", nodes)),
        ];
        // The columns of the contract come in a fixed order: doc, replica, counter, lamport.
        let floor = format!(
            "WITH {} UPDATE floor.docs SET head_lamport = $4, head_replica = $2, head_counter = $3,
                 op_count = op_count + 1 WHERE doc = $1",
            inserts.join(", ")
        );
        let values: Vec<String> = (1..=ops.len()).map(|at| format!("${at}")).collect();
        let append = format!("INSERT INTO f.ops ({COLUMNS}) VALUES ({})", values.join(", "));
        Ok(Self { append: bench.client.prepare(&append)?, floor: bench.client.prepare(&floor)? })
    }
}

/// Transactions of both sides in turn.
fn pairs(
    bench: &mut Bench,
    statements: &Statements,
    rows: &[Vec<Raw>],
    durable: bool,
) -> Result<()> {
    bench.durable(durable)?;
    let width = statements.append.params().len();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for row in rows {
        a.push(execute(&mut bench.client, &statements.append, &row[..width])?);
        b.push(execute(&mut bench.client, &statements.floor, row)?);
    }
    bench.durable(true)?;
    // The first tenth warms up.
    let (a, b) = (&a[rows.len() / 10..], &b[rows.len() / 10..]);
    let how = if durable { "" } else { ", synchronous_commit = off" };
    let percentiles = |samples: &[f64]| {
        let p99 = Unit::Seconds.show(quantile(samples, 0.99));
        format!("p50 {}, p99 {p99}", Unit::Seconds.show(quantile(samples, 0.5)))
    };
    let line = Line::compared(
        format!("one insert a transaction{how}"),
        Side::latencies("append", a),
        Side::latencies("floor", b),
    )
    .note(format!("append {}; floor {}", percentiles(a), percentiles(b)));
    bench.line(if durable { line.goal(Goal::AtMost(1.2)) } else { line });
    Ok(())
}

fn execute(client: &mut Client, statement: &Statement, row: &[Raw]) -> Result<f64> {
    let params: Vec<&(dyn ToSql + Sync)> = row.iter().map(|raw| raw as _).collect();
    Ok(timed(|| Ok(client.execute(statement, &params)?))?.0)
}
