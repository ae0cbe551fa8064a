//! The workloads that writes are measured with, in canonical order.

use std::path::Path;

use git_demo::convert::Conversion;
use git_demo::oplog::KnownState;
use git_demo::repository::Repository;
use git_demo::{dry_run, fixture};
use treecrdt::{NodeId, Op};

use crate::Result;
use crate::history::{History, Nodes};

/// Bytes of a payload.
pub const PAYLOAD: usize = 64;
/// Replicas that take turns.
pub const REPLICAS: usize = 4;
/// How many times as long as its window of recent nodes a history is whose nodes have come to a depth
/// of 80.
const WINDOWS: usize = 46;

/// A workload, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// Inserts of fan-out 10 with payloads of 64 bytes.
    Fan10,
    /// 70 % insert, 15 % payload, 12 % move, 3 % delete.
    Mix,
    /// The history of a git repository.
    Git,
}

impl Workload {
    /// All of them.
    pub const ALL: [Workload; 3] = [Self::Fan10, Self::Mix, Self::Git];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fan10 => "fan10",
            Self::Mix => "mix",
            Self::Git => "git",
        }
    }

    /// So many operations of it. `scratch` is a folder for the repository of [`Workload::Git`],
    /// whose history ends where a commit does and may be shorter.
    ///
    /// # Errors
    /// git cannot be run.
    pub fn ops(self, seed: u64, count: usize, scratch: &Path) -> Result<Vec<Op>> {
        Ok(match self {
            Self::Fan10 => fan(&mut History::new(seed, REPLICAS), count, 10).ops,
            Self::Mix => {
                let mut history = History::new(seed, REPLICAS);
                mix(&mut history, &mut Nodes::new(), count);
                history.ops
            }
            Self::Git => git(seed, count, scratch)?,
        })
    }
}

/// A tree that grew level by level.
#[derive(Debug, Clone)]
pub struct Grown {
    /// The operations.
    pub ops: Vec<Op>,
    /// The nodes, ROOT first; the parent of the nth is that at `(n - 1) / fan`.
    pub nodes: Vec<NodeId>,
}

/// Inserts of fan-out `fan`, level by level, with payloads.
pub fn fan(history: &mut History, count: usize, fan: usize) -> Grown {
    let mut nodes = Vec::with_capacity(count + 1);
    nodes.push(NodeId::ROOT);
    for at in 0..count {
        let node = history.insert(nodes[at / fan], PAYLOAD);
        nodes.push(node);
    }
    Grown { ops: std::mem::take(&mut history.ops), nodes }
}

/// So many operations, 70 % insert, 15 % payload, 12 % move, 3 % delete; the first ten insert.
pub fn mix(history: &mut History, nodes: &mut Nodes, count: usize) {
    for _ in 0..count {
        let kind = if nodes.count() < 10 { 0 } else { history.random.below(100) };
        let target = nodes.pick(&mut history.random);
        match kind {
            0..70 => {
                let node = history.insert(target, PAYLOAD);
                nodes.add(node, target);
            }
            70..85 => history.write(target, PAYLOAD),
            85..97 => {
                let parent = nodes.pick(&mut history.random);
                history.place(target, parent);
                if parent != target {
                    nodes.attach(target, parent);
                }
            }
            _ => match nodes.take_leaf(&mut history.random) {
                Some(leaf) => history.delete(leaf),
                None => history.write(target, PAYLOAD),
            },
        }
    }
}

/// As [`mix`], but of none but the most recent nodes: the tree grows deep. They have a depth of some
/// 80 after `at` of the operations.
pub fn deep(history: &mut History, at: usize, count: usize) {
    mix(history, &mut Nodes::recent(at / WINDOWS), count);
}

/// The operations of a repository that is made for the purpose.
fn git(seed: u64, count: usize, scratch: &Path) -> Result<Vec<Op>> {
    let dir = scratch.join(format!("git-{seed}-{count}"));
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    // A commit gives some 4 to 5 operations.
    fixture::make(&dir, u32::try_from(count / 4).expect("a number of commits"), seed)?;
    let repository = Repository::open(&dir)?;
    let mut conversion = Conversion::new(KnownState::Full);
    let mut history = repository.history(false)?;
    while let Some(commit) = history.next_commit()? {
        conversion.commit(&commit)?;
        if conversion.log.len() >= count {
            break;
        }
    }
    drop(history);
    std::fs::remove_dir_all(&dir)?;
    let count = count.min(conversion.log.len()) as u64;
    Ok((1..=count).map(|lamport| dry_run::op(&conversion, lamport)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use treecrdt::OpKind;

    #[test]
    fn a_seed_gives_the_same_history_again() {
        let scratch = std::env::temp_dir();
        for workload in [Workload::Fan10, Workload::Mix] {
            let [once, again] = [0, 0].map(|_| workload.ops(7, 500, &scratch).unwrap());
            assert_eq!(once.len(), 500);
            assert_eq!(once, again);
            assert!(once.is_sorted_by_key(|op| op.key));
        }
    }

    #[test]
    fn the_mix_is_as_it_says() {
        let ops = Workload::Mix.ops(1, 10_000, &std::env::temp_dir()).unwrap();
        let share = |kind| ops.iter().filter(|op| op.kind() == kind).count();
        assert!((6_700..7_300).contains(&share(OpKind::Insert)));
        assert!((1_000..1_400).contains(&share(OpKind::Move)));
        assert!((200..400).contains(&share(OpKind::Delete)));
    }

    #[test]
    fn nodes_of_deep_trees_have_a_depth_of_80() {
        for seed in [1, 2] {
            let mut history = History::new(seed, REPLICAS);
            deep(&mut history, 8_000, 8_000);
            let state = treecrdt::reference::replay(&history.ops);
            let parent = |node: &NodeId| state.nodes.get(node)?.parent;
            let last = history.ops.iter().rev().take(500).map(|op| op.node);
            let depth: usize =
                last.map(|node| std::iter::successors(Some(node), parent).count() - 1).sum();
            assert!((60..110).contains(&(depth / 500)), "{}", depth / 500);
        }
    }

    #[test]
    fn deletes_have_seen_what_their_authors_knew() {
        let ops = Workload::Mix.ops(1, 10_000, &std::env::temp_dir()).unwrap();
        let state = treecrdt::reference::replay(&ops);
        let dead = state.nodes.values().filter(|node| node.tombstone).count();
        let deletes = ops.iter().filter(|op| op.kind() == OpKind::Delete).count();
        assert!(dead * 10 > deletes * 9, "{dead} tombstones of {deletes} deletes");
    }
}
