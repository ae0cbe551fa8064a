//! Sparse replay against the reference, in memory: random histories and every arrival order.

use treecrdt::reference::{self, State};
use treecrdt::{Action, Dot, Key, MemoryStore, NodeId, Op, ReplicaId, VersionVector};
use treecrdt_testing::history::{self, Random, Shape};
use treecrdt_testing::script::orders;
use treecrdt_testing::steps::first_seed;

/// What the tables must hold for these operations.
fn expected<'a>(ops: impl IntoIterator<Item = &'a Op>) -> State {
    reference::replay(ops)
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

/// A history of one deep tree, most of it deletions by authors of whom many have seen the same.
fn run_deletions(seed: u64) {
    let mut random = Random::new(seed);
    let replicas = [b"a", b"b", b"c"].map(|id| ReplicaId::new(id).expect("1 to 64 bytes"));
    let node = |number: usize| NodeId((number as u128).to_be_bytes());
    let size = 3 + random.below(20);
    let mut counters = [0; 3];
    let mut ops: Vec<Op> = Vec::new();
    let mut known: Vec<VersionVector> = vec![VersionVector::default()];
    for lamport in 1..=size * 3 {
        let who = random.below(3);
        counters[who] += 1;
        let key = Key {
            lamport: lamport as u64,
            dot: Dot { replica: replicas[who], counter: counters[who] },
        };
        let subject = if lamport <= size { lamport } else { 1 + random.below(size) };
        // A chain, as a rule.
        let parent = if random.chance(80) { subject - 1 } else { random.below(size + 1) };
        let (parent, order_key) = (node(parent), vec![lamport as u8]);
        let action = if lamport <= size {
            Action::Insert { parent, order_key, payload: random.chance(50).then(|| vec![1]) }
        } else if random.chance(75) {
            let at = random.below(known.len());
            Action::Delete { known_state: known[at].clone() }
        } else if random.chance(50) {
            Action::Move { parent, order_key }
        } else {
            Action::Payload(Some(vec![2]))
        };
        ops.push(Op { key, node: node(subject), action });
        if lamport == size || random.chance(10) {
            known.push(ops.iter().map(Op::dot).collect());
        }
    }
    let mut store = MemoryStore::default();
    for batch in history::delivery(&mut random, ops) {
        store.append(&batch);
        check(&store, &|| format!("seed {seed}, after {batch:?}"));
    }
}

#[test]
fn deletions_that_share_what_they_have_seen_end_as_the_reference_says() {
    let first = first_seed();
    println!("20000 deep trees, seeds {first} to {}", first + 19_999);
    (first..first + 20_000).for_each(run_deletions);
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
