//! Whole trees, beside what users would write themselves: a recursive query over the children, which
//! does not even give them in document order.

use crate::bench::Bench;
use crate::history::History;
use crate::measure::{interleaved, median};
use crate::report::{Goal, Line, Side};
use crate::stage::Stage;
use crate::workload::{REPLICAS, fan};
use crate::{Result, check, forest};

/// How many children a node has.
const FAN: usize = 10;
const TREE: &str = "SELECT count(*) FROM treecrdt.tree('f', 'doc')";
const RECURSION: &str = "
    WITH RECURSIVE tree AS (
        SELECT 1 AS depth, node, parent, order_key, payload FROM f.children
        WHERE doc = 'doc' AND parent = '00000000-0000-0000-0000-000000000000'
        UNION ALL
        SELECT depth + 1, c.node, c.parent, c.order_key, c.payload
        FROM tree JOIN f.children c ON c.doc = 'doc' AND c.parent = tree.node)
    SELECT count(*) FROM tree";
const VERSION: &str =
    "SELECT treecrdt.subtree_version('f', 'doc', '00000000-0000-0000-0000-000000000000')";

/// `tree` and `subtree_version` of a whole document, by its owner and under a policy.
pub fn run(bench: &mut Bench) -> Result<()> {
    let count = bench.size(30_000, 100_000);
    let mut history = History::new(bench.seed("whole"), REPLICAS);
    let grown = fan(&mut history, count, FAN);
    let stage = Stage::load(bench, "whole", "doc", &grown.ops)?;
    forest::create(bench, "f")?;
    bench.run(&stage.append("f"))?;
    stage.drop(bench)?;
    forest::settle(bench, "f")?;
    check::forest(bench, "f", count)?;

    against(
        bench,
        format!("tree of {count} nodes"),
        ["tree", "recursive query"],
        [TREE, RECURSION],
        0.4,
    )?;
    let sides = ["subtree_version", "tree"];
    against(bench, format!("subtree_version of {count} nodes"), sides, [VERSION, TREE], 1.5)?;
    let first = "SELECT (treecrdt.tree('f', 'doc')).node LIMIT 1";
    let samples: Vec<f64> = (0..100).map(|_| bench.time(first)).collect::<Result<_>>()?;
    let ms = median(&samples[10..]) * 1e3;
    let line = Line::of(format!("first row of {count}"), Side::latencies("tree", &samples[10..]));
    bench.line(line.note(format!("goal < 1 ms, {}", if ms < 1.0 { "met" } else { "missed" })));

    bench.run(
        "CREATE ROLE perf_reader;
         GRANT USAGE ON SCHEMA f TO perf_reader;
         GRANT SELECT ON ALL TABLES IN SCHEMA f TO perf_reader;
         CREATE POLICY mine ON f.nodes USING (doc <> 'theirs');
         ALTER TABLE f.nodes ENABLE ROW LEVEL SECURITY;
         SET ROLE perf_reader",
    )?;
    let name = format!("tree of {count} nodes under a policy");
    against(bench, name, ["tree", "recursive query"], [TREE, RECURSION], 1.5)?;
    bench.run("RESET ROLE; DROP OWNED BY perf_reader CASCADE; DROP ROLE perf_reader")?;
    forest::drop(bench, "f")
}

fn against(
    bench: &mut Bench,
    name: String,
    labels: [&str; 2],
    queries: [&str; 2],
    most: f64,
) -> Result<()> {
    let pairs = interleaved(bench.repetitions(), |_| {
        Ok((bench.time(queries[0])?, bench.time(queries[1])?))
    })?;
    let sides = (Side::seconds(labels[0], &pairs.a), Side::seconds(labels[1], &pairs.b));
    bench.line(Line::compared(name, sides.0, sides.1).goal(Goal::AtMost(most)));
    Ok(())
}
