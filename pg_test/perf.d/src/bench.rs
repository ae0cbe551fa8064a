//! A run: its session, its options, and the report that grows.

use std::path::PathBuf;
use std::time::Instant;

use postgres::Client;
use postgres::types::{FromSqlOwned, ToSql};
use treecrdt_testing::history::Random;

use crate::measure::{REPETITIONS, timed};
use crate::memory::{Peak, Watch};
use crate::report::{Line, Report};
use crate::{Failure, Result, processor};

/// What the caller asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Smaller sizes.
    pub quick: bool,
    /// What everything random comes from.
    pub seed: u64,
    /// Where results go, and the repository of the git workload for a while.
    pub out: PathBuf,
}

/// A run.
pub struct Bench {
    /// The session that measures.
    pub client: Client,
    /// What the caller asked for.
    pub options: Options,
    /// What was found so far.
    pub report: Report,
    topic: &'static str,
    started: Instant,
}

impl Bench {
    /// A run on the server that the environment names.
    ///
    /// # Errors
    /// The server has no extension.
    pub fn start(options: Options) -> Result<Self> {
        let client = session()?;
        let started = Instant::now();
        let mut bench = Self { client, options, report: Report::default(), topic: "", started };
        bench
            .run("CREATE EXTENSION IF NOT EXISTS pg_treecrdt; CREATE SCHEMA IF NOT EXISTS stage")?;
        Ok(bench)
    }

    /// Begins a topic, which lines belong to from here on, in a session of its own.
    pub fn begin(&mut self, topic: &'static str) -> Result<()> {
        self.topic = topic;
        self.renew()
    }

    /// Adds a line to the report.
    pub fn line(&mut self, line: Line) {
        self.report.add(self.topic, line);
    }

    /// Says what goes on.
    pub fn say(&self, what: &str) {
        println!("== [{:4.0}s] {what}", self.started.elapsed().as_secs_f64());
    }

    /// One of two sizes.
    pub fn size(&self, quick: usize, full: usize) -> usize {
        if self.options.quick { quick } else { full }
    }

    /// How often each side is measured.
    pub fn repetitions(&self) -> usize {
        REPETITIONS
    }

    /// Goes on in a new session, whose backend has no memory of what was done.
    ///
    /// # Errors
    /// The server has none left.
    pub fn renew(&mut self) -> Result<()> {
        self.client = session()?;
        Ok(())
    }

    /// A seed of this name.
    pub fn seed(&self, name: &str) -> u64 {
        let hash = name.bytes().fold(self.options.seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Random::new(hash).bits()
    }

    /// Runs statements.
    pub fn run(&mut self, sql: &str) -> Result<()> {
        run(&mut self.client, sql)
    }

    /// Runs statements; gives the seconds that took.
    pub fn time(&mut self, sql: &str) -> Result<f64> {
        Ok(timed(|| run(&mut self.client, sql))?.0)
    }

    /// Runs statements; gives the seconds that took, and those of them in which the backend had a processor.
    pub fn time_and_processor(&mut self, sql: &str) -> Result<(f64, f64)> {
        let pid = self.backend()?;
        let processor =
            || processor::seconds(pid).ok_or_else(|| Failure("no /proc/PID/schedstat".into()));
        let before = processor()?;
        let took = self.time(sql)?;
        Ok((took, processor()? - before))
    }

    /// Runs statements in a session of their own, for what a backend has freed it may keep; gives the seconds that took,
    /// and the memory.
    pub fn time_and_memory(&mut self, sql: &str) -> Result<(f64, Peak)> {
        self.renew()?;
        let watch = Watch::start(self.backend()?);
        let took = self.time(sql)?;
        Ok((took, watch.stop()))
    }

    /// The process that serves this session.
    pub fn backend(&mut self) -> Result<i32> {
        self.value("SELECT pg_backend_pid()", &[])
    }

    /// The only value that a query gives.
    pub fn value<T: FromSqlOwned>(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<T> {
        Ok(self.client.query_one(sql, params).map_err(|e| at(sql, e))?.try_get(0)?)
    }

    /// Whether transactions wait for the disk.
    pub fn durable(&mut self, durable: bool) -> Result<()> {
        self.run(if durable { "RESET synchronous_commit" } else { "SET synchronous_commit = off" })
    }
}

/// A session of its own, as all that measure are.
///
/// # Errors
/// The server does not know the settings.
///
/// # Panics
/// If there is no server.
pub fn session() -> Result<Client> {
    let mut client = harness::server::connect();
    // Staging tables are read from their beginning, by one process.
    run(
        &mut client,
        "SET client_min_messages = warning; SET synchronize_seqscans = off;
         SET max_parallel_workers_per_gather = 0",
    )?;
    Ok(client)
}

/// Has prepared statements planned once in this session: for slices of staging tables, which else
/// are planned each time, the floor's for longer.
pub fn plan_once(client: &mut Client) -> Result<()> {
    run(client, "SET plan_cache_mode = force_generic_plan")
}

/// Runs statements in a session.
pub fn run(client: &mut Client, sql: &str) -> Result<()> {
    client.batch_execute(sql).map_err(|e| at(sql, e))
}

fn at(sql: &str, error: postgres::Error) -> Failure {
    let sql: String = sql.chars().take(300).collect();
    Failure(format!("{}\nin: {sql}", Failure::from(error)))
}
