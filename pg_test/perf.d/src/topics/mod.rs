//! What is measured, a topic a file.

use crate::Result;
use crate::bench::Bench;

mod append;
mod single;

/// Something to measure.
#[derive(Clone, Copy)]
pub struct Topic {
    /// What `--only` calls it.
    pub name: &'static str,
    /// What it is about, in a line.
    pub about: &'static str,
    /// Measures it.
    pub run: fn(&mut Bench) -> Result<()>,
}

/// All topics, in the order in which they run.
pub const TOPICS: &[Topic] = &[
    Topic {
        name: "append",
        about: "a history in one statement, against the floor",
        run: append::run,
    },
    Topic {
        name: "single",
        about: "one operation a transaction, against the floor",
        run: single::run,
    },
    Topic {
        name: "peers",
        about: "late operations beside three other ways to do it",
        run: crate::peers::run,
    },
];
