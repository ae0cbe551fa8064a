//! That all ways hold the same tree, and that what they keep besides fits it.

use super::tables::Way;
use crate::bench::Bench;
use crate::{Failure, Result};

/// The pairs that a closure table has to have, and the paths of ltree, by the adjacency list.
const UP: &str = "
    WITH RECURSIVE up AS (
        SELECT node AS ancestor, node AS descendant, 0 AS depth, parent FROM known_adjacency.nodes
        UNION ALL
        SELECT n.node, up.descendant, up.depth + 1, n.parent
        FROM up JOIN known_adjacency.nodes AS n ON n.node = up.parent)";

/// Fails if they do not.
pub fn trees(bench: &mut Bench) -> Result<()> {
    let mut trees: Vec<String> = Vec::new();
    for way in Way::ALL {
        trees.push(bench.value(
            &format!(
                "SELECT count(*) || ' nodes, ' || md5(string_agg(node::text || parent
                     || encode(order_key, 'hex') || encode(payload, 'hex'), '' ORDER BY node))
                 FROM {}.nodes WHERE doc = 'doc'",
                way.schema()
            ),
            &[],
        )?);
    }
    for (way, tree) in Way::ALL.into_iter().zip(&trees) {
        if *tree != trees[0] {
            let name = way.name();
            return Err(Failure(format!("wrong: pg_treecrdt has {}, {name} {tree}", trees[0])));
        }
    }
    let closure: i64 = bench.value(
        &format!(
            "{UP} SELECT count(*) FROM up
             FULL JOIN known_closure.closure AS c USING (ancestor, descendant)
             WHERE up.depth IS DISTINCT FROM c.depth"
        ),
        &[],
    )?;
    let paths: i64 = bench.value(
        &format!(
            "{UP}, paths AS (
                 SELECT descendant AS node,
                     string_agg(encode(uuid_send(ancestor), 'hex'), '.' ORDER BY depth DESC) AS path
                 FROM up GROUP BY descendant)
             SELECT count(*) FROM paths FULL JOIN known_ltree.nodes AS n USING (node)
             WHERE paths.path IS DISTINCT FROM n.path::text"
        ),
        &[],
    )?;
    if (closure, paths) == (0, 0) {
        return Ok(());
    }
    Err(Failure(format!("wrong: {closure} pairs of the closure table and {paths} paths of ltree")))
}
