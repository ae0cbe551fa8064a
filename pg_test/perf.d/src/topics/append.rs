//! Bulk in-order append: a whole history in one statement, against the floor.

use crate::Result;
use crate::bench::Bench;
use crate::measure::{Pairs, interleaved, median};
use crate::report::{Goal, Line, Side};
use crate::stage::Stage;
use crate::workload::Workload;
use crate::{check, floor, forest};

/// Each workload onto an empty doc, without and with ON CONFLICT DO NOTHING.
pub fn run(bench: &mut Bench) -> Result<()> {
    let count = bench.size(30_000, 100_000);
    for workload in Workload::ALL {
        let seed = bench.seed(workload.name());
        let ops = workload.ops(seed, count, &bench.options.out)?;
        let stage = Stage::load(bench, workload.name(), "doc", &ops)?;
        drop(ops);
        one(bench, workload, &stage, "")?;
        if workload == Workload::Fan10 {
            one(bench, workload, &stage, " ON CONFLICT DO NOTHING")?;
        }
        stage.drop(bench)?;
    }
    Ok(())
}

fn one(bench: &mut Bench, workload: Workload, stage: &Stage, suffix: &str) -> Result<()> {
    let append = stage.append("f") + suffix;
    let mut processor = Pairs::default();
    let pairs = interleaved(bench.repetitions(), |repetition| {
        forest::create(bench, "f")?;
        bench.run("CHECKPOINT")?;
        let (a, a_processor) = bench.time_and_processor(&append)?;
        // Nor does the floor pay for hint bits.
        forest::settle(bench, "f")?;
        floor::create(bench, "floor", "f")?;
        let tables = forest::tables(bench, "f")?;
        let fill = floor::fill(bench, "floor", "f", &tables)?;
        bench.run("CHECKPOINT")?;
        let (b, b_processor) = bench.time_and_processor(&fill)?;
        if repetition == 0 {
            check::forest(bench, "f", stage.count)?;
        } else {
            processor.push((a_processor, b_processor));
        }
        for table in ["ops", "nodes"] {
            check::same_count(bench, &format!("f.{table}"), &format!("floor.{table}"))?;
        }
        floor::drop(bench, "floor")?;
        forest::drop(bench, "f")?;
        Ok((a, b))
    })?;
    let name = format!("{} {} ops in one statement{suffix}", stage.count, workload.name());
    let rate = stage.count as f64 / median(&pairs.a);
    let by_processor = Line::compared(
        format!("{name}: processor time"),
        Side::seconds("append", &processor.a),
        Side::seconds("floor", &processor.b),
    );
    let line =
        Line::compared(name, Side::seconds("append", &pairs.a), Side::seconds("floor", &pairs.b));
    let line = line.note(format!("{:.0} op/s", rate));
    bench.line(if suffix.is_empty() { line.goal(Goal::AtMost(1.15)) } else { line });
    bench.line(by_processor.note("what the disk was waited for is not in it"));
    Ok(())
}
