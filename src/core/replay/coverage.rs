//! Whether a deletion covers a subtree, searched for up to the first dot that it does not cover.
//!
//! Those below are decided before those above. So a search can skip a tombstone whose own
//! `deleted_at` is covered, with all that is below it. Who lay below an older tombstone `a` with no
//! more than was there before needs no search at all if it covers the `deleted_at` of `a`: its
//! subtree is part of that of `a`, which is covered. And a search ends at a living deleted node that
//! covers all that is asked for: what that does not cover, this does not either.

use super::after::After;
use super::numbers::{NodeIx, PerNode};
use super::store::Store;
use crate::model::VersionVector;

/// So far a subtree is searched before its ancestors are looked at, and so far these, and so on, each
/// time farther: the nearer end decides.
const FIRST_LOOK: usize = 4;

/// The searches of a catch-up.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// The tombstone flags that were decided.
    pub(super) decided: PerNode<Option<bool>>,
    /// The search in which a node was last met.
    searched: PerNode<u32>,
    searches: u32,
}

impl Coverage {
    /// Whether the `deleted_at` of `node` covers its subtree. `as_before` says that nothing came into
    /// the subtree but what is known to be covered.
    pub(super) fn is_covered<S: Store>(
        &mut self,
        after: &mut After<'_, '_, S>,
        node: NodeIx,
        deleted_at: &VersionVector,
        as_before: bool,
    ) -> Result<bool, S::Error> {
        let mut far = FIRST_LOOK;
        let mut below_covered = (!as_before).then_some(false);
        loop {
            let most = if below_covered == Some(false) { usize::MAX } else { far };
            if let Some(covered) = self.covers_within(after, node, vec![node], most)? {
                return Ok(covered);
            }
            below_covered = was_below_covered(after, node, deleted_at, far)?;
            if below_covered == Some(true) {
                return Ok(true);
            }
            far = far.saturating_mul(4);
        }
    }

    /// Whether the `deleted_at` of `node` covers the subtrees of `roots`; `None` if that is not known
    /// after so many nodes.
    pub(super) fn covers_within<S: Store>(
        &mut self,
        after: &mut After<'_, '_, S>,
        node: NodeIx,
        roots: Vec<NodeIx>,
        most: usize,
    ) -> Result<Option<bool>, S::Error> {
        let deleted_at = after.deleted_at(node)?;
        self.searches += 1;
        let mut open = roots;
        let mut seen = 0;
        while let Some(at) = open.pop() {
            after.memo.store.check()?;
            seen += 1;
            if seen > most {
                return Ok(None);
            }
            let again = self.searched.get(at) == self.searches;
            if again || (at != node && self.is_buried(after, at, &deleted_at)?) {
                continue;
            }
            self.searched.set(at, self.searches);
            if at != node && self.lives_despite(after, at, &deleted_at)? {
                return Ok(Some(false));
            }
            if !after.covers_own(at, &deleted_at)? {
                return Ok(Some(false));
            }
            open.extend(after.children(at)?);
        }
        Ok(Some(true))
    }

    /// Whether a node is a tombstone, decided already, by a deletion that `deleted_at` covers.
    fn is_buried<S: Store>(
        &self,
        after: &mut After<'_, '_, S>,
        node: NodeIx,
        deleted_at: &VersionVector,
    ) -> Result<bool, S::Error> {
        let tombstone = match self.decided.get(node) {
            Some(decided) => decided,
            // Deeper nodes come first: what has no case yet is above, or not concerned.
            None => after.memo.above(node)?.tombstone,
        };
        if !tombstone {
            return Ok(false);
        }
        let narrow = after.deleted_at(node)?;
        after.covers_but_deletions(deleted_at, &narrow)
    }

    /// Whether a node is deleted and lives, as decided already, by a deletion that covers `deleted_at`.
    fn lives_despite<S: Store>(
        &self,
        after: &mut After<'_, '_, S>,
        node: NodeIx,
        deleted_at: &VersionVector,
    ) -> Result<bool, S::Error> {
        if !after.is_deleted(node)? {
            return Ok(false);
        }
        let lives = match self.decided.get(node) {
            Some(decided) => !decided,
            None => {
                let above = after.memo.above(node)?;
                above.deleted && !above.tombstone
            }
        };
        if !lives {
            return Ok(false);
        }
        let wide = after.deleted_at(node)?;
        after.covers_but_deletions(&wide, deleted_at)
    }
}

/// Whether `node` was below a tombstone before the batch whose `deleted_at` is covered; `None` if
/// that is not known after so many steps.
fn was_below_covered<S: Store>(
    after: &mut After<'_, '_, S>,
    node: NodeIx,
    deleted_at: &VersionVector,
    most: usize,
) -> Result<Option<bool>, S::Error> {
    let mut at = after.memo.above(node)?.parent;
    for _ in 0..most {
        let Some(here) = at.filter(|at| !at.is_reserved()) else { return Ok(Some(false)) };
        after.memo.store.check()?;
        let above = after.memo.above(here)?;
        if above.tombstone {
            let wider = after.memo.store.deleted_at(after.memo.id(here))?;
            if after.covers_but_deletions(deleted_at, &wider)? {
                return Ok(Some(true));
            }
        }
        at = above.parent;
    }
    Ok(None)
}
