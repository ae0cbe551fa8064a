//! What is done to a document, step by step: random steps, and from steps that fail to fewer that
//! still do.

use crate::doc::Doc;
use crate::history::{self, Random, Shape};
use crate::replica::Replica;
use crate::step::Step;

/// A random history of up to `ops` operations and its delivery in batches, some of them deferred,
/// with rebuilds and catch-ups in between.
pub fn random(random: &mut Random, ops: usize) -> Vec<Step> {
    let mut shape = Shape::random(random, ops);
    shape.nodes *= random.pick(&[1, 1, 10]);
    let minted = history::history(random, shape);
    let defers = random.pick(&[0, 10, 50]);
    let mut steps = Vec::new();
    for batch in history::delivery(random, minted) {
        if random.chance(defers) {
            steps.push(Step::Defer(batch));
            continue;
        }
        steps.push(Step::Append(batch));
        if random.chance(3) {
            steps.push(Step::Rebuild);
        }
    }
    steps.push(if random.chance(20) { Step::Rebuild } else { Step::Materialize });
    steps
}

/// The first seed of a test: TREECRDT_SEED, or one that differs from run to run.
///
/// # Panics
/// If TREECRDT_SEED is not a number.
pub fn first_seed() -> u64 {
    match std::env::var("TREECRDT_SEED") {
        Ok(seed) => seed.parse().expect("TREECRDT_SEED is a number"),
        Err(_) => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.expect("a clock after 1970").as_nanos() as u64 % 1_000_000_000_000
        }
    }
}

/// Takes all steps in a new document.
///
/// # Errors
/// What went wrong at the first step that did.
pub fn run(replica: &mut dyn Replica, steps: &[Step]) -> Result<(), String> {
    let mut doc = Doc::new(replica);
    for (number, step) in steps.iter().enumerate() {
        doc.take(step).map_err(|failure| format!("at step {number}: {failure}"))?;
    }
    Ok(())
}

/// Leaves out steps, then operations, as long as `fails` says that what is left still fails.
fn shrink(mut steps: Vec<Step>, fails: &mut dyn FnMut(&[Step]) -> bool) -> Vec<Step> {
    loop {
        let before = size(&steps);
        for at in (0..steps.len()).rev() {
            let mut fewer = steps.clone();
            fewer.remove(at);
            if fails(&fewer) {
                steps = fewer;
            }
        }
        for at in (0..steps.len()).rev() {
            for op in (0..steps[at].ops().len()).rev() {
                let mut fewer = steps.clone();
                if let Step::Append(ops) | Step::Defer(ops) = &mut fewer[at] {
                    ops.remove(op);
                }
                if fails(&fewer) {
                    steps = fewer;
                }
            }
        }
        if size(&steps) == before {
            return steps;
        }
    }
}

/// Makes the random steps of so many seeds, of up to `ops` operations each, and takes them.
///
/// # Panics
/// At the first seed that fails, with its steps made small. `is_there` says whether the store
/// still answers at all.
pub fn check<R: Replica>(replica: &mut R, seeds: u64, ops: usize, is_there: fn(&R) -> bool) {
    let first = first_seed();
    println!("{seeds} histories of up to {ops} ops, seeds {first} to {}", first + seeds - 1);
    for seed in first..first + seeds {
        let steps = random(&mut Random::new(seed), ops);
        let Err(failure) = run(replica, &steps) else { continue };
        let small = shrink(steps, &mut |steps| is_there(replica) && run(replica, steps).is_err());
        let of_small = run(replica, &small).err().unwrap_or_default();
        panic!("seed {seed}: {failure}\nmade small:\n{}\n{of_small}", describe(&small));
    }
}

/// Steps, a line each, their operations below them.
fn describe(steps: &[Step]) -> String {
    let mut lines = Vec::new();
    for step in steps {
        lines.push(match step {
            Step::Append(_) => "append".to_string(),
            Step::Defer(_) => "defer".to_string(),
            Step::Materialize => "ensure_materialized".to_string(),
            Step::Rebuild => "rebuild".to_string(),
        });
        lines.extend(step.ops().iter().map(|op| format!("  {op:?}")));
    }
    lines.join("\n")
}

fn size(steps: &[Step]) -> usize {
    steps.iter().map(|step| 1 + step.ops().len()).sum()
}
