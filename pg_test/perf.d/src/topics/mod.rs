//! What is measured, a topic a file.

use crate::Result;
use crate::bench::Bench;

mod append;
mod batches;
mod big;
mod chain;
mod edit;
mod fan;
mod known;
pub mod late;
mod load;
mod merge;
mod page;
mod parallel;
mod reads;
mod rebuild;
mod single;
mod size;
mod small;
mod snapshot;
mod whole;

/// Something to measure.
#[derive(Clone, Copy)]
pub struct Topic {
    /// What `--only` calls it.
    pub name: &'static str,
    /// What it is about, in a line.
    pub about: &'static str,
    /// Measures it.
    pub run: fn(&mut Bench) -> Result<()>,
    /// Whether it is measured only where `--only` names it.
    pub on_demand: bool,
}

/// All topics, in the order in which they run.
pub const TOPICS: &[Topic] = &[
    topic("append", "a history in one statement, against the floor", append::run),
    topic("batches", "in-order append by the size of the batch, beside the floor", batches::run),
    topic("single", "one operation a transaction, against the floor", single::run),
    topic("small", "in-order statements of few operations, against the floor", small::run),
    topic("late", "one late operation, by length of the log and by lateness", late::run),
    topic("merge", "two divergent histories, against appending in order", merge::run),
    topic("fan", "20,000 children of one parent: the last against the first", fan::run),
    topic("chain", "a deep chain, against a shallow tree", chain::run),
    topic("page", "a page of children, against the bare index range", page::run),
    topic("rebuild", "all rows from the log, against reading and the floor", rebuild::run),
    topic("load", "INSERT, COPY and deferred COPY, by the size of the statement", load::run),
    topic("size", "bytes on disk an operation, against minimal tables", size::run),
    topic("shapes", "shapes that kill: twice the size against once", crate::shapes::run),
    topic("reads", "what reading takes, and whether its plans are index ranges", reads::run),
    topic("edit", "editing, call by call, against bare INSERTs; trees as JSON", edit::run),
    topic("whole", "whole trees, beside a recursive query", whole::run),
    topic("peers", "late operations, rates and merges, beside three other ways", crate::peers::run),
    topic("known", "adjacency list, closure table and ltree with the same tree", known::run),
    topic(
        "snapshot",
        "one operation a transaction while an old snapshot is open elsewhere, against a plain \
         counter row",
        snapshot::run,
    ),
    topic("parallel", "two sessions on two docs, and on one", parallel::run),
    Topic {
        on_demand: true,
        ..topic("big", "10M operations of one doc (only if named)", big::one)
    },
    Topic {
        on_demand: true,
        ..topic("many", "10M operations of 10,000 docs (only if named)", big::many)
    },
];

const fn topic(
    name: &'static str,
    about: &'static str,
    run: fn(&mut Bench) -> Result<()>,
) -> Topic {
    Topic { name, about, run, on_demand: false }
}
