//! One operation a transaction to one doc, while an old snapshot is open elsewhere: no version of a
//! row can go that the snapshot came before. Against a plain row that as many transactions update.

use treecrdt::{NodeId, Op};

use crate::bench::{Bench, run as execute, session};
use crate::history::History;
use crate::measure::{REPETITIONS, median, rounds, timed};
use crate::report::{Goal, Line, Side, Unit};
use crate::workload::{PAYLOAD, REPLICAS, fan};
use crate::{Failure, Result, check, forest, row};

/// Inserts, and payloads of one node.
pub fn run(bench: &mut Bench) -> Result<()> {
    let count = bench.size(4_000, 50_000);
    let mut history = History::new(bench.seed("snapshot"), REPLICAS);
    let inserts = fan(&mut history, count + 1, 10).ops;
    beside(bench, "inserts", &inserts)?;
    let mut history = History::new(bench.seed("snapshot"), REPLICAS);
    let node = history.insert(NodeId::ROOT, PAYLOAD);
    for _ in 0..count {
        history.write(node, PAYLOAD);
    }
    beside(bench, "payloads of one node", &history.ops)
}

/// Appends and updates in turn, after a first operation, which the snapshot sees.
fn beside(bench: &mut Bench, what: &str, ops: &[Op]) -> Result<()> {
    forest::create(bench, "f")?;
    bench.run(
        "CREATE TABLE counters (id int PRIMARY KEY, n bigint NOT NULL);
         INSERT INTO counters VALUES (1, 0)",
    )?;
    let append = bench.client.prepare(&row::insert("f"))?;
    let update = bench.client.prepare("UPDATE counters SET n = n + 1 WHERE id = 1")?;
    row::append(&mut bench.client, &append, "doc", &ops[0])?;
    let mut old = session()?;
    execute(&mut old, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT op_count FROM f.docs")?;
    bench.run("CHECKPOINT")?;
    bench.durable(false)?;
    let (mut appends, mut updates) = (Vec::new(), Vec::new());
    for op in &ops[1..] {
        appends.push(row::append(&mut bench.client, &append, "doc", op)?);
        updates.push(timed(|| Ok(bench.client.execute(&update, &[])?))?.0);
    }
    bench.durable(true)?;
    let seen: i64 = old.query_one("SELECT op_count FROM f.docs", &[])?.get(0);
    let counted: i64 = bench.value("SELECT n FROM counters", &[])?;
    if (seen, counted) != (1, updates.len() as i64) {
        let wrong = format!("wrong: the snapshot sees {seen} operations, {counted} updates");
        return Err(Failure(wrong));
    }
    drop(old);
    check::forest(bench, "f", ops.len())?;
    bench.run("DROP TABLE counters")?;
    forest::drop(bench, "f")?;
    report(bench, what, &appends, &updates);
    Ok(())
}

fn report(bench: &mut Bench, what: &str, appends: &[f64], updates: &[f64]) {
    let what = format!("{} {what}, one a transaction, an old snapshot open", appends.len());
    let tenth = appends.len() / 10;
    let (mut growth, mut more) = (Vec::new(), Vec::new());
    for (side, samples) in [("", appends), ("a counter row beside ", updates)] {
        let (first, last) = (&samples[..tenth], &samples[samples.len() - tenth..]);
        bench.line(Line::compared(
            format!("{side}{what}"),
            Side::latencies("last tenth", last),
            Side::latencies("first tenth", first),
        ));
        growth.push(rounds(last, REPETITIONS).iter().map(|last| last / median(first)).collect());
        more.push(Unit::Seconds.show(median(last) - median(first)));
    }
    let [ours, theirs] = growth.try_into().expect("two sides");
    let line = Line::compared(
        format!("growth of {what}"),
        Side::new("times, append", Unit::Count, ours),
        Side::new("times, counter row", Unit::Count, theirs),
    );
    let note = format!("append {} more, counter row {}", more[0], more[1]);
    bench.line(line.note(note).goal(Goal::AtMost(1.2)));
}
