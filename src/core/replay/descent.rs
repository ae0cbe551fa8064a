//! Whether one node could ever have been above another, looked at from the upper one.
//!
//! What was ever below a node is found by following the operations that named it as a parent,
//! whatever became of them, downwards, with what the batch puts there.
//! Where the other node is not met, it was never below, at no moment and in neither world: a move
//! of a small subtree deep down in a tree is found harmless without climbing up to the root.

use std::collections::{HashMap, HashSet};

use super::memo::{Memo, Naming};
use super::numbers::NodeIx;
use super::store::Store;

/// What a descent has found so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Below {
    /// Nothing yet.
    Unknown,
    /// The node looked for is not below, and never was.
    Nothing,
    /// It was below at some time: a descent can't tell when.
    Perhaps,
}

/// A search of what was ever below a node, a question to the store a step.
#[derive(Debug)]
pub(super) struct Descent {
    target: NodeIx,
    /// The node that operations are looked for which name it.
    at: NodeIx,
    look: Naming,
    open: Vec<NodeIx>,
    seen: HashSet<NodeIx>,
}

/// By parent, the nodes that the operations of a batch would put there.
#[derive(Debug, Default)]
pub(super) struct BatchChildren(Option<HashMap<NodeIx, Vec<NodeIx>>>);

impl BatchChildren {
    fn of<S>(&mut self, memo: &Memo<'_, S>, parent: NodeIx) -> &[NodeIx] {
        let by_parent = self.0.get_or_insert_with(|| {
            let mut by_parent: HashMap<NodeIx, Vec<NodeIx>> = HashMap::new();
            for item in &memo.batch {
                if let Some(parent) = item.parent {
                    by_parent.entry(parent).or_default().push(item.node);
                }
            }
            by_parent
        });
        by_parent.get(&parent).map_or(&[], Vec::as_slice)
    }
}

impl Descent {
    /// A search for `target` below `node`.
    pub(super) fn new(node: NodeIx, target: NodeIx) -> Self {
        Self {
            target,
            at: node,
            look: Naming::default(),
            open: Vec::new(),
            seen: HashSet::from([node]),
        }
    }

    /// Goes on by one question.
    pub(super) fn step<S: Store>(
        &mut self,
        memo: &mut Memo<'_, S>,
        in_batch: &mut BatchChildren,
    ) -> Result<Below, S::Error> {
        if let Some(items) = memo.naming(self.at, &mut self.look)? {
            return Ok(self.meet(items.into_iter().map(|item| item.node)));
        }
        let met = self.meet(in_batch.of(memo, self.at).iter().copied());
        if met != Below::Unknown {
            return Ok(met);
        }
        let Some(next) = self.open.pop() else { return Ok(Below::Nothing) };
        (self.at, self.look) = (next, Naming::default());
        Ok(Below::Unknown)
    }

    fn meet(&mut self, children: impl IntoIterator<Item = NodeIx>) -> Below {
        for child in children {
            if child == self.target {
                return Below::Perhaps;
            }
            if self.seen.insert(child) {
                self.open.push(child);
            }
        }
        Below::Unknown
    }
}
