//! How to load much: INSERT, COPY, and COPY in deferred mode with `ensure_materialized` after it, by
//! the size of the statement.

use std::io::Write;

use treecrdt::Op;

use crate::bench::{Bench, plan_once};
use crate::measure::{REPETITIONS, median, timed};
use crate::report::{Chart, Line, Series, Side, Unit};
use crate::stage::{COLUMNS, Stage, line};
use crate::workload::Workload;
use crate::{Result, check, forest};

/// A way to load.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Insert,
    Copy,
    Deferred,
}

impl Way {
    const EACH: [Way; 3] = [Self::Insert, Self::Copy, Self::Deferred];

    fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT … SELECT",
            Self::Copy => "COPY",
            Self::Deferred => "COPY deferred, then ensure_materialized",
        }
    }
}

/// The mix, in order, each way in turn.
pub fn run(bench: &mut Bench) -> Result<()> {
    plan_once(&mut bench.client)?;
    let count = bench.size(10_000, 100_000);
    let ops = Workload::Mix.ops(bench.seed("load"), count, &bench.options.out)?;
    let stage = Stage::load(bench, "load", "doc", &ops)?;
    stage.index(bench)?;
    let mut series = Way::EACH.map(|way| Series {
        label: way.name().into(),
        points: Vec::new(),
        yardstick: false,
    });
    let sizes = [100, 1_000, 10_000, 100_000];
    for &size in sizes.iter().filter(|size| **size <= count) {
        let lines = text(&ops, size);
        let mut samples = Way::EACH.map(|_| Vec::new());
        for repetition in 0..=REPETITIONS {
            for (way, samples) in Way::EACH.into_iter().zip(&mut samples) {
                forest::create(bench, "f")?;
                bench.run("CHECKPOINT")?;
                let took = load(bench, way, &stage, size, &lines)?;
                if repetition == 0 {
                    check::forest(bench, "f", count)?;
                } else {
                    samples.push(took);
                }
                forest::drop(bench, "f")?;
            }
        }
        for ((way, samples), series) in Way::EACH.into_iter().zip(&samples).zip(&mut series) {
            series.points.push((size as f64, count as f64 / median(samples)));
            let side = Side::rate(way.name(), count, samples);
            bench.line(Line::of(format!("load of {count} mix ops, {size} a statement"), side));
        }
    }
    bench.report.charts.push(Chart {
        file: "load".into(),
        title: "Loading much: the mix, in order".into(),
        x: "operations a statement".into(),
        y: "operations a second".into(),
        unit: Unit::Rate,
        series: series.into(),
    });
    stage.drop(bench)
}

/// What COPY reads, statement by statement.
fn text(ops: &[Op], size: usize) -> Vec<String> {
    let text = |part: &[Op]| {
        let mut text = String::new();
        part.iter().for_each(|op| line(&mut text, "doc", op));
        text
    };
    ops.chunks(size).map(text).collect()
}

fn load(bench: &mut Bench, way: Way, stage: &Stage, size: usize, text: &[String]) -> Result<f64> {
    let append = bench.client.prepare(&stage.append_slice("f"))?;
    let copy = bench.client.prepare(&format!("COPY f.ops ({COLUMNS}) FROM STDIN"))?;
    if way == Way::Deferred {
        bench.run("SET treecrdt.catch_up = deferred")?;
    }
    let client = &mut bench.client;
    let work = || {
        for (at, lines) in text.iter().enumerate() {
            if way == Way::Insert {
                let from = (at * size + 1) as i32;
                client.execute(&append, &[&from, &(from + size as i32 - 1)])?;
            } else {
                let mut writer = client.copy_in(&copy)?;
                writer.write_all(lines.as_bytes())?;
                writer.finish()?;
            }
        }
        if way == Way::Deferred {
            client.batch_execute("SELECT treecrdt.ensure_materialized('f')")?;
        }
        Ok(())
    };
    let took = timed(work)?.0;
    bench.run("RESET treecrdt.catch_up")?;
    Ok(took)
}
