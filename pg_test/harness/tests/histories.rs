//! Sparse replay against the reference, in memory: random histories and every arrival order.

use std::collections::HashMap;

use harness::history::{self, Random, Shape};
use treecrdt::reference::{self, State};
use treecrdt::{MemoryStore, Op};

/// What the tables must hold for these operations.
fn expected<'a>(ops: impl IntoIterator<Item = &'a Op>) -> State {
    State { dots: HashMap::new(), ..reference::replay(ops) }
}

fn check(store: &MemoryStore, context: &dyn Fn() -> String) {
    let (found, expected) = (store.state(), expected(store.log()));
    if found != expected {
        let log: Vec<String> = store.log().map(|op| format!("  {op:?}")).collect();
        panic!("{}\nlog:\n{}\nfound {found:#?}\nexpected {expected:#?}", context(), log.join("\n"));
    }
}

fn run_history(seed: u64, ops: usize) {
    let mut random = Random::new(seed);
    let shape = Shape::random(&mut random, ops);
    let minted = history::history(&mut random, shape);
    let mut store = MemoryStore::default();
    for (number, batch) in history::delivery(&mut random, minted).iter().enumerate() {
        if random.chance(10) {
            store.defer(batch);
            continue;
        }
        store.append(batch);
        check(&store, &|| format!("seed {seed}, {shape:?}, after batch {number}: {batch:?}"));
    }
    store.ensure_materialized();
    check(&store, &|| format!("seed {seed}, {shape:?}, at the end"));
}

/// The first seed: TREECRDT_SEED, or one that differs from run to run.
fn first_seed() -> u64 {
    match std::env::var("TREECRDT_SEED") {
        Ok(seed) => seed.parse().expect("TREECRDT_SEED is a number"),
        Err(_) => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.expect("a clock after 1970").as_nanos() as u64 % 1_000_000_000_000
        }
    }
}

fn run_histories(count: u64, ops: usize) {
    let first = first_seed();
    println!("{count} histories of up to {ops} ops, seeds {first} to {}", first + count - 1);
    (first..first + count).for_each(|seed| run_history(seed, ops));
}

#[test]
fn twenty_thousand_short_histories_end_as_the_reference_says() {
    run_histories(20_000, 40);
}

#[test]
fn two_thousand_long_histories_end_as_the_reference_says() {
    run_histories(2_000, 300);
}

#[test]
fn every_arrival_order_of_small_sets_ends_as_the_reference_says() {
    let first = first_seed();
    println!("sets of up to 6 ops, seeds {first} to {}", first + 399);
    for seed in first..first + 400 {
        let mut random = Random::new(seed);
        let shape = Shape { nodes: 4, ..Shape::random(&mut random, 6) };
        let mut ops = history::history(&mut random, shape);
        let count = ops.len();
        permute(&mut ops, count, &mut |order| {
            let mut store = MemoryStore::default();
            for op in order {
                store.append(std::slice::from_ref(op));
            }
            check(&store, &|| format!("seed {seed}, one by one in the order {order:?}"));
            for cut in 1..order.len() {
                let mut store = MemoryStore::default();
                store.append(&order[..cut]);
                store.append(&order[cut..]);
                check(&store, &|| format!("seed {seed}, cut at {cut} in the order {order:?}"));
            }
        });
    }
}

/// Heap's algorithm: every order of the first `count` items, the rest in place.
fn permute(items: &mut [Op], count: usize, visit: &mut dyn FnMut(&[Op])) {
    if count <= 1 {
        return visit(items);
    }
    for at in 0..count {
        permute(items, count - 1, visit);
        let other = if count.is_multiple_of(2) { at } else { 0 };
        items.swap(other, count - 1);
    }
}
