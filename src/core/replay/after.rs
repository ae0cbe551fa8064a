//! The tree as it is after the batch, tombstones aside: ways up, children, and what belongs to a node.
//!
//! What is to be covered of a `deleted_at` are the dots that a `subtree_version` can have: those of
//! structural operations and payloads in the log. Dots of deletions do not count
//! ([`After::covers_but_deletions`]), else no deletion would cover one that its author had not seen,
//! and where all of a chain are deleted having seen the same, each would search all that is below.

use std::rc::Rc;

use super::drafts::Drafts;
use super::memo::{Memo, Naming};
use super::numbers::{Item, NodeIx, OpIx, PerNode};
use super::store::{Store, Track, Verdict};
use super::timeline::Changes;
use super::verdicts::Verdicts;
use crate::model::{OpKind, VersionVector};

/// So many deletions are looked up to find one `deleted_at` covered by another.
const DELETIONS: usize = 256;

/// Pairs of a node and something else, sorted by node, found by it.
struct ByNode<'p, T> {
    pairs: &'p [(NodeIx, T)],
    /// Where the pairs of a node begin.
    starts: PerNode<u32>,
}

impl<'p, T> ByNode<'p, T> {
    fn new(pairs: &'p [(NodeIx, T)]) -> Self {
        let mut starts = PerNode::default();
        for (at, (node, _)) in pairs.iter().enumerate().rev() {
            starts.set(*node, at as u32);
        }
        Self { pairs, starts }
    }

    fn of(&self, node: NodeIx) -> impl Iterator<Item = &'p T> + use<'p, T> {
        let pairs = &self.pairs[self.starts.get(node) as usize..];
        pairs.iter().take_while(move |(of, _)| *of == node).map(|(_, it)| it)
    }
}

/// The nodes that have a parent they had not before, by that parent, in order.
pub(super) fn arrivals_of(drafts: &Drafts) -> Vec<(NodeIx, NodeIx)> {
    let moved = drafts.of.list.iter().filter(|draft| draft.new_parent() != draft.old.parent());
    let mut arrivals: Vec<_> =
        moved.filter_map(|draft| Some((draft.new_parent()?, draft.node))).collect();
    arrivals.sort_unstable();
    arrivals
}

/// The operations of a batch that name a parent, by that parent.
pub(super) fn naming_of<S>(memo: &Memo<'_, S>) -> Vec<(NodeIx, OpIx)> {
    let named = memo.batch.iter().filter_map(|item| Some((item.parent?, item.op)));
    let mut naming: Vec<_> = named.collect();
    naming.sort_unstable();
    naming
}

/// The tree as it is after the batch, tombstones aside.
pub(super) struct After<'w, 'a, S> {
    pub(super) memo: &'w mut Memo<'a, S>,
    verdicts: &'w Verdicts,
    pub(super) drafts: &'w Drafts,
    /// The operations of the batch that name a parent, by that parent.
    naming: ByNode<'w, OpIx>,
    refs_added: ByNode<'w, OpIx>,
    refs_removed: &'w [(NodeIx, OpIx)],
    /// Nodes that have a parent they had not before, by that parent, in order.
    arrivals: ByNode<'w, NodeIx>,
    /// By node: the nearest deleted node at or above it, once it was looked for.
    nearest: PerNode<Option<Option<NodeIx>>>,
    /// Of deleted nodes, once it was asked for.
    deletions: PerNode<Option<Rc<VersionVector>>>,
}

impl<'w, 'a, S: Store> After<'w, 'a, S> {
    /// The tree after a batch with these drafts and changes; `arrivals` by [`arrivals_of`],
    /// `naming` by [`naming_of`].
    pub(super) fn new(
        memo: &'w mut Memo<'a, S>,
        verdicts: &'w Verdicts,
        drafts: &'w Drafts,
        changes: &'w Changes,
        arrivals: &'w [(NodeIx, NodeIx)],
        naming: &'w [(NodeIx, OpIx)],
    ) -> Self {
        Self {
            memo,
            verdicts,
            drafts,
            naming: ByNode::new(naming),
            refs_added: ByNode::new(&changes.refs_added),
            refs_removed: &changes.refs_removed,
            arrivals: ByNode::new(arrivals),
            nearest: PerNode::default(),
            deletions: PerNode::default(),
        }
    }

    /// The nodes whose parent is `node`.
    pub(super) fn children(&mut self, node: NodeIx) -> Result<Vec<NodeIx>, S::Error> {
        let mut children = Vec::new();
        for child in self.memo.children(node)? {
            if self.parent(child)? == Some(node) {
                children.push(child);
            }
        }
        children.extend(self.arrivals.of(node));
        Ok(children)
    }

    pub(super) fn parent(&mut self, node: NodeIx) -> Result<Option<NodeIx>, S::Error> {
        match self.drafts.get(node) {
            Some(draft) => Ok(draft.new_parent()),
            None if node.is_reserved() => Ok(None),
            None => Ok(self.memo.above(node)?.parent),
        }
    }

    pub(super) fn is_deleted(&mut self, node: NodeIx) -> Result<bool, S::Error> {
        if node.is_reserved() {
            return Ok(false);
        }
        match self.drafts.get(node) {
            Some(draft) => Ok(draft.deleted_at.is_some() || draft.old.deleted),
            None => Ok(self.memo.above(node)?.deleted),
        }
    }

    /// A deleted node's `deleted_at`.
    pub(super) fn deleted_at(&mut self, node: NodeIx) -> Result<Rc<VersionVector>, S::Error> {
        if let Some(known) = self.deletions.get(node) {
            return Ok(known);
        }
        let grown = self.drafts.get(node).and_then(|draft| draft.deleted_at.clone());
        let deleted_at = match grown {
            Some(deleted_at) => deleted_at,
            None => Rc::new(self.memo.store.deleted_at(self.memo.id(node))?),
        };
        self.deletions.set(node, Some(deleted_at.clone()));
        Ok(deleted_at)
    }

    /// The nearest deleted node at or above `node`. Every step of the way up is remembered.
    pub(super) fn nearest(&mut self, node: NodeIx) -> Result<Option<NodeIx>, S::Error> {
        if let Some(known) = self.nearest.get(node) {
            return Ok(known);
        }
        let mut path = Vec::new();
        let mut at = Some(node);
        let found = loop {
            let Some(here) = at else { break None };
            if let Some(known) = self.nearest.get(here) {
                break known;
            }
            self.memo.store.check()?;
            self.memo.must_end(path.len(), here)?;
            path.push(here);
            if self.is_deleted(here)? {
                break Some(here);
            }
            at = self.parent(here)?;
        };
        for step in path {
            self.nearest.set(step, Some(found));
        }
        Ok(found)
    }

    /// The nearest deleted node above `node`.
    pub(super) fn next_above(&mut self, node: NodeIx) -> Result<Option<NodeIx>, S::Error> {
        match self.parent(node)? {
            Some(parent) => self.nearest(parent),
            None => Ok(None),
        }
    }

    /// Whether `wide` holds what `narrow` does, dots aside that are those of deletions, or of no
    /// operation in the log. May say no where it would be long to tell.
    pub(super) fn covers_but_deletions(
        &mut self,
        wide: &VersionVector,
        narrow: &VersionVector,
    ) -> Result<bool, S::Error> {
        if wide.covers(narrow) {
            return Ok(true);
        }
        let mut left = DELETIONS;
        for range in narrow.difference(wide).ranges() {
            self.memo.store.check()?;
            match self.memo.store.deletions_in(range, left)? {
                Some(count) => left -= count,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Whether the dots of a node and of its winning payload are covered.
    pub(super) fn covers_own(
        &mut self,
        node: NodeIx,
        deleted_at: &VersionVector,
    ) -> Result<bool, S::Error> {
        let winner = match self.drafts.get(node) {
            Some(draft) => draft.payload,
            None => self.memo.row(node)?.payload,
        };
        if winner.is_some_and(|op| !deleted_at.contains(self.memo.dot(op))) {
            return Ok(false);
        }
        if !self.covers_steps(node, deleted_at)? {
            return Ok(false);
        }
        for &op in self.naming.of(node).chain(self.refs_added.of(node)) {
            if self.counts_uncovered(node, op, deleted_at)? {
                return Ok(false);
            }
        }
        let mut look = Naming::default();
        while let Some(items) = self.memo.naming(node, &mut look)? {
            for Item { op, node: child, .. } in items {
                let covered = deleted_at.contains(self.memo.dot(op));
                if !covered && self.is_effective(child, op)? {
                    return Ok(false);
                }
            }
        }
        let mut last = None;
        loop {
            let refs = self.memo.refs(node, last)?;
            let Some(&op) = refs.last() else { return Ok(true) };
            last = Some(op);
            for op in refs {
                let left = self.refs_removed.binary_search(&(node, op)).is_ok();
                if !left && self.counts_uncovered(node, op, deleted_at)? {
                    return Ok(false);
                }
            }
        }
    }

    /// Whether the dots of the effective inserts and moves of a node are covered.
    fn covers_steps(&mut self, node: NodeIx, deleted_at: &VersionVector) -> Result<bool, S::Error> {
        if !self.memo.row(node)?.exists {
            let drafts = self.drafts;
            let steps = drafts.get(node).into_iter().flat_map(|draft| drafts.ops(draft));
            let effective = |op: &OpIx| {
                self.verdicts.in_batch[op.index()] == Some(Verdict::Effective)
                    && !deleted_at.contains(self.memo.dot(*op))
            };
            return Ok(!steps.into_iter().any(|op| effective(&op)));
        }
        let mut item = self.memo.first(node, Track::Structure)?;
        while let Some(step) = item {
            if !deleted_at.contains(self.memo.dot(step.op)) && self.is_effective(node, step.op)? {
                return Ok(false);
            }
            item = self.memo.next(node, Track::Structure, step.op)?;
        }
        Ok(true)
    }

    /// Whether an op ref of `node` is in its structural history, and not covered.
    fn counts_uncovered(
        &mut self,
        node: NodeIx,
        op: OpIx,
        deleted_at: &VersionVector,
    ) -> Result<bool, S::Error> {
        if deleted_at.contains(self.memo.dot(op)) {
            return Ok(false);
        }
        let item = self.memo.op(op)?;
        let counts =
            item.parent.is_some() && (item.kind == OpKind::Move || item.parent == Some(node));
        Ok(counts && self.is_effective(item.node, op)?)
    }

    fn is_effective(&mut self, node: NodeIx, op: OpIx) -> Result<bool, S::Error> {
        Ok(self.verdicts.verdict(self.memo, node, op)? == Verdict::Effective)
    }
}
