//! Shapes that are wide: much on one node, many replicas, many docs.

use treecrdt::{Action, Dot, Key, NodeId, Op};
use treecrdt_testing::history::Random;

use super::Arrival;
use crate::history::{History, Nodes, replica};
use crate::workload::{REPLICAS, mix};

/// Children of one parent, whose replicas take turns.
pub fn children(seed: u64, size: usize) -> Arrival {
    let mut history = History::new(seed, REPLICAS);
    let parent = history.insert(NodeId::ROOT, 8);
    for _ in 0..size {
        history.insert(parent, 8);
    }
    Arrival::of_one(history.ops, Vec::new())
}

/// Payloads of one node, then one that comes before them all.
pub fn payloads(seed: u64, size: usize) -> Arrival {
    let mut history = History::new(seed, REPLICAS);
    let node = history.insert(NodeId::ROOT, 8);
    for _ in 0..size {
        history.write(node, 8);
    }
    let late = late(seed, 1, node, Action::Payload(Some(vec![1; 8])));
    Arrival::of_one(history.ops, vec![late])
}

/// Inserts with payloads that are large.
pub fn heavy(seed: u64, size: usize) -> Arrival {
    let mut history = History::new(seed, REPLICAS);
    for _ in 0..size {
        history.insert(NodeId::ROOT, 1 << 20);
    }
    Arrival::of_one(history.ops, Vec::new())
}

/// Replicas that mint 20 operations each, in turn; now and then one deletes, and its vector names
/// them all.
pub fn replicas(seed: u64, size: usize) -> Arrival {
    let mut history = History::new(seed, size);
    let mut nodes = Nodes::new();
    for at in 1..=20 * size {
        let node = nodes.pick(&mut history.random);
        match at % size {
            0 => history.delete(node),
            _ if at % 4 == 0 && nodes.count() > 10 => history.write(node, 8),
            _ => {
                let child = history.insert(node, 8);
                nodes.add(child, node);
            }
        }
    }
    Arrival::of_one(history.ops, Vec::new())
}

/// Deletes of one node by authors who have seen ever more, each behind a new child.
pub fn deletes(seed: u64, size: usize) -> Arrival {
    let mut history = History::new(seed, REPLICAS);
    let node = history.insert(NodeId::ROOT, 8);
    for _ in 0..size {
        history.insert(node, 8);
        history.delete(node);
    }
    Arrival::of_one(history.ops, Vec::new())
}

/// Docs of 100 operations of the mix, their operations interleaved.
pub fn docs(seed: u64, size: usize) -> Arrival {
    let mut history = History::new(seed, REPLICAS);
    mix(&mut history, &mut Nodes::new(), 100);
    // The same history in each: docs have nothing to do with each other.
    let ops = history.ops.iter();
    let all = ops.flat_map(|op| (0..size).map(move |doc| (format!("doc {doc}"), op.clone())));
    Arrival { first: all.collect(), then: Vec::new() }
}

/// The mix, then 1,000 late inserts, moves and payloads spread over all of its history.
pub fn late_everywhere(seed: u64, size: usize) -> Arrival {
    let mut history = History::new(seed, REPLICAS);
    let mut nodes = Nodes::new();
    mix(&mut history, &mut nodes, size);
    let mut random = Random::new(!seed);
    let author = replica(&mut random);
    let late = (1..=1_000).map(|counter| {
        let lamport = 1 + random.below(size) as u64;
        let key = Key { lamport, dot: Dot { replica: author, counter } };
        let (node, parent) = (nodes.pick(&mut random), nodes.pick(&mut random));
        let order_key = vec![1; 8];
        let (node, action) = match counter % 3 {
            0 => (node, Action::Move { parent, order_key }),
            1 => (node, Action::Payload(Some(vec![1; 8]))),
            _ => (history.node(), Action::Insert { parent, order_key, payload: None }),
        };
        Op { key, node, action }
    });
    let late = late.collect();
    Arrival::of_one(history.ops, late)
}

/// An operation of a replica of its own at this lamport.
pub fn late(seed: u64, lamport: u64, node: NodeId, action: Action) -> Op {
    let replica = replica(&mut Random::new(!seed));
    Op { key: Key { lamport, dot: Dot { replica, counter: 1 } }, node, action }
}
