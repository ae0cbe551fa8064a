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

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::catch_up::{Draft, World, entry_of};
use crate::id::{Dot, Key, NodeId};
use crate::store::{Entry, Store, Track, Verdict};
use crate::sweep::{Place, Sweep};

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

/// Compares the two worlds along the timelines of all drafted nodes.
pub(crate) fn compare<S: Store>(
    world: &mut World<'_, S>,
    sweep: &mut Sweep,
    drafts: &BTreeMap<NodeId, Draft>,
) -> Result<Changes, S::Error> {
    let mut events: BTreeMap<NodeId, BTreeSet<Key>> = BTreeMap::new();
    for op in &world.batch {
        events.entry(op.node).or_default().insert(op.key);
    }
    for (&node, judged) in &sweep.judged {
        let turned = judged.iter().filter(|(_, j)| j.old.is_some_and(|old| old != j.new));
        events.entry(node).or_default().extend(turned.map(|(key, _)| *key));
    }
    let mut changes = Changes::default();
    for (node, events) in events {
        // ROOT has payloads only, and nothing above it to collect them.
        if node != NodeId::ROOT {
            let mut walk = Walk { world, sweep, node, counts: BTreeMap::new() };
            walk.run(events, &mut changes)?;
            walk.settle(&mut changes)?;
        }
        let draft = &drafts[&node];
        let old = draft.old.as_ref().and_then(|row| row.payload);
        if draft.payload != old {
            changes.lost.entry(node).or_default().extend(old.map(|key| key.dot));
            changes.gained.entry(node).or_default().extend(draft.payload.map(|key| key.dot));
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

impl Side {
    fn parent(&self) -> Option<NodeId> {
        self.place.map(|place| place.1)
    }

    /// Applies an operation; `collect` gets what it refers to, as (parent, key, is a payload op),
    /// and `dots` the nodes whose structural history its dot enters.
    fn apply(
        &mut self,
        node: NodeId,
        entry: &Entry,
        verdict: Option<Verdict>,
        refs: &mut BTreeSet<(NodeId, Key)>,
        dots: &mut BTreeSet<NodeId>,
    ) {
        let before = self.parent();
        if entry.writes_payload {
            self.winner = Some(entry.key);
        }
        refs.extend(before.map(|before| (before, entry.key)));
        if let Some(step) = &entry.step {
            refs.insert((step.parent, entry.key));
            if before != Some(step.parent) {
                refs.extend(self.winner.map(|winner| (step.parent, winner)));
            }
            if verdict == Some(Verdict::Effective) {
                dots.extend([node, step.parent]);
                if step.is_move {
                    dots.extend(before);
                }
                self.place = Some((entry.key, step.parent));
            }
        }
        refs.retain(|(parent, _)| *parent != NodeId::TRASH);
        dots.remove(&NodeId::TRASH);
    }
}

struct Walk<'w, 'a, S> {
    world: &'w mut World<'a, S>,
    sweep: &'w Sweep,
    node: NodeId,
    /// By (parent, key): reasons gained less reasons lost, and whether the key is a payload op's.
    counts: BTreeMap<(NodeId, Key), (i32, bool)>,
}

impl<S: Store> Walk<'_, '_, S> {
    fn run(&mut self, events: BTreeSet<Key>, changes: &mut Changes) -> Result<(), S::Error> {
        let mut events = events.into_iter().peekable();
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
        let is_structural = entry.step.is_some();
        let judgement = self.sweep.judged.get(&node).and_then(|judged| judged.get(&key)).copied();
        let (was, is) = match judgement {
            Some(judgement) => (judgement.old, Some(judgement.new)),
            None if is_structural => {
                let verdict = self.sweep.verdict(self.world, node, key)?;
                (Some(verdict), Some(verdict))
            }
            None => (None, None),
        };
        let (mut refs, mut dots) = (BTreeSet::new(), BTreeSet::new());
        let (mut old_refs, mut old_dots) = (BTreeSet::new(), BTreeSet::new());
        new.apply(node, entry, is, &mut refs, &mut dots);
        if self.world.in_batch(key).is_none() {
            old.apply(node, entry, was, &mut old_refs, &mut old_dots);
        }
        for &(parent, target) in refs.difference(&old_refs) {
            self.count((parent, target), 1, target != key || entry.writes_payload);
        }
        for &(parent, target) in old_refs.difference(&refs) {
            self.count((parent, target), -1, target != key || entry.writes_payload);
        }
        for &holder in dots.difference(&old_dots) {
            changes.gained.entry(holder).or_default().push(key.dot);
        }
        for &holder in old_dots.difference(&dots) {
            changes.lost.entry(holder).or_default().push(key.dot);
        }
        Ok(())
    }

    fn count(&mut self, reference: (NodeId, Key), by: i32, to_payload: bool) {
        let (count, _) = self.counts.entry(reference).or_insert((0, to_payload));
        *count += by;
    }

    /// Turns the counts into refs that come and go.
    fn settle(self, changes: &mut Changes) -> Result<(), S::Error> {
        let Self { world, sweep, node, counts } = self;
        let mut reasons: HashMap<Key, HashSet<NodeId>> = HashMap::new();
        for ((parent, key), (count, to_payload)) in counts {
            if count > 0 {
                let shared = to_payload && world.in_batch(key).is_none();
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
        let (mut refs, mut dots) = (BTreeSet::new(), BTreeSet::new());
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
            side.apply(node, &entry, verdict, &mut refs, &mut dots);
            refs.retain(|(_, key)| *key == winner);
            let step = world.store.next(node, Track::Structure, entry.key)?;
            let payload = world.store.next(node, Track::Payload, entry.key)?;
            entry = match (step, payload) {
                (Some(step), Some(payload)) if payload.key <= step.key => break,
                (Some(step), _) => step,
                (None, _) => break,
            };
        }
        Ok(refs.into_iter().map(|(parent, _)| parent).collect())
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
