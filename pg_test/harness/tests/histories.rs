//! Sparse replay against the reference, in memory: random histories and every arrival order.

use std::collections::HashMap;

use harness::history::{self, Random, Shape};
use harness::script::orders;
use harness::steps::first_seed;
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
        let ops = history::history(&mut random, shape);
        for order in orders(&ops) {
            let mut store = MemoryStore::default();
            for op in &order {
                store.append(std::slice::from_ref(op));
            }
            check(&store, &|| format!("seed {seed}, one by one in the order {order:?}"));
            for cut in 1..order.len() {
                let mut store = MemoryStore::default();
                store.append(&order[..cut]);
                store.append(&order[cut..]);
                check(&store, &|| format!("seed {seed}, cut at {cut} in the order {order:?}"));
            }
        }
    }
}
