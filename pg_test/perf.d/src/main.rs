//! `perf`: measures what it is told to, on the server that the environment names.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use perf::bench::{Bench, Options};
use perf::topics::{TOPICS, Topic};
use perf::{Failure, Result, facts, json, plot};

const USAGE: &str = "\
usage: perf [--quick] [--only NAME…] [--seed N] [--out DIR] | --list

The server is found by PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE; its database is for this
alone. Results go to DIR. Fails if something came out wrong, never because it was slow.";

struct Arguments {
    options: Options,
    topics: Vec<Topic>,
    list: bool,
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Arguments> {
    let mut options = Options { quick: false, seed: 1, out: PathBuf::from("pg_test/work/perf") };
    let (mut only, mut naming, mut list) = (Vec::new(), false, false);
    while let Some(argument) = arguments.next() {
        let mut value =
            || arguments.next().ok_or_else(|| Failure(format!("{argument} needs a value")));
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--list" => list = true,
            "--seed" => {
                options.seed =
                    value()?.parse().map_err(|_| Failure::new("--seed needs a number"))?;
            }
            "--out" => options.out = value()?.into(),
            "--only" => naming = true,
            name if naming && !name.starts_with('-') => only.push(argument),
            other => return Err(Failure(format!("{other} is no option of this program"))),
        }
    }
    if let Some(unknown) = only.iter().find(|&name| TOPICS.iter().all(|topic| topic.name != *name))
    {
        return Err(Failure(format!("no such topic: {unknown} (--list names them)")));
    }
    if naming && only.is_empty() {
        return Err(Failure::new("--only needs the name of a topic"));
    }
    let chosen = |topic: &&Topic| match only.is_empty() {
        true => !topic.on_demand,
        false => only.iter().any(|name| name == topic.name),
    };
    let topics = TOPICS.iter().filter(chosen).copied().collect();
    Ok(Arguments { options, topics, list })
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("perf: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if arguments.list {
        TOPICS.iter().for_each(|topic| println!("{:<12} {}", topic.name, topic.about));
        return ExitCode::SUCCESS;
    }
    match measure(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("perf: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(Arguments { options, topics, .. }: Arguments) -> Result<()> {
    let out = options.out.clone();
    std::fs::create_dir_all(&out)?;
    let mut bench = Bench::start(options)?;
    bench.report.facts = facts::gather(&mut bench)?;
    for (name, value) in &bench.report.facts {
        println!("{name:<28} {value}");
    }
    for topic in topics {
        bench.begin(topic.name)?;
        bench.say(&format!("{}: {}", topic.name, topic.about));
        (topic.run)(&mut bench).map_err(|e| Failure(format!("{}: {e}", topic.name)))?;
        // What is there is kept, should a later topic fail.
        write(&bench, &out)?;
    }
    bench.say("done");
    println!("\n{}", bench.report.table());
    println!("results: {}", out.display());
    Ok(())
}

fn write(bench: &Bench, out: &Path) -> Result<()> {
    std::fs::write(out.join("results.json"), format!("{}\n", json::report(&bench.report)))?;
    std::fs::write(out.join("results.md"), bench.report.markdown())?;
    std::fs::write(out.join("results.txt"), bench.report.table())?;
    bench.report.charts.iter().try_for_each(|chart| plot::draw(chart, out))
}
