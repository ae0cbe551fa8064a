//! Holding the tables against a naive replay of the log.

use std::collections::BTreeMap;
use std::fmt::Debug;

use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::{name, pg_extern};
use treecrdt::Op;
use treecrdt::reference::{self, State};

use super::rights;
use crate::codec::Varlena;
use crate::error::{Error, or_raise};
use crate::forest::{Access, Open};
use crate::materialize::read_state;
use crate::memory;
use crate::reader::Reader;

/// A discrepancy: doc, table, key, problem.
type Finding = (String, &'static str, String, String);

#[pg_extern(sql = false)]
fn verify(
    forest: Option<Oid>,
    doc: Option<&str>,
) -> TableIterator<
    'static,
    (
        name!(doc_name, String),
        name!(table_name, &'static str),
        name!(row_key, String),
        name!(problem, String),
    ),
> {
    let forest = or_raise(Open::new(forest, Access::Read));
    or_raise(rights::must_read_all(&forest));
    let mut findings = Vec::new();
    let mut reader = or_raise(Reader::open(&forest));
    let docs = or_raise(reader.docs(doc));
    for doc in docs {
        let datum = Varlena::new(doc.as_bytes());
        if let Err(error) = check(&mut reader, &doc, &datum, &mut findings) {
            findings.push((doc, "ops", String::new(), error.to_string()));
        }
    }
    TableIterator::new(findings)
}

fn check(
    reader: &mut Reader<'_>,
    doc: &str,
    datum: &Varlena,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let mut find = |table: &'static str, key: String, problem: String| {
        findings.push((doc.to_owned(), table, key, problem));
    };
    let mut ops: Vec<Op> = Vec::new();
    reader.each_op(datum, |row| {
        ops.push(row.op()?);
        Ok(())
    })?;
    let waiting = reader.waiting_dots(datum)?;
    let (waiting_ops, materialized): (Vec<&Op>, Vec<&Op>) =
        ops.iter().partition(|op| waiting.contains(op.dot()));
    let expected = State {
        dots: Default::default(),
        ..reference::replay_checking(materialized, &mut || {
            memory::check();
        })
    };
    let actual = read_state(reader, datum)?;

    let unknown = waiting.difference(&ops.iter().map(Op::dot).collect());
    if !unknown.is_empty() {
        find("waiting", unknown.to_json(), "names operations that are not in ops".into());
    }
    match reader.doc_row(datum)? {
        // A doc that was dropped after it was listed.
        None if ops.is_empty() && actual == State::default() => {}
        None => find("docs", String::new(), "row is missing".into()),
        Some(row) => {
            if row.head != expected.head {
                find("docs", "head".into(), differs(&row.head, &expected.head));
            }
            if row.op_count != ops.len() as u64 {
                find("docs", "op_count".into(), differs(&row.op_count, &ops.len()));
            }
            let frontier = waiting_ops.iter().map(|op| op.key).min();
            if row.frontier != frontier {
                find("docs", "frontier".into(), differs(&row.frontier, &frontier));
            }
        }
    }
    let nodes: BTreeMap<_, _> = actual.nodes.iter().chain(&expected.nodes).collect();
    for id in nodes.into_keys() {
        match (actual.nodes.get(id), expected.nodes.get(id)) {
            (Some(_), None) => find("nodes", id.to_string(), "no operation is about it".into()),
            (None, Some(_)) => find("nodes", id.to_string(), "row is missing".into()),
            (a, b) if a != b => find("nodes", id.to_string(), differs(&a, &b)),
            _ => {}
        }
    }
    let sets =
        [("oprefs", &actual.refs, &expected.refs), ("ignored", &actual.ignored, &expected.ignored)];
    for (table, actual, expected) in sets {
        for (node, key) in actual.symmetric_difference(expected) {
            let missing = expected.contains(&(*node, *key));
            let problem = if missing { "row is missing" } else { "row should not be there" };
            find(table, format!("{node} {key}"), problem.into());
        }
    }
    Ok(())
}

fn differs(found: &dyn Debug, expected: &dyn Debug) -> String {
    format!("found {found:?}, the log gives {expected:?}")
}
