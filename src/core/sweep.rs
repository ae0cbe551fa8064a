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
//! older operation: either way it has op refs. So it is enough to **watch** the diverged nodes
//! that have op refs, and every ancestor of theirs in either world: the structural operations that
//! come next on watched nodes are judged again, and no others. Where nothing diverged has op refs,
//! nothing later can differ, and the watch ends.
//!
//! The next structural operation on a diverged node is judged as well, childless or not: it is
//! where the node's two placements meet again.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::catch_up::World;
use crate::id::{Key, NodeId};
use crate::store::{Store, Track, Verdict};

/// A parent, and the operation that gave it.
pub(crate) type Place = (Key, NodeId);

/// What became of an older structural operation that was judged again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judgement {
    pub(crate) node: NodeId,
    pub(crate) old: Verdict,
    pub(crate) new: Verdict,
}

/// Where a node stood in both worlds when an operation on it was last judged.
#[derive(Debug, Clone, Copy)]
struct Stand {
    at: Key,
    old: Option<Place>,
    new: Option<Place>,
}

impl Stand {
    fn is_diverged(&self) -> bool {
        self.old.map(|place| place.1) != self.new.map(|place| place.1)
    }
}

/// The verdicts found.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    /// The verdicts on the batch's structural operations, by their places in it.
    pub(crate) in_batch: Vec<Option<Verdict>>,
    /// The older operations judged again.
    pub(crate) older: BTreeMap<Key, Judgement>,
    stands: HashMap<NodeId, Stand>,
}

impl Sweep {
    /// A node's places in the old and the new world just before `before`, or at the end. The sweep
    /// must have reached that moment.
    pub(crate) fn places<S: Store>(
        &self,
        world: &mut World<'_, S>,
        node: NodeId,
        before: Option<Key>,
    ) -> Result<(Option<Place>, Option<Place>), S::Error> {
        if node.is_reserved() {
            return Ok((None, None));
        }
        let stand = self.stands.get(&node);
        if let Some(stand) = stand.filter(|stand| stand.is_diverged()) {
            return Ok((stand.old, stand.new));
        }
        let later = world.old_place(node, stand.map(|stand| stand.at), before)?;
        Ok(match (later, stand) {
            (None, Some(stand)) => (stand.old, stand.new),
            _ => (later, later),
        })
    }

    /// The verdict of a structural operation now that the batch is there.
    pub(crate) fn verdict<S: Store>(
        &self,
        world: &mut World<'_, S>,
        node: NodeId,
        key: Key,
    ) -> Result<Verdict, S::Error> {
        if let Some(judgement) = self.older.get(&key) {
            return Ok(judgement.new);
        }
        match world.position(key).and_then(|at| self.in_batch[at]) {
            Some(verdict) => Ok(verdict),
            None => recorded(world, node, key),
        }
    }

    /// Whether any structural operation on the node was judged.
    pub(crate) fn has_judged(&self, node: NodeId) -> bool {
        self.stands.contains_key(&node)
    }
}

/// The verdict on record from before the batch.
pub(crate) fn recorded<S: Store>(
    world: &mut World<'_, S>,
    node: NodeId,
    key: Key,
) -> Result<Verdict, S::Error> {
    let ignored = world.store.is_ignored(node, key)?;
    Ok(if ignored { Verdict::Ignored } else { Verdict::Effective })
}

/// An operation waiting to be judged.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    key: Key,
    node: NodeId,
    parent: NodeId,
    /// Where in the batch it stands; `None` if it is older.
    position: Option<usize>,
}

/// Judges the structural operations of the batch, and those older ones that it can affect.
pub(crate) fn judge<S: Store>(world: &mut World<'_, S>) -> Result<Sweep, S::Error> {
    let batch: Vec<Candidate> = world
        .batch
        .iter()
        .enumerate()
        .filter_map(|(at, op)| {
            let (key, node) = (op.key, op.node);
            op.parent().map(|parent| Candidate { key, node, parent, position: Some(at) })
        })
        .collect();
    let in_batch = vec![None; world.batch.len()];
    let mut judge = Judge {
        world,
        sweep: Sweep { in_batch, ..Sweep::default() },
        new_parents: HashSet::new(),
        agenda: BTreeMap::new(),
        watched: HashSet::new(),
        influential: HashSet::new(),
    };
    let mut batch = batch.into_iter().peekable();
    loop {
        let first = judge.agenda.first_key_value().map(|(key, _)| *key);
        let next = match (first, batch.peek()) {
            (Some(key), Some(op)) if key < op.key => judge.agenda.remove(&key),
            (Some(key), None) => judge.agenda.remove(&key),
            (_, Some(_)) => batch.next(),
            (None, None) => break,
        };
        judge.step(next.expect("peeked"))?;
    }
    Ok(judge.sweep)
}

struct Judge<'w, 'a, S> {
    world: &'w mut World<'a, S>,
    sweep: Sweep,
    /// Nodes that an operation of the batch was put below, so far.
    new_parents: HashSet<NodeId>,
    /// Older operations to judge again.
    agenda: BTreeMap<Key, Candidate>,
    watched: HashSet<NodeId>,
    /// The diverged nodes that have op refs.
    influential: HashSet<NodeId>,
}

impl<S: Store> Judge<'_, '_, S> {
    fn step(&mut self, op: Candidate) -> Result<(), S::Error> {
        let Candidate { key, node, parent, position } = op;
        let was_diverged = self.sweep.stands.get(&node).is_some_and(Stand::is_diverged);
        if position.is_none() && !was_diverged && !self.watched.contains(&node) {
            return Ok(());
        }
        let before = self.sweep.places(self.world, node, Some(key))?;
        let (mut old, mut new) = before;
        let verdict = if self.makes_cycle(op)? { Verdict::Ignored } else { Verdict::Effective };
        if verdict == Verdict::Effective {
            new = Some((key, parent));
        }
        if let Some(at) = position {
            self.sweep.in_batch[at] = Some(verdict);
            if verdict == Verdict::Effective {
                self.new_parents.insert(parent);
            }
        } else {
            let judgement = Judgement { node, old: recorded(self.world, node, key)?, new: verdict };
            if judgement.old == Verdict::Effective {
                old = Some((key, parent));
            }
            self.sweep.older.insert(key, judgement);
        }
        let stand = Stand { at: key, old, new };
        self.sweep.stands.insert(node, stand);
        if !self.world.has_later(key) {
            return Ok(());
        }

        let is_watched = self.watched.contains(&node);
        if stand.is_diverged() && self.world.has_refs(node)? {
            self.influential.insert(node);
            self.watch(node, key)?;
        } else {
            self.influential.remove(&node);
            let parent_of = |place: Option<Place>| place.map(|place| place.1);
            let moved =
                parent_of(before.0) != parent_of(old) || parent_of(before.1) != parent_of(new);
            if self.influential.is_empty() {
                self.watched.clear();
            } else if is_watched && moved {
                self.watch(node, key)?;
            }
        }
        if stand.is_diverged() || self.watched.contains(&node) {
            self.expect_next(node, key)?;
        }
        Ok(())
    }

    /// Whether `op` would put its node below itself in the new world.
    fn makes_cycle(&mut self, op: Candidate) -> Result<bool, S::Error> {
        if op.node == op.parent {
            return Ok(true);
        }
        // A node that nothing was put below by now is above nobody.
        if op.parent.is_reserved()
            || (!self.new_parents.contains(&op.node) && !self.world.has_refs(op.node)?)
        {
            return Ok(false);
        }
        let mut at = op.parent;
        while let (_, Some((_, parent))) = self.sweep.places(self.world, at, Some(op.key))? {
            if parent == op.node {
                return Ok(true);
            }
            self.world.store.check()?;
            at = parent;
        }
        Ok(false)
    }

    /// Watches a node and all its ancestors in both worlds, as they are after `key`.
    fn watch(&mut self, node: NodeId, key: Key) -> Result<(), S::Error> {
        self.watched.insert(node);
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            let (old, new) = self.sweep.places(self.world, at, Some(key))?;
            for (_, parent) in old.into_iter().chain(new) {
                if !parent.is_reserved() && self.watched.insert(parent) {
                    self.expect_next(parent, key)?;
                    open.push(parent);
                }
            }
        }
        Ok(())
    }

    /// Puts the next older structural operation on a node on the agenda.
    fn expect_next(&mut self, node: NodeId, key: Key) -> Result<(), S::Error> {
        if let Some(entry) = self.world.store.next(node, Track::Structure, key)?
            && let Some(step) = entry.step
            && self.world.position(entry.key).is_none()
        {
            let candidate = Candidate { key: entry.key, node, parent: step.parent, position: None };
            self.agenda.insert(entry.key, candidate);
        }
        Ok(())
    }
}
