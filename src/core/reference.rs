//! The definition: replay everything, in order, from nothing (spec part 1).
//!
//! Written to be checked by eye against the specification, not to be fast. Tests and `verify`
//! hold the tables against it; nothing else may call it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::id::{Dot, Key, NodeId};
use crate::op::{Action, Op};
use crate::version_vector::VersionVector;

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
    /// `dots(n)`.
    pub dots: HashMap<NodeId, BTreeSet<Dot>>,
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
    let log: BTreeMap<Key, &Op> = ops.into_iter().map(|op| (op.key, op)).collect();
    let mut state = State { head: log.keys().next_back().copied(), ..State::default() };
    log.values().filter(|op| !op.is_reserved()).for_each(|op| state.apply(op, check));
    let deleted: Vec<NodeId> = state
        .nodes
        .iter()
        .filter(|(_, node)| node.deleted_at.is_some())
        .map(|(&id, _)| id)
        .collect();
    let children = state.children();
    for id in deleted {
        let covered = state.covered(id, &children, check);
        state.nodes.get_mut(&id).expect("listed above").tombstone = covered;
    }
    state
}

impl State {
    fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.nodes.get(&node).and_then(|n| n.parent)
    }

    fn apply(&mut self, op: &Op, check: &mut dyn FnMut()) {
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
        let winner = node.payload_key;
        self.refer(before, op.key);
        if let Action::Insert { parent, order_key, .. } | Action::Move { parent, order_key } =
            &op.action
        {
            self.refer(Some(*parent), op.key);
            if let Some(winner) = winner.filter(|_| before != Some(*parent)) {
                self.refer(Some(*parent), winner);
            }
            if self.is_ancestor_or_self(op.node, *parent, check) {
                self.ignored.insert((op.node, op.key));
                return;
            }
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

    fn is_ancestor_or_self(
        &self,
        node: NodeId,
        mut below: NodeId,
        check: &mut dyn FnMut(),
    ) -> bool {
        while below != node {
            check();
            match self.parent(below) {
                Some(parent) => below = parent,
                None => return false,
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
            self.dots.entry(node).or_default().insert(dot);
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

    fn covered(
        &self,
        root: NodeId,
        children: &HashMap<NodeId, Vec<NodeId>>,
        check: &mut dyn FnMut(),
    ) -> bool {
        let Some(deleted_at) = self.nodes.get(&root).and_then(|n| n.deleted_at.as_ref()) else {
            return false;
        };
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            check();
            if !self.own_version(id).all(|dot| deleted_at.contains(dot)) {
                return false;
            }
            open.extend(children.get(&id).into_iter().flatten());
        }
        true
    }

    fn own_version(&self, id: NodeId) -> impl Iterator<Item = Dot> {
        let winner = self.nodes.get(&id).and_then(|n| n.payload_key).map(|key| key.dot);
        self.dots.get(&id).into_iter().flatten().copied().chain(winner)
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
