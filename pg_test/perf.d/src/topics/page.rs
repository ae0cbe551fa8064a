//! A page of children through the view `children`, against the bare index range on the same rows.

use treecrdt_testing::history::Random;

use crate::bench::Bench;
use crate::history::History;
use crate::measure::timed;
use crate::report::{Goal, Line, Side};
use crate::stage::Stage;
use crate::workload::{REPLICAS, fan};
use crate::{Failure, Result, check, floor, forest};

const PAGE: usize = 50;
const FAN: usize = 100;

/// Pages of random parents, in turn.
pub fn run(bench: &mut Bench) -> Result<()> {
    let (count, pages) = (bench.size(100_000, 1_000_000), bench.size(2_000, 5_000));
    let mut history = History::new(bench.seed("page"), REPLICAS);
    let grown = fan(&mut history, count, FAN);
    let stage = Stage::load(bench, "page", "doc", &grown.ops)?;
    forest::create(bench, "f")?;
    bench.run(&stage.append("f"))?;
    stage.drop(bench)?;
    floor::create(bench, "floor", "f")?;
    forest::settle(bench, "f")?;
    let fill = floor::fill(bench, "floor", "f", &["nodes".to_owned()])?;
    bench.run(&fill)?;
    forest::settle(bench, "floor")?;
    check::forest(bench, "f", count)?;

    let select = |from: &str| {
        format!(
            "SELECT node::text, order_key, payload FROM {from}
             WHERE doc = 'doc' AND parent = $1::text::uuid ORDER BY order_key, node LIMIT {PAGE}"
        )
    };
    let view = bench.client.prepare(&select("f.children"))?;
    let bare = bench.client.prepare(&select("floor.nodes"))?;
    let mut random = Random::new(bench.seed("pages"));
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..pages {
        let parent = grown.nodes[random.below(count / FAN - 1)].to_string();
        for (statement, samples) in [(&view, &mut a), (&bare, &mut b)] {
            let (took, rows) = timed(|| Ok(bench.client.query(statement, &[&parent])?))?;
            if rows.len() != PAGE {
                return Err(Failure(format!("wrong: a page has {} rows", rows.len())));
            }
            samples.push(took);
        }
    }
    floor::drop(bench, "floor")?;
    forest::drop(bench, "f")?;
    let warm = pages / 10;
    let line = Line::compared(
        format!("page of {PAGE} children, {count} nodes"),
        Side::latencies("view children", &a[warm..]),
        Side::latencies("index range", &b[warm..]),
    );
    bench.line(line.goal(Goal::AtMost(1.1)));
    Ok(())
}
