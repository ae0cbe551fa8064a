//! What reading takes, and the plans of it: index ranges, no Seq Scan, no Sort.
//!
//! Plans are those that auto_explain shows, statements within functions included; they are kept in
//! `plans.txt`. What a function reads without a statement has no plan.

use std::sync::{Arc, Mutex};

use postgres::{Client, NoTls};
use treecrdt::NodeId;
use treecrdt_testing::history::Random;

use crate::bench::{Bench, run as execute};
use crate::history::{History, Nodes};
use crate::measure::timed;
use crate::report::{Line, Side};
use crate::stage::Stage;
use crate::workload::{Grown, REPLICAS, fan, mix};
use crate::{Result, check, forest};

/// A way to read: its name, a query of a node with children ($1, as text), how often it is run.
struct Read {
    name: &'static str,
    sql: String,
    times: usize,
}

/// Children that a node has which has any.
const FAN: usize = 60;

/// Everything that there is to read with.
pub fn run(bench: &mut Bench) -> Result<()> {
    let count = bench.size(30_000, 100_000);
    let mut history = History::new(bench.seed("reads"), REPLICAS);
    let Grown { mut ops, nodes } = fan(&mut history, count, FAN);
    let mut grown = Nodes::new();
    for (at, &node) in nodes.iter().enumerate().skip(1) {
        grown.add(node, nodes[(at - 1) / FAN]);
    }
    // Some of it is moved, written again, deleted.
    mix(&mut history, &mut grown, count / 10);
    ops.append(&mut history.ops);
    let parents = &nodes[1..count / FAN];
    let stage = Stage::load(bench, "reads", "doc", &ops)?;
    // Not the only doc: an index that leads to it has something to pass over.
    let others = ops.iter().take(1_000);
    let docs: Vec<String> = (0..20).map(|at| format!("other {at}")).collect();
    let others = docs.iter().flat_map(|doc| others.clone().map(move |op| (doc.as_str(), op)));
    let others = Stage::load_docs(bench, "others", others)?;
    forest::create(bench, "f")?;
    bench.run(&stage.append("f"))?;
    bench.run(&others.append("f"))?;
    forest::settle(bench, "f")?;
    check::forest(bench, "f", stage.count + others.count)?;

    let mut random = Random::new(bench.seed("nodes"));
    let mut plans = String::new();
    for read in reads(bench)? {
        let line = one(bench, &read, parents, &mut random, &mut plans)?;
        bench.line(line);
    }
    std::fs::write(bench.options.out.join("plans.txt"), plans)?;
    forest::drop(bench, "f")?;
    stage.drop(bench)?;
    others.drop(bench)
}

fn reads(bench: &mut Bench) -> Result<Vec<Read>> {
    let read = |name, sql: &str, times| Read { name, sql: sql.into(), times };
    let mut reads = vec![
        read(
            "page of 50 children",
            "SELECT node, order_key, payload FROM f.children WHERE doc = 'doc'
             AND parent = $1::text::uuid ORDER BY order_key, node LIMIT 50",
            500,
        ),
        read(
            "the next page",
            "SELECT node, order_key, payload FROM f.children WHERE doc = 'doc'
             AND parent = $1::text::uuid AND (order_key, node) > ('\\x00'::bytea, parent)
             ORDER BY order_key, node LIMIT 50",
            500,
        ),
        read("path", "SELECT treecrdt.path('f', 'doc', $1::text::uuid)", 500),
        read("tree of a subtree", "SELECT * FROM treecrdt.tree('f', 'doc', $1::text::uuid)", 500),
        read("subtree_version", "SELECT treecrdt.subtree_version('f', 'doc', $1::text::uuid)", 500),
        read("tree of all", "SELECT * FROM treecrdt.tree('f', 'doc') WHERE $1 <> ''", 10),
        read("version", "SELECT treecrdt.version('f', 'doc') WHERE $1 <> ''", 10),
    ];
    // What the reader knows is not read from the log while it is timed.
    let known: String = bench.value(
        "SELECT treecrdt.version_vector_agg(replica, counter)::text FROM f.ops
         WHERE doc = 'doc'
         AND lamport <= (SELECT head_lamport - 100 FROM f.docs WHERE doc = 'doc')",
        &[],
    )?;
    for (name, known) in
        [("ops_since: the last operations", known.as_str()), ("ops_since: all", "{}")]
    {
        let sql =
            format!("SELECT counter FROM treecrdt.ops_since('f', 'doc', '{known}') WHERE $1 <> ''");
        reads.push(read(name, &sql, 10));
    }
    Ok(reads)
}

fn one(
    bench: &mut Bench,
    read: &Read,
    parents: &[NodeId],
    random: &mut Random,
    plans: &mut String,
) -> Result<Line> {
    let statement = bench.client.prepare(&read.sql)?;
    let (mut samples, mut rows) = (Vec::new(), 0);
    for _ in 0..read.times + read.times / 10 {
        let node = random.pick(parents).to_string();
        let (took, read) = timed(|| Ok(bench.client.query(&statement, &[&node])?))?;
        rows = rows.max(read.len());
        samples.push(took);
    }
    let samples = &samples[read.times / 10..];
    let found = explained(&read.sql, parents[0])?;
    let faults: Vec<&str> =
        ["Seq Scan", "Sort"].into_iter().filter(|fault| found.contains(fault)).collect();
    let verdict = match (found.is_empty(), faults.is_empty()) {
        (true, _) => "no plan seen".into(),
        (_, true) => "plans: no Seq Scan, no Sort".into(),
        _ => format!("PLANS HAVE {}", faults.join(" and ")),
    };
    plans.push_str(&format!("## {}\n\n{found}\n", read.name));
    let side = Side::latencies(format!("up to {rows} rows"), samples);
    Ok(Line::of(read.name, side).note(verdict))
}

/// The plans of all statements that a query comes to.
fn explained(sql: &str, node: NodeId) -> Result<String> {
    let notices = Arc::new(Mutex::new(String::new()));
    let heard = notices.clone();
    let mut config = harness::server::config();
    config.notice_callback(move |notice| {
        if let Ok(mut heard) = heard.lock() {
            for line in notice.message().lines() {
                heard.extend(line.chars().take(160));
                heard.push('\n');
            }
        }
    });
    let mut client: Client = config.connect(NoTls)?;
    execute(
        &mut client,
        "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;
         SET auto_explain.log_level = notice; SET auto_explain.log_nested_statements = on",
    )?;
    let statement = client.prepare(sql)?;
    // What was said while preparing is not about the query.
    notices.lock().map(|mut said| said.clear()).ok();
    client.query(&statement, &[&node.to_string()])?;
    let said = notices.lock().map(|said| said.clone()).unwrap_or_default();
    Ok(said)
}
