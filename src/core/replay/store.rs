//! What replay may ask of storage. A database and a map in memory answer alike.
//!
//! The log holds every operation, those of the batch being caught up included. All else (rows,
//! refs, verdicts, which inserts are not the first of their nodes) is as it was left by the last
//! catch-up, before the batch.

use super::entries::Source;
use crate::model::Entry;
use crate::model::{Key, NodeId};
use crate::model::{Range, VersionVector};

/// One of the three lines into which a node's timeline falls. Its first insert is in none of them:
/// its row names that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    /// Its moves, and its later inserts.
    Structure,
    /// Its payloads, and those of these inserts that carry one.
    Payload,
    /// Its deletes and tombstones.
    Deletion,
}

/// Whether a structural operation took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It set its node's parent.
    Effective,
    /// It would have made a cycle, and changed no parent.
    Ignored,
}

/// A node's row, without its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The last effective structural op: its key, and the parent it gave.
    pub placed: Option<(Key, NodeId)>,
    /// The winning payload op.
    pub payload: Option<Key>,
    /// Its first insert.
    pub inserted: Option<Key>,
    /// Whether it has a `deleted_at`.
    pub deleted: bool,
    /// Whether it is a tombstone.
    pub tombstone: bool,
}

/// What a way up from a node needs to know of its row; nothing, if it has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Above {
    /// Its parent.
    pub parent: Option<NodeId>,
    /// Whether it has a `deleted_at`.
    pub deleted: bool,
    /// Whether it is a tombstone.
    pub tombstone: bool,
}

/// What replay may ask of storage, about one document.
pub trait Store {
    /// Why storage could not answer.
    type Error;

    /// The error for answers that contradict each other; the problem names the node or operation.
    fn contradiction(&self, problem: String) -> Self::Error;

    /// The greatest key materialized. `None` says that nothing is: then no question is asked whose
    /// answer could only be "nothing".
    fn head(&self) -> Option<Key>;

    /// A node's row, if it is the subject of some operation.
    fn row(&mut self, node: NodeId) -> Result<Option<Row>, Self::Error>;

    /// As much of a node's row as ways up need.
    fn above(&mut self, node: NodeId) -> Result<Above, Self::Error> {
        let Row { placed, deleted, tombstone, .. } = self.row(node)?.unwrap_or_default();
        Ok(Above { parent: placed.map(|(_, parent)| parent), deleted, tombstone })
    }

    /// The same, if it is known without a look into storage.
    fn known_above(&mut self, _node: NodeId) -> Option<Above> {
        None
    }

    /// A node's `deleted_at`; empty if it has none.
    fn deleted_at(&mut self, node: NodeId) -> Result<VersionVector, Self::Error>;

    /// Whether any node has a `deleted_at`.
    fn any_deleted(&mut self) -> Result<bool, Self::Error>;

    /// The nodes whose parent is `node`, tombstones too.
    fn children(&mut self, node: NodeId) -> Result<Vec<NodeId>, Self::Error>;

    /// The nodes whose parent is `node` with their rows, visited one by one.
    fn rows_below(
        &mut self,
        node: NodeId,
        visit: &mut dyn FnMut(NodeId, Row),
    ) -> Result<(), Self::Error>;

    /// The entries of a node's structural track that are materialized, in no order.
    fn steps(&mut self, node: NodeId) -> Result<Vec<Entry>, Self::Error>;

    /// The first entry of a track after `key`; inserts of the batch are left out.
    fn next(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Self::Error>;

    /// The last entry of a track before `key`; inserts of the batch are left out.
    fn prev(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Self::Error>;

    /// The entry of an operation in the log.
    fn entry(&mut self, key: Key) -> Result<Entry, Self::Error>;

    /// What the author of a delete of the batch had seen.
    fn known_state(&mut self, delete: Source) -> Result<VersionVector, Self::Error>;

    /// How many operations the log has with dots of this range, if all of them are deletions, and no
    /// more than `most`.
    fn deletions_in(&mut self, range: Range, most: usize) -> Result<Option<usize>, Self::Error>;

    /// Whether a structural operation materialized before is marked ignored.
    fn is_ignored(&mut self, node: NodeId, key: Key) -> Result<bool, Self::Error>;

    /// Some of the operations that name `parent` as the parent, in an order that stays, from this
    /// place in the list on: at most so many, fewer or none only at its end. Reserved ones are left
    /// out, and whoever names TRASH is not asked for.
    fn naming(
        &mut self,
        parent: NodeId,
        from: usize,
        most: usize,
    ) -> Result<Vec<Entry>, Self::Error>;

    /// How many operations [`Store::naming`] gives for `parent`, or more: those that wait too, and those that
    /// nobody sees any more.
    fn named(&mut self, parent: NodeId) -> Result<usize, Self::Error>;

    /// Whether the other op refs of `parent` hold `key`.
    fn has_ref(&mut self, parent: NodeId, key: Key) -> Result<bool, Self::Error>;

    /// Called in every loop over data: the place to heed a cancellation, and to see that there is
    /// memory. Between two calls the core takes no more than doubles what it holds.
    fn check(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Some of the other op refs of `parent`, those that do not name it, that come after `key`, in
    /// order: the first ones, and none only where there are none.
    fn refs(&mut self, parent: NodeId, after: Key) -> Result<Vec<Key>, Self::Error>;
}
