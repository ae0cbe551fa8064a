//! Two divergent histories: the doc holds one, the other arrives in one statement, against
//! appending as many operations in order.

use treecrdt::{Key, Op};

use crate::bench::Bench;
use crate::history::{History, Nodes};
use crate::measure::interleaved;
use crate::report::{Goal, Line, Side};
use crate::stage::{COLUMNS, Stage};
use crate::workload::{REPLICAS, mix};
use crate::{Result, check, forest};

/// What both sides have seen of each other before they part.
const COMMON: usize = 1_000;

/// The mix on both sides of a common beginning.
pub fn run(bench: &mut Bench) -> Result<()> {
    let count = bench.size(20_000, 100_000);
    let mut common = History::new(bench.seed("merge"), REPLICAS);
    let mut nodes = Nodes::new();
    mix(&mut common, &mut nodes, COMMON);
    let [ours, theirs] = ["ours", "theirs"].map(|side| {
        let mut history = common.fork(bench.seed(side), REPLICAS);
        mix(&mut history, &mut nodes.clone(), count);
        history
    });
    // In order: the same work, but minted after the other side had been seen.
    let later = theirs.ops.iter().cloned().map(|op| after(op, ours.lamport()));
    let later: Vec<Op> = later.collect();
    let common = Stage::load(bench, "common", "doc", &common.ops)?;
    let ours = Stage::load(bench, "ours", "doc", &ours.ops)?;
    let theirs = Stage::load(bench, "theirs", "doc", &theirs.ops)?;
    let later = Stage::load(bench, "later", "doc", &later)?;

    let pairs = interleaved(bench.repetitions(), |repetition| {
        let merged = arrive(bench, [&common, &ours], &theirs)?;
        if repetition == 0 {
            check::forest(bench, "f", COMMON + 2 * count)?;
            at_once(bench, "whole", [&common, &ours, &theirs])?;
            check::same(bench, "doc", "f", "whole")?;
            forest::drop(bench, "whole")?;
        }
        Ok((merged, arrive(bench, [&common, &ours], &later)?))
    })?;
    let line = Line::compared(
        format!("two divergent histories of {count} mix ops merged"),
        Side::rate("concurrent", count, &pairs.a),
        Side::rate("in order", count, &pairs.b),
    );
    bench.line(line.goal(Goal::AtLeast(0.7)));
    forest::drop(bench, "f")?;
    [common, ours, theirs, later].into_iter().try_for_each(|stage| stage.drop(bench))
}

/// The seconds that a stage takes onto a doc that holds these.
fn arrive(bench: &mut Bench, before: [&Stage; 2], stage: &Stage) -> Result<f64> {
    forest::create(bench, "f")?;
    for before in before {
        bench.run(&before.append("f"))?;
    }
    forest::settle(bench, "f")?;
    bench.run("CHECKPOINT")?;
    bench.time(&stage.append("f"))
}

/// A forest that got all of these in one statement.
fn at_once<const N: usize>(bench: &mut Bench, name: &str, stages: [&Stage; N]) -> Result<()> {
    forest::create(bench, name)?;
    let selects = stages.map(|stage| format!("SELECT {COLUMNS} FROM {}", stage.table));
    bench.run(&format!("INSERT INTO {name}.ops ({COLUMNS}) {}", selects.join(" UNION ALL ")))
}

/// The operation, minted so much later.
fn after(op: Op, lamports: u64) -> Op {
    Op { key: Key { lamport: op.key.lamport + lamports, ..op.key }, ..op }
}
