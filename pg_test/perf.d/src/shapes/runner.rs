//! Runs a shape: the load in one statement, what comes late in another; time, memory, cancellation.

use treecrdt::Op;

use crate::bench::Bench;
use crate::cancel::overshoot;
use crate::measure::{REPETITIONS, interleaved, median};
use crate::memory::{Peak, Watch};
use crate::report::{Goal, Line, Side, Unit};
use crate::stage::Stage;
use crate::{Result, check, forest};

/// What arrives, by doc.
pub struct Arrival {
    /// In one statement, on an empty forest.
    pub first: Vec<(String, Op)>,
    /// In another one after it; may be nothing.
    pub then: Vec<(String, Op)>,
}

impl Arrival {
    /// Of one doc.
    pub fn of_one(first: Vec<Op>, then: Vec<Op>) -> Self {
        let named = |ops: Vec<Op>| ops.into_iter().map(|op| ("doc".to_owned(), op)).collect();
        Self { first: named(first), then: named(then) }
    }
}

/// A shape.
pub struct Shape {
    /// What it is, with `{}` for how many.
    pub name: &'static str,
    /// How many, in a quick run; and twice that.
    pub quick: usize,
    /// How many, in a full run; and twice that.
    pub full: usize,
    /// Makes it, of this size.
    pub make: fn(seed: u64, size: usize) -> Arrival,
}

/// The longest that a statement is let run, in seconds.
const LIMIT: u32 = 120;

struct Loaded {
    first: Stage,
    then: Stage,
}

/// Measures a shape at both sizes.
pub fn run(bench: &mut Bench, shape: &Shape) -> Result<()> {
    let size = bench.size(shape.quick, shape.full);
    let seed = bench.seed(shape.name);
    let mut load = |size: usize, name: &str| -> Result<Loaded> {
        let arrival = (shape.make)(seed, size);
        let mut stage = |ops: &[(String, Op)], part: &str| {
            let ops = ops.iter().map(|(doc, op)| (doc.as_str(), op));
            Stage::load_docs(bench, &format!("{name}_{part}"), ops)
        };
        Ok(Loaded { first: stage(&arrival.first, "first")?, then: stage(&arrival.then, "then")? })
    };
    let (once, twice) = (load(size, "once")?, load(2 * size, "twice")?);
    let mut peaks = Vec::new();
    let (mut then_once, mut then_twice) = (Vec::new(), Vec::new());
    let pairs = interleaved(REPETITIONS, |repetition| {
        let (b, late_b, _) = arrive(bench, &once, repetition == 0)?;
        let (a, late_a, peak) = arrive(bench, &twice, false)?;
        peaks.push(peak);
        if repetition > 0 {
            then_once.push(late_b);
            then_twice.push(late_a);
        }
        Ok((a, b))
    })?;
    bench.run("SET statement_timeout = 0")?;
    let own = peaks.iter().map(|peak| peak.own).max().unwrap_or(0);
    let resident = peaks.iter().filter_map(|peak| peak.resident).max();
    let resident = resident.map_or_else(String::new, |bytes| {
        format!(", {} resident with shared buffers", Unit::Bytes.show(bytes as f64))
    });
    let memory = format!("backend {}{resident}", Unit::Bytes.show(own as f64));
    let double = 2 * size;
    let name = shape.name.replace("{}", &double.to_string());
    let stops = stops(bench, &twice, median(&pairs.a))?;
    let line = Line::compared(
        name.clone(),
        Side::seconds(format!("of {double}"), &pairs.a),
        Side::seconds(format!("of {size}"), &pairs.b),
    );
    bench.line(line.goal(Goal::AtMost(2.5)).note(format!("{memory}; {stops}")));
    if twice.then.count > 0 {
        let line = Line::compared(
            format!("{name}: the latter alone"),
            Side::seconds(format!("of {double}"), &then_twice),
            Side::seconds(format!("of {size}"), &then_once),
        );
        bench.line(line.goal(Goal::AtMost(2.5)));
    }
    for stage in [once.first, once.then, twice.first, twice.then] {
        stage.drop(bench)?;
    }
    Ok(())
}

/// The seconds that both statements took, those of the second, and the memory.
fn arrive(bench: &mut Bench, loaded: &Loaded, checked: bool) -> Result<(f64, f64, Peak)> {
    // What a backend has freed it may keep: only a new one shows what it needs.
    bench.renew()?;
    bench.run(&format!("SET statement_timeout = '{LIMIT}s'"))?;
    forest::create(bench, "f")?;
    bench.run("CHECKPOINT")?;
    let pid: i32 = bench.value("SELECT pg_backend_pid()", &[])?;
    let watch = Watch::start(pid);
    let first = bench.time(&loaded.first.append("f"));
    let then = first.and_then(|first| {
        let then = loaded.then.count > 0;
        Ok((first, if then { bench.time(&loaded.then.append("f"))? } else { 0.0 }))
    });
    let peak = watch.stop();
    let (first, then) = then?;
    if checked {
        check::forest(bench, "f", loaded.first.count + loaded.then.count)?;
    }
    forest::drop(bench, "f")?;
    Ok((first + then, then, peak))
}

/// How soon the longer of the statements stops halfway.
fn stops(bench: &mut Bench, loaded: &Loaded, took: f64) -> Result<String> {
    forest::create(bench, "f")?;
    let late = overshoot(bench, &loaded.first.append("f"), took / 2.0)?;
    forest::drop(bench, "f")?;
    Ok(late.map_or("done before it could be cancelled".into(), |late| {
        format!("cancelled within {}", Unit::Seconds.show(late.max(0.0)))
    }))
}
