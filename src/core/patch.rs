//! What a catch-up changes: the whole of what storage has to write.

use crate::id::{Key, NodeId};
use crate::version_vector::VersionVector;

/// Where a node is, and the operation that put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The last effective structural op.
    pub key: Key,
    /// The parent it gave.
    pub parent: NodeId,
    /// The order key it gave.
    pub order_key: Vec<u8>,
}

/// The new contents of a node's row. A field that is `None` stays as it is. Catching up never takes
/// a payload op or a `deleted_at` away; making rows anew can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePatch {
    /// Whose row.
    pub node: NodeId,
    /// Whether the row is there already; if not, what stays as it is is absent.
    pub exists: bool,
    /// A new placement, or none any more.
    pub placement: Option<Option<Placement>>,
    /// A new winning payload op with what it wrote, or none any more.
    pub payload: Option<Option<(Key, Option<Vec<u8>>)>>,
    /// A new `deleted_at`, or none any more.
    pub deleted_at: Option<Option<VersionVector>>,
    /// A new tombstone flag.
    pub tombstone: Option<bool>,
}

/// The rows that a batch changes, and no others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// Node rows to insert or update, by node.
    pub nodes: Vec<NodePatch>,
    /// Op refs to add, as (parent, key).
    pub refs_added: Vec<(NodeId, Key)>,
    /// Op refs to remove.
    pub refs_removed: Vec<(NodeId, Key)>,
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
