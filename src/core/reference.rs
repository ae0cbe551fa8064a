//! The definition: replay everything, in order, from nothing (`sql/README.md`, "Meaning").
//!
//! Written to be checked by eye against the specification. Tests and `verify` hold the tables against
//! it; nothing else may call it. It takes no short cuts but three, so that nothing an outsider can
//! write is quadratic: whether a node is above another is looked at from both ends, since the upper
//! one may have little below it; a search for what a deletion does not cover passes over what a
//! deeper one was found to cover that it covers in turn; and it tries first what a deeper one was
//! found not to cover.

use std::collections::{BTreeMap, BTreeSet, hash_set};

use crate::model::{Action, Op};
use crate::model::{Key, NodeId, NodeMap, NodeSet, Replicas, Short};
use crate::model::{VersionVector, VersionVectorBuilder};

/// A node as its operations leave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node<K = Key> {
    /// `P(n)`.
    pub parent: Option<NodeId>,
    /// The order key that came with it.
    pub order_key: Option<Vec<u8>>,
    /// The structural op that gave both.
    pub placed: Option<K>,
    /// What the winning payload op wrote.
    pub payload: Option<Vec<u8>>,
    /// The winning payload op.
    pub payload_key: Option<K>,
    /// The first insert.
    pub inserted: Option<K>,
    /// `deleted_at(n)`.
    pub deleted_at: Option<VersionVector>,
    /// Whether deletion covers the subtree.
    pub tombstone: bool,
}

/// The state of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State<K: Ord = Key> {
    /// The subject of every op that is not reserved.
    pub nodes: BTreeMap<NodeId, Node<K>>,
    /// Of `oprefs(p)`, as (p, key), what names p as the parent.
    pub named: BTreeSet<(NodeId, K)>,
    /// The rest of `oprefs(p)`.
    pub refs: BTreeSet<(NodeId, K)>,
    /// The structural ops that would have made a cycle, as (node, key).
    pub ignored: BTreeSet<(NodeId, K)>,
    /// The inserts that are not the first of their nodes, as (node, key), and whether they carry a payload.
    pub again: BTreeSet<(NodeId, K, bool)>,
    /// The greatest key.
    pub head: Option<K>,
}

/// The state that a set of operations has, whatever their order here.
pub fn replay<'a>(ops: impl IntoIterator<Item = &'a Op>) -> State {
    Replay::of(ops, &mut || {}).state()
}

/// The place of an operation among all of a log, in canonical order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(u32);

/// The keys of the operations by their positions.
#[derive(Debug, Clone, Default)]
pub struct Log {
    replicas: Replicas,
    keys: Vec<Short>,
}

impl Log {
    fn push(&mut self, key: &Key) -> Position {
        let next = u32::try_from(self.keys.len()).expect("memory ends before numbers do");
        self.keys.push(self.replicas.shorten(key));
        Position(next)
    }

    /// The key of an operation.
    pub fn key(&self, at: Position) -> Key {
        self.replicas.key(self.keys[at.0 as usize])
    }

    /// The position of the operation of this key, if there is one.
    pub fn position(&self, key: &Key) -> Option<Position> {
        let order = |it: &Short| self.replicas.key(*it).cmp(key);
        self.keys.binary_search_by(order).ok().map(|at| Position(at as u32))
    }
}

/// A replay, as far as it has come.
#[derive(Debug, Default)]
pub struct Replay {
    /// What was replayed.
    pub log: Log,
    /// What it gives. Tombstones are decided [at the end](Replay::decide_tombstones).
    pub state: State<Position>,
    /// `dots(n)`, as (n, operation).
    dots: BTreeSet<(NodeId, Position)>,
    /// The nodes below each parent, as they are at the moment, in no order.
    below: NodeMap<NodeSet>,
    /// The dots of deletions.
    deletions: VersionVectorBuilder,
}

/// What was found of a deleted node.
enum Found {
    /// A tombstone.
    Covered,
    /// An operation with a dot at or below it that its deletion does not cover.
    Uncovered(Position),
}

/// What is known while it is decided about deleted nodes.
struct Known<'k> {
    /// Of those below.
    found: &'k NodeMap<Found>,
    /// The dots of all deletions.
    deletions: &'k VersionVector,
}

impl Replay {
    /// Replays operations, whatever their order here. Calls `check` in every loop: the place to heed a
    /// cancellation.
    pub fn of<'a>(ops: impl IntoIterator<Item = &'a Op>, check: &mut dyn FnMut()) -> Self {
        let mut log: Vec<&Op> = ops.into_iter().collect();
        log.sort_unstable_by_key(|op| op.key);
        log.dedup_by_key(|op| op.key);
        let mut replay = Self::default();
        for op in log {
            replay.apply(op, check);
        }
        replay.decide_tombstones(check);
        replay
    }

    /// What it gave, each operation by its key.
    pub fn state(self) -> State {
        let Self { log, state, .. } = self;
        state.named_by(|at| log.key(at))
    }

    /// What was replayed, and what it gave. The memory that only a replay needs is given back.
    pub fn into_parts(self) -> (Log, State<Position>) {
        (self.log, self.state)
    }

    /// Applies an operation, which comes after all before it.
    pub fn apply(&mut self, op: &Op, check: &mut dyn FnMut()) {
        check();
        let at = self.log.push(&op.key);
        self.state.head = Some(at);
        if op.is_reserved() {
            return;
        }
        let before = self.state.parent(op.node);
        let node = self.state.nodes.entry(op.node).or_default();
        if let Some(payload) = op.written_payload() {
            node.payload = payload.map(<[u8]>::to_vec);
            node.payload_key = Some(at);
        }
        if let Some(deletion) = op.deletion() {
            node.deleted_at.get_or_insert_default().union(&deletion);
            self.deletions.push(op.dot());
        }
        if matches!(op.action, Action::Insert { .. }) && *node.inserted.get_or_insert(at) != at {
            self.state.again.insert((op.node, at, op.written_payload().is_some()));
        }
        let winner = node.payload_key;
        if let Action::Insert { parent, order_key, .. } | Action::Move { parent, order_key } =
            &op.action
        {
            self.name(*parent, at);
            self.refer(before, at);
            if let Some(winner) = winner.filter(|_| before != Some(*parent)) {
                self.refer(Some(*parent), winner);
            }
            if self.is_ancestor_or_self(op.node, *parent, check) {
                self.state.ignored.insert((op.node, at));
                return;
            }
            if let Some(children) = before.and_then(|before| self.below.get_mut(&before)) {
                children.remove(&op.node);
                // What is empty of it is passed over each time.
                if children.len() < children.capacity() / 8 {
                    children.shrink_to_fit();
                }
            }
            self.below.entry(*parent).or_default().insert(op.node);
            let node = self.state.nodes.get_mut(&op.node).expect("entered above");
            (node.parent, node.order_key) = (Some(*parent), Some(order_key.clone()));
            node.placed = Some(at);
            self.record(Some(op.node), at);
            self.record(Some(*parent), at);
            if matches!(op.action, Action::Move { .. }) {
                self.record(before, at);
            }
        } else {
            self.refer(before, at);
        }
    }

    /// Goes up from `lower` and down from `upper`, a step each in turn.
    fn is_ancestor_or_self(&self, upper: NodeId, lower: NodeId, check: &mut dyn FnMut()) -> bool {
        let mut at = lower;
        let mut open = vec![self.below(upper)];
        while at != upper {
            check();
            match self.state.parent(at) {
                Some(parent) => at = parent,
                None => return false,
            }
            match open.last_mut().map(Iterator::next) {
                None => return false,
                Some(None) => {
                    open.pop();
                }
                Some(Some(&child)) if child == lower => return true,
                Some(Some(&child)) => open.push(self.below(child)),
            }
        }
        true
    }

    fn below(&self, parent: NodeId) -> hash_set::Iter<'_, NodeId> {
        static NONE: std::sync::LazyLock<NodeSet> = std::sync::LazyLock::new(NodeSet::default);
        self.below.get(&parent).unwrap_or(&NONE).iter()
    }

    fn name(&mut self, parent: NodeId, op: Position) {
        if parent != NodeId::TRASH {
            self.state.named.insert((parent, op));
        }
    }

    /// For what names the parent, too, which is in `oprefs` already.
    fn refer(&mut self, parent: Option<NodeId>, op: Position) {
        let parent = parent.filter(|&p| p != NodeId::TRASH);
        if let Some(parent) = parent.filter(|&p| !self.state.named.contains(&(p, op))) {
            self.state.refs.insert((parent, op));
        }
    }

    fn record(&mut self, node: Option<NodeId>, op: Position) {
        if let Some(node) = node.filter(|&n| n != NodeId::TRASH) {
            self.dots.insert((node, op));
        }
    }

    /// Decides for every deleted node, those below before those above, once all operations are applied.
    pub fn decide_tombstones(&mut self, check: &mut dyn FnMut()) {
        if self.state.nodes.values().all(|node| node.deleted_at.is_none()) {
            return;
        }
        let deletions = self.deletions.build();
        let mut found = NodeMap::default();
        let nodes = &self.state.nodes;
        let roots = nodes.iter().filter_map(|(&id, node)| match node.parent {
            None => Some(id),
            Some(parent) => (!nodes.contains_key(&parent)).then_some(id),
        });
        let mut ordered: Vec<NodeId> = roots.collect();
        let mut at = 0;
        while let Some(&id) = ordered.get(at) {
            check();
            ordered.extend(self.below(id));
            at += 1;
        }
        for id in ordered.into_iter().rev() {
            let Some(deleted_at) = &self.state.nodes[&id].deleted_at else { continue };
            let known = Known { found: &found, deletions: &deletions };
            let decided = match self.uncovered(id, deleted_at, &known, check) {
                Some(op) => Found::Uncovered(op),
                None => Found::Covered,
            };
            let tombstone = matches!(decided, Found::Covered);
            found.insert(id, decided);
            self.state.nodes.get_mut(&id).expect("it is there").tombstone = tombstone;
        }
    }

    /// An operation with a dot at or below `root` that its deletion does not cover.
    fn uncovered(
        &self,
        root: NodeId,
        deleted_at: &VersionVector,
        known: &Known<'_>,
        check: &mut dyn FnMut(),
    ) -> Option<Position> {
        let uncovered = |op: &Position| !deleted_at.contains(self.log.key(*op).dot);
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            check();
            match known.found.get(&id) {
                Some(Found::Covered) if self.covers(deleted_at, id, known.deletions) => continue,
                Some(Found::Uncovered(op)) if uncovered(op) => return Some(*op),
                _ => {}
            }
            if let Some(op) = self.own_version(id).find(uncovered) {
                return Some(op);
            }
            open.extend(self.below(id));
        }
        None
    }

    /// Whether a deletion covers what that of node `id` does, but for the dots of deletions, which are in
    /// no `subtree_version`.
    fn covers(&self, deleted_at: &VersionVector, id: NodeId, deletions: &VersionVector) -> bool {
        let theirs = self.state.nodes[&id].deleted_at.as_ref();
        theirs.is_some_and(|theirs| deletions.covers(&theirs.difference(deleted_at)))
    }

    fn own_version(&self, id: NodeId) -> impl Iterator<Item = Position> {
        let winner = self.state.nodes.get(&id).and_then(|n| n.payload_key);
        let dots = self.dots.range((id, Position(0))..).take_while(move |(of, _)| *of == id);
        dots.map(|(_, op)| *op).chain(winner)
    }

    /// `subtree_version(root)`.
    pub fn subtree_version(&self, root: NodeId) -> VersionVector {
        let mut version = Vec::new();
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            version.extend(self.own_version(id).map(|op| self.log.key(op).dot));
            open.extend(self.below(id));
        }
        version.into_iter().collect()
    }
}

impl<K: Ord + Copy> State<K> {
    fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.nodes.get(&node).and_then(|n| n.parent)
    }

    /// The nodes below each parent, tombstoned or not, in sibling order.
    pub fn children(&self) -> NodeMap<Vec<NodeId>> {
        let mut children: NodeMap<Vec<NodeId>> = NodeMap::default();
        for (&id, node) in &self.nodes {
            if let Some(parent) = node.parent {
                children.entry(parent).or_default().push(id);
            }
        }
        for siblings in children.values_mut() {
            siblings.sort_by_key(|&id| (&self.nodes[&id].order_key, id));
        }
        children
    }

    /// The visible nodes in document order, with their depth (children of ROOT have 1).
    pub fn visible(&self) -> Vec<(usize, NodeId)> {
        let children = self.children();
        let mut visible = Vec::new();
        let mut open = vec![(0, NodeId::ROOT)];
        while let Some((depth, id)) = open.pop() {
            if self.nodes.get(&id).is_some_and(|n| n.tombstone) {
                continue;
            }
            if depth > 0 {
                visible.push((depth, id));
            }
            open.extend(children.get(&id).into_iter().flatten().rev().map(|&c| (depth + 1, c)));
        }
        visible
    }

    /// The same, operations named otherwise, in the same order.
    fn named_by<L: Ord>(self, name: impl Fn(K) -> L) -> State<L> {
        let pairs = |set: BTreeSet<(NodeId, K)>| {
            set.into_iter().map(|(node, op)| (node, name(op))).collect()
        };
        State {
            nodes: self.nodes.into_iter().map(|(id, node)| (id, node.named_by(&name))).collect(),
            named: pairs(self.named),
            refs: pairs(self.refs),
            ignored: pairs(self.ignored),
            again: self.again.into_iter().map(|(id, op, with)| (id, name(op), with)).collect(),
            head: self.head.map(name),
        }
    }
}

impl<K> Node<K> {
    /// The same, operations named otherwise.
    pub fn named_by<L>(self, name: impl Fn(K) -> L) -> Node<L> {
        let Self { parent, order_key, placed, payload, payload_key, inserted, .. } = self;
        let (deleted_at, tombstone) = (self.deleted_at, self.tombstone);
        let (placed, payload_key) = (placed.map(&name), payload_key.map(&name));
        let inserted = inserted.map(name);
        Node { parent, order_key, placed, payload, payload_key, inserted, deleted_at, tombstone }
    }
}

impl<K> Default for Node<K> {
    fn default() -> Self {
        Self {
            parent: None,
            order_key: None,
            placed: None,
            payload: None,
            payload_key: None,
            inserted: None,
            deleted_at: None,
            tombstone: false,
        }
    }
}

impl<K: Ord> Default for State<K> {
    fn default() -> Self {
        Self {
            nodes: BTreeMap::new(),
            named: BTreeSet::new(),
            refs: BTreeSet::new(),
            ignored: BTreeSet::new(),
            again: BTreeSet::new(),
            head: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dot, ReplicaId};

    fn node(number: u64) -> NodeId {
        NodeId(u128::from(number).to_be_bytes())
    }

    fn op(counter: u64, lamport: u64, subject: u64, action: Action) -> Op {
        let replica = ReplicaId::new(b"a").expect("1 to 64 bytes");
        Op { key: Key { lamport, dot: Dot { replica, counter } }, node: node(subject), action }
    }

    fn insert(parent: u64) -> Action {
        Action::Insert { parent: node(parent), order_key: vec![1], payload: Some(vec![1]) }
    }

    /// Twice as much may take little more than twice as many steps.
    fn is_linear(history: impl Fn(u64) -> Vec<Op>) {
        let steps = [5_000, 10_000].map(|count| {
            let mut steps = 0_u64;
            Replay::of(&history(count), &mut || steps += 1);
            steps
        });
        assert!(steps[1] <= steps[0] * 2 + steps[0] / 5, "{steps:?}");
    }

    #[test]
    fn chains_fans_and_long_histories_take_steps_in_proportion() {
        is_linear(|count| (1..=count).map(|n| op(n, n, n, insert(n - 1))).collect());
        is_linear(|count| (1..=count).map(|n| op(n, count + 1 - n, n, insert(n - 1))).collect());
        is_linear(|count| (1..=count).map(|n| op(n, n, n, insert(0))).collect());
        is_linear(|count| (1..=count).map(|n| op(n, n, 1, insert(2 + n % 7))).collect());
    }

    #[test]
    fn a_chain_of_deletions_takes_steps_in_proportion_whether_they_cover_it_or_not() {
        for short_by in [0, 1] {
            is_linear(|count| {
                let replica = ReplicaId::new(b"a").expect("1 to 64 bytes");
                let known = VersionVector::from_ranges([(replica, 1, count - short_by)]);
                let known_state = known.expect("from 1");
                let mut ops: Vec<Op> = (1..=count).map(|n| op(n, n, n, insert(n - 1))).collect();
                ops.extend((1..=count).map(|n| {
                    let action = Action::Delete { known_state: known_state.clone() };
                    op(count + n, count + n, n, action)
                }));
                ops
            });
        }
    }
}
