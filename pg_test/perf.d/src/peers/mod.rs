//! Late operations beside three peers, other ways to keep the same tree, in one run.
//!
//! | module | holds |
//! | --- | --- |
//! | [`approach`] | the four approaches: a session and tables each |
//! | [`check`] | random histories through all of them, against the reference |
//! | [`story`] | the history that is measured with |
//! | [`late`] | one late operation, by the length of the log and by lateness |
//! | [`rate`] | operations in order, and two histories merged |
//! | [`crossover`] | from where on one is ahead of another |
//! | [`picture`] | late operations, drawn |
//!
//! The peers keep the tree only: no op refs, no defensive deletion, no checks of what comes in. So
//! what all are given is inserts, moves and payloads, with TRASH to move to, and pg_treecrdt does
//! more for it than they do.

use crate::Result;
use crate::bench::Bench;

pub mod approach;
pub mod check;
pub mod crossover;
pub mod late;
pub mod picture;
pub mod rate;
pub mod story;

use approach::Contender;

/// Checks the approaches, and measures them.
///
/// # Errors
/// One of them is wrong, or the server has no peers.
pub fn run(bench: &mut Bench) -> Result<()> {
    let mut checked = Contender::all(bench)?;
    check::random_histories(bench, &mut checked)?;
    // Anew: statistics of many small docs would mislead the planner about large ones.
    let mut contenders = Contender::all(bench)?;
    rate::in_order(bench, &mut contenders)?;
    rate::merge(bench, &mut contenders)?;
    let found = late::measure(bench, &mut contenders)?;
    crossover::report(bench, &found);
    picture::draw(&found, &bench.options.out.join("peers.svg"))?;
    contenders.iter_mut().try_for_each(Contender::drop_tables)
}
