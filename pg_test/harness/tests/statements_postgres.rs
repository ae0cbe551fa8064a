//! Every statement by which operations can arrive gives the same tables, and triggers on those
//! see net changes.

use std::collections::BTreeSet;
use std::io::Write as _;

use harness::docs::{Docs, mixed_delivery};
use harness::forest::{Forest, message};
use harness::history::{self, Random, Shape};
use harness::rows;
use treecrdt::reference::{self, State};

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
    let mut forest = Forest::create("every_statement");
    for seed in 0..6 {
        let mut random = Random::new(seed);
        let batches = mixed_delivery(&mut random, 2, 30);
        for (way, deliver) in ways {
            let mut docs = Docs::default();
            for batch in &batches {
                let batch: Vec<_> = batch
                    .iter()
                    .map(|(doc, op)| (format!("{way}, {seed}, {doc}"), op.clone()))
                    .collect();
                let cells: Vec<_> = batch.iter().map(|(doc, op)| rows::cells(doc, op)).collect();
                deliver(&mut forest, &cells).unwrap_or_else(|e| panic!("{way}: {}", message(e)));
                docs.remember(&batch);
                let checked = docs.check(&mut forest, &batch);
                checked.unwrap_or_else(|e| panic!("{way}, seed {seed}: {e}"));
            }
        }
    }
}

/// Row triggers on `nodes` see each row that changes once, and no other.
#[test]
fn row_triggers_see_net_changes() {
    let mut forest = Forest::create("row_triggers");
    let schema = forest.schema().to_string();
    let log = format!(
        "CREATE TABLE {schema}_seen (doc text, node uuid, op text, same boolean);
         CREATE FUNCTION {schema}_log() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             INSERT INTO public.{schema}_seen VALUES
                 (NEW.doc, NEW.node, TG_OP, TG_OP = 'UPDATE' AND OLD *= NEW);
             RETURN NULL;
         END $$;
         CREATE TRIGGER log AFTER INSERT OR UPDATE ON {schema}.nodes
             FOR EACH ROW EXECUTE FUNCTION {schema}_log();"
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
            let take = format!("DELETE FROM {schema}_seen RETURNING node::text, op, same");
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
        "DROP TABLE {schema}_seen; DROP TRIGGER log ON {schema}.nodes; DROP FUNCTION {schema}_log()"
    );
    forest.client.batch_execute(&clean).unwrap();
}
