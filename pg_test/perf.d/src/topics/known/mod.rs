//! What users keep trees in without a CRDT: adjacency list, closure table, ltree. The same tree in
//! all of them, the same nodes read and changed, in turn.

use treecrdt::NodeId;
use treecrdt_testing::history::Random;

use crate::bench::Bench;
use crate::history::History;
use crate::report::{Line, Side, Unit};
use crate::stage::Stage;
use crate::workload::{PAYLOAD, REPLICAS, fan};
use crate::{Result, check, forest};

mod reads;
mod same;
mod tables;
mod writes;

use tables::Way;

/// Children of most nodes that have any.
const FAN: usize = 10;
/// Children of the few nodes whose pages are read; a tenth of all nodes are among them.
const WIDE: usize = 100;

/// Reads, writes, bytes on disk.
pub fn run(bench: &mut Bench) -> Result<()> {
    let seeds = [bench.seed("known"), bench.seed("nodes")];
    let mut tree = Tree::grow(seeds, bench.size(20_000, 100_000));
    let count = tree.history.ops.len();
    let stage = Stage::load(bench, "known", "doc", &tree.history.ops)?;
    for way in Way::ALL {
        way.create(bench, &stage)?;
    }
    stage.drop(bench)?;
    same::trees(bench)?;
    size(bench, count)?;
    reads::measure(bench, &mut tree)?;
    let written = writes::measure(bench, &mut tree)?;
    same::trees(bench)?;
    check::forest(bench, Way::PgTreecrdt.schema(), count + written)?;
    Way::ALL.into_iter().try_for_each(|way| way.drop(bench))
}

/// Bytes on disk a node: all tables, as they were filled.
fn size(bench: &mut Bench, count: usize) -> Result<()> {
    let mut a_node = Vec::new();
    for way in Way::ALL {
        a_node.push(forest::bytes(bench, way.schema())? as f64 / count as f64);
    }
    let log: i64 = bench.value(
        "SELECT pg_total_relation_size($1::text::regclass)",
        &[&format!("{}.ops", Way::PgTreecrdt.schema())],
    )?;
    let log = Unit::Bytes.show(log as f64 / count as f64);
    for (other, &bytes) in Way::OTHERS.iter().zip(&a_node[1..]) {
        let side = |way: Way, bytes| Side::new(way.name(), Unit::Bytes, vec![bytes]);
        let line = Line::compared(
            format!("bytes a node on disk, {count} nodes"),
            side(Way::PgTreecrdt, a_node[0]),
            side(*other, bytes),
        );
        bench.line(line.note(format!("{log} of it are the log")));
    }
    Ok(())
}

/// What is measured with: a tree, and which of its nodes are what.
struct Tree {
    history: History,
    random: Random,
    /// Those of fan-out 10, ROOT first, level by level; the parent of the nth is at `(n - 1) / 10`.
    nodes: Vec<NodeId>,
    /// Nodes with 100 leaves below them, of the last of those.
    wide: Vec<NodeId>,
}

impl Tree {
    /// Of so many nodes; the seeds are of the tree, and of which nodes are picked.
    fn grow(seeds: [u64; 2], count: usize) -> Self {
        let mut history = History::new(seeds[0], REPLICAS);
        let grown = fan(&mut history, count - count / 10, FAN);
        history.ops = grown.ops;
        let wide = grown.nodes[grown.nodes.len() - count / 10 / WIDE..].to_vec();
        for at in 0..count / 10 {
            history.insert(wide[at / WIDE], PAYLOAD);
        }
        Self { history, random: Random::new(seeds[1]), nodes: grown.nodes, wide }
    }

    /// A node with so many full levels below it, none of them wide: of 2 levels, 110 nodes; of 3,
    /// 1,110.
    fn above(&mut self, levels: u32) -> NodeId {
        let last = FAN.pow(levels);
        let below = (last * FAN - FAN) / (FAN - 1);
        let first = FAN.pow(5 - levels) / (FAN - 1);
        let end = (self.nodes.len() - self.wide.len() - below) / last;
        self.random.pick(&self.nodes[first..end.min(first * FAN + 1)])
    }

    /// A node of the second level.
    fn second(&mut self) -> NodeId {
        self.random.pick(&self.nodes[FAN + 1..FAN * FAN + FAN + 1])
    }

    /// A leaf of the deepest levels.
    fn leaf(&mut self) -> NodeId {
        let first = (self.nodes.len() - 2) / FAN + 1;
        self.random.pick(&self.nodes[first..self.nodes.len() - self.wide.len()])
    }

    /// Any node of fan-out 10, leaves too.
    fn any(&mut self) -> NodeId {
        self.random.pick(&self.nodes[1..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use treecrdt::Action;

    #[test]
    fn nodes_are_what_they_are_picked_for() {
        for count in [20_000, 100_000] {
            let mut tree = Tree::grow([1, 2], count);
            assert_eq!(tree.history.ops.len(), count);
            let mut children: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
            for op in &tree.history.ops {
                let Action::Insert { parent, .. } = op.action else { panic!("{op:?}") };
                children.entry(parent).or_default().push(op.node);
            }
            let children = |node: NodeId| children.get(&node).cloned().unwrap_or_default();
            let below = |node: NodeId| {
                let mut found = children(node);
                let mut at = 0;
                while at < found.len() {
                    found.extend(children(found[at]));
                    at += 1;
                }
                found.len()
            };
            assert!(tree.wide.iter().all(|&node| below(node) == WIDE));
            for _ in 0..1_000 {
                let (inner, larger, leaf) = (tree.above(2), tree.above(3), tree.leaf());
                assert_eq!((below(inner), below(larger), below(leaf)), (110, 1_110, 0));
            }
            let second = tree.second();
            assert!(children(NodeId::ROOT).iter().any(|&first| children(first).contains(&second)));
        }
    }
}
