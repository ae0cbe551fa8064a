//! Several documents of one forest, and what must be in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use treecrdt::reference::Replay;
use treecrdt::{Key, NodeId, Op, VersionVector};

use crate::forest::Forest;
use treecrdt_testing::doc::differences;
use treecrdt_testing::history::{self, Random, Shape};
use treecrdt_testing::replica::Answer;

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
            let replay = Replay::of(log.values(), &mut || {});
            check_reads(forest, doc, &replay).map_err(|e| format!("{doc}: {e}"))?;
            let version = log.values().map(Op::dot).collect::<VersionVector>();
            expect("version", forest.version(doc)?, version)?;
            let (found, expected) = (forest.state(doc)?, replay.state());
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

/// Holds what the functions that read say against the reference: the tree, its pages, and what a
/// delete of each node would have to cover.
fn check_reads(forest: &mut Forest, doc: &str, replay: &Replay) -> Answer<()> {
    let expected = &replay.state;
    expect("tree", forest.tree(doc)?, expected.visible())?;
    let children = expected.children();
    let nodes = expected.nodes.keys().copied().chain([NodeId::ROOT, NodeId::TRASH]);
    for node in nodes.collect::<BTreeSet<_>>() {
        let version = forest.subtree_version(doc, node)?;
        expect(&format!("subtree_version of {node}"), version, replay.subtree_version(node))?;
        let mut page = children.get(&node).cloned().unwrap_or_default();
        page.retain(|child| node != NodeId::TRASH && !expected.nodes[child].tombstone);
        expect(&format!("children of {node}"), forest.children(doc, node)?, page)?;
    }
    Ok(())
}

fn expect<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Answer<()> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}:\n  found    {found:?}\n  expected {expected:?}"))
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
