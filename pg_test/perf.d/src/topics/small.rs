//! In-order statements of few operations, onto a doc that has many in a deep tree, against the floor:
//! statements that make the same changes to the rows of the same tables.

use crate::Result;
use crate::bench::{Bench, plan_once};
use crate::changes::Changes;
use crate::history::History;
use crate::measure::{interleaved, median, timed};
use crate::report::{Goal, Line, Side, Unit};
use crate::stage::Stage;
use crate::workload::{REPLICAS, deep};
use crate::{check, floor, forest};

/// Operations of a statement, with how many statements a repetition has in a quick and in a full run.
const SIZES: [(usize, usize, usize); 4] = [(1, 50, 200), (10, 20, 50), (100, 5, 10), (1_000, 1, 2)];

/// Size by size onto the same doc, which grows by a fifth (quick: a half).
pub fn run(bench: &mut Bench) -> Result<()> {
    plan_once(&mut bench.client)?;
    // The floor finds the rows that it changes by their keys.
    bench.run("SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off")?;
    let before = bench.size(20_000, 100_000);
    let sizes = SIZES.map(|(size, quick, full)| (size, bench.size(quick, full)));
    let measured: usize = sizes.iter().map(|(size, statements)| size * statements).sum();
    let measured = measured * (bench.repetitions() + 1);
    let mut history = History::new(bench.seed("small"), REPLICAS);
    deep(&mut history, before + measured / 2, before + measured);
    let stage = Stage::load(bench, "small", "doc", &history.ops)?;
    drop(history);
    stage.index(bench)?;
    for forest in ["scout", "f"] {
        forest::create(bench, forest)?;
        bench.run(&format!("{} WHERE seq <= {before}", stage.append(forest)))?;
        forest::settle(bench, forest)?;
    }
    floor::create(bench, "floor", "f")?;
    let tables = forest::tables(bench, "f")?;
    let fill = floor::fill(bench, "floor", "f", &tables)?;
    bench.run(&fill)?;
    forest::settle(bench, "floor")?;

    let changes = Changes::watch(bench, "scout")?;
    bench.durable(false)?;
    let mut from = before;
    for (size, statements) in sizes {
        from = one(bench, &stage, &changes, from, size, statements)?;
    }
    bench.durable(true)?;
    check::forest(bench, "f", stage.count)?;
    for table in tables {
        check::same_rows(bench, &format!("f.{table}"), &format!("floor.{table}"))?;
    }
    check::same(bench, "doc", "f", "scout")?;
    changes.drop(bench)?;
    forest::create(bench, "scout")?;
    bench.run(&stage.append("scout"))?;
    check::same(bench, "doc", "f", "scout")?;
    floor::drop(bench, "floor")?;
    forest::drop(bench, "f")?;
    forest::drop(bench, "scout")?;
    stage.drop(bench)
}

/// Statements of one size, after the first `from` operations; gives how many there are now.
fn one(
    bench: &mut Bench,
    stage: &Stage,
    changes: &Changes,
    from: usize,
    size: usize,
    statements: usize,
) -> Result<usize> {
    let bounds = |number: i32| {
        let first = from as i32 + number * size as i32 + 1;
        (first, first + size as i32 - 1)
    };
    let all = ((bench.repetitions() + 1) * statements) as i32;
    changes.clear(bench)?;
    let scout = bench.client.prepare(&stage.append_slice("scout"))?;
    for number in 0..all {
        bench.run(&format!("SET perf.statement = {number}"))?;
        let (first, last) = bounds(number);
        bench.client.execute(&scout, &[&first, &last])?;
    }
    let floor = changes.repeat(bench, "floor")?;
    let append = bench.client.prepare(&stage.append_slice("f"))?;
    bench.run("CHECKPOINT")?;
    let pairs = interleaved(bench.repetitions(), |repetition| {
        let (mut a, mut b) = (0.0, 0.0);
        for number in (repetition * statements) as i32..((repetition + 1) * statements) as i32 {
            let (first, last) = bounds(number);
            a += timed(|| Ok(bench.client.execute(&append, &[&first, &last])?))?.0;
            b += timed(|| Ok(bench.client.execute(&floor[&number], &[&number])?))?.0;
        }
        Ok((a, b))
    })?;
    let rate = |seconds: &[f64]| Unit::Rate.show((size * statements) as f64 / median(seconds));
    let until = from + all as usize * size;
    let line = Line::compared(
        format!("{statements} statements of {size} deep ops, synchronous_commit = off"),
        Side::seconds("append", &pairs.a),
        Side::seconds("floor", &pairs.b),
    )
    .note(format!(
        "append {}; floor {}; nodes at a depth of {:.0}",
        rate(&pairs.a),
        rate(&pairs.b),
        depth(bench, stage, until)?
    ));
    bench.line(line.goal(Goal::AtMost(1.5)));
    Ok(until)
}

/// The average depth of the nodes that the last 200 operations until one were about.
fn depth(bench: &mut Bench, stage: &Stage, until: usize) -> Result<f64> {
    let from = until - 199;
    bench.value(
        &format!(
            "WITH RECURSIVE up AS (
                 SELECT doc, node FROM {} WHERE seq BETWEEN {from} AND {until}
                 UNION ALL SELECT n.doc, n.parent FROM up JOIN f.nodes AS n USING (doc, node))
             SELECT count(*) / 200::float8 - 1 FROM up",
            stage.table
        ),
        &[],
    )
}
