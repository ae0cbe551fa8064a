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
//! deeper one, a node passes on only those changes that it does not cover itself.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::catch_up::{Draft, World, draft_of};
use crate::id::{Dot, Key, NodeId};
use crate::store::{Store, Track, Verdict};
use crate::sweep::Sweep;
use crate::timeline::Changes;
use crate::version_vector::VersionVector;

/// What the batch means to one deleted node: what changed at or below it.
#[derive(Debug, Default)]
struct Case {
    /// Dots that came in.
    gained: Vec<Dot>,
    /// Dots that, perhaps, left.
    lost: Vec<Dot>,
    /// Nodes that came in with all that is below them.
    arrived: Vec<NodeId>,
    /// Whether nodes left with all that is below them.
    departed: bool,
}

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
    drafts: &[Draft],
    changes: &Changes,
) -> Result<Vec<(NodeId, bool)>, S::Error> {
    let mut after = After::new(world, sweep, drafts, changes);
    for draft in drafts {
        if draft.deleted_at.is_some() {
            after.open(draft.node, Case::default())?;
        }
        let (from, to) = (draft.old_parent(), draft.new_parent());
        if from != to {
            if let Some(from) = from {
                after.tell(from, Case { departed: true, ..Case::default() })?;
            }
            if let Some(to) = to {
                after.tell(to, Case { arrived: vec![draft.node], ..Case::default() })?;
            }
        }
    }
    for (&holder, dots) in &changes.gained {
        after.tell(holder, Case { gained: dots.clone(), ..Case::default() })?;
    }
    for (&holder, dots) in &changes.lost {
        after.tell(holder, Case { lost: dots.clone(), ..Case::default() })?;
    }
    let mut flags = Vec::new();
    while let Some(((_, node), case)) = after.cases.pop_last() {
        flags.push((node, after.settle(node, case)?));
    }
    Ok(flags)
}

/// The tree as it is after the batch, tombstones aside.
struct After<'w, 'a, S> {
    world: &'w mut World<'a, S>,
    sweep: &'w Sweep,
    drafts: &'w [Draft],
    /// Nodes that have a parent they had not before.
    arrivals: HashMap<NodeId, Vec<NodeId>>,
    refs_added: HashMap<NodeId, Vec<Key>>,
    refs_removed: HashSet<(NodeId, Key)>,
    /// By node: the nearest deleted node at or above it.
    nearest: HashMap<NodeId, Option<NodeId>>,
    deletions: HashMap<NodeId, Option<Rc<VersionVector>>>,
    standings: HashMap<NodeId, Standing>,
    /// What is to be decided, by how many deleted nodes are above.
    cases: BTreeMap<(usize, NodeId), Case>,
    decided: HashMap<NodeId, bool>,
}

impl<'w, 'a, S: Store> After<'w, 'a, S> {
    fn new(
        world: &'w mut World<'a, S>,
        sweep: &'w Sweep,
        drafts: &'w [Draft],
        changes: &Changes,
    ) -> Self {
        let mut arrivals: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        for draft in drafts {
            if let Some(to) = draft.new_parent().filter(|&to| Some(to) != draft.old_parent()) {
                arrivals.entry(to).or_default().push(draft.node);
            }
        }
        let mut refs_added: HashMap<NodeId, Vec<Key>> = HashMap::new();
        for &(parent, key) in &changes.refs_added {
            refs_added.entry(parent).or_default().push(key);
        }
        Self {
            world,
            sweep,
            drafts,
            arrivals,
            refs_added,
            refs_removed: changes.refs_removed.iter().copied().collect(),
            nearest: HashMap::new(),
            deletions: HashMap::new(),
            standings: HashMap::new(),
            cases: BTreeMap::new(),
            decided: HashMap::new(),
        }
    }

    fn parent(&mut self, node: NodeId) -> Result<Option<NodeId>, S::Error> {
        match draft_of(self.drafts, node) {
            Some(draft) => Ok(draft.new_parent()),
            None if node.is_reserved() => Ok(None),
            None => Ok(self.world.row(node)?.and_then(|row| row.placed).map(|place| place.1)),
        }
    }

    fn deleted_at(&mut self, node: NodeId) -> Result<Option<Rc<VersionVector>>, S::Error> {
        if let Some(known) = self.deletions.get(&node) {
            return Ok(known.clone());
        }
        let grown = draft_of(self.drafts, node).and_then(|draft| draft.deleted_at.clone());
        let deleted_at = if grown.is_some() {
            grown
        } else if !node.is_reserved() && self.world.row(node)?.is_some_and(|row| row.deleted) {
            Some(self.world.store.deleted_at(node)?)
        } else {
            None
        };
        let deleted_at = deleted_at.map(Rc::new);
        self.deletions.insert(node, deleted_at.clone());
        Ok(deleted_at)
    }

    /// The nearest deleted node at or above `node`. Every step of the way up is remembered.
    fn nearest(&mut self, node: NodeId) -> Result<Option<NodeId>, S::Error> {
        let mut path = Vec::new();
        let mut at = Some(node);
        let found = loop {
            let Some(here) = at else { break None };
            if let Some(&known) = self.nearest.get(&here) {
                break known;
            }
            self.world.store.check()?;
            path.push(here);
            if self.deleted_at(here)?.is_some() {
                break Some(here);
            }
            at = self.parent(here)?;
        };
        self.nearest.extend(path.into_iter().map(|step| (step, found)));
        Ok(found)
    }

    fn next_above(&mut self, node: NodeId) -> Result<Option<NodeId>, S::Error> {
        match self.parent(node)? {
            Some(parent) => self.nearest(parent),
            None => Ok(None),
        }
    }

    /// Tells the nearest deleted node at or above `from`. It passes on what matters further up.
    fn tell(&mut self, from: NodeId, case: Case) -> Result<(), S::Error> {
        match self.nearest(from)? {
            Some(node) => self.open(node, case),
            None => Ok(()),
        }
    }

    fn open(&mut self, node: NodeId, case: Case) -> Result<(), S::Error> {
        let rank = self.standing(node)?.rank;
        self.cases.entry((rank, node)).or_default().absorb(case);
        Ok(())
    }

    /// Decides one case, and passes on to the next deleted node above what may concern it.
    fn settle(&mut self, node: NodeId, mut case: Case) -> Result<bool, S::Error> {
        let Some(deleted_at) = self.deleted_at(node)? else { return Ok(false) };
        let row = self.world.row(node)?;
        let was_tombstone = row.as_ref().is_some_and(|row| row.tombstone);
        let was_alive = row.is_some_and(|row| row.deleted && !row.tombstone);
        let grown = draft_of(self.drafts, node).is_some_and(|draft| draft.deleted_at.is_some());
        let uncovered = |dots: &[Dot]| dots.iter().any(|&dot| !deleted_at.contains(dot));
        let tombstone = if uncovered(&case.gained) {
            false
        } else if was_tombstone {
            self.covers(node, case.arrived.clone())?
        } else if was_alive && !grown && !case.departed && !uncovered(&case.lost) {
            false
        } else {
            self.covers(node, vec![node])?
        };
        self.decided.insert(node, tombstone);
        if let Some(above) = self.next_above(node)? {
            if self.standing(node)?.nested {
                // What is covered here is covered all the way up.
                case.gained.retain(|&dot| !deleted_at.contains(dot));
                case.lost.retain(|&dot| !deleted_at.contains(dot));
                if tombstone {
                    case.arrived.clear();
                }
            }
            if !case.is_empty() {
                self.open(above, case)?;
            }
        }
        Ok(tombstone)
    }

    /// Where a deleted node stands among those above it.
    fn standing(&mut self, node: NodeId) -> Result<Standing, S::Error> {
        let mut path = Vec::new();
        let mut at = Some(node);
        let mut above = None;
        while let Some(here) = at {
            if let Some(&known) = self.standings.get(&here) {
                above = Some((here, known));
                break;
            }
            path.push(here);
            at = self.next_above(here)?;
        }
        for step in path.into_iter().rev() {
            let standing = match above {
                None => Standing { rank: 0, nested: true },
                Some((above, Standing { rank, nested })) => {
                    let (own, wider) = (self.deleted_at(step)?, self.deleted_at(above)?);
                    let covers = wider.zip(own).is_some_and(|(wider, own)| wider.covers(&own));
                    Standing { rank: rank + 1, nested: nested && covers }
                }
            };
            self.standings.insert(step, standing);
            above = Some((step, standing));
        }
        Ok(above.map(|(_, standing)| standing).expect("the node itself"))
    }

    /// Whether the `deleted_at` of `node` covers the subtrees of `roots`.
    fn covers(&mut self, node: NodeId, roots: Vec<NodeId>) -> Result<bool, S::Error> {
        let Some(deleted_at) = self.deleted_at(node)? else { return Ok(false) };
        let mut seen: HashSet<NodeId> = HashSet::new();
        let mut open = roots;
        while let Some(at) = open.pop() {
            if !seen.insert(at) || (at != node && self.is_buried(at, &deleted_at)?) {
                continue;
            }
            if !self.covers_own(at, &deleted_at)? {
                return Ok(false);
            }
            for child in self.world.store.children(at)? {
                if self.parent(child)? == Some(at) {
                    open.push(child);
                }
            }
            open.extend(self.arrivals.get(&at).into_iter().flatten());
        }
        Ok(true)
    }

    /// Whether a node is a tombstone, decided already, by a deletion that `deleted_at` covers.
    fn is_buried(&mut self, node: NodeId, deleted_at: &VersionVector) -> Result<bool, S::Error> {
        let tombstone = match self.decided.get(&node) {
            Some(&decided) => decided,
            // Deeper nodes come first: what has no case yet is above, or not concerned.
            None => self.world.row(node)?.is_some_and(|row| row.tombstone),
        };
        Ok(tombstone && self.deleted_at(node)?.is_some_and(|own| deleted_at.covers(&own)))
    }

    /// Whether the dots of a node and of its winning payload are covered.
    fn covers_own(&mut self, node: NodeId, deleted_at: &VersionVector) -> Result<bool, S::Error> {
        let winner = match draft_of(self.drafts, node) {
            Some(draft) => draft.payload,
            None => self.world.row(node)?.and_then(|row| row.payload),
        };
        if winner.is_some_and(|key| !deleted_at.contains(key.dot)) {
            return Ok(false);
        }
        let mut last = Key::MIN;
        while let Some(entry) = self.world.store.next(node, Track::Structure, last)? {
            last = entry.key;
            if !deleted_at.contains(last.dot) && self.is_effective(node, last)? {
                return Ok(false);
            }
        }
        let mut refs = self.world.store.refs(node)?;
        refs.retain(|&key| !self.refs_removed.contains(&(node, key)));
        refs.extend(self.refs_added.get(&node).into_iter().flatten());
        for key in refs {
            if deleted_at.contains(key.dot) {
                continue;
            }
            let (subject, entry) = self.world.store.entry(key)?;
            if let Some(step) = entry.step
                && (step.is_move || step.parent == node)
                && self.is_effective(subject, key)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_effective(&mut self, node: NodeId, key: Key) -> Result<bool, S::Error> {
        Ok(self.sweep.verdict(self.world, node, key)? == Verdict::Effective)
    }
}
