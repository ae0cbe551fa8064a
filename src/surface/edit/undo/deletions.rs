//! Deletions of nodes: by whom, and what has come since.

use std::collections::HashSet;

use treecrdt::{Action, Dot, Entry, Key, NodeId, Op, OpKind, Range, VersionVector};

use super::history::{Before, Now, before, of_kind, op, payload_of, place_of, placed, wrote};
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
    /// What is undone.
    pub undone: &'u VersionVector,
    /// What was minted for that.
    pub minted: &'u VersionVector,
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
        self.undone.last_of(dot.replica).is_some() || self.minted.contains(dot)
    }

    fn is_as_it_was(
        &self,
        draft: &mut Draft<'_>,
        root: NodeId,
        node: NodeId,
    ) -> Result<bool, Error> {
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

/// The deletions of a node that are not undone, but for those that only say that it stays deleted, by who has seen what
/// is undone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deletions {
    first: Option<Key>,
    last: Option<Key>,
    /// The last by replicas of which nothing is undone.
    last_of_others: Option<Key>,
}

impl Deletions {
    /// Those of a node.
    pub fn of(draft: &mut Draft<'_>, node: NodeId, undone: &VersionVector) -> Result<Self, Error> {
        let mut entries = Vec::new();
        for kind in [OpKind::Delete, OpKind::Tombstone] {
            of_kind(draft, node, kind, &mut entries)?;
        }
        let mut found = Self::default();
        for it in entries.iter().filter(|it| !undone.contains(it.key.dot)) {
            memory::check();
            if let Action::Delete { known_state } = &op(draft, it.key.dot)?.action
                && !known_state.is_empty()
                && undone.covers(known_state)
            {
                continue;
            }
            let key = Some(it.key);
            found.first = found.first.map_or(key, |first| key.min(Some(first)));
            found.last = found.last.max(key);
            if undone.last_of(it.key.dot.replica).is_none() {
                found.last_of_others = found.last_of_others.max(key);
            }
        }
        Ok(found)
    }

    /// By which one the node was deleted after an operation: by others, or for the first time.
    pub fn since(&self, key: Key) -> Option<Dot> {
        let last = if self.first > Some(key) { self.last } else { self.last_of_others };
        last.filter(|last| *last > key).map(|last| last.dot)
    }
}
