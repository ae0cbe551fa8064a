//! One document in PostgreSQL, as scenarios and random steps drive it.

use treecrdt::reference::State;
use treecrdt::{Key, Op};

use treecrdt_testing::replica::{Answer, Counts, Replica, Written};

use crate::forest::Forest;
use crate::versions::Versions;

/// One document of a forest.
pub struct PostgresReplica {
    forest: Forest,
    number: u32,
    doc: String,
    versions: Versions,
}

impl PostgresReplica {
    /// A document in a new forest, named after a test.
    pub fn create(test: &str) -> Self {
        let forest = Forest::create(test);
        Self { forest, number: 0, doc: "doc 0".into(), versions: Versions::default() }
    }

    /// Whether the server is still there.
    pub fn is_connected(&self) -> bool {
        !self.forest.client.is_closed()
    }

    fn written(&mut self) -> Answer<Written> {
        let before = std::mem::replace(&mut self.versions, self.forest.versions(&self.doc)?);
        Ok(self.versions.written_since(&before))
    }

    fn insert(&mut self, ops: &[Op]) -> Answer<u64> {
        let Self { forest, doc, .. } = self;
        forest.insert(ops.iter().map(|op| (doc.as_str(), op)))
    }
}

impl Replica for PostgresReplica {
    fn next_document(&mut self) {
        self.number += 1;
        self.doc = format!("doc {}", self.number);
        self.versions = Versions::default();
    }

    fn append(&mut self, ops: &[Op]) -> Answer<Written> {
        self.insert(ops)?;
        self.written()
    }

    fn defer(&mut self, ops: &[Op]) -> Answer<Written> {
        self.forest.set_deferred(true)?;
        let inserted = self.insert(ops);
        self.forest.set_deferred(false)?;
        inserted?;
        self.written()
    }

    fn ensure_materialized(&mut self) -> Answer<Written> {
        let waits = i64::from(self.forest.frontier(&self.doc)?.is_some());
        let caught_up = self.forest.ensure_materialized(Some(&self.doc))?;
        if caught_up != waits {
            return Err(format!("ensure_materialized caught up {caught_up} docs, not {waits}"));
        }
        self.written()
    }

    fn rebuild(&mut self) -> Answer<Written> {
        self.forest.rebuild(&self.doc)?;
        self.written()
    }

    fn state(&mut self) -> Answer<State> {
        self.forest.state(&self.doc)
    }

    fn frontier(&mut self) -> Answer<Option<Key>> {
        self.forest.frontier(&self.doc)
    }

    fn counts(&mut self) -> Answer<Counts> {
        self.forest.counts(&self.doc)
    }

    fn verify(&mut self) -> Answer<Vec<String>> {
        self.forest.verify(&self.doc)
    }
}
