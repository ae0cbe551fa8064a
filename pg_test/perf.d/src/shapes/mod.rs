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

/// All of them; `{}` stands for the size.
const SHAPES: &[Shape] = &[
    shape("{} children of one parent, counters interleaved", 5_000, 100_000, wide::children),
    shape("chain {} deep, then an append at its tip", 5_000, 50_000, deep::tip),
    shape("chain {} deep, then a late move of its tip", 5_000, 50_000, deep::tip_moved),
    shape("chain {} deep, then a late move of its top", 5_000, 50_000, deep::top_moved),
    shape("{} moves of one node, then a late move of it", 5_000, 25_000, deep::often_moved),
    shape("{} payloads of one node, then a late one", 5_000, 25_000, wide::payloads),
    shape("{} payloads of 1 MB", 8, 50, wide::heavy),
    shape("{} replicas, 20 ops each, 20 deletes in all", 200, 500, wide::replicas),
    shape("{} deletes of one node", 500, 500, wide::deletes),
    shape("{} docs of 100 ops", 100, 5_000, wide::docs),
    shape("{} ops, then 1,000 late ones at every depth", 10_000, 500_000, wide::late_everywhere),
    shape("{} moves of an ancestor, then 100 late moves below it", 500, 2_000, deep::adversary),
];

const fn shape(
    name: &'static str,
    quick: usize,
    full: usize,
    make: fn(u64, usize) -> Arrival,
) -> Shape {
    Shape { name, quick, full, make }
}

/// Runs all of them.
pub fn run(bench: &mut Bench) -> Result<()> {
    SHAPES.iter().try_for_each(|shape| runner::run(bench, shape))
}
