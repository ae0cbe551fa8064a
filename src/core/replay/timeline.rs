//! What op refs and dots come and go, node by node.
//!
//! Everything but verdicts follows from each node's own timeline. So for each node concerned, the
//! old and the new world are walked side by side, but only over the stretches in which they
//! differ: from an operation of the batch (or one whose verdict changed) to the point where parent
//! and winning payload agree again. On the way each operation's op refs (`sql/README.md`) are
//! counted down for the old world and up for the new.
//!
//! An operation is an op ref of the parent that it names, in any world: such refs are in the log
//! already, and not counted. Of the others, one to a payload op can have more than one reason, since
//! every later structural op up to the next payload may refer to it again. So when a count ends
//! below zero the ref is only removed once no reason is left in the new world ([`Walk::reasons`]).

use std::collections::{HashMap, HashSet};

use super::drafts::Drafts;
use super::memo::Memo;
use super::numbers::{Item, NodeIx, OpIx, Place};
use super::store::{Store, Track, Verdict};
use super::verdicts::{Verdicts, recorded};
use crate::model::OpKind;

/// What came and went: pairs of a node and an operation, in no order.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Op refs, by parent.
    pub(super) refs_added: Vec<(NodeIx, OpIx)>,
    /// Op refs, by parent.
    pub(super) refs_removed: Vec<(NodeIx, OpIx)>,
    /// Operations whose dots a node's structural history or winning payload has gained.
    pub(super) gained: Vec<(NodeIx, OpIx)>,
    /// Those whose dots it has, perhaps, lost.
    pub(super) lost: Vec<(NodeIx, OpIx)>,
}

/// Compares the two worlds along the timelines of all drafted nodes. Dots are only collected where
/// there are `deletions` that could cover them.
pub(super) fn compare<S: Store>(
    memo: &mut Memo<'_, S>,
    verdicts: &Verdicts,
    drafts: &Drafts,
    deletions: bool,
) -> Result<Changes, S::Error> {
    let mut turned: HashMap<NodeIx, Vec<OpIx>> = HashMap::new();
    for (&op, judgement) in verdicts.older.iter().filter(|(_, it)| it.verdict.old != it.verdict.new)
    {
        turned.entry(judgement.node).or_default().push(op);
    }
    let mut walk = Walk {
        memo,
        verdicts,
        node: NodeIx::ROOT,
        deletions,
        counts: Vec::new(),
        changes: Changes::default(),
    };
    let mut events: Vec<OpIx> = Vec::new();
    for draft in &drafts.of.list {
        walk.memo.store.check()?;
        walk.node = draft.node;
        events.clear();
        events.extend(drafts.ops(draft));
        if let Some(turned) = turned.get(&draft.node) {
            events.extend(turned);
            events.sort_unstable_by_key(|&op| walk.memo.key(op));
        }
        // ROOT has payloads only, and nothing above it to collect them.
        if draft.node != NodeIx::ROOT && !events.is_empty() {
            walk.run(&events)?;
            walk.settle()?;
        }
        let (was, is) = (draft.old.payload, draft.payload);
        if deletions && was != is {
            walk.changes.lost.extend(was.map(|op| (draft.node, op)));
            walk.changes.gained.extend(is.map(|op| (draft.node, op)));
        }
    }
    Ok(walk.changes)
}

/// The state of one node in one world at one moment.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    place: Option<Place>,
    winner: Option<OpIx>,
}

/// What one operation does to op refs and dots in one world.
#[derive(Debug, Clone, Copy, Default)]
struct Effects {
    /// The parent before it, which refers to it; unless it names that itself.
    own: Option<NodeIx>,
    /// The parent that it names, which refers to an older payload op because of it.
    winner: Option<(NodeIx, OpIx)>,
    /// The nodes whose structural history its dot enters.
    dots: [Option<NodeIx>; 3],
}

impl Side {
    fn parent(&self) -> Option<NodeIx> {
        self.place.map(|place| place.parent)
    }

    /// Applies an operation, and tells what that does.
    fn apply(&mut self, item: &Item, verdict: Option<Verdict>) -> Effects {
        let collecting = |node: Option<NodeIx>| node.filter(|&node| node != NodeIx::TRASH);
        let before = self.parent();
        if item.writes_payload {
            self.winner = Some(item.op);
        }
        let own = collecting(before).filter(|_| before != item.parent);
        let mut effects = Effects { own, ..Effects::default() };
        let Some(named) = item.parent else { return effects };
        let parent = collecting(Some(named));
        if before != Some(named) {
            effects.winner = parent.zip(self.winner.filter(|&winner| winner != item.op));
        }
        if verdict == Some(Verdict::Effective) {
            let left = before.filter(|_| item.kind == OpKind::Move);
            effects.dots = [Some(item.node), parent, collecting(left)];
            self.place = Some(Place { op: item.op, parent: named });
        }
        effects
    }
}

/// A reason more or less for an op ref.
#[derive(Debug, Clone, Copy)]
struct Reason {
    parent: NodeIx,
    op: OpIx,
    /// 1 or -1.
    by: i32,
    /// Whether the operation writes a payload, and so may have other reasons.
    to_payload: bool,
}

struct Walk<'w, 'a, S> {
    memo: &'w mut Memo<'a, S>,
    verdicts: &'w Verdicts,
    node: NodeIx,
    deletions: bool,
    /// Reasons gained and lost.
    counts: Vec<Reason>,
    changes: Changes,
}

impl<S: Store> Walk<'_, '_, S> {
    fn run(&mut self, events: &[OpIx]) -> Result<(), S::Error> {
        let mut events = events.iter().copied().peekable();
        let (mut old, mut new) = (Side::default(), Side::default());
        let mut at: Option<OpIx> = None;
        while let Some(&event) = events.peek() {
            // The worlds agree up to here: catch up with what both had since.
            if let Some(place) = self.memo.old_place(self.node, at, Some(event))? {
                (old.place, new.place) = (Some(place), Some(place));
            }
            if let Some(winner) = self.old_winner(at, event)? {
                (old.winner, new.winner) = (Some(winner), Some(winner));
            }
            let mut next = self.memo.op(event)?;
            loop {
                let item = next;
                at = Some(item.op);
                events.next_if_eq(&item.op);
                self.visit(&item, &mut old, &mut new)?;
                let parents_differ = old.parent() != new.parent();
                if !parents_differ && old.winner == new.winner {
                    break;
                }
                let older = self.next_older(item.op, parents_differ)?;
                next = match (older, events.peek()) {
                    (Some(older), Some(&event)) if self.memo.is_before(older.op, event) => older,
                    (_, Some(&event)) => self.memo.op(event)?,
                    (Some(older), None) => older,
                    (None, None) => break,
                };
            }
        }
        Ok(())
    }

    fn visit(&mut self, item: &Item, old: &mut Side, new: &mut Side) -> Result<(), S::Error> {
        let op = item.op;
        let is_new = self.memo.is_new(op);
        let (was, is) = if item.parent.is_none() {
            (None, None)
        } else if is_new {
            (None, self.verdicts.in_batch[op.index()])
        } else if let Some(judgement) = self.verdicts.older.get(&op) {
            (Some(judgement.verdict.old), Some(judgement.verdict.new))
        } else {
            let verdict = recorded(self.memo, self.node, op)?;
            (Some(verdict), Some(verdict))
        };
        let now = new.apply(item, is);
        let before = if is_new { Effects::default() } else { old.apply(item, was) };
        if now.own != before.own {
            let to_payload = item.writes_payload;
            let reason = |by| move |parent| Reason { parent, op, by, to_payload };
            self.counts.extend(now.own.map(reason(1)));
            self.counts.extend(before.own.map(reason(-1)));
        }
        if now.winner != before.winner {
            let reason = |by| move |(parent, op)| Reason { parent, op, by, to_payload: true };
            self.counts.extend(now.winner.map(reason(1)));
            self.counts.extend(before.winner.map(reason(-1)));
        }
        if self.deletions {
            let moves = [
                (now.dots, before.dots, &mut self.changes.gained),
                (before.dots, now.dots, &mut self.changes.lost),
            ];
            for (holders, others, collected) in moves {
                for holder in holders.into_iter().flatten() {
                    if !others.contains(&Some(holder)) {
                        collected.push((holder, op));
                    }
                }
            }
        }
        Ok(())
    }

    /// Turns the counts into refs that come and go.
    fn settle(&mut self) -> Result<(), S::Error> {
        let mut counts = std::mem::take(&mut self.counts);
        counts.sort_unstable_by_key(|it| (it.parent, it.op));
        let mut reasons: HashMap<OpIx, HashSet<NodeIx>> = HashMap::new();
        for group in counts.chunk_by(|a, b| (a.parent, a.op) == (b.parent, b.op)) {
            let Reason { parent, op, to_payload, .. } = group[0];
            let count: i32 = group.iter().map(|it| it.by).sum();
            // A payload op may itself name the parent that refers to it because of another.
            if count == 0 || (to_payload && self.memo.op(op)?.parent == Some(parent)) {
                continue;
            }
            if count > 0 {
                let shared = to_payload && !self.memo.is_new(op);
                if !(shared && self.has_ref(parent, op)?) {
                    self.changes.refs_added.push((parent, op));
                }
            } else {
                if to_payload && !reasons.contains_key(&op) {
                    reasons.insert(op, self.reasons(op)?);
                }
                if !reasons.get(&op).is_some_and(|parents| parents.contains(&parent)) {
                    self.changes.refs_removed.push((parent, op));
                }
            }
        }
        counts.clear();
        self.counts = counts;
        Ok(())
    }

    fn has_ref(&mut self, parent: NodeIx, op: OpIx) -> Result<bool, S::Error> {
        self.memo.store.has_ref(self.memo.id(parent), self.memo.key(op))
    }

    /// The parents that have some reason to refer to the payload op `winner` in the new world: the
    /// structural ops from there to the next payload tell.
    fn reasons(&mut self, winner: OpIx) -> Result<HashSet<NodeIx>, S::Error> {
        let Self { memo, verdicts, node, .. } = self;
        let node = *node;
        let mut parents = HashSet::new();
        let mut side = Side::default();
        let mut back = winner;
        while let Some(item) = memo.prev(node, Track::Structure, back)? {
            back = item.op;
            if verdicts.verdict(memo, node, back)? == Verdict::Effective {
                side.place = item.parent.map(|parent| Place { op: back, parent });
                break;
            }
        }
        let mut item = memo.op(winner)?;
        loop {
            let verdict = match item.parent {
                Some(_) => Some(verdicts.verdict(memo, node, item.op)?),
                None => None,
            };
            let effects = side.apply(&item, verdict);
            if item.op == winner {
                parents.extend(effects.own);
            }
            parents.extend(effects.winner.map(|(parent, _)| parent));
            let step = memo.next(node, Track::Structure, item.op)?;
            let payload = memo.next(node, Track::Payload, item.op)?;
            item = match (step, payload) {
                (Some(step), Some(payload)) if !memo.is_before(step.op, payload.op) => break,
                (Some(step), _) => step,
                (None, _) => break,
            };
        }
        Ok(parents)
    }

    /// The last payload op before `event`, if it stands after `floor`. The batch is not met: what
    /// it has below `event` is not above `floor`.
    fn old_winner(&mut self, floor: Option<OpIx>, event: OpIx) -> Result<Option<OpIx>, S::Error> {
        let Some(last) = self.memo.row(self.node)?.payload else { return Ok(None) };
        let winner = if self.memo.is_before(last, event) {
            Some(last)
        } else {
            self.memo.prev(self.node, Track::Payload, event)?.map(|item| item.op)
        };
        Ok(winner.filter(|&op| self.memo.is_above(op, floor)))
    }

    /// The next operation on the node that could tell the worlds apart: where only the winning
    /// payload differs, deletions cannot.
    fn next_older(&mut self, op: OpIx, parents_differ: bool) -> Result<Option<Item>, S::Error> {
        if !self.memo.has_later(op) {
            return Ok(None);
        }
        let mut first: Option<Item> = None;
        for track in [Track::Structure, Track::Payload, Track::Deletion] {
            if track == Track::Deletion && !parents_differ {
                continue;
            }
            if let Some(item) = self.memo.next(self.node, track, op)?
                && first.is_none_or(|first| self.memo.is_before(item.op, first.op))
            {
                first = Some(item);
            }
        }
        Ok(first)
    }
}
