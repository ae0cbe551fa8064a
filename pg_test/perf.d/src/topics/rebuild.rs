//! All rows from the log alone: `rebuild` with emptied tables, and `ensure_materialized` after a
//! load in deferred mode, against reading the log and inserting the derived rows.

use crate::bench::Bench;
use crate::measure::{Pairs, interleaved, timed};
use crate::report::{Goal, Line, Side};
use crate::stage::{COLUMNS, Stage};
use crate::workload::Workload;
use crate::{Result, check, floor, forest, memory};

/// A doc of 1M operations of the mix.
pub fn run(bench: &mut Bench) -> Result<()> {
    let count = bench.size(30_000, 1_000_000);
    let ops = Workload::Mix.ops(bench.seed("rebuild"), count, &bench.options.out)?;
    let stage = Stage::load(bench, "rebuild", "doc", &ops)?;
    drop(ops);
    forest::create(bench, "f")?;
    bench.run(&stage.append("f"))?;
    forest::settle(bench, "f")?;
    check::forest(bench, "f", count)?;
    forest::create(bench, "kept")?;
    bench.run(&stage.append("kept"))?;
    forest::settle(bench, "kept")?;
    let derived = forest::derived(bench, "f")?;
    let rebuilt = rebuild(bench, &derived)?;
    check::forest(bench, "f", count)?;
    check::same(bench, "doc", "f", "kept")?;
    forest::drop(bench, "f")?;
    line(bench, format!("rebuild of {count} mix ops"), "rebuild", &rebuilt, true);
    let deferred = deferred(bench, &stage, &derived)?;
    let name = format!("ensure_materialized of {count} deferred mix ops");
    line(bench, name, "ensure_materialized", &deferred, false);
    forest::drop(bench, "kept")?;
    stage.drop(bench)
}

/// What both sides took, and the most memory that the first did.
#[derive(Debug)]
struct Taken {
    pairs: Pairs,
    memory: u64,
}

fn line(bench: &mut Bench, name: String, what: &str, taken: &Taken, goal: bool) {
    let Taken { pairs, memory } = taken;
    let line = Line::compared(
        name,
        Side::seconds(what, &pairs.a),
        Side::seconds("read and floor", &pairs.b),
    );
    let line = line.note(memory::note(*memory));
    bench.line(if goal { line.goal(Goal::AtMost(1.5)) } else { line });
}

fn rebuild(bench: &mut Bench, derived: &[String]) -> Result<Taken> {
    let mut memory = 0;
    let emptied: Vec<String> = derived.iter().map(|table| format!("f.{table}")).collect();
    let pairs = interleaved(bench.repetitions(), |_| {
        bench.run(&format!("TRUNCATE {}", emptied.join(", ")))?;
        bench.run("CHECKPOINT")?;
        let (a, peak) = bench.time_and_memory("SELECT treecrdt.rebuild('f', 'doc')")?;
        memory = peak.own.max(memory);
        Ok((a, read_and_floor(bench, derived)?))
    })?;
    Ok(Taken { pairs, memory })
}

/// Loads in 10 statements, then materializes; only the latter counts.
fn deferred(bench: &mut Bench, stage: &Stage, derived: &[String]) -> Result<Taken> {
    let mut memory = 0;
    let part = stage.count.div_ceil(10);
    let pairs = interleaved(bench.repetitions(), |repetition| {
        forest::create(bench, "f")?;
        bench.run("SET treecrdt.catch_up = deferred")?;
        for from in (1..=stage.count).step_by(part) {
            let bounds = format!(" WHERE seq BETWEEN {from} AND {}", from + part - 1);
            bench.run(&(stage.append("f") + &bounds))?;
        }
        bench.run("RESET treecrdt.catch_up; ANALYZE f.ops")?;
        bench.run("VACUUM f.ops")?;
        bench.run("CHECKPOINT")?;
        let ensure = "SELECT treecrdt.ensure_materialized('f', 'doc')";
        let (a, peak) = bench.time_and_memory(ensure)?;
        memory = peak.own.max(memory);
        if repetition == 0 {
            check::forest(bench, "f", stage.count)?;
            check::same(bench, "doc", "f", "kept")?;
        }
        forest::drop(bench, "f")?;
        Ok((a, read_and_floor(bench, derived)?))
    })?;
    Ok(Taken { pairs, memory })
}

/// The seconds that it takes to read all of the log, every column, and to insert the derived rows.
fn read_and_floor(bench: &mut Bench, derived: &[String]) -> Result<f64> {
    floor::create(bench, "floor", "kept")?;
    let fill = floor::fill(bench, "floor", "kept", derived)?;
    bench.run("CHECKPOINT")?;
    let read = format!(
        "SELECT count(*), count(known_state), max(lamport), sum(length(payload))
                        FROM (SELECT {COLUMNS} FROM kept.ops) AS log"
    );
    let read = timed(|| Ok(bench.client.query(&read, &[])?))?.0;
    let fill = bench.time(&fill)?;
    floor::drop(bench, "floor")?;
    Ok(read + fill)
}
