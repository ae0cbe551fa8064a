//! Several documents of one forest, and what must be in them.

use std::collections::{BTreeMap, BTreeSet};

use treecrdt::reference::{self, State};
use treecrdt::{Key, Op};

use crate::doc::differences;
use crate::forest::Forest;
use crate::history::{self, Random, Shape};
use crate::replica::Answer;

/// Operations with the names of their documents.
pub type Batch = Vec<(String, Op)>;

/// The logs of all documents, by name.
#[derive(Debug, Default)]
pub struct Docs(BTreeMap<String, BTreeMap<Key, Op>>);

impl Docs {
    /// Notes what has been delivered.
    pub fn remember(&mut self, batch: &[(String, Op)]) {
        for (doc, op) in batch {
            self.0.entry(doc.clone()).or_default().insert(op.key, op.clone());
        }
    }

    /// The names of the documents.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Holds the documents of this batch against the reference and asks the server to verify them.
    ///
    /// # Errors
    /// What is wrong with the first document that is not as it must be.
    pub fn check(&self, forest: &mut Forest, batch: &[(String, Op)]) -> Answer<()> {
        for doc in batch.iter().map(|(doc, _)| doc).collect::<BTreeSet<_>>() {
            let log = &self.0[doc];
            let expected = State { dots: Default::default(), ..reference::replay(log.values()) };
            let found = forest.state(doc)?;
            if found != expected {
                return Err(format!("{doc}: {}", differences(&found, &expected)));
            }
            let complaints = forest.verify(doc)?;
            if !complaints.is_empty() {
                return Err(format!("{doc}: verify complains:\n  {}", complaints.join("\n  ")));
            }
            let counted = forest.counts(doc)?.ops;
            if counted != log.len() as u64 {
                return Err(format!("{doc}: {counted} ops are counted of {}", log.len()));
            }
        }
        Ok(())
    }
}

/// Random histories of so many documents, delivered in batches that mix them.
pub fn mixed_delivery(random: &mut Random, docs: usize, ops: usize) -> Vec<Batch> {
    let mut all = Batch::new();
    for doc in 0..docs {
        let shape = Shape::random(random, ops);
        let minted = history::history(random, shape);
        all.extend(minted.into_iter().map(|op| (format!("doc {doc}"), op)));
    }
    if random.chance(30) {
        all.sort_by_key(|(_, op)| op.key);
    } else {
        random.shuffle(&mut all);
    }
    let size = random.pick(&[4, 20, 60]);
    all.chunks(size).map(<[_]>::to_vec).collect()
}
