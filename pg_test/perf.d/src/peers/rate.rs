//! Operations in order, and two histories that went apart and are merged, as rates.

use super::approach::{Approach, Contender};
use super::check::same_trees;
use super::story::Story;
use crate::Result;
use crate::bench::Bench;
use crate::measure::median;
use crate::report::{Line, Side};
use crate::stage::Stage;

/// Operations a statement, in order.
const BATCH: usize = 1000;
/// Operations of each history that is merged.
const APART: usize = 10_000;
/// Operations that stand for a whole merge where each of them takes its time.
const SAMPLED: usize = 20;

/// Operations in order, [`BATCH`] a statement, on a fresh doc a repetition.
///
/// # Errors
/// The approaches come to different trees.
pub fn in_order(bench: &mut Bench, contenders: &mut [Contender]) -> Result<()> {
    let count = bench.size(10_000, 20_000);
    let story = Story::new(bench.seed("peers in order"), count);
    let stage = Stage::load(bench, "peers", "", &story.ops)?;
    stage.index(bench)?;
    let mut seconds: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for repetition in 0..=bench.size(3, 5) {
        let doc = format!("in order {repetition}");
        for (contender, seconds) in contenders.iter_mut().zip(&mut seconds) {
            let slice = contender.prepare_slice(&stage.table, &doc)?;
            let took = contender.append_slices(&slice, 0, stage.count, BATCH)?;
            // The first one warms up, and gives the planner something to go by.
            if repetition > 0 {
                seconds.push(took);
            } else {
                contender.settle()?;
            }
        }
        same_trees(&mut contenders.iter_mut().collect::<Vec<_>>(), &doc)?;
    }
    let sides: Vec<Side> = contenders
        .iter()
        .zip(&seconds)
        .map(|(contender, seconds)| Side::rate(contender.approach.name(), stage.count, seconds))
        .collect();
    for peer in &sides[1..] {
        let line = format!("in order, {BATCH} a statement");
        bench.line(Line::compared(line, sides[0].clone(), peer.clone()));
    }
    stage.drop(bench)
}

/// Two histories of [`APART`] operations each: one is there, and the other comes, in one statement or
/// in many.
///
/// # Errors
/// The approaches come to different trees.
pub fn merge(bench: &mut Bench, contenders: &mut [Contender]) -> Result<()> {
    let ops = Story::divergent(bench.seed("peers merge"), APART);
    let (there, all) = (ops.len() - APART, ops.len());
    let stage = Stage::load(bench, "peers", "", &ops)?;
    stage.index(bench)?;
    for size in [APART, 100] {
        let mut seconds: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
        for repetition in 0..=bench.size(3, 5) {
            let doc = format!("merge {size} {repetition}");
            for (contender, seconds) in contenders.iter_mut().zip(&mut seconds) {
                if contender.approach == Approach::RowTrigger {
                    continue;
                }
                let slice = contender.prepare_slice(&stage.table, &doc)?;
                contender.append_slices(&slice, 0, there, BATCH)?;
                let took = contender.append_slices(&slice, there, all, size)?;
                contender.vacuum()?;
                if repetition > 0 {
                    seconds.push(took);
                }
            }
            let whole = contenders.iter_mut().filter(|c| c.approach != Approach::RowTrigger);
            same_trees(&mut whole.collect::<Vec<_>>(), &doc)?;
        }
        let how =
            if size == APART { "in one statement".into() } else { format!("{size} a statement") };
        let workload = format!("merge of {APART} with {APART}, {how}");
        let names = contenders.iter().map(|contender| contender.approach.name());
        let sides = names.zip(&seconds).filter(|(_, seconds)| !seconds.is_empty());
        let sides: Vec<Side> =
            sides.map(|(name, seconds)| Side::rate(name, APART, seconds)).collect();
        for peer in &sides[1..] {
            bench.line(Line::compared(&workload, sides[0].clone(), peer.clone()));
        }
        if size < APART {
            let ours = median(&sides[0].values);
            rows_of_merge(bench, contenders, &stage, there, (workload, ours))?;
        }
    }
    stage.drop(bench)
}

/// What a merge comes to where each row takes its time: [`SAMPLED`] of them, evenly spaced.
fn rows_of_merge(
    bench: &mut Bench,
    contenders: &mut [Contender],
    stage: &Stage,
    there: usize,
    (workload, ours): (String, f64),
) -> Result<()> {
    let doc = "merge, sampled";
    for contender in contenders.iter_mut().filter(|c| c.approach == Approach::RowTrigger) {
        let slice = contender.prepare_slice(&stage.table, doc)?;
        contender.append_slices(&slice, 0, there, BATCH)?;
        let mut seconds = 0.0;
        for n in 0..SAMPLED {
            let at = there + (2 * n + 1) * APART / (2 * SAMPLED);
            seconds += contender.append_slices(&slice, at, at + 1, 1)?;
            contender.vacuum()?;
        }
        let rate = Side::rate(contender.approach.name(), SAMPLED, &[seconds]);
        let ours = Side::new(Approach::PgTreecrdt.name(), crate::report::Unit::Rate, vec![ours]);
        bench.line(
            Line::compared(workload.clone(), ours, rate)
                .note(format!("row_trigger: from {SAMPLED} operations, evenly spaced")),
        );
    }
    Ok(())
}
