//! What a catch-up changes: the whole of what storage has to write.
//!
//! Bytes (order keys, payloads) are not part of it: it names the operation that has them.

use std::rc::Rc;

use super::entries::Keys;
use super::numbers::OpRef;
use crate::model::VersionVector;
use crate::model::{Key, NodeId};

/// Where a node is, and the operation that put it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// The last effective structural op, which has the order key.
    pub op: OpRef,
    /// The parent it gave.
    pub parent: NodeId,
}

/// The new contents of a node's row. A field that is `None` stays as it is; catching up never takes
/// a payload op or a `deleted_at` away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePatch {
    /// Whose row.
    pub node: NodeId,
    /// Whether the row is there already; if not, what stays as it is is absent.
    pub exists: bool,
    /// A new placement, or none any more.
    pub placement: Option<Option<Placement>>,
    /// A new winning payload op, one of those that were to be caught up.
    pub payload: Option<OpRef>,
    /// A new first insert.
    pub inserted: Option<OpRef>,
    /// A new `deleted_at`.
    pub deleted_at: Option<Rc<VersionVector>>,
    /// A new tombstone flag.
    pub tombstone: Option<bool>,
}

/// The rows that a batch changes, and no others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// Of the operations it names.
    pub(super) keys: Keys,
    /// Node rows to insert or update.
    pub nodes: Vec<NodePatch>,
    /// Op refs to add, by parent, those of a parent side by side. An operation that names the parent is
    /// one by that, and not among them.
    pub refs_added: Vec<(NodeId, OpRef)>,
    /// Op refs to remove, of the same kind.
    pub refs_removed: Vec<(NodeId, OpRef)>,
    /// Inserts that are not the first of their nodes, and whether they carry a payload: in the node's
    /// tracks from now on.
    pub again: Vec<(NodeId, OpRef, bool)>,
    /// Structural operations that are ignored from now on, by node.
    pub ignored_added: Vec<(NodeId, OpRef)>,
    /// Structural operations that are ignored no longer.
    pub ignored_removed: Vec<(NodeId, OpRef)>,
    /// The new head.
    pub head: Option<Key>,
    /// How many operations of the batch were below the head.
    pub late: u64,
    /// How many structural operations materialized before were judged again.
    pub reevaluated: u64,
}

impl Patch {
    /// The key of an operation.
    pub fn key(&self, op: OpRef) -> Key {
        self.keys.key(op.0)
    }

    /// Where an operation stands among those that were to be caught up; `None` if it is older.
    pub fn position(&self, op: OpRef) -> Option<usize> {
        self.keys.position(op.0)
    }
}
