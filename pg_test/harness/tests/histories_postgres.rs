//! Random histories in PostgreSQL, of one document and of several in each statement: after every
//! batch the tables are what the reference says.
//!
//! TREECRDT_SEED replays a history. One that fails is made small before it is shown.

use harness::docs::{self, Docs};
use harness::forest::Forest;
use harness::replica_postgres::PostgresReplica;
use treecrdt_testing::history::Random;
use treecrdt_testing::steps;

#[test]
fn hundreds_of_short_histories_end_as_the_reference_says() {
    let mut replica = PostgresReplica::create("short_histories");
    steps::check(&mut replica, 500, 40, PostgresReplica::is_connected);
}

#[test]
fn dozens_of_long_histories_end_as_the_reference_says() {
    let mut replica = PostgresReplica::create("long_histories");
    steps::check(&mut replica, 50, 400, PostgresReplica::is_connected);
}

#[test]
fn histories_of_several_documents_in_each_statement_end_as_the_reference_says() {
    several_documents("several_documents", |_, _| (), |_, _| true);
}

#[test]
fn statements_that_are_worked_off_in_pieces_end_as_the_reference_says() {
    several_documents(
        "pieces",
        |forest, random| in_pieces_of(forest, 1 + random.below(9)),
        |_, _| true,
    );
}

#[test]
fn what_waits_and_is_worked_off_in_pieces_ends_as_the_reference_says() {
    let before = |forest: &mut Forest, random: &mut Random| {
        in_pieces_of(forest, 1 + random.below(9));
        forest.set_deferred(random.chance(60)).expect("a setting");
    };
    several_documents("waiting_pieces", before, |forest, random| {
        let settles = random.chance(50);
        if settles {
            forest.ensure_materialized(None).expect("what waits is materialized");
        }
        settles
    });
}

/// Of a log of more than eight batches nothing is held: whatever the tables say, they are as the log
/// has it afterwards, and no row of `nodes` was deleted that had to be there.
#[test]
fn tables_rebuilt_in_pieces_are_as_the_reference_says() {
    let damage = "
        ALTER TABLE nodes ADD COLUMN IF NOT EXISTS kept int;
        INSERT INTO nodes (doc, node, tombstone) SELECT DISTINCT doc, gen_random_uuid(), false FROM ops;
        UPDATE nodes SET parent = NULL, order_key = NULL, keys = NULL WHERE random() < 0.2;
        UPDATE nodes SET payload = 'forged', tombstone = NOT tombstone WHERE random() < 0.2;
        UPDATE nodes SET deleted_at = NULL WHERE random() < 0.5;
        UPDATE nodes SET kept = 1;
        DELETE FROM other_refs WHERE random() < 0.5;
        INSERT INTO ignored SELECT doc, node, lamport, replica, counter FROM ops
            WHERE kind = 'move' AND random() < 0.2 ON CONFLICT DO NOTHING;
        DELETE FROM reinserts WHERE random() < 0.5";
    let before = |forest: &mut Forest, random: &mut Random| {
        in_pieces_of(forest, 100);
        forest.set_deferred(random.chance(20)).expect("a setting");
    };
    several_documents("rebuilt_pieces", before, |forest, random| {
        let rebuilds = random.chance(20);
        let is_caught_up = !rebuilds || random.chance(50);
        if is_caught_up {
            forest.ensure_materialized(None).expect("what waits is materialized");
        }
        if !rebuilds {
            return true;
        }
        in_pieces_of(forest, 1 + random.below(3));
        let path = format!("SET search_path = {}", forest.schema());
        forest.client.batch_execute(&format!("{path};{damage};RESET search_path")).expect("damage");
        let rebuild = format!("SELECT treecrdt.rebuild('{}')", forest.schema());
        forest.client.batch_execute(&rebuild).expect("a rebuild");
        let lost = format!("SELECT count(*) FROM {}.nodes WHERE kept IS NULL", forest.schema());
        let lost: i64 = forest.client.query_one(&lost, &[]).expect("a count").get(0);
        assert!(lost == 0 || !is_caught_up, "{lost} rows deleted and made anew");
        true
    });
}

fn in_pieces_of(forest: &mut Forest, ops: usize) {
    let set = format!("SET treecrdt.batch_size = {ops}");
    forest.client.batch_execute(&set).expect("a setting");
}

/// Histories of several documents, delivered mixed. Before each statement something may be set, and
/// after it more be done, which tells whether the tables are to be checked.
fn several_documents(
    test: &str,
    before: impl Fn(&mut Forest, &mut Random),
    after: impl Fn(&mut Forest, &mut Random) -> bool,
) {
    let first = steps::first_seed();
    println!("histories of three or four documents, seeds {first} to {}", first + 39);
    let mut forest = Forest::create(test);
    for seed in first..first + 40 {
        let mut random = Random::new(seed);
        let mut docs = Docs::default();
        let count = 3 + random.below(2);
        for (number, mut batch) in
            docs::mixed_delivery(&mut random, count, 40).into_iter().enumerate()
        {
            batch.iter_mut().for_each(|(doc, _)| *doc = format!("{seed}, {doc}"));
            docs.remember(&batch);
            before(&mut forest, &mut random);
            let inserted = forest.insert(batch.iter().map(|(doc, op)| (doc.as_str(), op)));
            let checked = inserted.and_then(|_| match after(&mut forest, &mut random) {
                true => docs.check(&mut forest, &batch),
                false => Ok(()),
            });
            checked.unwrap_or_else(|e| panic!("seed {seed}, batch {number}: {batch:?}\n{e}"));
        }
    }
}
