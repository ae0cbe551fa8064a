//! Operations of one lamport, which an index has in no order.

use std::collections::HashMap;

use treecrdt::{Entry, Key, NodeId, OpKind};

/// Which of a track's operations is meant.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    /// The first after a key.
    Next,
    /// The last before it.
    Prev,
}

impl Which {
    pub(super) fn nearest(self, found: impl Iterator<Item = Found>, key: Key) -> Option<Found> {
        match self {
            Self::Next => found.filter(|it| key < it.0.key).min_by_key(|it| it.0.key),
            Self::Prev => found.filter(|it| it.0.key < key).max_by_key(|it| it.0.key),
        }
    }
}

/// An operation, and whether this transaction has written it.
pub(super) type Found = (Entry, bool);

/// Operations on one node, of one kind and with one lamport, in order: of each kind those met last,
/// where there are many. So a history that has one lamport throughout is read once,
/// not once for each of its operations.
#[derive(Debug, Default)]
pub(super) struct Ties(HashMap<(NodeId, OpKind), Vec<Found>>);

impl Ties {
    /// So few need not be remembered.
    const FEW: usize = 32;

    pub(super) fn get(&self, of: &(NodeId, OpKind)) -> Option<&Vec<Found>> {
        if self.0.is_empty() { None } else { self.0.get(of) }
    }

    pub(super) fn remember(&mut self, node: NodeId, kind: OpKind, group: &mut Vec<Found>) {
        if group.len() > Self::FEW {
            group.sort_unstable_by_key(|it| it.0.key);
            self.0.insert((node, kind), std::mem::take(group));
        }
    }
}
