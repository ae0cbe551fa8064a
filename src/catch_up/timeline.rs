//! The operations of a node next to a key, out of the indexes that have them.

use treecrdt::{Entry, Key, NodeId, OpKind, Store, Track};

use super::store::{DocStore, any};
use super::ties::{Found, Which};
use crate::datum::{Arg, KeyDatums, uuid};
use crate::error::Error;
use crate::forest::shape::Reinserts;
use crate::memory;
use crate::storage::rows::OpRow;

impl DocStore<'_, '_> {
    /// The nearest operation of a track from `key` on, out of those of each kind that make it up.
    pub(super) fn nearest(
        &mut self,
        node: NodeId,
        track: Track,
        key: Key,
        which: Which,
    ) -> Result<Option<Entry>, Error> {
        let (kinds, reinserts): (&[OpKind], &[bool]) = match track {
            Track::Structure => (&[OpKind::Move], &[true, false]),
            Track::Payload => (&[OpKind::Payload], &[true]),
            Track::Deletion => (&[OpKind::Delete, OpKind::Tombstone], &[]),
        };
        let mut nearest: Option<Found> = None;
        for &kind in kinds {
            let found = self.nearest_of_kind(node, kind, key, which)?;
            nearest = which.nearest(nearest.into_iter().chain(found), key);
        }
        if !reinserts.is_empty() && self.any_reinserts()? {
            for &with_payload in reinserts {
                let found = self.nearest_reinsert(node, with_payload, key, which)?;
                nearest = which.nearest(nearest.into_iter().chain(found), key);
            }
        }
        let Some((entry, is_ours)) = nearest else { return Ok(None) };
        self.must_be_accounted(&entry, is_ours)?;
        Ok(Some(entry))
    }

    /// The nearest operation of one kind. Those of one lamport lie in no order; where they are many
    /// they are remembered in order.
    fn nearest_of_kind(
        &mut self,
        node: NodeId,
        kind: OpKind,
        key: Key,
        which: Which,
    ) -> Result<Option<Found>, Error> {
        let mut from = key.lamport;
        if let Some(ties) = self.ties.get(&(node, kind))
            && ties[0].0.key.lamport == from
        {
            let at = ties.partition_point(|(entry, _)| match which {
                Which::Next => entry.key <= key,
                Which::Prev => entry.key < key,
            });
            let found = match which {
                Which::Next => ties.get(at),
                Which::Prev => at.checked_sub(1).map(|at| &ties[at]),
            };
            if let Some(found) = found {
                return Ok(Some(*found));
            }
            match which {
                Which::Next => from += 1,
                Which::Prev => from -= 1,
            }
        }
        let label = self.reader.forest.label(kind);
        let probe = match which {
            Which::Next => &mut self.reader.next,
            Which::Prev => &mut self.reader.prev,
        };
        let equals = [self.doc_datum.arg(), uuid(&node), Arg::kind(label)];
        let mut rows = probe.rows(&equals, &[Arg::int8(from)])?;
        let mut group: Vec<Found> = Vec::new();
        let mut found = None;
        while let Some(row) = rows.next() {
            memory::check();
            let entry = OpRow::of_log(row)?.entry()?;
            if self.pending.is_some_and(|pending| pending.contains(entry.key.dot)) {
                continue;
            }
            if group.first().is_some_and(|(first, _)| first.key.lamport != entry.key.lamport) {
                found = which.nearest(group.iter().copied(), key);
                if found.is_some() {
                    break;
                }
                self.ties.remember(node, kind, &mut group);
                group.clear();
            }
            group.push((entry, row.is_of_this_transaction()));
        }
        let found = found.or_else(|| which.nearest(group.iter().copied(), key));
        self.ties.remember(node, kind, &mut group);
        Ok(found)
    }

    /// The nearest insert that is not the first.
    fn nearest_reinsert(
        &mut self,
        node: NodeId,
        with_payload: bool,
        key: Key,
        which: Which,
    ) -> Result<Option<Found>, Error> {
        let probe = match which {
            Which::Next => &mut self.reader.reinserts_after,
            Which::Prev => &mut self.reader.reinserts_before,
        };
        let bound = KeyDatums::new(&key);
        let equals = [self.doc_datum.arg(), uuid(&node), Arg::bool(with_payload)];
        let found = probe.find(&equals, &bound.args())?.and_then(|row| row.key(Reinserts::KEY));
        // They were materialized, so the statement that brought them has ended.
        found.map(|key| Ok((self.entry(key)?, false))).transpose()
    }

    pub(super) fn any_reinserts(&mut self) -> Result<bool, Error> {
        any(&mut self.any_reinserts, &mut self.reader.doc_reinserts, self.doc_datum)
    }
}
