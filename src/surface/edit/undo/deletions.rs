//! Deletions of nodes: by whom, and what has come since.

use std::collections::HashSet;

use treecrdt::{Action, Dot, Entry, Key, NodeId, Op, Range, VersionVector};

use super::Undone;
use super::history::{Before, Now, before, history, op, payload_of, place_of, placed, wrote};
use crate::error::Error;
use crate::memory;
use crate::surface::edit::draft::Draft;
use crate::surface::edit::way::Way;

/// What the authors of deletions had seen.
pub fn seen_by(draft: &mut Draft<'_>, deletions: &[Key]) -> Result<VersionVector, Error> {
    let mut seen = Vec::new();
    for key in deletions {
        memory::check();
        seen.extend(op(draft, key.dot)?.deletion().unwrap_or_default().ranges());
    }
    Ok(VersionVector::from_ranges(seen)?)
}

/// What has come in a subtree since the first operation that is undone, where deletions before it cover this.
pub struct Since<'u> {
    /// The first.
    pub first: Key,
    /// What they cover.
    pub covered: VersionVector,
    /// What is done.
    pub of: &'u Undone,
}

impl Since<'_> {
    /// Whether these operations, which are not covered, have come since, and leave the nodes below one as they were: they
    /// are of replicas that undo, and what they did was taken back.
    pub fn is_nothing(
        &self,
        draft: &mut Draft<'_>,
        root: NodeId,
        since: &VersionVector,
    ) -> Result<bool, Error> {
        let mut seen = HashSet::new();
        for Range { replica, first, last } in since.ranges() {
            for counter in first..=last {
                memory::check();
                if !self.is_of_ours(Dot { replica, counter }) {
                    return Ok(false);
                }
                let Op { key, node, .. } = op(draft, Dot { replica, counter })?;
                if key < self.first
                    || (seen.insert(node) && !self.is_as_it_was(draft, root, node)?)
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn is_of_ours(&self, dot: Dot) -> bool {
        self.of.undone.last_of(dot.replica).is_some() || self.of.minted.contains(dot)
    }

    fn is_as_it_was(
        &self,
        draft: &mut Draft<'_>,
        root: NodeId,
        node: NodeId,
    ) -> Result<bool, Error> {
        if self.of.removed.contains(&node) {
            return Ok(true);
        }
        let Some(now) = Now::of(draft, node)? else { return Ok(true) };
        // What has come and gone does not matter, and what is deleted below the root does not show.
        let way = Way::from(draft, node)?.steps;
        let below = way.iter().position(|it| it.0 == root);
        if below.is_none_or(|below| way[..below].iter().any(|&(_, is_tombstone)| is_tombstone)) {
            return Ok(true);
        }
        let is_since = |it: &Entry| {
            let (key, covered) = (it.key, &self.covered);
            key >= self.first && self.is_of_ours(key.dot) && !covered.contains(key.dot)
        };
        let is_there = match before(draft, &placed(&now.history), is_since, place_of)? {
            Before::Untouched => true,
            Before::Operation(op) => place_of(&op) == now.place,
            Before::Superseded(_) | Before::None => false,
        };
        Ok(is_there
            && match before(draft, &wrote(&now.history), is_since, payload_of)? {
                Before::Untouched => true,
                Before::Operation(op) => {
                    payload_of(&op) == now.payload && self.covered.contains(op.key.dot)
                }
                Before::None => now.payload.is_none(),
                Before::Superseded(_) => false,
            })
    }
}

/// Whether an undone deletion only says that a node stays deleted, by who has seen what is undone.
pub fn only_keeps(
    draft: &mut Draft<'_>,
    deletion: Dot,
    undone: &VersionVector,
) -> Result<bool, Error> {
    Ok(match &op(draft, deletion)?.action {
        Action::Delete { known_state } => !known_state.is_empty() && undone.covers(known_state),
        _ => false,
    })
}

/// When a node was deleted and brought back, by operations that are not undone; each in canonical order.
#[derive(Debug, Default)]
pub struct Deletions {
    /// The deletions, but for those that only say that it stays deleted; and whether each is of a replica of which
    /// nothing is undone.
    deleted: Vec<(Key, bool)>,
    /// The operations that may have brought it back.
    touched: Vec<Key>,
}

impl Deletions {
    /// Those of a node.
    pub fn of(draft: &mut Draft<'_>, node: NodeId, undone: &VersionVector) -> Result<Self, Error> {
        let mut found = Self::default();
        for (it, ignored) in history(draft, node, None)? {
            memory::check();
            if undone.contains(it.key.dot) {
                continue;
            }
            if !it.is_deletion() {
                found.touched.extend((!ignored || it.writes_payload).then_some(it.key));
            } else if !only_keeps(draft, it.key.dot, undone)? {
                found.deleted.push((it.key, undone.last_of(it.key.dot.replica).is_none()));
            }
        }
        Ok(found)
    }

    /// By which one the node was deleted after an operation: by others, or if it was not deleted then.
    pub fn since(&self, key: Key) -> Option<Dot> {
        let (before, after) = self.deleted.split_at(self.deleted.partition_point(|it| it.0 < key));
        let was_deleted = before.last().is_some_and(|last| {
            let next = self.touched.partition_point(|it| *it < last.0);
            self.touched.get(next).is_none_or(|it| *it > key)
        });
        let mut after = after.iter().rev();
        after.find(|(_, is_of_others)| *is_of_others || !was_deleted).map(|it| it.0.dot)
    }
}
