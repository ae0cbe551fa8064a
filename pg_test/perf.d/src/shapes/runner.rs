//! Runs a shape: the load in one statement, what comes late in another; time, memory, cancellation.

use treecrdt::Op;

use crate::bench::Bench;
use crate::cancel::overshoot;
use crate::measure::{Pairs, REPETITIONS, interleaved, median, timed};
use crate::memory::{self, Peak, Watch};
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
const LIMIT: f64 = 120.0;

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
    let mut late = Pairs::default();
    let mut stuck = None;
    let pairs = interleaved(REPETITIONS, |repetition| {
        if let Some(times) = stuck {
            return Ok(times);
        }
        let half = arrive(bench, &once, repetition == 0)?;
        let whole = arrive(bench, &twice, false)?;
        peaks.push(whole.peak);
        if repetition > 0 {
            late.push((whole.then, half.then));
        }
        let times = (whole.first + whole.then, half.first + half.then);
        if half.stopped || whole.stopped {
            stuck = Some(times);
        }
        Ok(times)
    })?;
    let double = 2 * size;
    let name = shape.name.replace("{}", &double.to_string());
    let [of_double, of_size] = [double, size].map(|size| format!("of {size}"));
    let stops = match stuck {
        Some(_) => format!("STOPPED after {LIMIT} s"),
        None => stops(bench, &twice, median(&pairs.a) - median(&late.a))?,
    };
    let line = Line::compared(
        name.clone(),
        Side::seconds(&of_double, &pairs.a),
        Side::seconds(&of_size, &pairs.b),
    );
    let memory = memory(&peaks);
    bench.line(line.goal(Goal::AtMost(2.5)).note(format!("{memory}; {stops}")));
    if twice.then.count > 0 && stuck.is_none() {
        let line = Line::compared(
            format!("{name}: the latter alone"),
            Side::seconds(&of_double, &late.a),
            Side::seconds(&of_size, &late.b),
        );
        bench.line(line.goal(Goal::AtMost(2.5)));
    }
    for stage in [once.first, once.then, twice.first, twice.then] {
        stage.drop(bench)?;
    }
    Ok(())
}

/// The most that the backends took.
fn memory(peaks: &[Peak]) -> String {
    let own = peaks.iter().map(|peak| peak.own).max().unwrap_or(0);
    let resident = peaks.iter().filter_map(|peak| peak.resident).max();
    let resident = resident.map_or_else(String::new, |bytes| {
        format!(", {} resident with shared buffers", Unit::Bytes.show(bytes as f64))
    });
    memory::note(own) + &resident
}

/// What came of both statements.
struct Arrived {
    /// Seconds that the first took.
    first: f64,
    /// Seconds that the second took.
    then: f64,
    peak: Peak,
    /// Whether one of them ran into the limit.
    stopped: bool,
}

fn arrive(bench: &mut Bench, loaded: &Loaded, checked: bool) -> Result<Arrived> {
    // What a backend has freed it may keep: only a new one shows what it needs.
    bench.renew()?;
    forest::create(bench, "f")?;
    bench.run("CHECKPOINT")?;
    let watch = Watch::start(bench.backend()?);
    let mut both = [0.0; 2];
    let mut stopped = false;
    for (stage, took) in [&loaded.first, &loaded.then].into_iter().zip(&mut both) {
        if stage.count > 0 && !stopped {
            let (seconds, late) = timed(|| overshoot(bench, &stage.append("f"), LIMIT))?;
            (*took, stopped) = (seconds, late.is_some());
        }
    }
    let peak = watch.stop();
    if checked && !stopped {
        check::forest(bench, "f", loaded.first.count + loaded.then.count)?;
    }
    forest::drop(bench, "f")?;
    Ok(Arrived { first: both[0], then: both[1], peak, stopped })
}

/// How soon the first statement, which takes so long, stops in its middle and near its end.
fn stops(bench: &mut Bench, loaded: &Loaded, took: f64) -> Result<String> {
    let mut worst = None;
    for part in [0.5, 0.85] {
        forest::create(bench, "f")?;
        let late = overshoot(bench, &loaded.first.append("f"), part * took)?;
        forest::drop(bench, "f")?;
        worst = late.into_iter().chain(worst).reduce(f64::max);
    }
    Ok(worst.map_or("done before it could be cancelled".into(), |late| {
        format!("cancelled within {}", Unit::Seconds.show(late.max(0.0)))
    }))
}
