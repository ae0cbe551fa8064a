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

use std::collections::BTreeMap;
use std::iter::Peekable;

use crate::descent::{BatchChildren, Below, Descent};
use crate::id::Key;
use crate::store::{Store, Track, Verdict};
use crate::world::{Item, NodeIx, OpIx, PerNode, Place, World};

/// From how many operations on a batch is expected to share ancestors, so that a look up from a
/// parent is answered from what is read already.
const LARGE: usize = 64;
/// How far up such a look goes.
const SHORT: usize = 16;
/// From how far up on a climb is accompanied by a descent.
const CLIMB: usize = 8;

/// What became of an older structural operation that was judged again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judgement {
    pub(crate) node: NodeIx,
    pub(crate) old: Verdict,
    pub(crate) new: Verdict,
}

/// Where a node stood in both worlds when an operation on it was last judged.
#[derive(Debug, Clone, Copy)]
struct Stand {
    at: OpIx,
    old: Option<Place>,
    new: Option<Place>,
}

impl Stand {
    fn is_diverged(&self) -> bool {
        parent_of(self.old) != parent_of(self.new)
    }
}

fn parent_of(place: Option<Place>) -> Option<NodeIx> {
    place.map(|place| place.parent)
}

/// The verdicts found.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    /// The verdicts on the batch's structural operations, by their places in it.
    pub(crate) in_batch: Vec<Option<Verdict>>,
    /// The older operations judged again.
    pub(crate) older: BTreeMap<OpIx, Judgement>,
    stands: PerNode<Option<Stand>>,
}

impl Sweep {
    /// A node's places in the old and the new world just before `before`, or at the end. The sweep
    /// must have reached that moment.
    pub(crate) fn places<S: Store>(
        &self,
        world: &mut World<'_, S>,
        node: NodeIx,
        before: Option<OpIx>,
    ) -> Result<(Option<Place>, Option<Place>), S::Error> {
        if node.is_reserved() {
            return Ok((None, None));
        }
        let stand = self.stands.get(node);
        if let Some(stand) = stand.filter(Stand::is_diverged) {
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
        node: NodeIx,
        op: OpIx,
    ) -> Result<Verdict, S::Error> {
        if let Some(verdict) = self.in_batch.get(op.index()).copied().flatten() {
            return Ok(verdict);
        }
        match self.older.get(&op) {
            Some(judgement) => Ok(judgement.new),
            None => recorded(world, node, op),
        }
    }

    /// Whether any structural operation on the node was judged.
    pub(crate) fn has_judged(&self, node: NodeIx) -> bool {
        self.stands.get(node).is_some()
    }
}

/// The verdict on record from before the batch.
pub(crate) fn recorded<S: Store>(
    world: &mut World<'_, S>,
    node: NodeIx,
    op: OpIx,
) -> Result<Verdict, S::Error> {
    let ignored = world.was_ignored(node, op)?;
    Ok(if ignored { Verdict::Ignored } else { Verdict::Effective })
}

/// A structural operation waiting to be judged.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    op: OpIx,
    node: NodeIx,
    parent: NodeIx,
}

impl Candidate {
    fn of(item: &Item) -> Option<Self> {
        item.parent.map(|parent| Self { op: item.op, node: item.node, parent })
    }
}

/// Judges the structural operations of the batch, and those older ones that it can affect.
pub(crate) fn judge<S: Store>(world: &mut World<'_, S>) -> Result<Sweep, S::Error> {
    let batch: Vec<Candidate> = world.batch.iter().filter_map(Candidate::of).collect();
    let in_batch = vec![None; world.batch.len()];
    let mut judge = Judge {
        world,
        sweep: Sweep { in_batch, ..Sweep::default() },
        new_parents: PerNode::default(),
        batch_children: BatchChildren::default(),
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
    Ok(judge.sweep)
}

struct Judge<'w, 'a, S> {
    world: &'w mut World<'a, S>,
    sweep: Sweep,
    /// Nodes that an operation of the batch was put below, so far.
    new_parents: PerNode<bool>,
    batch_children: BatchChildren,
    /// Older operations to judge again.
    agenda: BTreeMap<Key, Candidate>,
    /// The watch in which a node was last watched; all before `watch` have ended.
    watched: PerNode<u32>,
    watch: u32,
    /// The diverged nodes that have op refs, and how many there are.
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
            (Some((key, _)), Some(new)) => *key < self.world.key(new.op),
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
        let is_new = self.world.is_new(op);
        let was_diverged = self.sweep.stands.get(node).is_some_and(|stand| stand.is_diverged());
        if !is_new && !was_diverged && !self.is_watched(node) {
            return Ok(());
        }
        let before = self.sweep.places(self.world, node, Some(op))?;
        let (mut old, mut new) = before;
        let verdict =
            if self.makes_cycle(candidate)? { Verdict::Ignored } else { Verdict::Effective };
        if verdict == Verdict::Effective {
            new = Some(Place { op, parent });
        }
        if is_new {
            self.sweep.in_batch[op.index()] = Some(verdict);
            if verdict == Verdict::Effective {
                self.new_parents.set(parent, true);
            }
        } else {
            let judgement = Judgement { node, old: recorded(self.world, node, op)?, new: verdict };
            if judgement.old == Verdict::Effective {
                old = Some(Place { op, parent });
            }
            self.sweep.older.insert(op, judgement);
        }
        let stand = Stand { at: op, old, new };
        self.sweep.stands.set(node, Some(stand));
        if !self.world.has_later(op) {
            return Ok(());
        }

        let is_watched = self.is_watched(node);
        if stand.is_diverged() && self.world.has_refs(node)? {
            self.set_influential(node, true);
            self.watch(node, op)?;
        } else {
            self.set_influential(node, false);
            let moved =
                parent_of(before.0) != parent_of(old) || parent_of(before.1) != parent_of(new);
            if self.influential_count == 0 {
                self.watch += 1;
            } else if is_watched && moved {
                self.watch(node, op)?;
            }
        }
        if stand.is_diverged() || self.is_watched(node) {
            self.expect_next(node, op)?;
        }
        Ok(())
    }

    /// Whether an operation would put its node below itself in the new world.
    fn makes_cycle(&mut self, candidate: Candidate) -> Result<bool, S::Error> {
        let Candidate { op, node, parent } = candidate;
        if node == parent {
            return Ok(true);
        }
        let is_new_parent = self.new_parents.get(node);
        if parent.is_reserved() || (!is_new_parent && self.world.surely_has_no_refs(node)) {
            return Ok(false);
        }
        let mut at = parent;
        let mut may_read = self.world.batch.len() >= LARGE;
        for _ in 0..SHORT {
            if self.known_parent(at, op).is_none() && std::mem::take(&mut may_read) {
                self.world.row(at)?;
            }
            match self.known_parent(at, op) {
                None => break,
                Some(None) => return Ok(false),
                Some(Some(above)) if above == node => return Ok(true),
                Some(Some(above)) => at = above,
            }
        }
        // A node that nothing was put below by now is above nobody.
        if !is_new_parent && !self.world.has_refs(node)? {
            return Ok(false);
        }
        let mut descent = None;
        for step in 0.. {
            match parent_of(self.sweep.places(self.world, at, Some(op))?.1) {
                None => return Ok(false),
                Some(above) if above == node => return Ok(true),
                Some(above) => at = above,
            }
            self.world.store.check()?;
            self.world.must_end(step, at)?;
            if step == CLIMB {
                descent = Some(Descent::new(node, parent));
            }
            let found = match &mut descent {
                Some(descent) => descent.step(self.world, &mut self.batch_children)?,
                None => Below::Unknown,
            };
            match found {
                Below::Nothing => return Ok(false),
                Below::Perhaps => descent = None,
                Below::Unknown => {}
            }
        }
        unreachable!("the way up ends")
    }

    /// The parent of a node in the new world just before `op`, where no question to the store is
    /// needed to tell.
    fn known_parent(&self, node: NodeIx, op: OpIx) -> Option<Option<NodeIx>> {
        let stand = self.sweep.stands.get(node);
        let place = match stand {
            _ if node.is_reserved() => None,
            Some(stand) if stand.is_diverged() => stand.new,
            _ => self.world.known_place(node, op)?,
        };
        let since = |place: &Place, stand: Stand| self.world.is_before(stand.at, place.op);
        let place = match stand {
            Some(stand) if !place.is_some_and(|place| since(&place, stand)) => stand.new,
            _ => place,
        };
        Some(parent_of(place))
    }

    /// Watches a node and all its ancestors in both worlds, as they are after `op`.
    fn watch(&mut self, node: NodeIx, op: OpIx) -> Result<(), S::Error> {
        self.watched.set(node, self.watch);
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            let (old, new) = self.sweep.places(self.world, at, Some(op))?;
            for Place { parent, .. } in old.into_iter().chain(new) {
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
        let next = self.world.next(node, Track::Structure, op)?;
        if let Some(candidate) = next.filter(|next| !self.world.is_new(next.op))
            && let Some(candidate) = Candidate::of(&candidate)
        {
            self.agenda.insert(self.world.key(candidate.op), candidate);
        }
        Ok(())
    }
}
