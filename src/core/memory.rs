//! A replica in memory: the store that tests run the core on, and an example of how to drive it.
//!
//! It applies patches as strictly as it can: adding what is there, removing what is not, or
//! writing what is written already is a bug in the patch, and panics.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::ops::Bound;

use crate::model::{Action, Entry, Op, OpKind};
use crate::model::{Dot, Key, NodeId};
use crate::model::{Range, VersionVector};
use crate::reference::{self, Node};
use crate::replay::{Above, Row, Store, Track};
use crate::replay::{Entries, catch_up};
use crate::replay::{OpRef, Patch, Source};

/// One document: its log, and the rows that catching up has made of it.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    log: BTreeMap<Key, Op>,
    dots: BTreeMap<Dot, Key>,
    timelines: BTreeMap<(NodeId, u8), BTreeSet<Key>>,
    waiting: Vec<Op>,
    head: Option<Key>,
    nodes: BTreeMap<NodeId, Node>,
    children: BTreeSet<(NodeId, NodeId)>,
    /// Operations by the parents that they name, those that wait too.
    naming: BTreeSet<(NodeId, Key)>,
    /// The other op refs.
    refs: BTreeSet<(NodeId, Key)>,
    ignored: BTreeSet<(NodeId, Key)>,
    /// Inserts that are not the first of their nodes.
    again: BTreeSet<(NodeId, Key)>,
}

impl MemoryStore {
    /// Adds operations and catches up, with whatever was waiting. Those known are passed over.
    /// Gives the patch that was applied.
    pub fn append(&mut self, ops: &[Op]) -> Patch {
        self.defer(ops);
        self.ensure_materialized()
    }

    /// Adds operations to the log only.
    pub fn defer(&mut self, ops: &[Op]) {
        for op in ops {
            if self.dots.insert(op.dot(), op.key).is_some() {
                continue;
            }
            let entry = op.entry();
            let tracks = [
                (Track::Structure, entry.parent.is_some()),
                (Track::Payload, entry.writes_payload),
                (Track::Deletion, entry.is_deletion()),
            ];
            let tracks = tracks.into_iter().filter(|_| op.kind() != OpKind::Insert);
            for (track, _) in tracks.filter(|(_, on)| *on) {
                self.timelines.entry((op.node, track as u8)).or_default().insert(op.key);
            }
            let parent = entry.parent.filter(|&it| it != NodeId::TRASH && !entry.is_reserved());
            self.naming.extend(parent.map(|parent| (parent, op.key)));
            self.log.insert(op.key, op.clone());
            self.waiting.push(op.clone());
        }
    }

    /// Catches up with what waits.
    pub fn ensure_materialized(&mut self) -> Patch {
        let batch: Entries = self.waiting.drain(..).map(|op| op.entry()).collect();
        let Ok(patch) = catch_up(self, batch);
        self.apply(&patch);
        patch
    }

    /// The least key that waits.
    pub fn frontier(&self) -> Option<Key> {
        self.waiting.iter().map(|op| op.key).min()
    }

    /// The log, in canonical order.
    pub fn log(&self) -> impl Iterator<Item = &Op> {
        self.log.values()
    }

    /// The rows, in the form the reference gives them.
    pub fn state(&self) -> reference::State {
        let waiting: BTreeSet<Key> = self.waiting.iter().map(|op| op.key).collect();
        let waits = |row: &(NodeId, Key)| waiting.contains(&row.1);
        let with_payload = |key: &Key| self.log[key].written_payload().is_some();
        reference::State {
            nodes: self.nodes.clone(),
            named: self.naming.iter().filter(|row| !waits(row)).copied().collect(),
            refs: self.refs.clone(),
            ignored: self.ignored.clone(),
            again: self.again.iter().map(|&(id, key)| (id, key, with_payload(&key))).collect(),
            head: self.head,
        }
    }

    fn apply(&mut self, patch: &Patch) {
        for change in &patch.nodes {
            let node = self.nodes.entry(change.node);
            let exists = matches!(node, std::collections::btree_map::Entry::Occupied(_));
            assert_eq!(exists, change.exists, "row of {}", change.node);
            let node = node.or_default();
            let before = node.clone();
            if let Some(placement) = &change.placement {
                if let Some(parent) = node.parent {
                    self.children.remove(&(parent, change.node));
                }
                node.placed = placement.map(|place| patch.key(place.op));
                node.parent = placement.map(|place| place.parent);
                node.order_key = node.placed.and_then(|key| match &self.log[&key].action {
                    Action::Insert { order_key, .. } | Action::Move { order_key, .. } => {
                        Some(order_key.clone())
                    }
                    _ => None,
                });
                if let Some(parent) = node.parent {
                    self.children.insert((parent, change.node));
                }
            }
            if let Some(op) = change.payload {
                let key = patch.key(op);
                let written = self.log[&key].written_payload();
                node.payload_key = Some(key);
                node.payload = written.expect("a payload op").map(<[u8]>::to_vec);
            }
            if change.inserted.is_some() {
                node.inserted = change.inserted.map(|op| patch.key(op));
            }
            if change.deleted_at.is_some() {
                node.deleted_at = change.deleted_at.as_deref().cloned();
            }
            if let Some(tombstone) = change.tombstone {
                node.tombstone = tombstone;
            }
            assert!(!exists || *node != before, "row of {} written without a change", change.node);
        }
        let named = |&(node, op): &(NodeId, OpRef)| (node, patch.key(op));
        let adds = [(&mut self.refs, &patch.refs_added), (&mut self.ignored, &patch.ignored_added)];
        for (set, added) in adds {
            added.iter().map(named).for_each(|row| assert!(set.insert(row), "{row:?} is there"));
        }
        let removes =
            [(&mut self.refs, &patch.refs_removed), (&mut self.ignored, &patch.ignored_removed)];
        for (set, removed) in removes {
            removed.iter().map(named).for_each(|row| assert!(set.remove(&row), "{row:?} is not"));
        }
        for &(node, op, with_payload) in &patch.again {
            let key = patch.key(op);
            assert!(self.again.insert((node, key)), "{key} came again before");
            let tracks = [(Track::Structure, true), (Track::Payload, with_payload)];
            for (track, _) in tracks.into_iter().filter(|(_, on)| *on) {
                self.timelines.entry((node, track as u8)).or_default().insert(key);
            }
        }
        self.head = patch.head;
    }

    fn row_of(node: &Node) -> Row {
        Row {
            placed: node.placed.zip(node.parent),
            payload: node.payload_key,
            inserted: node.inserted,
            deleted: node.deleted_at.is_some(),
            tombstone: node.tombstone,
        }
    }

    fn at(&self, key: Option<&Key>) -> Option<Entry> {
        key.map(|key| self.log[key].entry())
    }
}

impl Store for MemoryStore {
    type Error = Infallible;

    fn contradiction(&self, problem: String) -> Infallible {
        panic!("{problem}")
    }

    fn head(&self) -> Option<Key> {
        self.head
    }

    fn row(&mut self, node: NodeId) -> Result<Option<Row>, Infallible> {
        Ok(self.nodes.get(&node).map(Self::row_of))
    }

    /// Of every other node, so that tests see both.
    fn known_above(&mut self, node: NodeId) -> Option<Above> {
        let row = self.nodes.get(&node).map(Self::row_of).unwrap_or_default();
        let Row { placed, deleted, tombstone, .. } = row;
        node.0[15].is_multiple_of(2).then(|| Above {
            parent: placed.map(|it| it.1),
            deleted,
            tombstone,
        })
    }

    fn deleted_at(&mut self, node: NodeId) -> Result<VersionVector, Infallible> {
        Ok(self.nodes.get(&node).and_then(|node| node.deleted_at.clone()).unwrap_or_default())
    }

    fn any_deleted(&mut self) -> Result<bool, Infallible> {
        Ok(self.nodes.values().any(|node| node.deleted_at.is_some()))
    }

    fn children(&mut self, node: NodeId) -> Result<Vec<NodeId>, Infallible> {
        let range = (node, NodeId::ROOT)..=(node, NodeId::TRASH);
        Ok(self.children.range(range).map(|(_, child)| *child).collect())
    }

    fn rows_below(
        &mut self,
        node: NodeId,
        visit: &mut dyn FnMut(NodeId, Row),
    ) -> Result<(), Infallible> {
        for child in self.children(node)? {
            visit(child, Self::row_of(&self.nodes[&child]));
        }
        Ok(())
    }

    fn steps(&mut self, node: NodeId) -> Result<Vec<Entry>, Infallible> {
        let keys = self.timelines.get(&(node, Track::Structure as u8));
        let waits = |key: &&Key| self.waiting.iter().any(|op| op.key == **key);
        let keys = keys.into_iter().flatten().filter(|key| !waits(key));
        Ok(keys.filter_map(|key| self.at(Some(key))).collect())
    }

    fn next(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Infallible> {
        let timeline = self.timelines.get(&(node, track as u8));
        Ok(self
            .at(timeline
                .and_then(|keys| keys.range((Bound::Excluded(key), Bound::Unbounded)).next())))
    }

    fn prev(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Infallible> {
        let timeline = self.timelines.get(&(node, track as u8));
        Ok(self.at(timeline.and_then(|keys| keys.range(..key).next_back())))
    }

    fn entry(&mut self, key: Key) -> Result<Entry, Infallible> {
        Ok(self.log[&key].entry())
    }

    fn known_state(&mut self, delete: Source) -> Result<VersionVector, Infallible> {
        match &self.log[&delete.key].action {
            Action::Delete { known_state } => Ok(known_state.clone()),
            _ => Ok(VersionVector::default()),
        }
    }

    fn deletions_in(&mut self, range: Range, most: usize) -> Result<Option<usize>, Infallible> {
        let at = |counter| Dot { replica: range.replica, counter };
        let keys = self.dots.range(at(range.first)..=at(range.last)).take(most + 1);
        let mut count = 0;
        for (_, key) in keys {
            count += 1;
            if count > most || !self.log[key].entry().is_deletion() {
                return Ok(None);
            }
        }
        Ok(Some(count))
    }

    fn is_ignored(&mut self, node: NodeId, key: Key) -> Result<bool, Infallible> {
        Ok(self.ignored.contains(&(node, key)))
    }

    /// Two at a time at first, so that tests see callers ask for more.
    fn naming(
        &mut self,
        parent: NodeId,
        from: usize,
        most: usize,
    ) -> Result<Vec<Entry>, Infallible> {
        let most = if from < 8 { most.min(2) } else { most };
        let range = self.naming.range((parent, Key::MIN)..);
        let keys = range.take_while(|(p, _)| *p == parent).map(|(_, key)| key);
        let there = keys.filter(|key| !self.waiting.iter().any(|op| op.key == **key));
        Ok(there.skip(from).take(most).filter_map(|key| self.at(Some(key))).collect())
    }

    fn named(&mut self, parent: NodeId) -> Result<usize, Infallible> {
        Ok(self.naming.range((parent, Key::MIN)..).take_while(|(p, _)| *p == parent).count())
    }

    fn has_ref(&mut self, parent: NodeId, key: Key) -> Result<bool, Infallible> {
        Ok(self.refs.contains(&(parent, key)))
    }

    /// Two at a time, so that tests see callers ask for more.
    fn refs(&mut self, parent: NodeId, after: Key) -> Result<Vec<Key>, Infallible> {
        let rest = self.refs.range((Bound::Excluded((parent, after)), Bound::Unbounded));
        Ok(rest.take_while(|(p, _)| *p == parent).take(2).map(|(_, key)| *key).collect())
    }
}
