//! Two sessions at a time: on two docs against one session alone, and on one doc.

use postgres::Client;
use treecrdt::{NodeId, Op};

use crate::bench::{Bench, plan_once, session};
use crate::history::History;
use crate::measure::{Pairs, REPETITIONS, interleaved, median, quantile, timed};
use crate::report::{Goal, Line, Side, Unit};
use crate::stage::Stage;
use crate::workload::{PAYLOAD, Workload};
use crate::{Failure, Result, check, forest, row};

const DOCS: [&str; 2] = ["one", "two"];

/// Rows that a session fills its plain table with, in a quick and in a full run.
const ROWS: [usize; 2] = [100_000, 300_000];

/// Two docs, then one.
pub fn run(bench: &mut Bench) -> Result<()> {
    for batch in [100, 10_000] {
        two_docs(bench, batch)?;
    }
    one_doc(bench)
}

/// Two sessions on a doc each, and beside it what the machine itself makes of two sessions: on a plain table each.
fn two_docs(bench: &mut Bench, batch: usize) -> Result<()> {
    let (count, rows) = (bench.size(10_000, 50_000), bench.size(ROWS[0], ROWS[1]));
    let mut stages = Vec::new();
    for doc in DOCS {
        let ops = Workload::Fan10.ops(bench.seed(doc), count, &bench.options.out)?;
        let stage = Stage::load(bench, doc, doc, &ops)?;
        // The server reads what it appends by itself: the client has next to nothing to do.
        stage.index(bench)?;
        stages.push(stage);
    }
    let (mut tables, mut gains) = (Pairs::default(), Pairs::default());
    let pairs = interleaved(bench.repetitions(), |repetition| {
        let mut at_once = |stages: &[Stage]| -> Result<f64> {
            forest::create(bench, "f")?;
            bench.run("CHECKPOINT")?;
            let took = sessions(stages.iter(), |client, stage| batches(client, stage, batch))?.0;
            if repetition == 0 {
                check::forest(bench, "f", stages.len() * count)?;
            }
            forest::drop(bench, "f")?;
            Ok(took)
        };
        let docs = (at_once(&stages)?, at_once(&stages[..1])?);
        let plain = (fill(bench, &DOCS, rows)?, fill(bench, &DOCS[..1], rows)?);
        if repetition > 0 {
            tables.push(plain);
            // How many times as much two sessions do as one.
            let gain = |(two, one): (f64, f64)| 2.0 * one / two;
            gains.push((gain(docs), gain(plain)));
        }
        Ok(docs)
    })?;
    let name = format!("{count} fan10 ops to each doc, {batch} a statement");
    let line = Line::compared(
        name.clone(),
        Side::rate("two sessions, two docs", 2 * count, &pairs.a),
        Side::rate("one session", count, &pairs.b),
    );
    bench.line(line.goal(Goal::AtLeast(1.8)));
    bench.line(Line::compared(
        format!("{rows} rows to each of two plain tables, one statement a session"),
        Side::rate("two sessions, two tables", 2 * rows, &tables.a),
        Side::rate("one session", rows, &tables.b),
    ));
    let line = Line::compared(
        format!("{name}: what a second session adds"),
        Side::new("two docs, times one", Unit::Count, gains.a),
        Side::new("two tables", Unit::Count, gains.b),
    );
    bench.line(line.goal(Goal::AtLeast(0.97)));
    stages.into_iter().try_for_each(|stage| stage.drop(bench))
}

/// Sessions that fill a plain table each.
fn fill(bench: &mut Bench, tables: &[&str], rows: usize) -> Result<f64> {
    for table in tables {
        bench.run(&format!(
            "CREATE TABLE plain_{table} (id uuid PRIMARY KEY, n bigint, filler bytea)"
        ))?;
    }
    bench.run("CHECKPOINT")?;
    let fill = |client: &mut Client, table: &&str| {
        Ok(client.batch_execute(&format!(
            "INSERT INTO plain_{table}
             SELECT md5(n::text)::uuid, n, decode(md5(n::text), 'hex')
             FROM generate_series(1, {rows}) AS n"
        ))?)
    };
    let took = sessions(tables.iter(), fill)?.0;
    for table in tables {
        bench.run(&format!("DROP TABLE plain_{table}"))?;
    }
    Ok(took)
}

fn batches(client: &mut Client, stage: &Stage, batch: usize) -> Result<()> {
    plan_once(client)?;
    let append = client.prepare(&stage.append_slice("f"))?;
    for from in (1..=stage.count).step_by(batch) {
        client.execute(&append, &[&(from as i32), &((from + batch - 1) as i32)])?;
    }
    Ok(())
}

/// Both append one operation a transaction to the same doc: each waits for the other's lock.
fn one_doc(bench: &mut Bench) -> Result<()> {
    let count = bench.size(500, 2_000);
    let histories: Vec<Vec<Op>> = DOCS
        .iter()
        .map(|author| {
            let mut history = History::new(bench.seed(author), 1);
            for _ in 0..count {
                history.insert(NodeId::ROOT, PAYLOAD);
            }
            history.ops
        })
        .collect();
    let mut at_once = |histories: &[Vec<Op>]| -> Result<Vec<f64>> {
        forest::create(bench, "f")?;
        bench.run("CHECKPOINT")?;
        let samples = sessions(histories.iter(), |client, ops| singles(client, ops))?.1;
        check::forest(bench, "f", histories.len() * count)?;
        forest::drop(bench, "f")?;
        Ok(samples.concat())
    };
    let (mut both, mut alone) = (Vec::new(), Vec::new());
    let pairs = interleaved(REPETITIONS, |_| {
        let (two, one) = (at_once(&histories)?, at_once(&histories[..1])?);
        let medians = (median(&two), median(&one));
        both.extend(two);
        alone.extend(one);
        Ok(medians)
    })?;
    let percentiles = |samples: &[f64]| {
        let [p50, p99] = [0.5, 0.99].map(|part| Unit::Seconds.show(quantile(samples, part)));
        format!("p50 {p50}, p99 {p99}")
    };
    let line = Line::compared(
        format!("one insert a transaction, {count} a session, all to one doc"),
        Side::seconds("two sessions", &pairs.a),
        Side::seconds("one session", &pairs.b),
    );
    bench.line(line.note(format!(
        "two: {}; one: {}; no error, nothing lost",
        percentiles(&both),
        percentiles(&alone)
    )));
    Ok(())
}

fn singles(client: &mut Client, ops: &[Op]) -> Result<Vec<f64>> {
    let append = client.prepare(&row::insert("f"))?;
    ops.iter().map(|op| row::append(client, &append, "doc", op)).collect()
}

/// Runs the work for each item in a session of its own, all at once. Gives the seconds until the
/// last was done, and what each gave.
fn sessions<I: Send, T: Send>(
    items: impl Iterator<Item = I>,
    work: impl Fn(&mut Client, I) -> Result<T> + Sync,
) -> Result<(f64, Vec<T>)> {
    let mut clients = Vec::new();
    for item in items {
        clients.push((session()?, item));
    }
    let work = &work;
    timed(|| {
        std::thread::scope(|scope| {
            let started = clients
                .into_iter()
                .map(|(mut client, item)| scope.spawn(move || work(&mut client, item)));
            let started: Vec<_> = started.collect();
            let ended = started.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|_| Err(Failure::new("a session panicked")))
            });
            ended.collect()
        })
    })
}
