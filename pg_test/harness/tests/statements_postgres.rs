//! What only SQL has: several documents in one statement, every statement by which operations can
//! arrive, statements that fail or are rolled back, and triggers on the derived tables.

use std::collections::BTreeSet;
use std::io::Write as _;

use harness::docs::{Docs, mixed_delivery};
use harness::forest::Forest;
use harness::rows;
use harness::server::message;
use treecrdt::reference::{self, State};
use treecrdt::{MAX_DOC, MAX_ORDER_KEY, Op};
use treecrdt_testing::doc::draw;
use treecrdt_testing::history::{self, Random, Shape};
use treecrdt_testing::script::{A, B, ROOT, at};

/// What one document shows.
fn shown(forest: &mut Forest, doc: &str) -> String {
    draw(&forest.state(doc).unwrap(), ROOT)
}

fn insert(forest: &mut Forest, doc: &str, ops: &[&Op]) -> Result<u64, String> {
    forest.insert(ops.iter().map(|&op| (doc, op)))
}

#[test]
fn documents_that_share_nodes_and_dots_do_not_see_each_other() {
    let mut forest = Forest::create("documents_apart");
    let a = at(1, "a").insert_with(A, ROOT, "1", "x");
    let b = at(2, "a").insert(B, A, "1");
    let gone = at(3, "a").delete(A, &[&a, &b]);
    let other = at(3, "a").payload(A, "other");
    let batch = [("one", &gone), ("two", &a), ("three", &other), ("one", &b), ("two", &b)];
    assert_eq!(forest.insert(batch), Ok(5));
    assert_eq!(["one", "two", "three"].map(|doc| shown(&mut forest, doc)), ["", "a:x(b)", ""]);
    assert_eq!(forest.insert([("three", &a), ("one", &a), ("two", &a), ("two", &gone)]), Ok(3));
    assert_eq!(["one", "two", "three"].map(|doc| shown(&mut forest, doc)), ["", "", "a:other"]);
    for (doc, ops) in [("one", 3), ("two", 3), ("three", 2)] {
        assert_eq!(forest.counts(doc).unwrap().ops, ops);
        assert_eq!(forest.verify(doc), Ok(Vec::new()));
    }
}

#[test]
fn a_statement_that_fails_leaves_nothing_behind() {
    let mut forest = Forest::create("failing_statement");
    let (a, b) = (at(1, "a").insert(A, ROOT, "1"), at(2, "a").insert(B, A, "1"));
    insert(&mut forest, "doc", &[&a]).unwrap();
    let cells = [&b, &a].map(|op| rows::cells("doc", op));
    let failure = by_copy(&mut forest, &cells).expect_err("a dot comes twice");
    assert_eq!(failure.code(), Some(&postgres::error::SqlState::UNIQUE_VIOLATION));
    assert_eq!(shown(&mut forest, "doc"), "a");
    assert_eq!(forest.counts("doc").unwrap().ops, 1);
    assert_eq!(forest.verify("doc"), Ok(Vec::new()));
    insert(&mut forest, "doc", &[&b]).unwrap();
    assert_eq!(shown(&mut forest, "doc"), "a(b)");
}

#[test]
fn a_session_keeps_its_role_and_settings() {
    let mut forest = Forest::create("session_settings");
    let mut known = None;
    let mut unchanged = |forest: &mut Forest, when: &str| {
        let all = "SELECT name, setting FROM pg_catalog.pg_settings \
                   UNION ALL SELECT 'current_user', current_user::text";
        let rows = forest.client.query(all, &[]).unwrap();
        let now: BTreeSet<(String, String)> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let before = known.get_or_insert_with(|| now.clone());
        let differ: Vec<_> = now.difference(before).collect();
        assert!(differ.is_empty(), "{when}: {differ:?}");
    };
    forest.client.batch_execute("SET search_path = public, pg_catalog").unwrap();
    unchanged(&mut forest, "at first");
    let (a, b) = (at(2, "a").insert(A, ROOT, "1"), at(1, "a").insert(B, A, "1"));
    insert(&mut forest, "doc", &[&a]).unwrap();
    unchanged(&mut forest, "after an INSERT");
    forest.client.batch_execute("BEGIN").unwrap();
    insert(&mut forest, "doc", &[&b]).unwrap();
    unchanged(&mut forest, "after a late INSERT, in its transaction");
    forest.client.batch_execute("COMMIT").unwrap();
    by_copy(&mut forest, &[rows::cells("doc", &a)]).expect_err("the dot is there");
    unchanged(&mut forest, "after a COPY that failed");
    forest.ensure_materialized(None).unwrap();
    forest.rebuild("doc").unwrap();
    forest.verify("doc").unwrap();
    unchanged(&mut forest, "after maintenance");
}

#[test]
fn what_is_rolled_back_to_a_savepoint_never_was() {
    let mut forest = Forest::create("savepoint");
    let run = |forest: &mut Forest, sql: &str| forest.client.batch_execute(sql).unwrap();
    let a = at(2, "a").insert(A, ROOT, "1");
    run(&mut forest, "BEGIN");
    insert(&mut forest, "doc", &[&a]).unwrap();
    run(&mut forest, "SAVEPOINT here");
    let undone = [at(1, "a").insert(B, A, "1"), at(3, "a").payload(A, "undone")];
    insert(&mut forest, "doc", &[&undone[0], &undone[1]]).unwrap();
    assert_eq!(shown(&mut forest, "doc"), "a:undone(b)");
    run(&mut forest, "ROLLBACK TO here");
    assert_eq!(shown(&mut forest, "doc"), "a");
    insert(&mut forest, "doc", &[&at(1, "b").insert(B, ROOT, "2")]).unwrap();
    run(&mut forest, "COMMIT");
    assert_eq!(shown(&mut forest, "doc"), "a b");
    assert_eq!(forest.counts("doc").unwrap().ops, 2);
    assert_eq!(forest.verify("doc"), Ok(Vec::new()));
    run(&mut forest, "BEGIN");
    insert(&mut forest, "new doc", &[&a]).unwrap();
    run(&mut forest, "ROLLBACK");
    assert_eq!(forest.state("new doc"), Ok(State::default()));
    insert(&mut forest, "new doc", &[&a]).unwrap();
    assert_eq!(shown(&mut forest, "new doc"), "a");
}

#[test]
fn ensure_materialized_catches_up_all_documents_that_wait() {
    let mut forest = Forest::create("ensure_all_documents");
    let mut docs = Docs::default();
    for (number, batch) in mixed_delivery(&mut Random::new(1), 4, 40).into_iter().enumerate() {
        forest.set_deferred(true).unwrap();
        forest.insert(batch.iter().map(|(doc, op)| (doc.as_str(), op))).unwrap();
        forest.set_deferred(false).unwrap();
        docs.remember(&batch);
        let mut waiting = 0;
        for doc in docs.names() {
            waiting += i64::from(forest.frontier(doc).unwrap().is_some());
        }
        let touched: BTreeSet<_> = batch.iter().map(|(doc, _)| doc).collect();
        assert_eq!(waiting, touched.len() as i64, "batch {number}: documents that wait");
        assert_eq!(forest.ensure_materialized(None), Ok(waiting), "batch {number}");
        assert_eq!(forest.ensure_materialized(None), Ok(0), "batch {number}, again");
        docs.check(&mut forest, &batch).unwrap_or_else(|e| panic!("batch {number}: {e}"));
    }
}

/// Delivers a batch by some statement.
type Deliver = fn(&mut Forest, &[rows::Cells]) -> Result<(), postgres::Error>;

fn by_copy(forest: &mut Forest, batch: &[rows::Cells]) -> Result<(), postgres::Error> {
    let copy = format!("COPY {}.ops ({}) FROM STDIN", forest.schema(), rows::column_names());
    let lines: String = batch.iter().map(rows::copy_line).collect();
    let mut writer = forest.client.copy_in(&copy)?;
    writer.write_all(lines.as_bytes()).expect("the server takes the rows");
    writer.finish().map(drop)
}

fn by_values(forest: &mut Forest, batch: &[rows::Cells]) -> Result<(), postgres::Error> {
    let lists: Vec<String> = batch.iter().map(rows::values).collect();
    forest.client.batch_execute(&format!(
        "INSERT INTO {}.ops ({}) VALUES {} ON CONFLICT DO NOTHING",
        forest.schema(),
        rows::column_names(),
        lists.join(", ")
    ))
}

fn by_single_rows(forest: &mut Forest, batch: &[rows::Cells]) -> Result<(), postgres::Error> {
    let mut sql = "BEGIN;\n".to_string();
    for row in batch {
        let (schema, names) = (forest.schema(), rows::column_names());
        sql += &format!("INSERT INTO {schema}.ops ({names}) VALUES {};\n", rows::values(row));
    }
    forest.client.batch_execute(&(sql + "COMMIT"))
}

fn by_select(forest: &mut Forest, batch: &[rows::Cells]) -> Result<(), postgres::Error> {
    let lists: Vec<String> = batch.iter().map(rows::values).collect();
    let (schema, names) = (forest.schema(), rows::column_names());
    forest.client.batch_execute(&format!(
        "CREATE TEMP TABLE delivered AS SELECT * FROM (VALUES {}) AS o({names});
         INSERT INTO {schema}.ops ({names}) SELECT {names} FROM delivered;
         DROP TABLE delivered",
        lists.join(", ")
    ))
}

fn by_cte(forest: &mut Forest, batch: &[rows::Cells]) -> Result<(), postgres::Error> {
    let (first, rest) = batch.split_at(batch.len() / 2);
    let (schema, names) = (forest.schema().to_string(), rows::column_names());
    let insert = |half: &[rows::Cells]| {
        let lists: Vec<String> = half.iter().map(rows::values).collect();
        format!("INSERT INTO {schema}.ops ({names}) VALUES {} RETURNING 1", lists.join(", "))
    };
    if first.is_empty() {
        return forest.client.batch_execute(&insert(rest));
    }
    // Two inserts in one statement: their triggers fire when both are done.
    let sql = format!(
        "WITH first AS ({}), rest AS ({}) SELECT count(*) FROM first, rest",
        insert(first),
        insert(rest)
    );
    forest.client.batch_execute(&sql)
}

#[test]
fn every_statement_that_brings_operations_gives_the_same_state() {
    let ways: [(&str, Deliver); 5] = [
        ("COPY", by_copy),
        ("INSERT … VALUES … ON CONFLICT DO NOTHING", by_values),
        ("single rows in one transaction", by_single_rows),
        ("INSERT … SELECT", by_select),
        ("two inserts in WITH", by_cte),
    ];
    let delivery = mixed_delivery(&mut Random::new(1), 4, 60);
    let mut digests = BTreeSet::new();
    for (way, deliver) in ways {
        let mut forest = Forest::create("every_statement");
        let mut docs = Docs::default();
        for batch in &delivery {
            let cells: Vec<_> = batch.iter().map(|(doc, op)| rows::cells(doc, op)).collect();
            deliver(&mut forest, &cells).unwrap_or_else(|e| panic!("{way}: {}", message(e)));
            docs.remember(batch);
            docs.check(&mut forest, batch).unwrap_or_else(|e| panic!("{way}: {e}"));
        }
        let digest: Vec<_> = docs.names().map(|doc| forest.digest(doc).unwrap()).collect();
        digests.insert(digest);
    }
    assert_eq!(digests.len(), 1, "the digests");
    let digest = digests.first().expect("counted");
    assert_eq!(digest.iter().collect::<BTreeSet<_>>().len(), 4, "a digest for each document");
}

/// The longest names there may be, of bytes that do not compress, fit every index.
#[test]
fn the_longest_names_fit_every_index() {
    let mut forest = Forest::create("longest_names");
    let mut random = Random::new(1);
    let doc: String = (0..MAX_DOC).map(|_| char::from(b'!' + random.below(94) as u8)).collect();
    let mut bytes = |count| -> Vec<u8> { (0..count).map(|_| random.bits() as u8).collect() };
    let (replica, other) = (bytes(64), bytes(64));
    let a = at(1, &replica).insert(A, ROOT, bytes(MAX_ORDER_KEY));
    let b = at(2, &replica).insert(B, A, bytes(MAX_ORDER_KEY));
    let turned = at(3, &other).moves(A, B, "1");
    let gone = at(4, &other).delete(B, &[&b]);
    insert(&mut forest, &doc, &[&gone, &turned, &b]).unwrap();
    insert(&mut forest, &doc, &[&a]).unwrap();
    assert_eq!(shown(&mut forest, &doc), "a");
    assert_eq!(forest.verify(&doc), Ok(Vec::new()));
}

/// Row triggers on `nodes` see each row that changes once, and no other.
#[test]
fn row_triggers_see_net_changes() {
    let mut forest = Forest::create("row_triggers");
    let schema = forest.schema().to_string();
    let log = format!(
        "CREATE TABLE public.{schema}_seen (doc text, node uuid, op text, same boolean);
         CREATE FUNCTION public.{schema}_log() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             INSERT INTO public.{schema}_seen VALUES
                 (NEW.doc, NEW.node, TG_OP, TG_OP = 'UPDATE' AND OLD *= NEW);
             RETURN NULL;
         END $$;
         CREATE TRIGGER log AFTER INSERT OR UPDATE ON {schema}.nodes
             FOR EACH ROW EXECUTE FUNCTION public.{schema}_log();"
    );
    forest.client.batch_execute(&log).unwrap_or_else(|e| panic!("{}", message(e)));
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let (mut ops, mut before) = (Vec::new(), State::default());
        let shape = Shape::random(&mut random, 60);
        let minted = history::history(&mut random, shape);
        for batch in history::delivery(&mut random, minted) {
            let doc = format!("doc {seed}");
            forest.insert(batch.iter().map(|op| (doc.as_str(), op))).unwrap();
            ops.extend(batch);
            let after = reference::replay(&ops);
            let mut expected: Vec<(String, String, bool)> = Vec::new();
            for (id, node) in &after.nodes {
                match before.nodes.get(id) {
                    None => expected.push((id.to_string(), "INSERT".into(), false)),
                    Some(old) if old != node => {
                        expected.push((id.to_string(), "UPDATE".into(), false));
                    }
                    _ => {}
                }
            }
            let take = format!("DELETE FROM public.{schema}_seen RETURNING node::text, op, same");
            let mut seen: Vec<(String, String, bool)> = forest
                .client
                .query(&take, &[])
                .unwrap()
                .iter()
                .map(|row| (row.get(0), row.get(1), row.get(2)))
                .collect();
            seen.sort();
            assert_eq!(seen, expected, "seed {seed}: rows that triggers saw");
            before = after;
        }
    }
    let clean = format!(
        "DROP TABLE public.{schema}_seen; DROP TRIGGER log ON {schema}.nodes; DROP FUNCTION public.{schema}_log()"
    );
    forest.client.batch_execute(&clean).unwrap();
}
