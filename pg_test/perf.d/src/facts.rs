//! Where it was measured: the settings that matter, processor, version, commit.

use crate::Result;
use crate::bench::Bench;

const SETTINGS: [&str; 12] = [
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
    "autovacuum",
    "jit",
    "wal_compression",
    "data_checksums",
    "work_mem",
];

/// Names and values.
pub fn gather(bench: &mut Bench) -> Result<Vec<(String, String)>> {
    let mut facts = Vec::new();
    // Set by the script that calls this.
    let commit = std::env::var("PERF_COMMIT").unwrap_or_else(|_| "unknown".into());
    facts.push(("commit".into(), commit));
    facts.push(("postgres".into(), bench.value("SELECT version()", &[])?));
    facts.push(("processor".into(), processor()));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    facts.push(("processors".into(), cores.to_string()));
    for setting in SETTINGS {
        let value = bench.value("SELECT current_setting($1)", &[&setting])?;
        facts.push((setting.into(), value));
    }
    facts.push(("sizes".into(), if bench.options.quick { "quick" } else { "full" }.into()));
    facts.push(("seed".into(), bench.options.seed.to_string()));
    Ok(facts)
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name"));
    name.map_or("unknown", |name| name.trim_start_matches([' ', '\t', ':'])).to_owned()
}
