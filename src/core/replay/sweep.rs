//! Which structural operations are effective, once a batch is among the others.
//!
//! Order matters to a tree in one respect only: whether an insert or move would make a cycle *at
//! its moment*. The sweep goes forward through the batch in canonical order and keeps two worlds,
//! the old one (without the batch) and the new one, by the nodes on which they differ.
//!
//! A node is **diverged** at a moment if its parent differs between the worlds. An older operation
//! `m → q` changes its verdict only if `m` is above `q` in one world and not in the other. Then the
//! two chains upwards from `q` part at a diverged node `d`, and in one world `m` is an ancestor of
//! `d`. Below `d` the chain is the same in both worlds, so `d` is `q` itself or has a child by an
//! older operation: either way an older operation names it. So it is enough to **watch** the diverged
//! nodes that older operations name, and every ancestor of theirs in either world: the structural
//! operations that come next on watched nodes are judged again, and no others. Where nothing diverged
//! was ever named, nothing later can differ, and the watch ends.
//!
//! The next structural operation on a diverged node is judged as well, childless or not: it is
//! where the node's two placements meet again.

use std::collections::BTreeMap;
use std::iter::Peekable;

use super::climb::{Candidate, Climbs};
use super::memo::Memo;
use super::numbers::{NodeIx, OpIx, PerNode, Place};
use super::store::{Store, Track, Verdict};
use super::verdicts::{Both, Judgement, Stand, Verdicts, recorded};
use crate::model::Key;

/// Judges the structural operations of the batch, and those older ones that it can affect.
pub(super) fn judge<S: Store>(memo: &mut Memo<'_, S>) -> Result<Verdicts, S::Error> {
    let batch: Vec<Candidate> = memo.batch.iter().filter_map(Candidate::of).collect();
    let in_batch = vec![None; memo.batch.len()];
    let mut judge = Judge {
        memo,
        verdicts: Verdicts { in_batch, ..Verdicts::default() },
        climbs: Climbs::default(),
        agenda: BTreeMap::new(),
        watched: PerNode::default(),
        watch: 1,
        influential: PerNode::default(),
        influential_count: 0,
    };
    let mut batch = batch.into_iter().peekable();
    while let Some(next) = judge.take_next(&mut batch) {
        judge.step(next)?;
    }
    Ok(judge.verdicts)
}

struct Judge<'w, 'a, S> {
    memo: &'w mut Memo<'a, S>,
    verdicts: Verdicts,
    climbs: Climbs,
    /// Older operations to judge again.
    agenda: BTreeMap<Key, Candidate>,
    /// The watch in which a node was last watched; all before `watch` have ended.
    watched: PerNode<u32>,
    watch: u32,
    /// The diverged nodes that older operations name as a parent, and how many there are.
    influential: PerNode<bool>,
    influential_count: usize,
}

impl<S: Store> Judge<'_, '_, S> {
    /// The first of what is on the agenda and what is left of the batch.
    fn take_next(
        &mut self,
        batch: &mut Peekable<impl Iterator<Item = Candidate>>,
    ) -> Option<Candidate> {
        let older_first = match (self.agenda.first_key_value(), batch.peek()) {
            (Some((key, _)), Some(new)) => *key < self.memo.key(new.op),
            (older, _) => older.is_some(),
        };
        if older_first { self.agenda.pop_first().map(|(_, older)| older) } else { batch.next() }
    }

    fn is_watched(&self, node: NodeIx) -> bool {
        self.watched.get(node) == self.watch
    }

    fn set_influential(&mut self, node: NodeIx, now: bool) {
        if self.influential.get(node) != now {
            self.influential.set(node, now);
            if now { self.influential_count += 1 } else { self.influential_count -= 1 }
        }
    }

    fn step(&mut self, candidate: Candidate) -> Result<(), S::Error> {
        let Candidate { op, node, parent } = candidate;
        let is_new = self.memo.is_new(op);
        let stand = self.verdicts.stands.get(node);
        let was_diverged = stand.is_some_and(|stand| stand.places.is_diverged());
        if !is_new && !was_diverged && !self.is_watched(node) {
            return Ok(());
        }
        let before = self.verdicts.places(self.memo, node, Some(op))?;
        let mut places = before;
        let makes_cycle = self.climbs.makes_cycle(self.memo, &self.verdicts, candidate)?;
        let verdict = if makes_cycle { Verdict::Ignored } else { Verdict::Effective };
        if verdict == Verdict::Effective {
            places.new = Some(Place { op, parent });
        }
        if is_new {
            self.verdicts.in_batch[op.index()] = Some(verdict);
            if verdict == Verdict::Effective {
                self.climbs.new_parents.set(parent, true);
            }
        } else {
            let verdict = Both { old: recorded(self.memo, node, op)?, new: verdict };
            if verdict.old == Verdict::Effective {
                places.old = Some(Place { op, parent });
            }
            self.verdicts.older.insert(op, Judgement { node, verdict });
        }
        self.verdicts.stands.set(node, Some(Stand { at: op, places }));
        if !self.memo.has_later(op) {
            return Ok(());
        }

        let is_watched = self.is_watched(node);
        if places.is_diverged() && self.memo.was_named(node)? {
            self.set_influential(node, true);
            self.watch(node, op)?;
        } else {
            self.set_influential(node, false);
            let moved = before.parents() != places.parents();
            if self.influential_count == 0 {
                self.watch += 1;
            } else if is_watched && moved {
                self.watch(node, op)?;
            }
        }
        if places.is_diverged() || self.is_watched(node) {
            self.expect_next(node, op)?;
        }
        Ok(())
    }

    /// Watches a node and all its ancestors in both worlds, as they are after `op`.
    fn watch(&mut self, node: NodeIx, op: OpIx) -> Result<(), S::Error> {
        self.watched.set(node, self.watch);
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            let parents = self.verdicts.places(self.memo, at, Some(op))?.parents();
            for parent in parents.old.into_iter().chain(parents.new) {
                if !parent.is_reserved() && !self.is_watched(parent) {
                    self.watched.set(parent, self.watch);
                    self.expect_next(parent, op)?;
                    open.push(parent);
                }
            }
        }
        Ok(())
    }

    /// Puts the next older structural operation on a node on the agenda.
    fn expect_next(&mut self, node: NodeIx, op: OpIx) -> Result<(), S::Error> {
        let next = self.memo.next(node, Track::Structure, op)?;
        if let Some(candidate) = next.filter(|next| !self.memo.is_new(next.op))
            && let Some(candidate) = Candidate::of(&candidate)
        {
            self.agenda.insert(self.memo.key(candidate.op), candidate);
        }
        Ok(())
    }
}
