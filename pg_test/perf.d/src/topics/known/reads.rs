//! Pages, paths, subtrees, whole trees: the rows that come to the client, in each way.

use treecrdt::NodeId;

use super::Tree;
use super::tables::{Samples, Way};
use crate::bench::Bench;
use crate::measure::timed;
use crate::raw::Raw;
use crate::{Failure, Result};

/// Something to read of a node, $1.
struct Read {
    name: String,
    /// In each way.
    sql: [String; Way::ALL.len()],
    /// Of these nodes, in turn.
    nodes: Vec<NodeId>,
    /// The ways that have document order.
    ordered: [bool; Way::ALL.len()],
    notes: [&'static str; Way::OTHERS.len()],
}

const ROW: &str = "node, parent, order_key, payload";
const NO_ORDER: &str = "parents first, siblings in no order of the document";

/// All of them.
pub fn measure(bench: &mut Bench, tree: &mut Tree) -> Result<()> {
    for read in reads(bench, tree) {
        one(bench, &read)?;
    }
    Ok(())
}

fn reads(bench: &Bench, tree: &mut Tree) -> Vec<Read> {
    let count = tree.history.ops.len();
    let few = bench.size(300, 2_000);
    let mut nodes = |times: usize, pick: fn(&mut Tree) -> NodeId| -> Vec<NodeId> {
        (0..times).map(|_| pick(tree)).collect()
    };
    let page = |from: &str| {
        format!(
            "SELECT {ROW} FROM {from} WHERE doc = 'doc' AND parent = $1
             ORDER BY order_key, node LIMIT 50"
        )
    };
    vec![
        Read {
            name: "page of 50 children".into(),
            sql: [
                page("known_forest.children"),
                page("known_adjacency.nodes"),
                page("known_closure.nodes"),
                format!(
                    "SELECT {ROW} FROM known_ltree.nodes WHERE doc = 'doc' AND path ~
                         (SELECT (path::text || '.*{{1}}')::lquery FROM known_ltree.nodes
                          WHERE doc = 'doc' AND node = $1)
                     ORDER BY order_key, node LIMIT 50"
                ),
            ],
            nodes: nodes(few, |tree| tree.random.pick(&tree.wide)),
            ordered: [true; 4],
            notes: ["", "", "sorts all children: without an index of them"],
        },
        Read {
            name: "path from a leaf to the top".into(),
            sql: [
                "SELECT treecrdt.path('known_forest', 'doc', $1)".into(),
                "WITH RECURSIVE up AS (
                     SELECT 0 AS height, node, parent FROM known_adjacency.nodes
                     WHERE doc = 'doc' AND node = $1
                     UNION ALL
                     SELECT height + 1, n.node, n.parent
                     FROM up JOIN known_adjacency.nodes AS n ON n.doc = 'doc' AND n.node = up.parent)
                 SELECT array_agg(node ORDER BY height DESC) FROM up"
                    .into(),
                "SELECT array_agg(ancestor ORDER BY depth DESC) FROM known_closure.closure
                 WHERE doc = 'doc' AND descendant = $1"
                    .into(),
                "SELECT string_to_array(path::text, '.')::uuid[] FROM known_ltree.nodes
                 WHERE doc = 'doc' AND node = $1"
                    .into(),
            ],
            nodes: nodes(few, Tree::leaf),
            ordered: [true; 4],
            notes: [""; 3],
        },
        Read {
            name: "subtree of 1,110 nodes".into(),
            sql: [
                forest(),
                adjacency(),
                "SELECT n.node, n.parent, n.order_key, n.payload
                 FROM known_closure.closure AS c
                 JOIN known_closure.nodes AS n ON n.doc = c.doc AND n.node = c.descendant
                 WHERE c.doc = 'doc' AND c.ancestor = $1 AND c.depth > 0 ORDER BY c.depth"
                    .into(),
                format!(
                    "SELECT {ROW} FROM known_ltree.nodes WHERE doc = 'doc' AND path <@
                         (SELECT path FROM known_ltree.nodes WHERE doc = 'doc' AND node = $1)
                     AND node <> $1 ORDER BY path"
                ),
            ],
            nodes: nodes(bench.size(60, 200), |tree| tree.above(3)),
            ordered: [true, true, false, false],
            notes: ["in document order", "by depth alone", NO_ORDER],
        },
        Read {
            name: format!("whole tree of {count} nodes"),
            sql: [
                forest(),
                adjacency(),
                format!("SELECT {ROW} FROM known_closure.nodes WHERE doc = 'doc' AND node <> $1"),
                format!(
                    "SELECT {ROW} FROM known_ltree.nodes WHERE doc = 'doc' AND node <> $1
                     ORDER BY path"
                ),
            ],
            nodes: vec![NodeId::ROOT; 1 + bench.repetitions()],
            ordered: [true, true, false, false],
            notes: ["in document order", "in no order at all", NO_ORDER],
        },
    ]
}

/// Below a node, in document order.
fn forest() -> String {
    format!("SELECT {ROW} FROM treecrdt.tree('known_forest', 'doc', $1)")
}

/// The same by recursion, which carries order keys and nodes from the top, as one array of bytea:
/// faster to compare than records, which SEARCH DEPTH FIRST would make.
fn adjacency() -> String {
    format!(
        "WITH RECURSIVE below AS (
             SELECT {ROW}, ARRAY[order_key, uuid_send(node)] AS place FROM known_adjacency.nodes
             WHERE doc = 'doc' AND parent = $1
             UNION ALL
             SELECT n.node, n.parent, n.order_key, n.payload,
                 place || ARRAY[n.order_key, uuid_send(n.node)]
             FROM below JOIN known_adjacency.nodes AS n ON n.doc = 'doc' AND n.parent = below.node)
         SELECT {ROW} FROM below ORDER BY place"
    )
}

/// The same node in all ways in turn; all have to give the same rows.
fn one(bench: &mut Bench, read: &Read) -> Result<()> {
    let mut statements = Vec::new();
    for sql in &read.sql {
        statements.push(bench.client.prepare(sql)?);
    }
    let mut samples = Samples::default();
    for node in &read.nodes {
        let node = Raw(Some(node.0.to_vec()));
        let mut right: [Vec<Raw>; 2] = Default::default();
        for (at, statement) in statements.iter().enumerate() {
            let (took, rows) = timed(|| Ok(bench.client.query(statement, &[&node])?))?;
            samples.push(at, took);
            let mut rows: Vec<Raw> = rows.iter().map(|row| row.get(0)).collect();
            if at == 0 {
                right[0] = rows.clone();
                right[1] = sorted(rows);
                continue;
            }
            if !read.ordered[at] {
                rows = sorted(rows);
            }
            if rows.is_empty() || rows != right[usize::from(!read.ordered[at])] {
                let (name, what) = (Way::ALL[at].name(), &read.name);
                return Err(Failure(format!("wrong: {what} differs by {name}")));
            }
        }
    }
    samples.report(bench, &read.name, read.notes);
    Ok(())
}

fn sorted(mut rows: Vec<Raw>) -> Vec<Raw> {
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}
