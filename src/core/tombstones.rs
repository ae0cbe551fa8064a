//! Which nodes are tombstones, decided anew only where it could have changed.
//!
//! A node is a tombstone if it has a `deleted_at` that covers its `subtree_version` (spec:
//! "Defensive deletion"). What a batch changes is seen by the deleted nodes above the change, as
//! the tree stands now. For each of those:
//!
//! * a dot it does not cover came in: it lives, no look at the subtree;
//! * it was a tombstone: only what came in need be looked at;
//! * it lived, and neither did its `deleted_at` grow nor did anything leave that it does not
//!   cover: it lives on;
//! * otherwise its subtree is searched for a dot that is not covered, up to the first.
//!
//! Deeper nodes are decided first. So a search can skip a tombstone whose own `deleted_at` is
//! covered, with all that is below it; and where deletions are nested, each covering the next
//! deeper one, a node passes on only those changes that it does not cover itself. And who lies below
//! an older tombstone `a` with no more than was there before needs no search at all if it covers the
//! `deleted_at` of `a`: its subtree is part of that of `a`, which is covered.
//!
//! A search also ends at a living deleted node that covers all that is asked for: what that does not
//! cover, this does not either.
//!
//! In all of them, what is to be covered of a `deleted_at` are the dots that a `subtree_version` can
//! have: those of structural operations and payloads in the log. Dots of deletions do not count
//! ([`After::covers_but_deletions`]), else no deletion would cover one that its author had not seen,
//! and where all of a chain are deleted having seen the same, each would search all that is below.

use std::rc::Rc;

use crate::catch_up::Drafts;
use crate::op::OpKind;
use crate::store::{Store, Track, Verdict};
use crate::sweep::Sweep;
use crate::timeline::Changes;
use crate::version_vector::VersionVector;
use crate::world::{NodeIx, OpIx, PerNode, SomeNodes, World};

/// What the batch means to one deleted node: what changed at or below it.
#[derive(Debug, Default)]
struct Case {
    /// Operations whose dots came in.
    gained: Vec<OpIx>,
    /// Those whose dots, perhaps, left.
    lost: Vec<OpIx>,
    /// Nodes that came in with all that is below them.
    arrived: Vec<NodeIx>,
    /// Whether nodes left with all that is below them.
    departed: bool,
}

/// So many deletions are looked up to find one `deleted_at` covered by another.
const DELETIONS: usize = 256;

/// So far a subtree is searched before its ancestors are looked at, and so far these, and so on, each
/// time farther: the nearer end decides.
const FIRST_LOOK: usize = 4;

/// Where a deleted node stands among the deleted nodes above it.
#[derive(Debug, Clone, Copy)]
struct Standing {
    /// How many there are.
    rank: usize,
    /// Whether each covers what those below it cover, this node included.
    nested: bool,
}

impl Case {
    fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty() && self.arrived.is_empty() && !self.departed
    }

    /// Takes over what happened in another case, the smaller lists into the larger.
    fn absorb(&mut self, mut other: Case) {
        fn join<T>(into: &mut Vec<T>, from: &mut Vec<T>) {
            if into.len() < from.len() {
                std::mem::swap(into, from);
            }
            into.append(from);
        }
        join(&mut self.gained, &mut other.gained);
        join(&mut self.lost, &mut other.lost);
        join(&mut self.arrived, &mut other.arrived);
        self.departed |= other.departed;
    }
}

/// Decides for every deleted node concerned. Gives the flags, changed or not.
pub(crate) fn decide<S: Store>(
    world: &mut World<'_, S>,
    sweep: &Sweep,
    drafts: &Drafts,
    changes: &Changes,
) -> Result<Vec<(NodeIx, bool)>, S::Error> {
    // Nodes that have a parent they had not before, by that parent.
    let mut arrivals: Vec<(NodeIx, NodeIx)> = drafts
        .of
        .list
        .iter()
        .filter(|draft| draft.new_parent() != draft.old.parent())
        .filter_map(|draft| Some((draft.new_parent()?, draft.node)))
        .collect();
    arrivals.sort_unstable();
    let mut after = After {
        world,
        sweep,
        drafts,
        refs_added: ByNode::new(&changes.refs_added),
        refs_removed: &changes.refs_removed,
        arrivals: ByNode::new(&arrivals),
        nearest: PerNode::default(),
        deletions: PerNode::default(),
        standings: PerNode::default(),
        cases: Cases::default(),
        decided: PerNode::default(),
        searched: PerNode::default(),
        searches: 0,
    };
    for draft in &drafts.of.list {
        if draft.deleted_at.is_some() {
            after.case(draft.node)?;
        }
        let (from, to) = (draft.old.parent(), draft.new_parent());
        if from != to {
            if let Some(case) = after.case_above(from)? {
                case.departed = true;
            }
            if let Some(case) = after.case_above(to)? {
                case.arrived.push(draft.node);
            }
        }
    }
    for &(holder, op) in &changes.gained {
        if let Some(case) = after.case_above(Some(holder))? {
            case.gained.push(op);
        }
    }
    for &(holder, op) in &changes.lost {
        if let Some(case) = after.case_above(Some(holder))? {
            case.lost.push(op);
        }
    }
    let mut flags = Vec::new();
    while let Some(node) = after.pop_deepest()? {
        let case = after.cases.take(node);
        flags.push((node, after.settle(node, case)?));
    }
    Ok(flags)
}

/// What is to be decided, by how many deleted nodes are above.
#[derive(Debug, Default)]
struct Cases {
    of: SomeNodes<Case>,
    /// Nodes whose rank was not asked for: of one that is alone it does not matter.
    unranked: Vec<NodeIx>,
    /// The others, by rank. What is met is never deeper than what was decided last.
    by_rank: Vec<Vec<NodeIx>>,
}

impl Cases {
    fn begin(&mut self, node: NodeIx) -> usize {
        self.unranked.push(node);
        self.of.add(node, Case::default())
    }

    fn rank(&mut self, node: NodeIx, rank: usize) {
        if self.by_rank.len() <= rank {
            self.by_rank.resize_with(rank + 1, Vec::new);
        }
        self.by_rank[rank].push(node);
    }

    fn pop_ranked(&mut self) -> Option<NodeIx> {
        loop {
            if let Some(node) = self.by_rank.last_mut()?.pop() {
                return Some(node);
            }
            self.by_rank.pop();
        }
    }

    fn take(&mut self, node: NodeIx) -> Case {
        let at = self.of.place(node).expect("it was begun");
        std::mem::take(&mut self.of.list[at])
    }
}

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

/// The tree as it is after the batch, tombstones aside.
struct After<'w, 'a, S> {
    world: &'w mut World<'a, S>,
    sweep: &'w Sweep,
    drafts: &'w Drafts,
    refs_added: ByNode<'w, OpIx>,
    refs_removed: &'w [(NodeIx, OpIx)],
    arrivals: ByNode<'w, NodeIx>,
    /// By node: the nearest deleted node at or above it, once it was looked for.
    nearest: PerNode<Option<Option<NodeIx>>>,
    /// Of deleted nodes, once it was asked for.
    deletions: PerNode<Option<Rc<VersionVector>>>,
    standings: PerNode<Option<Standing>>,
    cases: Cases,
    decided: PerNode<Option<bool>>,
    /// The search in which a node was last met.
    searched: PerNode<u32>,
    searches: u32,
}

impl<S: Store> After<'_, '_, S> {
    fn parent(&mut self, node: NodeIx) -> Result<Option<NodeIx>, S::Error> {
        match self.drafts.get(node) {
            Some(draft) => Ok(draft.new_parent()),
            None if node.is_reserved() => Ok(None),
            None => Ok(self.world.above(node)?.0),
        }
    }

    fn is_deleted(&mut self, node: NodeIx) -> Result<bool, S::Error> {
        if node.is_reserved() {
            return Ok(false);
        }
        match self.drafts.get(node) {
            Some(draft) => Ok(draft.deleted_at.is_some() || draft.old.deleted),
            None => Ok(self.world.above(node)?.1),
        }
    }

    /// A deleted node's `deleted_at`.
    fn deleted_at(&mut self, node: NodeIx) -> Result<Rc<VersionVector>, S::Error> {
        if let Some(known) = self.deletions.get(node) {
            return Ok(known);
        }
        let grown = self.drafts.get(node).and_then(|draft| draft.deleted_at.clone());
        let deleted_at = match grown {
            Some(deleted_at) => deleted_at,
            None => Rc::new(self.world.store.deleted_at(self.world.id(node))?),
        };
        self.deletions.set(node, Some(deleted_at.clone()));
        Ok(deleted_at)
    }

    /// The nearest deleted node at or above `node`. Every step of the way up is remembered.
    fn nearest(&mut self, node: NodeIx) -> Result<Option<NodeIx>, S::Error> {
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
            self.world.store.check()?;
            self.world.must_end(path.len(), here)?;
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

    fn next_above(&mut self, node: NodeIx) -> Result<Option<NodeIx>, S::Error> {
        match self.parent(node)? {
            Some(parent) => self.nearest(parent),
            None => Ok(None),
        }
    }

    /// The case of the nearest deleted node at or above `from`, if there is one. It passes on what
    /// matters further up.
    fn case_above(&mut self, from: Option<NodeIx>) -> Result<Option<&mut Case>, S::Error> {
        match from {
            Some(from) => match self.nearest(from)? {
                Some(node) => self.case(node).map(Some),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    fn case(&mut self, node: NodeIx) -> Result<&mut Case, S::Error> {
        let at = match self.cases.of.place(node) {
            Some(at) => at,
            None => self.cases.begin(node),
        };
        Ok(&mut self.cases.of.list[at])
    }

    /// The deepest node that is to be decided. One that is alone is that, without a look at all that
    /// is above it.
    fn pop_deepest(&mut self) -> Result<Option<NodeIx>, S::Error> {
        self.world.store.check()?;
        if self.cases.by_rank.is_empty() && self.cases.unranked.len() < 2 {
            return Ok(self.cases.unranked.pop());
        }
        for node in std::mem::take(&mut self.cases.unranked) {
            let rank = self.standing(node)?.rank;
            self.cases.rank(node, rank);
        }
        Ok(self.cases.pop_ranked())
    }

    /// Decides one case, and passes on to the next deleted node above what may concern it.
    fn settle(&mut self, node: NodeIx, mut case: Case) -> Result<bool, S::Error> {
        let deleted_at = self.deleted_at(node)?;
        let row = self.world.row(node)?;
        let was_alive = row.deleted && !row.tombstone;
        let grown = self.drafts.get(node).is_some_and(|draft| draft.deleted_at.is_some());
        let world = &*self.world;
        let uncovered = |ops: &[OpIx]| ops.iter().any(|&op| !deleted_at.contains(world.dot(op)));
        let tombstone = if uncovered(&case.gained) {
            false
        } else if row.tombstone {
            self.covers_within(node, case.arrived.clone(), usize::MAX)? == Some(true)
        } else if was_alive && !grown && !case.departed && !uncovered(&case.lost) {
            false
        } else {
            self.is_covered(node, &deleted_at, case.arrived.is_empty())?
        };
        self.decided.set(node, Some(tombstone));
        if !case.is_empty()
            && let Some(above) = self.next_above(node)?
        {
            if self.standing(node)?.nested {
                // What is covered here is covered all the way up.
                case.gained.retain(|&op| !deleted_at.contains(self.world.dot(op)));
                case.lost.retain(|&op| !deleted_at.contains(self.world.dot(op)));
                if tombstone {
                    case.arrived.clear();
                }
            }
            if !case.is_empty() {
                self.case(above)?.absorb(case);
            }
        }
        Ok(tombstone)
    }

    /// Where a deleted node stands among those above it.
    fn standing(&mut self, node: NodeIx) -> Result<Standing, S::Error> {
        let mut path = Vec::new();
        let mut at = Some(node);
        let mut above = None;
        while let Some(here) = at {
            if let Some(known) = self.standings.get(here) {
                above = Some((here, known));
                break;
            }
            self.world.must_end(path.len(), here)?;
            path.push(here);
            at = self.next_above(here)?;
        }
        for step in path.into_iter().rev() {
            let standing = match above {
                None => Standing { rank: 0, nested: true },
                Some((above, Standing { rank, nested })) => {
                    let (own, wider) = (self.deleted_at(step)?, self.deleted_at(above)?);
                    let nested = nested && self.covers_but_deletions(&wider, &own)?;
                    Standing { rank: rank + 1, nested }
                }
            };
            self.standings.set(step, Some(standing));
            above = Some((step, standing));
        }
        Ok(above.map(|(_, standing)| standing).expect("the node itself"))
    }

    /// Whether the `deleted_at` of `node` covers its subtree. `as_before` says that nothing came into
    /// the subtree but what is known to be covered.
    fn is_covered(
        &mut self,
        node: NodeIx,
        deleted_at: &VersionVector,
        as_before: bool,
    ) -> Result<bool, S::Error> {
        let mut far = FIRST_LOOK;
        let mut below_covered = (!as_before).then_some(false);
        loop {
            let most = if below_covered == Some(false) { usize::MAX } else { far };
            if let Some(covered) = self.covers_within(node, vec![node], most)? {
                return Ok(covered);
            }
            below_covered = self.was_below_covered(node, deleted_at, far)?;
            if below_covered == Some(true) {
                return Ok(true);
            }
            far = far.saturating_mul(4);
        }
    }

    /// Whether `node` was below a tombstone before the batch whose `deleted_at` is covered; `None` if
    /// that is not known after so many steps.
    fn was_below_covered(
        &mut self,
        node: NodeIx,
        deleted_at: &VersionVector,
        most: usize,
    ) -> Result<Option<bool>, S::Error> {
        let mut at = self.world.above(node)?.0;
        for _ in 0..most {
            let Some(here) = at.filter(|at| !at.is_reserved()) else { return Ok(Some(false)) };
            self.world.store.check()?;
            let (parent, deleted) = self.world.above(here)?;
            if deleted && self.world.row(here)?.tombstone {
                let wider = self.world.store.deleted_at(self.world.id(here))?;
                if self.covers_but_deletions(deleted_at, &wider)? {
                    return Ok(Some(true));
                }
            }
            at = parent;
        }
        Ok(None)
    }

    /// Whether `wide` holds what `narrow` does, dots aside that are those of deletions, or of no
    /// operation in the log. May say no where it would be long to tell.
    fn covers_but_deletions(
        &mut self,
        wide: &VersionVector,
        narrow: &VersionVector,
    ) -> Result<bool, S::Error> {
        if wide.covers(narrow) {
            return Ok(true);
        }
        let mut left = DELETIONS;
        for range in narrow.difference(wide).ranges() {
            self.world.store.check()?;
            match self.world.store.deletions_in(range, left)? {
                Some(count) => left -= count,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Whether the `deleted_at` of `node` covers the subtrees of `roots`; `None` if that is not known
    /// after so many nodes.
    fn covers_within(
        &mut self,
        node: NodeIx,
        roots: Vec<NodeIx>,
        most: usize,
    ) -> Result<Option<bool>, S::Error> {
        let deleted_at = self.deleted_at(node)?;
        self.searches += 1;
        let mut open = roots;
        let mut seen = 0;
        while let Some(at) = open.pop() {
            self.world.store.check()?;
            seen += 1;
            if seen > most {
                return Ok(None);
            }
            let again = self.searched.get(at) == self.searches;
            if again || (at != node && self.is_buried(at, &deleted_at)?) {
                continue;
            }
            self.searched.set(at, self.searches);
            if at != node && self.lives_despite(at, &deleted_at)? {
                return Ok(Some(false));
            }
            if !self.covers_own(at, &deleted_at)? {
                return Ok(Some(false));
            }
            for child in self.world.children(at)? {
                if self.parent(child)? == Some(at) {
                    open.push(child);
                }
            }
            open.extend(self.arrivals.of(at));
        }
        Ok(Some(true))
    }

    /// Whether a node is a tombstone, decided already, by a deletion that `deleted_at` covers.
    fn is_buried(&mut self, node: NodeIx, deleted_at: &VersionVector) -> Result<bool, S::Error> {
        let tombstone = match self.decided.get(node) {
            Some(decided) => decided,
            // Deeper nodes come first: what has no case yet is above, or not concerned.
            None => self.world.row(node)?.tombstone,
        };
        if !tombstone {
            return Ok(false);
        }
        let narrow = self.deleted_at(node)?;
        self.covers_but_deletions(deleted_at, &narrow)
    }

    /// Whether a node is deleted and lives, as decided already, by a deletion that covers `deleted_at`.
    fn lives_despite(
        &mut self,
        node: NodeIx,
        deleted_at: &VersionVector,
    ) -> Result<bool, S::Error> {
        if !self.is_deleted(node)? {
            return Ok(false);
        }
        let lives = match self.decided.get(node) {
            Some(decided) => !decided,
            None => {
                let row = self.world.row(node)?;
                row.deleted && !row.tombstone
            }
        };
        if !lives {
            return Ok(false);
        }
        let wide = self.deleted_at(node)?;
        self.covers_but_deletions(&wide, deleted_at)
    }

    /// Whether the dots of a node and of its winning payload are covered.
    fn covers_own(&mut self, node: NodeIx, deleted_at: &VersionVector) -> Result<bool, S::Error> {
        let winner = match self.drafts.get(node) {
            Some(draft) => draft.payload,
            None => self.world.row(node)?.payload,
        };
        if winner.is_some_and(|op| !deleted_at.contains(self.world.dot(op))) {
            return Ok(false);
        }
        if !self.covers_steps(node, deleted_at)? {
            return Ok(false);
        }
        for &op in self.refs_added.of(node) {
            if self.counts_uncovered(node, op, deleted_at)? {
                return Ok(false);
            }
        }
        let mut last = None;
        loop {
            let refs = self.world.refs(node, last)?;
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
        if !self.world.row(node)?.exists {
            let drafts = self.drafts;
            let steps = drafts.get(node).into_iter().flat_map(|draft| drafts.ops(draft));
            let effective = |op: &OpIx| {
                self.sweep.in_batch[op.index()] == Some(Verdict::Effective)
                    && !deleted_at.contains(self.world.dot(*op))
            };
            return Ok(!steps.into_iter().any(|op| effective(&op)));
        }
        let mut item = self.world.first(node, Track::Structure)?;
        while let Some(step) = item {
            if !deleted_at.contains(self.world.dot(step.op)) && self.is_effective(node, step.op)? {
                return Ok(false);
            }
            item = self.world.next(node, Track::Structure, step.op)?;
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
        if deleted_at.contains(self.world.dot(op)) {
            return Ok(false);
        }
        let item = self.world.op(op)?;
        let counts =
            item.parent.is_some() && (item.kind == OpKind::Move || item.parent == Some(node));
        Ok(counts && self.is_effective(item.node, op)?)
    }

    fn is_effective(&mut self, node: NodeIx, op: OpIx) -> Result<bool, S::Error> {
        Ok(self.sweep.verdict(self.world, node, op)? == Verdict::Effective)
    }
}
