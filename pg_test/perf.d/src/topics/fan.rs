//! 20,000 children of one parent, counters interleaved among replicas: the last tenth against the
//! first. And the cost of the last by how many there are, as a picture.

use treecrdt::{NodeId, Op};

use crate::bench::{Bench, plan_once};
use crate::floor::Batches;
use crate::history::History;
use crate::measure::{interleaved, median, timed};
use crate::report::{Chart, Goal, Line, Series, Side, Unit};
use crate::stage::Stage;
use crate::workload::{PAYLOAD, REPLICAS};
use crate::{Result, check, floor, forest, row};

const CHILDREN: usize = 20_000;
const TENTH: usize = CHILDREN / 10;
const BATCH: usize = 100;

/// In batches of 100, and one by one.
pub fn run(bench: &mut Bench) -> Result<()> {
    plan_once(&mut bench.client)?;
    let ops = children(bench, CHILDREN);
    let stage = Stage::load(bench, "fan", "doc", &ops)?;
    stage.index(bench)?;
    for batch in [BATCH, 1] {
        tenths(bench, &stage, &ops, batch)?;
    }
    floor_tenths(bench, &stage)?;
    stage.drop(bench)?;
    by_fan_out(bench)
}

/// A parent with so many children.
fn children(bench: &Bench, count: usize) -> Vec<Op> {
    let mut history = History::new(bench.seed("fan"), REPLICAS);
    let parent = history.insert(NodeId::ROOT, PAYLOAD);
    for _ in 1..count {
        history.insert(parent, PAYLOAD);
    }
    history.ops
}

fn tenths(bench: &mut Bench, stage: &Stage, ops: &[Op], batch: usize) -> Result<()> {
    // Else waiting for the disk is most of what a single operation takes.
    bench.durable(batch > 1)?;
    let pairs = interleaved(bench.repetitions(), |repetition| {
        forest::create(bench, "f")?;
        bench.run("CHECKPOINT")?;
        let first = tenth(bench, stage, &ops[..TENTH], batch)?;
        bench.run(&format!(
            "{} WHERE seq BETWEEN {} AND {}",
            stage.append("f"),
            TENTH + 1,
            CHILDREN - TENTH
        ))?;
        let last = tenth(bench, stage, &ops[CHILDREN - TENTH..], batch)?;
        if repetition == 0 {
            check::forest(bench, "f", CHILDREN)?;
        }
        forest::drop(bench, "f")?;
        Ok((last, first))
    })?;
    bench.durable(true)?;
    let how = match batch {
        1 => "one by one, synchronous_commit = off".into(),
        _ => format!("in batches of {batch}"),
    };
    let line = Line::compared(
        format!("{CHILDREN} children of one parent, {how}"),
        Side::seconds("last tenth", &pairs.a),
        Side::seconds("first tenth", &pairs.b),
    );
    bench.line(line.goal(Goal::AtMost(1.1)));
    Ok(())
}

/// The same of the floor, in batches: what the growth of the indexes alone makes of it.
fn floor_tenths(bench: &mut Bench, stage: &Stage) -> Result<()> {
    forest::create(bench, "f")?;
    bench.run(&stage.append("f"))?;
    let slices = Batches::gather(bench, stage, "f", "floor", BATCH)?;
    let pairs = interleaved(bench.repetitions(), |_| {
        floor::create(bench, "floor", "f")?;
        slices.begin(bench, "floor", "f")?;
        bench.run("CHECKPOINT")?;
        let fill = bench.client.prepare(&slices.insert)?;
        let mut tenths = [0.0; 10];
        for (at, from) in (1..=CHILDREN as i32).step_by(BATCH).enumerate() {
            let bounds = (from, from + BATCH as i32 - 1);
            let took = timed(|| Ok(bench.client.execute(&fill, &[&bounds.0, &bounds.1])?))?.0;
            tenths[at * BATCH / TENTH] += took;
        }
        check::same_count(bench, "f.ops", "floor.ops")?;
        floor::drop(bench, "floor")?;
        Ok((tenths[9], tenths[0]))
    })?;
    forest::drop(bench, "f")?;
    bench.line(Line::compared(
        format!("the floor of {CHILDREN} children of one parent, in batches of {BATCH}"),
        Side::seconds("last tenth", &pairs.a),
        Side::seconds("first tenth", &pairs.b),
    ));
    Ok(())
}

/// The seconds that consecutive operations take in batches.
fn tenth(bench: &mut Bench, stage: &Stage, ops: &[Op], batch: usize) -> Result<f64> {
    if batch == 1 {
        return singles(bench, ops).map(|samples| samples.iter().sum());
    }
    let append = bench.client.prepare(&stage.append_slice("f"))?;
    let from = ops[0].key.lamport as i32;
    let mut total = 0.0;
    for at in (0..ops.len() as i32).step_by(batch) {
        let bounds = (from + at, from + at + batch as i32 - 1);
        total += timed(|| Ok(bench.client.execute(&append, &[&bounds.0, &bounds.1])?))?.0;
    }
    Ok(total)
}

fn singles(bench: &mut Bench, ops: &[Op]) -> Result<Vec<f64>> {
    let append = bench.client.prepare(&row::insert("f"))?;
    ops.iter().map(|op| row::append(&mut bench.client, &append, "doc", op)).collect()
}

/// One more child, in order and late, by how many there are.
fn by_fan_out(bench: &mut Bench) -> Result<()> {
    const SAMPLES: usize = 200;
    let counts = [100, 1_000, 10_000, 100_000];
    let counts = &counts[..bench.size(3, 4)];
    bench.durable(false)?;
    let (mut in_order, mut late) = (Vec::new(), Vec::new());
    for &count in counts {
        let mut history = History::new(bench.seed("fan-out"), REPLICAS).spaced(10);
        let parent = history.insert(NodeId::ROOT, PAYLOAD);
        for _ in 0..count + SAMPLES {
            history.insert(parent, PAYLOAD);
        }
        // Late ones come before all their siblings.
        let mut early = History::new(bench.seed("fan-out, late"), 1);
        early.mint(parent, treecrdt::Action::Payload(None));
        for _ in 0..SAMPLES {
            early.insert(parent, PAYLOAD);
        }
        for op in &mut early.ops {
            op.key.lamport = 15;
        }
        forest::create(bench, "f")?;
        let stage = Stage::load(bench, "fan", "doc", &history.ops[..=count])?;
        bench.run(&stage.append("f"))?;
        stage.drop(bench)?;
        forest::settle(bench, "f")?;
        let samples = singles(bench, &history.ops[count + 1..])?;
        in_order.push((count as f64, median(&samples[SAMPLES / 10..])));
        let samples = singles(bench, &early.ops[1..])?;
        late.push((count as f64, median(&samples[SAMPLES / 10..])));
        check::forest(bench, "f", count + 1 + 2 * SAMPLES)?;
        forest::drop(bench, "f")?;
    }
    bench.durable(true)?;
    let curve = |label: &str, points| Series { label: label.into(), points, yardstick: false };
    bench.report.charts.push(Chart {
        file: "fan-out".into(),
        title: "One more child, without waiting for the disk".into(),
        x: "children that the parent has".into(),
        y: "time a transaction".into(),
        unit: Unit::Seconds,
        series: vec![curve("in order, the last child", in_order), curve("late, the first", late)],
    });
    Ok(())
}
