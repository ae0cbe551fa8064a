//! What a test may do to one document, wherever it is stored, and the store in memory.

use std::collections::BTreeSet;

use treecrdt::reference::State;
use treecrdt::{Key, MemoryStore, Op, Patch};

/// What a store answers: a failure is a message.
pub type Answer<T> = Result<T, String>;

/// How many rows of the derived tables were written: added, removed or replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows of `nodes`.
    pub nodes: usize,
    /// Op refs, but for those that name the parent, which the log has.
    pub refs: usize,
    /// Rows of `ignored`.
    pub ignored: usize,
    /// Rows of `reinserts`.
    pub again: usize,
}

impl Written {
    /// How many rows differ between two states.
    pub fn between(before: &State, after: &State) -> Self {
        let ids: BTreeSet<_> = before.nodes.keys().chain(after.nodes.keys()).collect();
        Self {
            nodes: ids.iter().filter(|id| before.nodes.get(id) != after.nodes.get(id)).count(),
            refs: before.refs.symmetric_difference(&after.refs).count(),
            ignored: before.ignored.symmetric_difference(&after.ignored).count(),
            again: before.again.symmetric_difference(&after.again).count(),
        }
    }
}

/// What a store has counted of a document since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Operations in the log.
    pub ops: u64,
    /// Those that were below the head when they were materialized.
    pub late: u64,
    /// Structural operations judged again.
    pub reevaluated: u64,
}

/// One document of a store.
pub trait Replica {
    /// Turns to another document, an empty one.
    fn next_document(&mut self);

    /// Adds operations in one statement; those known are passed over.
    fn append(&mut self, ops: &[Op]) -> Answer<Written>;

    /// Adds operations in one statement to the log only.
    fn defer(&mut self, ops: &[Op]) -> Answer<Written>;

    /// Catches up with what waits.
    fn ensure_materialized(&mut self) -> Answer<Written>;

    /// Makes everything anew from the log, and writes what differs.
    fn rebuild(&mut self) -> Answer<Written>;

    /// The derived tables; `dots`, which are not stored, left out.
    fn state(&mut self) -> Answer<State>;

    /// The least key that waits to be materialized.
    fn frontier(&mut self) -> Answer<Option<Key>>;

    /// What has been counted.
    fn counts(&mut self) -> Answer<Counts>;

    /// What the store itself finds wrong with the document.
    fn verify(&mut self) -> Answer<Vec<String>>;
}

/// A document in memory.
#[derive(Debug, Default)]
pub struct MemoryReplica {
    store: MemoryStore,
    counts: Counts,
}

impl MemoryReplica {
    fn count(&mut self, patch: &Patch) -> Written {
        self.counts.late += patch.late;
        self.counts.reevaluated += patch.reevaluated;
        Written {
            nodes: patch.nodes.len(),
            refs: patch.refs_added.len() + patch.refs_removed.len(),
            ignored: patch.ignored_added.len() + patch.ignored_removed.len(),
            again: patch.again.len(),
        }
    }
}

impl Replica for MemoryReplica {
    fn next_document(&mut self) {
        *self = Self::default();
    }

    fn append(&mut self, ops: &[Op]) -> Answer<Written> {
        let patch = self.store.append(ops);
        Ok(self.count(&patch))
    }

    fn defer(&mut self, ops: &[Op]) -> Answer<Written> {
        self.store.defer(ops);
        Ok(Written::default())
    }

    fn ensure_materialized(&mut self) -> Answer<Written> {
        let patch = self.store.ensure_materialized();
        Ok(self.count(&patch))
    }

    fn rebuild(&mut self) -> Answer<Written> {
        let log: Vec<Op> = self.store.log().cloned().collect();
        let before = std::mem::take(&mut self.store).state();
        self.store.append(&log);
        Ok(Written::between(&before, &self.store.state()))
    }

    fn state(&mut self) -> Answer<State> {
        Ok(self.store.state())
    }

    fn frontier(&mut self) -> Answer<Option<Key>> {
        Ok(self.store.frontier())
    }

    fn counts(&mut self) -> Answer<Counts> {
        Ok(Counts { ops: self.store.log().count() as u64, ..self.counts })
    }

    fn verify(&mut self) -> Answer<Vec<String>> {
        Ok(Vec::new())
    }
}
