//! Which nodes are tombstones, decided anew only where it could have changed.
//!
//! A node is a tombstone if it has a `deleted_at` that covers its `subtree_version` (`sql/README.md`,
//! "Defensive deletion"). What a batch changes is seen by the deleted nodes above the change, as
//! the tree stands [after](super::after) it. For each of those:
//!
//! * a dot it does not cover came in: it lives, no look at the subtree;
//! * it was a tombstone: only what came in need be looked at;
//! * it lived, and neither did its `deleted_at` grow nor did anything leave that it does not
//!   cover: it lives on;
//! * otherwise its subtree is searched for a dot that is not covered ([`Coverage`]).
//!
//! Deeper nodes are decided first. Where deletions are nested, each covering the next deeper one, a
//! node passes on only those changes that it does not cover itself.

use super::after::{After, arrivals_of, naming_of};
use super::coverage::Coverage;
use super::drafts::Drafts;
use super::memo::Memo;
use super::numbers::{Above, NodeIx, OpIx, PerNode, SomeNodes};
use super::store::Store;
use super::timeline::Changes;
use super::verdicts::Verdicts;

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
pub(super) fn decide<S: Store>(
    memo: &mut Memo<'_, S>,
    verdicts: &Verdicts,
    drafts: &Drafts,
    changes: &Changes,
) -> Result<Vec<(NodeIx, bool)>, S::Error> {
    let (arrivals, naming) = (arrivals_of(drafts), naming_of(memo));
    let mut decision = Decision {
        after: After::new(memo, verdicts, drafts, changes, &arrivals, &naming),
        coverage: Coverage::default(),
        ranks: PerNode::default(),
        nested: PerNode::default(),
        cases: Cases::default(),
    };
    for draft in &drafts.of.list {
        if draft.deleted_at.is_some() {
            decision.case(draft.node);
        }
        let (from, to) = (draft.old.parent(), draft.new_parent());
        if from != to {
            if let Some(case) = decision.case_above(from)? {
                case.departed = true;
            }
            if let Some(case) = decision.case_above(to)? {
                case.arrived.push(draft.node);
            }
        }
    }
    for &(holder, op) in &changes.gained {
        if let Some(case) = decision.case_above(Some(holder))? {
            case.gained.push(op);
        }
    }
    for &(holder, op) in &changes.lost {
        if let Some(case) = decision.case_above(Some(holder))? {
            case.lost.push(op);
        }
    }
    let mut flags = Vec::new();
    while let Some(node) = decision.pop_deepest()? {
        let case = decision.cases.take(node);
        flags.push((node, decision.settle(node, case)?));
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

struct Decision<'w, 'a, S> {
    after: After<'w, 'a, S>,
    coverage: Coverage,
    /// How many deleted nodes are above a deleted one.
    ranks: PerNode<Option<usize>>,
    /// Whether each of these covers what those below it cover, the node included.
    nested: PerNode<Option<bool>>,
    cases: Cases,
}

impl<S: Store> Decision<'_, '_, S> {
    /// The case of the nearest deleted node at or above `from`, if there is one. It passes on what
    /// matters further up.
    fn case_above(&mut self, from: Option<NodeIx>) -> Result<Option<&mut Case>, S::Error> {
        match from {
            Some(from) => match self.after.nearest(from)? {
                Some(node) => Ok(Some(self.case(node))),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    fn case(&mut self, node: NodeIx) -> &mut Case {
        let at = match self.cases.of.place(node) {
            Some(at) => at,
            None => self.cases.begin(node),
        };
        &mut self.cases.of.list[at]
    }

    /// The deepest node that is to be decided. One that is alone is that, without a look at all that
    /// is above it.
    fn pop_deepest(&mut self) -> Result<Option<NodeIx>, S::Error> {
        self.after.memo.store.check()?;
        if self.cases.by_rank.is_empty() && self.cases.unranked.len() < 2 {
            return Ok(self.cases.unranked.pop());
        }
        for node in std::mem::take(&mut self.cases.unranked) {
            let rank = self.rank(node)?;
            self.cases.rank(node, rank);
        }
        Ok(self.cases.pop_ranked())
    }

    /// Decides one case, and passes on to the next deleted node above what may concern it.
    fn settle(&mut self, node: NodeIx, mut case: Case) -> Result<bool, S::Error> {
        let before = self.after.memo.above(node)?;
        let grown = self.after.drafts.get(node).is_some_and(|draft| draft.deleted_at.is_some());
        let lived_untouched = before.deleted && !before.tombstone && !grown && !case.departed;
        let tombstone = if lived_untouched && case.lost.is_empty() {
            false // what kept it alive is still there
        } else {
            let tombstone = self.is_tombstone(node, &case, before, lived_untouched)?;
            self.forget_covered(node, &mut case, tombstone)?;
            tombstone
        };
        self.coverage.decided.set(node, Some(tombstone));
        if !case.is_empty()
            && let Some(above) = self.after.next_above(node)?
        {
            self.case(above).absorb(case);
        }
        Ok(tombstone)
    }

    fn is_tombstone(
        &mut self,
        node: NodeIx,
        case: &Case,
        before: Above,
        lived_untouched: bool,
    ) -> Result<bool, S::Error> {
        let deleted_at = self.after.deleted_at(node)?;
        let memo = &*self.after.memo;
        let uncovered = |ops: &[OpIx]| ops.iter().any(|&op| !deleted_at.contains(memo.dot(op)));
        if uncovered(&case.gained) || (lived_untouched && !uncovered(&case.lost)) {
            return Ok(false);
        }
        if before.tombstone {
            let arrived = case.arrived.clone();
            let covered =
                self.coverage.covers_within(&mut self.after, node, arrived, usize::MAX)?;
            return Ok(covered == Some(true));
        }
        self.coverage.is_covered(&mut self.after, node, &deleted_at, case.arrived.is_empty())
    }

    /// Leaves in a case what may concern the deleted nodes above: where deletions are nested, what is
    /// covered here is covered all the way up.
    fn forget_covered(
        &mut self,
        node: NodeIx,
        case: &mut Case,
        tombstone: bool,
    ) -> Result<(), S::Error> {
        if case.is_empty() || self.after.next_above(node)?.is_none() || !self.is_nested(node)? {
            return Ok(());
        }
        let deleted_at = self.after.deleted_at(node)?;
        case.gained.retain(|&op| !deleted_at.contains(self.after.memo.dot(op)));
        case.lost.retain(|&op| !deleted_at.contains(self.after.memo.dot(op)));
        if tombstone {
            case.arrived.clear();
        }
        Ok(())
    }

    /// How many deleted nodes are above a deleted one.
    fn rank(&mut self, node: NodeIx) -> Result<usize, S::Error> {
        let (path, known) = self.path_up(node, |decision, node| decision.ranks.get(node))?;
        let mut next = known.map_or(0, |(_, rank)| rank + 1);
        for step in path.into_iter().rev() {
            self.ranks.set(step, Some(next));
            next += 1;
        }
        Ok(next - 1)
    }

    /// Whether each deleted node above covers what those below it cover, this one included.
    fn is_nested(&mut self, node: NodeIx) -> Result<bool, S::Error> {
        let (path, mut above) = self.path_up(node, |decision, node| decision.nested.get(node))?;
        for step in path.into_iter().rev() {
            let nested = match above {
                None => true,
                Some((above, nested)) => {
                    let (own, wider) =
                        (self.after.deleted_at(step)?, self.after.deleted_at(above)?);
                    nested && self.after.covers_but_deletions(&wider, &own)?
                }
            };
            self.nested.set(step, Some(nested));
            above = Some((step, nested));
        }
        Ok(above.is_none_or(|(_, nested)| nested))
    }

    /// The deleted nodes from one upwards of which something is not known yet, and what is known of the
    /// first one above these.
    #[allow(clippy::type_complexity)]
    fn path_up<T>(
        &mut self,
        node: NodeIx,
        known: impl Fn(&Self, NodeIx) -> Option<T>,
    ) -> Result<(Vec<NodeIx>, Option<(NodeIx, T)>), S::Error> {
        let mut path = Vec::new();
        let mut at = Some(node);
        while let Some(here) = at {
            if let Some(known) = known(self, here) {
                return Ok((path, Some((here, known))));
            }
            self.after.memo.must_end(path.len(), here)?;
            path.push(here);
            at = self.after.next_above(here)?;
        }
        Ok((path, None))
    }
}
