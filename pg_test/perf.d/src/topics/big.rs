//! What is too large for every day: a doc of 10M operations, and 10,000 docs of 1,000, by COPY.
//!
//! Only where `--only` asks for it.

use std::io::Write as _;

use treecrdt::{Action, Dot, Key, NodeId, Op};
use treecrdt_testing::history::Random;

use crate::bench::Bench;
use crate::history::{History, replica};
use crate::measure::timed;
use crate::report::{Goal, Line, Side, Unit};
use crate::stage::{COLUMNS, line};
use crate::workload::{PAYLOAD, REPLICAS};
use crate::{Failure, Result, forest, memory, row};

/// Statements that load it, each a tenth.
const PARTS: usize = 10;
/// Children of a node.
const FAN: usize = 10;
/// Operations of one of many docs.
const SMALL: usize = 1_000;
/// From the first tenth to the last the rate falls to no less than this.
const FLAT: f64 = 0.77;

/// Operations in all, in a quick and in a full run.
const COUNT: [usize; 2] = [200_000, 10_000_000];

/// One doc.
pub fn one(bench: &mut Bench) -> Result<()> {
    let count = bench.size(COUNT[0], COUNT[1]);
    let mut history = History::new(bench.seed("big"), REPLICAS);
    let mut nodes = vec![NodeId::ROOT];
    let what = format!("one doc of {count} inserts");
    load(bench, "f", &what, count, || {
        let mut text = String::new();
        for _ in 0..count / PARTS {
            let node = history.insert(nodes[(nodes.len() - 1) / FAN], PAYLOAD);
            nodes.push(node);
            line(&mut text, "doc", &history.ops.pop().expect("minted"));
        }
        text
    })?;
    late(bench, &what, &nodes)?;
    reads(bench, &what, &nodes)?;
    forest::create(bench, "beside")?;
    let again = "INSERT INTO beside.ops SELECT * FROM f.ops";
    with_memory(bench, format!("{what}: replay in a forest beside, one statement"), again)?;
    let digest = "SELECT treecrdt.digest('f', 'doc') = treecrdt.digest('beside', 'doc')";
    let (took, same) = timed(|| bench.value::<bool>(digest, &[]))?;
    if !same {
        return Err(Failure::new("wrong: the digests differ"));
    }
    bench.line(Line::of(format!("{what}: two digests"), Side::seconds("", &[took])));
    forest::drop(bench, "beside")?;
    verify(bench, &what)?;
    with_memory(bench, format!("{what}: rebuild"), "SELECT treecrdt.rebuild('f')")?;
    forest::drop(bench, "f")
}

/// Many docs of a thousand operations each.
pub fn many(bench: &mut Bench) -> Result<()> {
    let docs = bench.size(COUNT[0], COUNT[1]) / SMALL;
    let (mut doc, seed) = (0, bench.seed("many"));
    let what = format!("{docs} docs of {SMALL} inserts");
    load(bench, "f", &what, docs * SMALL, || {
        let mut text = String::new();
        for _ in 0..docs / PARTS {
            let mut history = History::new(seed.wrapping_add(doc), REPLICAS);
            let mut nodes = vec![NodeId::ROOT];
            for at in 0..SMALL {
                nodes.push(history.insert(nodes[at / FAN], PAYLOAD));
            }
            history.ops.iter().for_each(|op| line(&mut text, &format!("doc {doc}"), op));
            doc += 1;
        }
        text
    })?;
    verify(bench, &what)?;
    forest::drop(bench, "f")
}

/// What verifying takes, which has to find nothing.
fn verify(bench: &mut Bench, what: &str) -> Result<()> {
    let verify = "DO $$ BEGIN ASSERT (SELECT count(*) FROM treecrdt.verify('f')) = 0; END $$";
    with_memory(bench, format!("{what}: verify"), verify)
}

/// What a statement takes, and the memory.
fn with_memory(bench: &mut Bench, name: String, sql: &str) -> Result<()> {
    let (took, peak) = bench.time_and_memory(sql)?;
    bench.line(Line::of(name, Side::seconds("", &[took])).note(memory::note(peak.own)));
    Ok(())
}

/// Loads it by COPY, a tenth a statement, which `next` gives; and says what that took on disk.
fn load(
    bench: &mut Bench,
    schema: &str,
    what: &str,
    count: usize,
    mut next: impl FnMut() -> String,
) -> Result<()> {
    forest::create(bench, schema)?;
    let copy = format!("COPY {schema}.ops ({COLUMNS}) FROM STDIN");
    let mut seconds = Vec::new();
    for _ in 0..PARTS {
        let text = next();
        let (took, ()) = timed(|| {
            let mut writer = bench.client.copy_in(&copy)?;
            writer.write_all(text.as_bytes())?;
            writer.finish()?;
            Ok(())
        })?;
        seconds.push(took);
        bench.say(&format!("{what}: {took:.1} s"));
    }
    let part = count / PARTS;
    let side = |label: &str, at: usize| Side::rate(label, part, &seconds[at..=at]);
    let compared = Line::compared(
        format!("{what}, by COPY"),
        side("the last tenth", PARTS - 1),
        side("the first", 0),
    );
    bench.line(compared.goal(Goal::AtLeast(FLAT)));
    let bytes = forest::bytes(bench, schema)? as f64 / count as f64;
    bench.line(Line::of(
        format!("{what}: bytes an op on disk"),
        Side::new("all tables", Unit::Bytes, vec![bytes]),
    ));
    forest::settle(bench, schema)
}

/// Inserts, and moves of leaves, at any place in the log.
fn late(bench: &mut Bench, what: &str, nodes: &[NodeId]) -> Result<()> {
    let mut random = Random::new(bench.seed("big, late"));
    let (author, count) = (replica(&mut random), bench.size(200, 1_000));
    let insert = bench.client.prepare(&row::insert("f"))?;
    let mut samples = [Vec::new(), Vec::new()];
    for counter in 1..=count as u64 {
        let lamport = 1 + random.below(nodes.len() - 1) as u64;
        // Of the first nodes, which were there by then, as a parent.
        let parent = nodes[random.below(lamport as usize)];
        let is_move = counter % 2 == 0;
        let (node, action) = if is_move {
            let leaf = nodes[nodes.len() - 1 - random.below(nodes.len() / 2)];
            (leaf, Action::Move { parent, order_key: vec![1, 2] })
        } else {
            let mut id = NodeId::ROOT;
            id.0[8..].copy_from_slice(&counter.to_be_bytes());
            (id, Action::Insert { parent, order_key: vec![1, 2], payload: None })
        };
        let op = Op { key: Key { lamport, dot: Dot { replica: author, counter } }, node, action };
        samples[usize::from(is_move)].push(row::append(&mut bench.client, &insert, "doc", &op)?);
    }
    for (kind, samples) in ["insert", "move of a leaf"].iter().zip(&samples) {
        let line = Line::of(format!("{what}: late {kind}"), Side::latencies("", samples));
        bench.line(line);
    }
    Ok(())
}

/// A page of children, a path, the first row of the tree, the whole.
fn reads(bench: &mut Bench, what: &str, nodes: &[NodeId]) -> Result<()> {
    let mut random = Random::new(bench.seed("big, reads"));
    let queries = [
        (
            "page of children",
            "SELECT count(*) FROM (SELECT node, order_key, payload FROM f.children WHERE doc = 'doc'
             AND parent = $1::text::uuid ORDER BY order_key, node LIMIT 50) AS page",
        ),
        ("path", "SELECT cardinality(treecrdt.path('f', 'doc', $1::text::uuid))::bigint"),
    ];
    for (name, sql) in queries {
        let statement = bench.client.prepare(sql)?;
        let mut samples = Vec::new();
        for _ in 0..bench.size(100, 1_000) {
            let node = nodes[1 + random.below(nodes.len() / FAN / 2)].to_string();
            samples.push(timed(|| Ok(bench.client.query_one(&statement, &[&node])?))?.0);
        }
        bench.line(Line::of(format!("{what}: {name}"), Side::latencies("", &samples)));
    }
    let first = "SELECT (treecrdt.tree('f', 'doc')).node LIMIT 1";
    let samples: Vec<f64> = (0..100).map(|_| bench.time(first)).collect::<Result<_>>()?;
    bench.line(Line::of(format!("{what}: first row of the tree"), Side::latencies("", &samples)));
    let whole = bench.time("SELECT count(*) FROM treecrdt.tree('f', 'doc')")?;
    bench.line(Line::of(format!("{what}: the whole tree"), Side::seconds("", &[whole])));
    Ok(())
}
