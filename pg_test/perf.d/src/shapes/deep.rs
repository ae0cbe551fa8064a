//! Shapes that are deep, or moved about.

use treecrdt::{Action, Dot, Key, NodeId, Op};
use treecrdt_testing::history::Random;

use super::Arrival;
use super::wide::late;
use crate::history::{History, replica};
use crate::workload::{REPLICAS, fan};

/// A chain of nodes; the first node of the list is ROOT.
fn chain(seed: u64, size: usize) -> (History, Vec<NodeId>, Vec<Op>) {
    let mut history = History::new(seed, REPLICAS);
    let grown = fan(&mut history, size, 1);
    (history, grown.nodes, grown.ops)
}

/// A chain, then a node below its tip.
pub fn tip(seed: u64, size: usize) -> Arrival {
    let (mut history, nodes, ops) = chain(seed, size);
    history.insert(nodes[size], 8);
    Arrival::of_one(ops, history.ops)
}

/// A chain, then a late move of its tip to its top: not a cycle.
pub fn tip_moved(seed: u64, size: usize) -> Arrival {
    let (history, nodes, ops) = chain(seed, size);
    let to_top = Action::Move { parent: nodes[1], order_key: vec![1; 8] };
    let late = late(seed, history.lamport() - 1, nodes[size], to_top);
    Arrival::of_one(ops, vec![late])
}

/// A chain, then a late move of its top below its tip, from the middle of its history: a cycle or
/// not depends on what was there then.
pub fn top_moved(seed: u64, size: usize) -> Arrival {
    let (history, nodes, ops) = chain(seed, size);
    let below = Action::Move { parent: nodes[size / 2], order_key: vec![1; 8] };
    let late = late(seed, history.lamport() / 2 + 2, nodes[1], below);
    Arrival::of_one(ops, vec![late])
}

/// One node that is moved to and fro, then a move of it that comes before all those.
pub fn often_moved(seed: u64, size: usize) -> Arrival {
    let mut history = History::new(seed, REPLICAS);
    let homes = [history.insert(NodeId::ROOT, 8), history.insert(NodeId::ROOT, 8)];
    let node = history.insert(homes[0], 8);
    history.insert(node, 8);
    for at in 0..size {
        history.place(node, homes[(at + 1) % 2]);
    }
    let first = Action::Move { parent: homes[1], order_key: vec![1; 8] };
    let late = late(seed, 4, node, first);
    Arrival::of_one(history.ops, vec![late])
}

/// An ancestor that is moved all the time, and an adversary all of whose operations are late and
/// move what is below it: each operation meets the later moves of the ancestor.
pub fn adversary(seed: u64, size: usize) -> Arrival {
    let mut history = History::new(seed, REPLICAS);
    let homes = [history.insert(NodeId::ROOT, 8), history.insert(NodeId::ROOT, 8)];
    let ancestor = history.insert(homes[0], 8);
    let below: Vec<NodeId> = (0..20).map(|_| history.insert(ancestor, 8)).collect();
    for &node in &below {
        history.insert(node, 8);
    }
    let start = history.lamport();
    for at in 0..size {
        history.place(ancestor, homes[(at + 1) % 2]);
    }
    let mut random = Random::new(!seed);
    let author = replica(&mut random);
    let late = (1..=100).map(|counter| {
        let lamport = start + 1 + random.below(size) as u64;
        let (node, parent) = (random.pick(&below), random.pick(&below));
        let parent = if node == parent { ancestor } else { parent };
        let key = Key { lamport, dot: Dot { replica: author, counter } };
        Op { key, node, action: Action::Move { parent, order_key: vec![1; 8] } }
    });
    Arrival::of_one(history.ops, late.collect())
}
