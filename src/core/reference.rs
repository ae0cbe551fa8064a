//! The definition: replay everything, in order, from nothing (`sql/README.md`, "Meaning").
//!
//! Written to be checked by eye against the specification. Tests and `verify` hold the tables against
//! it; nothing else may call it. It takes no short cuts but three, so that nothing an outsider can
//! write is quadratic: whether a node is above another is looked at from both ends, since the upper
//! one may have little below it; a search for what a deletion does not cover passes over what a
//! deeper one was found to cover that it covers in turn; and it tries first what a deeper one was
//! found not to cover.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, hash_set};

use crate::model::VersionVector;
use crate::model::{Action, Op};
use crate::model::{Dot, Key, NodeId};

/// A node as its operations leave it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// `P(n)`.
    pub parent: Option<NodeId>,
    /// The order key that came with it.
    pub order_key: Option<Vec<u8>>,
    /// The structural op that gave both.
    pub placed: Option<Key>,
    /// What the winning payload op wrote.
    pub payload: Option<Vec<u8>>,
    /// The winning payload op.
    pub payload_key: Option<Key>,
    /// The first insert.
    pub inserted: Option<Key>,
    /// `deleted_at(n)`.
    pub deleted_at: Option<VersionVector>,
    /// Whether deletion covers the subtree.
    pub tombstone: bool,
}

/// The state of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The subject of every op that is not reserved.
    pub nodes: BTreeMap<NodeId, Node>,
    /// `oprefs(p)`, as (p, key).
    pub refs: BTreeSet<(NodeId, Key)>,
    /// The structural ops that would have made a cycle, as (node, key).
    pub ignored: BTreeSet<(NodeId, Key)>,
    /// The inserts that are not the first of their nodes, as (node, key).
    pub again: BTreeSet<(NodeId, Key)>,
    /// `dots(n)`, as (n, dot).
    pub dots: BTreeSet<(NodeId, Dot)>,
    /// The greatest key.
    pub head: Option<Key>,
}

/// The state that a set of operations has, whatever their order here.
pub fn replay<'a>(ops: impl IntoIterator<Item = &'a Op>) -> State {
    replay_checking(ops, &mut || {})
}

/// As [`replay`], calling `check` in every loop: the place to heed a cancellation.
pub fn replay_checking<'a>(
    ops: impl IntoIterator<Item = &'a Op>,
    check: &mut dyn FnMut(),
) -> State {
    let mut log: Vec<&Op> = ops.into_iter().collect();
    log.sort_unstable_by_key(|op| op.key);
    log.dedup_by_key(|op| op.key);
    let mut state = State { head: log.last().map(|op| op.key), ..State::default() };
    let mut below = Below::default();
    let mut deletions = Vec::new();
    for op in log.into_iter().filter(|op| !op.is_reserved()) {
        check();
        deletions.extend(op.deletion().map(|_| op.dot()));
        state.apply(op, &mut below, check);
    }
    state.decide_tombstones(&deletions.into_iter().collect(), check);
    state
}

/// The nodes below each parent, as they are at the moment.
#[derive(Default)]
struct Below(HashMap<NodeId, HashSet<NodeId>>);

impl Below {
    fn of(&self, parent: NodeId) -> hash_set::Iter<'_, NodeId> {
        static NONE: std::sync::LazyLock<HashSet<NodeId>> = std::sync::LazyLock::new(HashSet::new);
        self.0.get(&parent).unwrap_or(&NONE).iter()
    }
}

/// What was found of a deleted node.
enum Found {
    /// A tombstone.
    Covered,
    /// A dot at or below it that its deletion does not cover.
    Uncovered(Dot),
}

/// What is known while it is decided about deleted nodes.
struct Known<'k> {
    children: &'k HashMap<NodeId, Vec<NodeId>>,
    /// Of those below.
    found: &'k HashMap<NodeId, Found>,
    /// The dots of all deletions.
    deletions: &'k VersionVector,
}

impl State {
    fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.nodes.get(&node).and_then(|n| n.parent)
    }

    fn apply(&mut self, op: &Op, below: &mut Below, check: &mut dyn FnMut()) {
        let before = self.parent(op.node);
        if let Some(payload) = op.written_payload() {
            let node = self.nodes.entry(op.node).or_default();
            node.payload = payload.map(<[u8]>::to_vec);
            node.payload_key = Some(op.key);
        }
        let node = self.nodes.entry(op.node).or_default();
        if let Some(deletion) = op.deletion() {
            node.deleted_at.get_or_insert_default().union(&deletion);
        }
        if matches!(op.action, Action::Insert { .. })
            && *node.inserted.get_or_insert(op.key) != op.key
        {
            self.again.insert((op.node, op.key));
        }
        let winner = node.payload_key;
        self.refer(before, op.key);
        if let Action::Insert { parent, order_key, .. } | Action::Move { parent, order_key } =
            &op.action
        {
            self.refer(Some(*parent), op.key);
            if let Some(winner) = winner.filter(|_| before != Some(*parent)) {
                self.refer(Some(*parent), winner);
            }
            if self.is_ancestor_or_self(op.node, *parent, below, check) {
                self.ignored.insert((op.node, op.key));
                return;
            }
            if let Some(children) = before.and_then(|before| below.0.get_mut(&before)) {
                children.remove(&op.node);
            }
            below.0.entry(*parent).or_default().insert(op.node);
            let node = self.nodes.get_mut(&op.node).expect("entered above");
            (node.parent, node.order_key) = (Some(*parent), Some(order_key.clone()));
            node.placed = Some(op.key);
            self.record(Some(op.node), op.dot());
            self.record(Some(*parent), op.dot());
            if matches!(op.action, Action::Move { .. }) {
                self.record(before, op.dot());
            }
        }
    }

    /// Goes up from `lower` and down from `upper`, a step each in turn.
    fn is_ancestor_or_self(
        &self,
        upper: NodeId,
        lower: NodeId,
        below: &Below,
        check: &mut dyn FnMut(),
    ) -> bool {
        let mut at = lower;
        let mut open = vec![below.of(upper)];
        while at != upper {
            check();
            match self.parent(at) {
                Some(parent) => at = parent,
                None => return false,
            }
            match open.last_mut().map(Iterator::next) {
                None => return false,
                Some(None) => {
                    open.pop();
                }
                Some(Some(&child)) if child == lower => return true,
                Some(Some(&child)) => open.push(below.of(child)),
            }
        }
        true
    }

    fn refer(&mut self, parent: Option<NodeId>, key: Key) {
        if let Some(parent) = parent.filter(|&p| p != NodeId::TRASH) {
            self.refs.insert((parent, key));
        }
    }

    fn record(&mut self, node: Option<NodeId>, dot: Dot) {
        if let Some(node) = node.filter(|&n| n != NodeId::TRASH) {
            self.dots.insert((node, dot));
        }
    }

    /// The nodes below each parent, tombstoned or not, in sibling order.
    pub fn children(&self) -> HashMap<NodeId, Vec<NodeId>> {
        let mut children: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
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

    /// Decides for every deleted node, those below before those above.
    fn decide_tombstones(&mut self, deletions: &VersionVector, check: &mut dyn FnMut()) {
        let children = self.children();
        let mut found: HashMap<NodeId, Found> = HashMap::new();
        let roots = self.nodes.iter().filter_map(|(&id, node)| match node.parent {
            None => Some(id),
            Some(parent) => (!self.nodes.contains_key(&parent)).then_some(id),
        });
        let mut ordered: Vec<NodeId> = roots.collect();
        let mut at = 0;
        while let Some(id) = ordered.get(at) {
            check();
            ordered.extend(children.get(id).into_iter().flatten());
            at += 1;
        }
        for id in ordered.into_iter().rev() {
            let Some(deleted_at) = &self.nodes[&id].deleted_at else { continue };
            let known = Known { children: &children, found: &found, deletions };
            let decided = match self.uncovered(id, deleted_at, &known, check) {
                Some(dot) => Found::Uncovered(dot),
                None => Found::Covered,
            };
            let tombstone = matches!(decided, Found::Covered);
            found.insert(id, decided);
            self.nodes.get_mut(&id).expect("it is there").tombstone = tombstone;
        }
    }

    /// A dot at or below `root` that its deletion does not cover.
    fn uncovered(
        &self,
        root: NodeId,
        deleted_at: &VersionVector,
        known: &Known<'_>,
        check: &mut dyn FnMut(),
    ) -> Option<Dot> {
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            check();
            match known.found.get(&id) {
                Some(Found::Covered) if self.covers(deleted_at, id, known.deletions) => continue,
                Some(Found::Uncovered(dot)) if !deleted_at.contains(*dot) => return Some(*dot),
                _ => {}
            }
            if let Some(dot) = self.own_version(id).find(|dot| !deleted_at.contains(*dot)) {
                return Some(dot);
            }
            open.extend(known.children.get(&id).into_iter().flatten());
        }
        None
    }

    /// Whether a deletion covers what that of node `id` does, but for the dots of deletions, which are in
    /// no `subtree_version`.
    fn covers(&self, deleted_at: &VersionVector, id: NodeId, deletions: &VersionVector) -> bool {
        let theirs = self.nodes[&id].deleted_at.as_ref();
        theirs.is_some_and(|theirs| deletions.covers(&theirs.difference(deleted_at)))
    }

    fn own_version(&self, id: NodeId) -> impl Iterator<Item = Dot> {
        let winner = self.nodes.get(&id).and_then(|n| n.payload_key).map(|key| key.dot);
        let dots = self.dots.range((id, Dot::MIN)..).take_while(move |(of, _)| *of == id);
        dots.map(|(_, dot)| *dot).chain(winner)
    }

    /// `subtree_version(root)`.
    pub fn subtree_version(&self, root: NodeId) -> VersionVector {
        let children = self.children();
        let mut version = Vec::new();
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            version.extend(self.own_version(id));
            open.extend(children.get(&id).into_iter().flatten());
        }
        version.into_iter().collect()
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ReplicaId;

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
            replay_checking(&history(count), &mut || steps += 1);
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
