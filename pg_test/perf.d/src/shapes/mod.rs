//! Shapes that kill: docs and arrivals that a careless implementation pays for with the square of
//! their size, with its memory, or by not stopping when told to.
//!
//! Each is measured at a size and at twice that size: the ratio of the times is about 2 if cost is
//! in proportion, and about 4 if it is quadratic.

mod deep;
mod runner;
mod wide;

pub use runner::{Arrival, Shape};

use crate::Result;
use crate::bench::Bench;

/// All of them.
const SHAPES: &[Shape] = &[
    Shape {
        name: "children of one parent, counters interleaved",
        quick: 10_000,
        full: 100_000,
        make: wide::children,
    },
    Shape {
        name: "chain, then an append at its tip",
        quick: 10_000,
        full: 50_000,
        make: deep::tip,
    },
    Shape {
        name: "chain, then a late move of its tip",
        quick: 10_000,
        full: 50_000,
        make: deep::tip_moved,
    },
    Shape {
        name: "chain, then a late move of its top",
        quick: 10_000,
        full: 50_000,
        make: deep::top_moved,
    },
    Shape {
        name: "moves of one node, then a late move of it",
        quick: 5_000,
        full: 25_000,
        make: deep::often_moved,
    },
    Shape {
        name: "payloads of one node, then a late one",
        quick: 5_000,
        full: 25_000,
        make: wide::payloads,
    },
    Shape { name: "replicas, 20 ops each", quick: 200, full: 500, make: wide::replicas },
    Shape { name: "deletes of one node", quick: 500, full: 500, make: wide::deletes },
    Shape { name: "docs of 100 ops", quick: 200, full: 5_000, make: wide::docs },
    Shape {
        name: "late ops at every depth of a history",
        quick: 20_000,
        full: 500_000,
        make: wide::late_everywhere,
    },
    Shape {
        name: "late ops below an ancestor that is moved all the time",
        quick: 500,
        full: 2_000,
        make: deep::adversary,
    },
];

/// Runs all of them.
pub fn run(bench: &mut Bench) -> Result<()> {
    SHAPES.iter().try_for_each(|shape| runner::run(bench, shape))
}
