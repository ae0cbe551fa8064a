//! In-order append by the size of the batch, as a curve beside the floor's; and a batch onto a doc
//! that has as much already.

use postgres::Statement;

use crate::bench::{Bench, plan_once};
use crate::floor::Batches;
use crate::measure::{Pairs, interleaved, median, timed};
use crate::report::{Chart, Line, Series, Side, Unit};
use crate::stage::Stage;
use crate::workload::Workload;
use crate::{Result, check, floor, forest};

/// Sizes of batches, with how many operations are measured in a quick and in a full run.
const SIZES: [(usize, usize, usize); 6] = [
    (1, 500, 1_000),
    (10, 3_000, 10_000),
    (100, 10_000, 50_000),
    (1_000, 20_000, 100_000),
    (10_000, 20_000, 100_000),
    (100_000, 0, 100_000),
];

/// Both sides, size by size.
pub fn run(bench: &mut Bench) -> Result<()> {
    plan_once(&mut bench.client)?;
    let most = bench.size(40_000, 200_000);
    let ops = Workload::Fan10.ops(bench.seed("batches"), most, &bench.options.out)?;
    let stage = Stage::load(bench, "batches", "doc", &ops)?;
    drop(ops);
    stage.index(bench)?;
    forest::create(bench, "scout")?;
    bench.run(&stage.append("scout"))?;
    check::forest(bench, "scout", most)?;
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for (batch, quick, full) in SIZES {
        let count = bench.size(quick, full);
        if count == 0 {
            continue;
        }
        let pairs = batches(bench, &stage, 0, batch, count)?;
        ours.push((batch as f64, count as f64 / median(&pairs.a)));
        floors.push((batch as f64, count as f64 / median(&pairs.b)));
        line(bench, format!("{count} fan10 ops, {batch} a statement"), count, &pairs);
    }
    let count = bench.size(20_000, 100_000);
    let pairs = batches(bench, &stage, count, count, count)?;
    line(bench, format!("{count} fan10 ops onto a doc that has as many"), count, &pairs);
    forest::drop(bench, "scout")?;
    let curve = |label: &str, points, yardstick| Series { label: label.into(), points, yardstick };
    bench.report.charts.push(Chart {
        file: "batches".into(),
        title: "In-order append, a transaction a statement".into(),
        x: "operations a statement".into(),
        y: "operations a second".into(),
        unit: Unit::Rate,
        series: vec![
            curve("append", ours, false),
            curve("floor: the same rows into tables without triggers", floors, true),
        ],
    });
    Ok(())
}

fn line(bench: &mut Bench, name: String, count: usize, pairs: &Pairs) {
    let line =
        Line::compared(name, Side::seconds("append", &pairs.a), Side::seconds("floor", &pairs.b));
    bench.line(line.note(format!("{:.0} op/s", count as f64 / median(&pairs.a))));
}

/// The seconds that `count` operations take in batches, after `before` that do not count.
fn batches(
    bench: &mut Bench,
    stage: &Stage,
    before: usize,
    batch: usize,
    count: usize,
) -> Result<Pairs> {
    let slices = Batches::gather(bench, stage, "scout", "floor", batch)?;
    interleaved(bench.repetitions(), |_| {
        forest::create(bench, "f")?;
        floor::create(bench, "floor", "f")?;
        slices.begin(bench, "floor", "scout")?;
        let append = bench.client.prepare(&stage.append_slice("f"))?;
        let fill = bench.client.prepare(&slices.insert)?;
        if before > 0 {
            bench.client.execute(&append, &[&1, &(before as i32)])?;
            bench.client.execute(&fill, &[&1, &(before as i32)])?;
            forest::settle(bench, "f")?;
            forest::settle(bench, "floor")?;
        }
        bench.run("CHECKPOINT")?;
        let a = all(bench, &append, before, batch, count)?;
        bench.run("CHECKPOINT")?;
        let b = all(bench, &fill, before, batch, count)?;
        for table in ["ops", "nodes"] {
            check::same_count(bench, &format!("f.{table}"), &format!("floor.{table}"))?;
        }
        floor::drop(bench, "floor")?;
        forest::drop(bench, "f")?;
        Ok((a, b))
    })
}

fn all(
    bench: &mut Bench,
    statement: &Statement,
    before: usize,
    batch: usize,
    count: usize,
) -> Result<f64> {
    let client = &mut bench.client;
    let bounds = (before + 1..=before + count).step_by(batch);
    let bounds: Vec<(i32, i32)> =
        bounds.map(|from| (from as i32, (from + batch - 1) as i32)).collect();
    let work = || {
        bounds.iter().try_for_each(|(from, to)| {
            client.execute(statement, &[from, to])?;
            Ok(())
        })
    };
    Ok(timed(work)?.0)
}
