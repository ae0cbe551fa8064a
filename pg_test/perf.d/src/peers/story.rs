//! The history that late operations are measured with: a small tree that all know, then what some
//! did with it while one replica was away.

use treecrdt::{Action, Dot, Key, NodeId, Op};

use crate::history::{History, replica};
use crate::workload::{PAYLOAD, REPLICAS, fan};

/// Operations that all have seen: a tree of two levels, 10 and 90 nodes.
pub const COMMON: usize = 100;
/// How far lamports are apart, for late operations to find room.
pub const STEP: u64 = 1000;

/// A history of [`COMMON`] operations and so many more: 80 % insert (fan-out 10), 10 % payload, 10 %
/// move to one of the nodes all know.
#[derive(Debug)]
pub struct Story {
    /// The operations, in canonical order.
    pub ops: Vec<Op>,
    /// The nodes of the tree that all know.
    pub known: Vec<NodeId>,
}

impl Story {
    /// The story that this seed gives.
    pub fn new(seed: u64, count: usize) -> Self {
        let (mut history, mut nodes) = begin(seed);
        let known = nodes[1..].to_vec();
        tell(&mut history, &mut nodes, count);
        Self { ops: history.ops, known }
    }

    /// Two stories of so many operations each, told apart after the common tree: the second begins
    /// behind the end of the first.
    pub fn divergent(seed: u64, count: usize) -> Vec<Op> {
        let (mut history, mut nodes) = begin(seed);
        let (mut other, mut others) = (history.fork(seed + 1, REPLICAS), nodes.clone());
        tell(&mut history, &mut nodes, count);
        tell(&mut other, &mut others, count);
        let mut ops = history.ops;
        ops.append(&mut other.ops);
        ops
    }

    /// The `n`th operation, from 0, of one who was away for the last `behind` operations: the insert of
    /// a leaf, or the move of a node on the second level below another of the first.
    pub fn late(&self, away: &mut Away, behind: usize, is_move: bool) -> Op {
        let at = self.ops.len() - behind;
        away.counter += 1;
        let n = away.counter;
        // All of one's own operations are before what the others did next, in order.
        let lamport = self.ops[at - 1].key.lamport + 1 + n % (STEP - 1);
        let dot = Dot { replica: away.replica, counter: n };
        let order_key = n.to_be_bytes().to_vec();
        let (first, second) = self.known.split_at(10);
        let parent = first[(n * 3) as usize % first.len()];
        let (node, action) = if is_move {
            (second[(n * 7) as usize % second.len()], Action::Move { parent, order_key })
        } else {
            let payload = Some(vec![n as u8; PAYLOAD]);
            (leaf(away), Action::Insert { parent, order_key, payload })
        };
        Op { key: Key { lamport, dot }, node, action }
    }
}

/// One who was away, and mints late operations.
#[derive(Debug, Clone)]
pub struct Away {
    replica: treecrdt::ReplicaId,
    counter: u64,
    random: treecrdt_testing::history::Random,
}

impl Away {
    /// Somebody of whom nothing is in any log.
    pub fn new(seed: u64) -> Self {
        let mut random = treecrdt_testing::history::Random::new(seed);
        Self { replica: replica(&mut random), counter: 0, random }
    }

    /// How many were minted.
    pub fn minted(&self) -> u64 {
        self.counter
    }
}

fn leaf(away: &mut Away) -> NodeId {
    NodeId((u128::from(away.random.bits()) << 64 | u128::from(away.random.bits())).to_be_bytes())
}

fn begin(seed: u64) -> (History, Vec<NodeId>) {
    let mut history = History::new(seed, REPLICAS).spaced(STEP);
    let grown = fan(&mut history, COMMON, 10);
    history.ops = grown.ops;
    (history, grown.nodes)
}

fn tell(history: &mut History, nodes: &mut Vec<NodeId>, count: usize) {
    for _ in 0..count {
        let target = 1 + history.random.below(nodes.len() - 1);
        match history.random.below(10) {
            0 => history.write(nodes[target], PAYLOAD),
            1 => {
                let parent = nodes[1 + history.random.below(COMMON)];
                history.place(nodes[target], parent);
            }
            _ => {
                let node = history.insert(nodes[(nodes.len() - 1) / 10], PAYLOAD);
                nodes.push(node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_operation_is_as_late_as_is_said() {
        let story = Story::new(1, 500);
        assert_eq!(story.ops.len(), COMMON + 500);
        let mut away = Away::new(2);
        for behind in [500, 100, 1] {
            for is_move in [false, true] {
                let op = story.late(&mut away, behind, is_move);
                assert_eq!(story.ops.iter().filter(|other| other.key > op.key).count(), behind);
            }
        }
    }
}
