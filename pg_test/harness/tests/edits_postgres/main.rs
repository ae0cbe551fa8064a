//! Peers that edit one document with the functions for it, and exchange operations in random ways: what each
//! function promises holds when it returns, and in the end all have the same.
//!
//! TREECRDT_SEED replays a history.

mod moment;
mod peer;

use std::collections::BTreeSet;

use treecrdt_testing::history::Random;
use treecrdt_testing::steps::first_seed;

use peer::Peer;

const ROOT: &str = "00000000-0000-0000-0000-000000000000";
const TRASH: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const DOC: &str = "d";

#[test]
fn peers_that_edit_find_what_each_function_promises_and_end_alike() {
    let (first, mut done) = (first_seed(), 0);
    println!("peers that edit, seeds {first} to {}", first + 29);
    for seed in first..first + 30 {
        let mut random = Random::new(seed);
        let count = 2 + random.below(3);
        // Some take order keys that are too long for an index.
        let longest = if seed % 3 == 0 { 65_535 } else { 1536 };
        let mut peers: Vec<Peer> = (0..count).map(|at| Peer::create(seed, at, longest)).collect();
        for step in 0..150 {
            let at = random.below(count);
            let context = format!("TREECRDT_SEED={seed}, step {step}, peer {at}");
            if random.chance(25) {
                let from = (at + 1 + random.below(count - 1)) % count;
                let (from, share) = (peers[from].forest.schema().to_owned(), random.below(101));
                peers[at].fetch(&from, share);
            } else if random.chance(10) {
                peers[at].mint_anyhow(&mut random, step);
            } else if random.chance(8) {
                done += peers[at].spree(&mut random, &context);
            } else {
                done += usize::from(peers[at].edit(&mut random, &context));
            }
        }
        let schemas: Vec<String> = peers.iter().map(|it| it.forest.schema().to_owned()).collect();
        // What the last has by now the first have after another round.
        for _ in 0..2 {
            for peer in &mut peers {
                schemas.iter().for_each(|from| peer.fetch(from, 100));
            }
        }
        let digests: BTreeSet<Vec<u8>> =
            peers.iter_mut().map(|it| it.forest.digest(DOC).expect("a digest")).collect();
        assert_eq!(digests.len(), 1, "TREECRDT_SEED={seed}: peers differ");
        for peer in &mut peers {
            let wrong = peer.forest.verify(DOC).expect("verify");
            assert!(wrong.is_empty(), "TREECRDT_SEED={seed}: {wrong:?}");
        }
    }
    assert!(done > 1200, "only {done} edits were made, of some 3,000");
}

#[test]
fn nothing_can_be_put_into_trash_by_insert_or_brought_back_from_there_by_restore() {
    let mut peer = Peer::create(0, 9, 1536);
    let schema = peer.forest.schema().to_owned();
    let state = |peer: &mut Peer, call: &str| -> String {
        let call = format!("SELECT (treecrdt.{call})::text");
        match peer.client().query(&call, &[]) {
            Ok(rows) => rows[0].get(0),
            Err(error) => error.code().expect("a SQLSTATE").code().to_owned(),
        }
    };
    let node = state(&mut peer, &format!("insert_node('{schema}', '{DOC}', '{ROOT}', 'a')"));
    assert_eq!(state(&mut peer, &format!("insert_node('{schema}', '{DOC}', '{TRASH}')")), "55000");
    let to_trash = format!(
        "INSERT INTO {schema}.ops VALUES ('{DOC}', '\\x01', 1, 99, 'move', '{node}', '{TRASH}', '', NULL, NULL)"
    );
    peer.client().batch_execute(&to_trash).expect("an operation");
    assert_eq!(state(&mut peer, &format!("restore_node('{schema}', '{DOC}', '{node}')")), "55000");
    let moved = state(&mut peer, &format!("move_node('{schema}', '{DOC}', '{node}', '{ROOT}')"));
    assert!(moved.starts_with('('), "{moved}");
    assert!(peer.moment().can_see(&node));
}
