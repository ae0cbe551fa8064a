//! What op refs and dots come and go, node by node.
//!
//! Everything but verdicts follows from each node's own timeline. So for each node concerned, the
//! old and the new world are walked side by side, but only over the stretches in which they
//! differ: from an operation of the batch (or one whose verdict changed) to the point where parent
//! and winning payload agree again. On the way each operation's op refs (spec: "Op refs") are
//! counted down for the old world and up for the new.
//!
//! A ref to a payload op can have more than one reason, since every later structural op up to the
//! next payload may refer to it again. So when a count ends below zero the ref is only removed
//! once no reason is left in the new world ([`Walk::reasons`]).

use std::collections::{HashMap, HashSet};

use crate::catch_up::{Draft, World, entry_of};
use crate::id::{Dot, Key, NodeId};
use crate::store::{Entry, Store, Track, Verdict};
use crate::sweep::{Place, Sweep, recorded};

/// What came and went.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Op refs, as (parent, key), sorted.
    pub(crate) refs_added: Vec<(NodeId, Key)>,
    /// Op refs, as (parent, key), sorted.
    pub(crate) refs_removed: Vec<(NodeId, Key)>,
    /// Dots that a node's structural history or winning payload has gained.
    pub(crate) gained: HashMap<NodeId, Vec<Dot>>,
    /// Dots that it has, perhaps, lost.
    pub(crate) lost: HashMap<NodeId, Vec<Dot>>,
}

/// Compares the two worlds along the timelines of all drafted nodes. Dots are only collected where
/// there are `deletions` that could cover them.
pub(crate) fn compare<S: Store>(
    world: &mut World<'_, S>,
    sweep: &Sweep,
    drafts: &[Draft],
    deletions: bool,
) -> Result<Changes, S::Error> {
    let mut turned: Vec<(NodeId, Key)> = sweep
        .older
        .iter()
        .filter(|(_, judgement)| judgement.old != judgement.new)
        .map(|(key, judgement)| (judgement.node, *key))
        .collect();
    turned.sort_unstable();
    let mut turned = turned.into_iter().peekable();
    let mut changes = Changes::default();
    let mut events: Vec<Key> = Vec::new();
    for draft in drafts {
        world.store.check()?;
        events.clear();
        events.extend(draft.ops.iter().map(|&at| world.batch[at].key));
        while let Some((_, key)) = turned.next_if(|(node, _)| *node == draft.node) {
            events.push(key);
        }
        events.sort_unstable();
        // ROOT has payloads only, and nothing above it to collect them.
        if draft.node != NodeId::ROOT && !events.is_empty() {
            let node = draft.node;
            let mut walk = Walk { world, sweep, node, deletions, counts: Vec::new() };
            walk.run(&events, &mut changes)?;
            walk.settle(&mut changes)?;
        }
        if deletions && draft.payload != draft.old_payload() {
            let (lost, gained) = (draft.old_payload(), draft.payload);
            changes.lost.entry(draft.node).or_default().extend(lost.map(|key| key.dot));
            changes.gained.entry(draft.node).or_default().extend(gained.map(|key| key.dot));
        }
    }
    changes.refs_added.sort_unstable();
    changes.refs_removed.sort_unstable();
    Ok(changes)
}

/// The state of one node in one world at one moment.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    place: Option<Place>,
    winner: Option<Key>,
}

/// What one operation does to op refs and dots in one world.
#[derive(Debug, Clone, Copy, Default)]
struct Effects {
    /// The parents that refer to the operation: that before it, and the one it names.
    own: [Option<NodeId>; 2],
    /// The parent that refers to an older payload op because of it.
    winner: Option<(NodeId, Key)>,
    /// The nodes whose structural history its dot enters.
    dots: [Option<NodeId>; 3],
}

impl Side {
    fn parent(&self) -> Option<NodeId> {
        self.place.map(|place| place.1)
    }

    /// Applies an operation, and tells what that does.
    fn apply(&mut self, node: NodeId, entry: &Entry, verdict: Option<Verdict>) -> Effects {
        let collecting = |node: Option<NodeId>| node.filter(|&node| node != NodeId::TRASH);
        let before = self.parent();
        if entry.writes_payload {
            self.winner = Some(entry.key);
        }
        let mut effects = Effects { own: [collecting(before), None], ..Effects::default() };
        let Some(step) = &entry.step else { return effects };
        let parent = collecting(Some(step.parent));
        if before != Some(step.parent) {
            effects.own[1] = parent;
            effects.winner = parent.zip(self.winner.filter(|&winner| winner != entry.key));
        }
        if verdict == Some(Verdict::Effective) {
            let left = before.filter(|_| step.is_move);
            effects.dots = [Some(node), parent, collecting(left)];
            self.place = Some((entry.key, step.parent));
        }
        effects
    }
}

struct Walk<'w, 'a, S> {
    world: &'w mut World<'a, S>,
    sweep: &'w Sweep,
    node: NodeId,
    deletions: bool,
    /// Reasons gained (1) and lost (-1), by parent and key, and whether that is a payload op.
    counts: Vec<((NodeId, Key), i32, bool)>,
}

impl<S: Store> Walk<'_, '_, S> {
    fn run(&mut self, events: &[Key], changes: &mut Changes) -> Result<(), S::Error> {
        let mut events = events.iter().copied().peekable();
        let (mut old, mut new) = (Side::default(), Side::default());
        let mut at: Option<Key> = None;
        while let Some(&event) = events.peek() {
            // The worlds agree up to here: catch up with what both had since.
            if let Some(place) = self.world.old_place(self.node, at, Some(event))? {
                (old.place, new.place) = (Some(place), Some(place));
            }
            if let Some(winner) = self.old_winner(at, event)? {
                (old.winner, new.winner) = (Some(winner), Some(winner));
            }
            let mut next = self.entry_at(event)?;
            loop {
                let entry = next;
                at = Some(entry.key);
                events.next_if(|&event| event == entry.key);
                self.visit(&entry, &mut old, &mut new, changes)?;
                let parents_differ = old.parent() != new.parent();
                if !parents_differ && old.winner == new.winner {
                    break;
                }
                let older = self.next_older(entry.key, parents_differ)?;
                next = match (older, events.peek()) {
                    (Some(older), Some(&event)) if older.key < event => older,
                    (_, Some(&event)) => self.entry_at(event)?,
                    (Some(older), None) => older,
                    (None, None) => break,
                };
            }
        }
        Ok(())
    }

    fn visit(
        &mut self,
        entry: &Entry,
        old: &mut Side,
        new: &mut Side,
        changes: &mut Changes,
    ) -> Result<(), S::Error> {
        let (node, key) = (self.node, entry.key);
        let position = self.world.position(key);
        let (was, is) = match (&entry.step, position) {
            (None, _) => (None, None),
            (Some(_), Some(at)) => (None, self.sweep.in_batch[at]),
            (Some(_), None) => match self.sweep.older.get(&key) {
                Some(judgement) => (Some(judgement.old), Some(judgement.new)),
                None => {
                    let verdict = recorded(self.world, node, key)?;
                    (Some(verdict), Some(verdict))
                }
            },
        };
        let now = new.apply(node, entry, is);
        let before = match position {
            None => old.apply(node, entry, was),
            Some(_) => Effects::default(),
        };
        for (parents, others, by) in [(now.own, before.own, 1), (before.own, now.own, -1)] {
            for parent in parents.into_iter().flatten() {
                if !others.contains(&Some(parent)) {
                    self.counts.push(((parent, key), by, entry.writes_payload));
                }
            }
        }
        if now.winner != before.winner {
            self.counts.extend(now.winner.map(|reference| (reference, 1, true)));
            self.counts.extend(before.winner.map(|reference| (reference, -1, true)));
        }
        if self.deletions {
            let moves = [
                (now.dots, before.dots, &mut changes.gained),
                (before.dots, now.dots, &mut changes.lost),
            ];
            for (holders, others, collected) in moves {
                for holder in holders.into_iter().flatten() {
                    if !others.contains(&Some(holder)) {
                        collected.entry(holder).or_default().push(key.dot);
                    }
                }
            }
        }
        Ok(())
    }

    /// Turns the counts into refs that come and go.
    fn settle(self, changes: &mut Changes) -> Result<(), S::Error> {
        let Self { world, sweep, node, mut counts, .. } = self;
        counts.sort_unstable_by_key(|(reference, ..)| *reference);
        let mut reasons: HashMap<Key, HashSet<NodeId>> = HashMap::new();
        for group in counts.chunk_by(|a, b| a.0 == b.0) {
            let ((parent, key), _, to_payload) = group[0];
            let count: i32 = group.iter().map(|(_, by, _)| by).sum();
            if count > 0 {
                let shared = to_payload && world.position(key).is_none();
                if !(shared && world.store.has_ref(parent, key)?) {
                    changes.refs_added.push((parent, key));
                }
            } else if count < 0 {
                if to_payload && !reasons.contains_key(&key) {
                    reasons.insert(key, Self::reasons(world, sweep, node, key)?);
                }
                if !reasons.get(&key).is_some_and(|parents| parents.contains(&parent)) {
                    changes.refs_removed.push((parent, key));
                }
            }
        }
        Ok(())
    }

    /// The parents that have some reason to refer to the payload op `winner` in the new world: the
    /// structural ops from there to the next payload tell.
    fn reasons(
        world: &mut World<'_, S>,
        sweep: &Sweep,
        node: NodeId,
        winner: Key,
    ) -> Result<HashSet<NodeId>, S::Error> {
        let mut parents = HashSet::new();
        let mut side = Side::default();
        let mut back = winner;
        while let Some(entry) = world.store.prev(node, Track::Structure, back)? {
            back = entry.key;
            if sweep.verdict(world, node, back)? == Verdict::Effective {
                side.place = entry.step.map(|step| (back, step.parent));
                break;
            }
        }
        let mut entry = world.store.entry(winner)?.1;
        loop {
            let verdict = match entry.step {
                Some(_) => Some(sweep.verdict(world, node, entry.key)?),
                None => None,
            };
            let effects = side.apply(node, &entry, verdict);
            if entry.key == winner {
                parents.extend(effects.own.into_iter().flatten());
            }
            parents.extend(effects.winner.map(|(parent, _)| parent));
            let step = world.store.next(node, Track::Structure, entry.key)?;
            let payload = world.store.next(node, Track::Payload, entry.key)?;
            entry = match (step, payload) {
                (Some(step), Some(payload)) if payload.key <= step.key => break,
                (Some(step), _) => step,
                (None, _) => break,
            };
        }
        Ok(parents)
    }

    fn entry_at(&mut self, key: Key) -> Result<Entry, S::Error> {
        match self.world.in_batch(key) {
            Some(op) => Ok(entry_of(op)),
            None => Ok(self.world.store.entry(key)?.1),
        }
    }

    /// The last payload op before `event`, if it stands after `floor`. The batch is not met: what
    /// it has below `event` is not above `floor`.
    fn old_winner(&mut self, floor: Option<Key>, event: Key) -> Result<Option<Key>, S::Error> {
        let Some(last) = self.world.row(self.node)?.and_then(|row| row.payload) else {
            return Ok(None);
        };
        let winner = if last < event {
            Some(last)
        } else {
            self.world.store.prev(self.node, Track::Payload, event)?.map(|entry| entry.key)
        };
        Ok(winner.filter(|&key| floor.is_none_or(|floor| floor < key)))
    }

    /// The next operation on the node that could tell the worlds apart: where only the winning
    /// payload differs, deletions cannot.
    fn next_older(&mut self, key: Key, parents_differ: bool) -> Result<Option<Entry>, S::Error> {
        if !self.world.has_later(key) {
            return Ok(None);
        }
        let mut first: Option<Entry> = None;
        for track in [Track::Structure, Track::Payload, Track::Deletion] {
            if track == Track::Deletion && !parents_differ {
                continue;
            }
            if let Some(entry) = self.world.store.next(self.node, track, key)?
                && first.as_ref().is_none_or(|first| entry.key < first.key)
            {
                first = Some(entry);
            }
        }
        Ok(first)
    }
}
