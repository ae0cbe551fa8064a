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
    several_documents("several_documents", |_, _| ());
}

#[test]
fn statements_that_are_worked_off_in_pieces_end_as_the_reference_says() {
    several_documents("pieces", |forest, random| {
        let set = format!("SET treecrdt.batch_size = {}", 1 + random.below(9));
        forest.client.batch_execute(&set).expect("a setting");
    });
}

/// Histories of several documents, delivered mixed; before each statement something may be set.
fn several_documents(test: &str, before: impl Fn(&mut Forest, &mut Random)) {
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
            let checked = inserted.and_then(|_| docs.check(&mut forest, &batch));
            checked.unwrap_or_else(|e| panic!("seed {seed}, batch {number}: {batch:?}\n{e}"));
        }
    }
}
