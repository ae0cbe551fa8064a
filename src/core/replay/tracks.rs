//! The operations of a track next to a key: out of what the store has, the first insert, which the
//! node's row names, and the inserts of the batch.

use std::collections::HashMap;

use super::memo::Memo;
use super::numbers::{Item, NodeIx, OpIx};
use super::store::{Store, Track};
use crate::model::{Key, OpKind};

/// A side of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Side {
    /// Whether a key lies on this side of another.
    fn has(self, key: Key, of: Key) -> bool {
        match self {
            Self::Before => key < of,
            Self::After => of < key,
        }
    }
}

impl<S: Store> Memo<'_, S> {
    /// The next operation of a track after `op`, all inserts included. On a node without a row, where
    /// nothing is older than the batch, there is none that anybody asks for.
    pub(super) fn next(
        &mut self,
        node: NodeIx,
        track: Track,
        op: OpIx,
    ) -> Result<Option<Item>, S::Error> {
        if !self.row(node)?.exists {
            return Ok(None);
        }
        self.nearest(node, track, self.key(op), Side::After)
    }

    /// The first operation of a track, all inserts included.
    pub(super) fn first(&mut self, node: NodeIx, track: Track) -> Result<Option<Item>, S::Error> {
        self.nearest(node, track, Key::MIN, Side::After)
    }

    /// The last operation of a track before `op`, all inserts included.
    pub(super) fn prev(
        &mut self,
        node: NodeIx,
        track: Track,
        op: OpIx,
    ) -> Result<Option<Item>, S::Error> {
        self.nearest(node, track, self.key(op), Side::Before)
    }

    /// The nearest operation of a track on one side of a key: out of what the store has, the first
    /// insert, and those of the batch.
    fn nearest(
        &mut self,
        node: NodeIx,
        track: Track,
        key: Key,
        side: Side,
    ) -> Result<Option<Item>, S::Error> {
        let entry = match side {
            Side::After => self.store.next(self.id(node), track, key)?,
            Side::Before => self.store.prev(self.id(node), track, key)?,
        };
        if let Some(entry) = &entry
            && !side.has(entry.key, key)
        {
            let problem = format!("operation {} is out of order", entry.key);
            return Err(self.store.contradiction(problem));
        }
        let mut nearest = entry.map(|entry| self.item(&entry));
        if track == Track::Deletion {
            return Ok(nearest);
        }
        let first = self.row(node)?.inserted;
        for op in first.into_iter().chain(self.insert_of_batch(node, track, key, side)?) {
            let found = self.key(op);
            let is_nearer = nearest.is_none_or(|it| side.has(self.key(it.op), found));
            if side.has(found, key) && is_nearer {
                let item = self.op(op)?;
                if track == Track::Structure || item.writes_payload {
                    nearest = Some(item);
                }
            }
        }
        Ok(nearest)
    }

    /// The nearest insert of the batch.
    fn insert_of_batch(
        &mut self,
        node: NodeIx,
        track: Track,
        key: Key,
        side: Side,
    ) -> Result<Option<OpIx>, S::Error> {
        if self.inserts.is_none() {
            let mut inserts: HashMap<NodeIx, [Vec<OpIx>; 2]> = HashMap::new();
            for at in 0..self.batch.len() {
                self.store.check()?;
                let item = self.batch[at];
                if item.kind == OpKind::Insert && self.row(item.node)?.exists {
                    let [all, with_payload] = inserts.entry(item.node).or_default();
                    all.push(item.op);
                    with_payload.extend(item.writes_payload.then_some(item.op));
                }
            }
            self.inserts = Some(inserts);
        }
        let inserts = self.inserts.as_ref().and_then(|inserts| inserts.get(&node));
        let Some([all, with_payload]) = inserts else { return Ok(None) };
        let ops = if track == Track::Structure { all } else { with_payload };
        Ok(match side {
            Side::After => ops.get(ops.partition_point(|&op| self.key(op) <= key)).copied(),
            Side::Before => {
                let at = ops.partition_point(|&op| self.key(op) < key);
                at.checked_sub(1).map(|at| ops[at])
            }
        })
    }
}
