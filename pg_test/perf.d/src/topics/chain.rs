//! A deep chain against a shallow tree of as many nodes: append at the tip, a leaf moved between
//! two parents near the tip; and, as a picture, what depth costs.

use treecrdt::Op;

use crate::bench::Bench;
use crate::history::History;
use crate::measure::median;
use crate::report::{Chart, Goal, Line, Series, Side, Unit};
use crate::stage::Stage;
use crate::workload::{PAYLOAD, REPLICAS, fan};
use crate::{Result, check, forest, row};

/// Operations of a kind in each doc, of which a tenth warms up.
const SAMPLES: usize = 100;
/// Of the kind that walks up the chain only one in so many is executed.
const WALKS: usize = 5;

/// What is done near the tip.
const KINDS: [&str; 3] = [
    "append below the tip",
    "move of a leaf between two nodes near the tip",
    "move of a node with a child between two nodes near the tip",
];

/// A doc: its log, and what is to be done near its tip, by kind.
struct Doc {
    name: String,
    ops: Vec<Op>,
    then: [Vec<Op>; 3],
}

impl Doc {
    /// `deep` chains all nodes; else they have fan-out 10.
    fn new(seed: u64, name: String, count: usize, deep: bool) -> Self {
        let mut history = History::new(seed, REPLICAS);
        let ops = fan(&mut history, count, if deep { 1 } else { 10 });
        let (mut ops, nodes) = (ops.ops, ops.nodes);
        // Two parents that are alike: in the chain one is above the other.
        let [mut here, mut there] = [nodes[count - 1], nodes[count - 2]];
        let leaf = history.insert(here, PAYLOAD);
        let holder = history.insert(here, PAYLOAD);
        history.insert(holder, PAYLOAD);
        ops.append(&mut history.ops);
        let mut tip = nodes[count];
        let mut then = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..SAMPLES {
            tip = history.insert(tip, PAYLOAD);
            history.place(leaf, there);
            history.place(holder, there);
            (here, there) = (there, here);
            for (list, op) in then.iter_mut().zip(history.ops.drain(..)) {
                list.push(op);
            }
        }
        Self { name, ops, then }
    }
}

/// The docs take turns, kind by kind.
pub fn run(bench: &mut Bench) -> Result<()> {
    let depths = [100, 1_000, 10_000, 100_000];
    let depths = &depths[..bench.size(3, 4)];
    let deepest = depths[depths.len() - 1];
    forest::create(bench, "f")?;
    bench.run("CHECKPOINT")?;
    let mut docs = vec![Doc::new(bench.seed("shallow"), "shallow".into(), deepest, false)];
    for &depth in depths {
        docs.push(Doc::new(bench.seed("chain"), format!("chain{depth}"), depth, true));
    }
    let mut total = 0;
    for doc in &docs {
        let stage = Stage::load(bench, "chain", &doc.name, &doc.ops)?;
        bench.run(&stage.append("f"))?;
        stage.drop(bench)?;
        total += doc.ops.len() + 2 * SAMPLES + SAMPLES / WALKS;
    }
    forest::settle(bench, "f")?;
    bench.durable(false)?;
    // By kind, by doc.
    let mut samples = KINDS.map(|_| vec![Vec::new(); docs.len()]);
    let append = bench.client.prepare(&row::insert("f"))?;
    for at in 0..SAMPLES {
        for (kind, of_kind) in samples.iter_mut().enumerate() {
            if kind == 2 && at % WALKS != 0 {
                continue;
            }
            // Another one begins each time: the first pays for what the others have evicted.
            for turn in 0..docs.len() {
                let (doc, of_doc) = ((turn + at) % docs.len(), &mut *of_kind);
                let (doc, of_doc) = (&docs[doc], &mut of_doc[doc]);
                let op = &doc.then[kind][at];
                of_doc.push(row::append(&mut bench.client, &append, &doc.name, op)?);
            }
        }
    }
    bench.durable(true)?;
    check::forest(bench, "f", total)?;
    check::doc(bench, "f", "chain1000")?;
    forest::drop(bench, "f")?;

    let mut series = Vec::new();
    for (kind, of_kind) in KINDS.iter().zip(&samples) {
        let warm = of_kind[0].len() / 10;
        let line = Line::compared(
            format!("{kind}, synchronous_commit = off"),
            Side::latencies(format!("chain of {deepest}"), &of_kind[depths.len()][warm..]),
            Side::latencies("shallow tree", &of_kind[0][warm..]),
        );
        // A node with children has to be looked for above its new parent: that walk is stated.
        let walks = kind.contains("with a child");
        bench.line(if walks { line } else { line.goal(Goal::AtMost(1.3)) });
        let points = depths.iter().zip(&of_kind[1..]).map(|(&d, s)| (d as f64, median(&s[warm..])));
        series.push(Series { label: (*kind).into(), points: points.collect(), yardstick: false });
    }
    bench.report.charts.push(Chart {
        file: "depth".into(),
        title: "What depth costs, without waiting for the disk".into(),
        x: "depth of the chain".into(),
        y: "time a transaction".into(),
        unit: Unit::Seconds,
        series,
    });
    Ok(())
}
