//! What a catch-up changes: the whole of what storage has to write.
//!
//! Bytes (order keys, payloads) are not part of it: it names the operation that has them.

use crate::model::VersionVector;
use crate::model::{Key, NodeId};

/// An operation whose bytes a row takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Its key.
    pub key: Key,
    /// Where it stands among the operations that were to be caught up; `None` if it is older.
    pub position: Option<usize>,
}

/// Where a node is, and the operation that put it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// The last effective structural op, which has the order key.
    pub source: Source,
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
    pub payload: Option<Source>,
    /// A new first insert.
    pub inserted: Option<Key>,
    /// A new `deleted_at`.
    pub deleted_at: Option<VersionVector>,
    /// A new tombstone flag.
    pub tombstone: Option<bool>,
}

/// The rows that a batch changes, and no others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// Node rows to insert or update.
    pub nodes: Vec<NodePatch>,
    /// Op refs to add, as (parent, key), those of a parent side by side. An operation that names the
    /// parent is one by that, and not among them.
    pub refs_added: Vec<(NodeId, Key)>,
    /// Op refs to remove, of the same kind.
    pub refs_removed: Vec<(NodeId, Key)>,
    /// Inserts that are not the first of their nodes, as (node, key, whether it carries a payload): in
    /// the node's tracks from now on.
    pub again: Vec<(NodeId, Key, bool)>,
    /// Structural operations that are ignored from now on, as (node, key).
    pub ignored_added: Vec<(NodeId, Key)>,
    /// Structural operations that are ignored no longer.
    pub ignored_removed: Vec<(NodeId, Key)>,
    /// The new head.
    pub head: Option<Key>,
    /// How many operations of the batch were below the head.
    pub late: u64,
    /// How many structural operations materialized before were judged again.
    pub reevaluated: u64,
}
