//! That every approach is right: random histories, in random orders and batches, against the
//! reference after every batch.

use std::collections::{BTreeMap, BTreeSet};

use harness::docs::{Batch, mixed_delivery};
use treecrdt::{Key, NodeId, Op, OpKind, reference};
use treecrdt_testing::history::Random;

use super::approach::{Contender, NodeRow};
use crate::bench::Bench;
use crate::{Failure, Result};

/// Gives all approaches the same histories of several documents each, without the deletes.
///
/// # Errors
/// The tree of an approach is not the reference's.
pub fn random_histories(bench: &mut Bench, contenders: &mut [Contender]) -> Result<()> {
    let count = bench.size(60, 300) as u64;
    let first = bench.options.seed * 1_000_000;
    bench.say(&format!(
        "checking {count} random histories, seeds {first} to {} (--seed N: from N million on)",
        first + count - 1
    ));
    for seed in first..first + count {
        one_history(seed, contenders).map_err(|e| Failure(format!("seed {seed}, {e}")))?;
    }
    Ok(())
}

fn one_history(seed: u64, contenders: &mut [Contender]) -> Result<()> {
    let mut random = Random::new(seed);
    let mut logs: BTreeMap<String, BTreeMap<Key, Op>> = BTreeMap::new();
    for (number, batch) in delivery(&mut random, seed).iter().enumerate() {
        for (doc, op) in batch {
            logs.entry(doc.clone()).or_default().insert(op.key, op.clone());
        }
        let docs: BTreeSet<&str> = batch.iter().map(|(doc, _)| doc.as_str()).collect();
        let expected: Vec<Vec<NodeRow>> =
            docs.iter().map(|&doc| rows(logs[doc].values())).collect();
        for contender in &mut *contenders {
            let name = contender.approach.name();
            let failed = |e: Failure| Failure(format!("batch {number}, {name}: {e}\n{batch:?}"));
            contender.append(batch.iter().map(|(doc, op)| (doc.as_str(), op))).map_err(failed)?;
            for (&doc, expected) in docs.iter().zip(&expected) {
                let found = contender.nodes(doc).map_err(failed)?;
                compare(doc, &found, expected).map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// Two or three documents' histories in batches that mix them; some operations come twice.
fn delivery(random: &mut Random, seed: u64) -> Vec<Batch> {
    let (docs, ops) = (2 + random.below(2), random.pick(&[10, 40, 120]));
    let mut batches = mixed_delivery(random, docs, ops);
    let mut before: Batch = Vec::new();
    for batch in &mut batches {
        batch.retain(|(_, op)| !matches!(op.kind(), OpKind::Delete | OpKind::Tombstone));
        batch.iter_mut().for_each(|(doc, _)| *doc = format!("{seed}, {doc}"));
        if random.chance(20) && !before.is_empty() {
            batch.push(before[random.below(before.len())].clone());
        }
        before.extend(batch.iter().cloned());
    }
    batches
}

/// The rows of `nodes` that a log gives.
pub fn rows<'a>(log: impl IntoIterator<Item = &'a Op>) -> Vec<NodeRow> {
    let nodes = reference::replay(log).nodes.into_iter();
    nodes.map(|(id, node)| (id, node.parent, node.order_key, node.payload)).collect()
}

/// Holds rows against rows, both by node.
fn compare(doc: &str, found: &[NodeRow], expected: &[NodeRow]) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let by_node = |rows: &[NodeRow]| -> BTreeMap<NodeId, NodeRow> {
        rows.iter().map(|row| (row.0, row.clone())).collect()
    };
    let (found, expected) = (by_node(found), by_node(expected));
    let nodes: BTreeSet<&NodeId> = found.keys().chain(expected.keys()).collect();
    let wrong = nodes.into_iter().filter(|node| found.get(node) != expected.get(node));
    let wrong: Vec<String> = wrong
        .map(|node| format!("  {node}: {:?}, not {:?}", found.get(node), expected.get(node)))
        .collect();
    Err(Failure(format!("the tree of {doc} is wrong:\n{}", wrong.join("\n"))))
}

/// All approaches that are given have the same tree.
///
/// # Errors
/// One has not.
pub fn same_trees(contenders: &mut [&mut Contender], doc: &str) -> Result<()> {
    let mut first = None;
    for contender in contenders {
        let name = contender.approach.name();
        let digest = contender.digest(doc)?;
        let (_, expected) = *first.get_or_insert((name, digest));
        if digest != expected {
            return Err(Failure(format!(
                "wrong: the trees of {doc} differ: {first:?}, {name} {digest:?}"
            )));
        }
    }
    Ok(())
}
