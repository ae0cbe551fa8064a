//! The four ways to keep a tree, each in a schema of its own, and what each took.

use crate::bench::Bench;
use crate::report::{Line, Side};
use crate::stage::Stage;
use crate::{Result, floor, forest};

/// A way to keep a tree in PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The extension.
    PgTreecrdt,
    /// A column with the parent.
    Adjacency,
    /// That, and a table with all pairs of a node and one above it.
    Closure,
    /// A column with the path from the top.
    Ltree,
}

impl Way {
    /// All of them, the extension first.
    pub const ALL: [Self; 4] = [Self::PgTreecrdt, Self::Adjacency, Self::Closure, Self::Ltree];
    /// All but the extension.
    pub const OTHERS: [Self; 3] = [Self::Adjacency, Self::Closure, Self::Ltree];

    /// What the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PgTreecrdt => "pg_treecrdt",
            Self::Adjacency => "adjacency list",
            Self::Closure => "closure table",
            Self::Ltree => "ltree",
        }
    }

    /// The schema with its tables, `nodes` among them.
    pub fn schema(self) -> &'static str {
        match self {
            Self::PgTreecrdt => "known_forest",
            Self::Adjacency => "known_adjacency",
            Self::Closure => "known_closure",
            Self::Ltree => "known_ltree",
        }
    }

    /// Makes its tables, and fills them from a stage, which has to be `stage.known`.
    pub fn create(self, bench: &mut Bench, stage: &Stage) -> Result<()> {
        let tables = match self {
            Self::PgTreecrdt => {
                forest::create(bench, self.schema())?;
                bench.run(&stage.append(self.schema()))?;
                return forest::settle(bench, self.schema());
            }
            Self::Adjacency => include_str!("../../../known/adjacency.sql"),
            Self::Closure => include_str!("../../../known/closure.sql"),
            Self::Ltree => include_str!("../../../known/ltree.sql"),
        };
        floor::drop(bench, self.schema())?;
        bench.run(tables)?;
        forest::settle(bench, self.schema())
    }

    /// Drops what [`Way::create`] made.
    pub fn drop(self, bench: &mut Bench) -> Result<()> {
        match self {
            Self::PgTreecrdt => forest::drop(bench, self.schema()),
            Self::Ltree => {
                floor::drop(bench, self.schema())?;
                bench.run("DROP EXTENSION ltree")
            }
            Self::Adjacency | Self::Closure => floor::drop(bench, self.schema()),
        }
    }
}

/// Seconds that each way took, in the order of [`Way::ALL`].
#[derive(Debug, Default)]
pub struct Samples([Vec<f64>; Way::ALL.len()]);

impl Samples {
    /// Adds one of a way.
    pub fn push(&mut self, way: usize, seconds: f64) {
        self.0[way].push(seconds);
    }

    /// Reports the extension beside each of the others, with a note for each; the first tenth warms
    /// up.
    pub fn report(&self, bench: &mut Bench, what: &str, notes: [&str; Way::OTHERS.len()]) {
        let side = |at: usize| {
            let samples = &self.0[at];
            let warm = samples.len().div_ceil(10);
            Side::latencies(Way::ALL[at].name(), &samples[warm..])
        };
        for (at, note) in notes.into_iter().enumerate() {
            bench.line(Line::compared(what, side(0), side(at + 1)).note(note));
        }
    }
}
