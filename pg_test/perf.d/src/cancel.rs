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
    bench.run("SET statement_timeout = 0")?;
    match done {
        Ok(()) => Ok(None),
        Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => {
            Ok(Some(took - millis / 1e3))
        }
        Err(error) => Err(error.into()),
    }
}
