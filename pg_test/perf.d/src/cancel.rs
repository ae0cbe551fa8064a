//! How soon a statement stops when its time is up.

use std::time::Instant;

use postgres::error::SqlState;

use crate::Result;
use crate::bench::Bench;

/// Runs a statement that is cancelled after so many seconds, by `statement_timeout`. Gives how many
/// seconds later it had stopped; `None` if it was done before.
///
/// # Errors
/// It ended in another error.
pub fn overshoot(bench: &mut Bench, sql: &str, after: f64) -> Result<Option<f64>> {
    let millis = (after * 1e3).ceil().max(1.0);
    bench.run(&format!("SET statement_timeout = {millis}"))?;
    let started = Instant::now();
    let done = bench.client.batch_execute(sql);
    let took = started.elapsed().as_secs_f64();
    let was_cancelled = |error: &postgres::Error| error.code() == Some(&SqlState::QUERY_CANCELED);
    // Where the time is very short, even this may take longer.
    while let Err(error) = bench.client.batch_execute("SET statement_timeout = 0") {
        if !was_cancelled(&error) {
            return Err(error.into());
        }
    }
    match done {
        Ok(()) => Ok(None),
        Err(error) if was_cancelled(&error) => Ok(Some(took - millis / 1e3)),
        Err(error) => Err(error.into()),
    }
}
