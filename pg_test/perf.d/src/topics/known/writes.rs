//! One insert of a leaf, one move of an inner node a transaction: one prepared statement and one
//! round trip in each way.

use postgres::Statement;
use postgres::types::ToSql;
use treecrdt::Op;

use super::Tree;
use super::tables::{Samples, Way};
use crate::Result;
use crate::bench::Bench;
use crate::measure::timed;
use crate::row;
use crate::workload::PAYLOAD;

/// Inserts $1 below $2 with an order key and a payload; of the ways but the extension.
const INSERTS: [&str; Way::OTHERS.len()] = [
    "INSERT INTO known_adjacency.nodes VALUES ('doc', $1, $2, $3, $4)",
    "WITH n AS (INSERT INTO known_closure.nodes VALUES ('doc', $1, $2, $3, $4))
     INSERT INTO known_closure.closure
     SELECT 'doc', ancestor, $1, depth + 1 FROM known_closure.closure
     WHERE doc = 'doc' AND descendant = $2 UNION ALL SELECT 'doc', $1, $1, 0",
    "INSERT INTO known_ltree.nodes
     SELECT 'doc', $1, $2, $3, $4, path || encode(uuid_send($1), 'hex')
     FROM known_ltree.nodes WHERE doc = 'doc' AND node = $2",
];

/// Moves $1 below $2 with an order key.
const MOVES: [&str; Way::OTHERS.len()] = [
    "UPDATE known_adjacency.nodes SET parent = $2, order_key = $3 WHERE doc = 'doc' AND node = $1",
    "SELECT known_closure.move($1, $2, $3)",
    "UPDATE known_ltree.nodes AS n SET path = above.path || subpath(n.path, nlevel(moved.path) - 1),
         parent = CASE WHEN n.node = $1 THEN $2 ELSE n.parent END,
         order_key = CASE WHEN n.node = $1 THEN $3 ELSE n.order_key END
     FROM known_ltree.nodes AS moved, known_ltree.nodes AS above
     WHERE moved.doc = 'doc' AND moved.node = $1 AND above.doc = 'doc' AND above.node = $2
     AND n.doc = 'doc' AND n.path <@ moved.path",
];

/// Both; gives how many operations there were.
pub fn measure(bench: &mut Bench, tree: &mut Tree) -> Result<usize> {
    let before = tree.history.ops.len();
    for _ in 0..bench.size(300, 1_000) {
        let parent = tree.any();
        tree.history.insert(parent, PAYLOAD);
    }
    let inserted = tree.history.ops.len();
    for _ in 0..bench.size(60, 300) {
        let (node, parent) = (tree.above(2), tree.second());
        tree.history.place(node, parent);
    }
    let ops = &tree.history.ops;
    bench.durable(false)?;
    turns(bench, "one insert of a leaf a transaction", INSERTS, &ops[before..inserted], [""; 3])?;
    let notes =
        ["one row", "deletes and inserts the pairs across", "updates the paths of the subtree"];
    let what = "one move of a node with 110 below it a transaction";
    turns(bench, what, MOVES, &ops[inserted..], notes)?;
    bench.durable(true)?;
    Ok(ops.len() - before)
}

/// Every operation in all ways in turn.
fn turns(
    bench: &mut Bench,
    what: &str,
    others: [&str; Way::OTHERS.len()],
    ops: &[Op],
    notes: [&str; Way::OTHERS.len()],
) -> Result<()> {
    let append = bench.client.prepare(&row::insert(Way::PgTreecrdt.schema()))?;
    let mut statements = Vec::new();
    for other in others {
        statements.push(bench.client.prepare(other)?);
    }
    let mut samples = Samples::default();
    for op in ops {
        samples.push(0, row::append(&mut bench.client, &append, "doc", op)?);
        for (at, statement) in statements.iter().enumerate() {
            samples.push(at + 1, execute(bench, statement, op)?);
        }
    }
    samples.report(bench, &format!("{what}, synchronous_commit = off"), notes);
    Ok(())
}

/// Executes it with as many of node, parent, order key and payload as it takes.
fn execute(bench: &mut Bench, statement: &Statement, op: &Op) -> Result<f64> {
    let row = row::of("doc", op);
    let params = row[5..].iter().take(statement.params().len());
    let params: Vec<&(dyn ToSql + Sync)> = params.map(|raw| raw as _).collect();
    Ok(timed(|| Ok(bench.client.execute(statement, &params)?))?.0)
}
