//! Holding the tables against a naive replay of the log.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;

use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::{name, pg_extern};
use treecrdt::reference::{self, Node, State};
use treecrdt::{Key, NodeId, Op, hex};

use super::rights;
use crate::doc::{DocDatum, DocName};
use crate::error::{Error, or_raise, short};
use crate::forest::shape::nodes;
use crate::forest::{Access, Open};
use crate::memory;
use crate::storage::reader::{Reader, each_row, pair, reinsert};
use crate::storage::rows::{node_keys, vector_of};

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
    let doc = doc.map(|doc| forest.doc(doc));
    let docs = or_raise(reader.docs(doc.as_ref()));
    for doc in docs {
        let datum = DocDatum::new(&doc);
        or_raise(check(&mut reader, &doc, &datum, &mut findings));
    }
    TableIterator::new(findings)
}

fn check(
    reader: &mut Reader<'_>,
    doc: &DocName<'_>,
    datum: &DocDatum,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let mut find = |table: &'static str, key: String, problem: String| {
        findings.push((doc.to_string(), table, key, problem));
    };
    let mut ops: Vec<Op> = Vec::new();
    let mut all_read = true;
    reader.each_op(datum, |row| {
        match row.op() {
            Ok(op) => ops.push(op),
            Err(error) => {
                all_read = false;
                find("ops", row.dot_name(), error.to_string());
            }
        }
        Ok(())
    })?;
    let waiting = readable("waiting", reader.waiting_dots(datum), &mut find);
    let actual = readable("nodes", read_state(reader, datum), &mut find);
    let reinserts = readable("reinserts", read_reinserts(reader, datum), &mut find);
    let (true, Some(waiting), Some(actual), Some(reinserts)) =
        (all_read, waiting, actual, reinserts)
    else {
        return Ok(()); // what follows from a log that cannot be read is not known
    };
    let (waiting_ops, materialized): (Vec<&Op>, Vec<&Op>) =
        ops.iter().partition(|op| waiting.contains(op.dot()));
    let by_key: HashMap<Key, &Op> = materialized.iter().map(|&op| (op.key, op)).collect();
    let mut expected = State {
        dots: Default::default(),
        ..reference::replay_checking(materialized.iter().copied(), &mut || {
            memory::check();
        })
    };
    // An operation that names the parent is an op ref by that, and not stored as one.
    let names = |parent: NodeId, key: &Key| by_key[key].entry().parent == Some(parent);
    expected.refs.retain(|(parent, key)| !names(*parent, key));
    let carries = |key: &Key| by_key[key].written_payload().is_some();
    let again: BTreeSet<_> =
        expected.again.iter().map(|&(node, key)| (node, key, carries(&key))).collect();

    let unknown = waiting.difference(&ops.iter().map(Op::dot).collect());
    if !unknown.is_empty() {
        find("waiting", short(&unknown.to_json()), "names operations that are not in ops".into());
    }
    match reader.doc_row(datum)? {
        // A doc that was dropped after it was listed.
        None if ops.is_empty() && reinserts.is_empty() && actual == State::default() => {}
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
    for (id, expected) in &expected.nodes {
        memory::check();
        match actual.nodes.get(id) {
            None => find("nodes", id.to_string(), "row is missing".into()),
            Some(found) if found != expected => {
                find("nodes", id.to_string(), node_differs(found, expected));
            }
            Some(_) => {}
        }
    }
    for id in actual.nodes.keys().filter(|id| !expected.nodes.contains_key(id)) {
        find("nodes", id.to_string(), "no operation is about it".into());
    }
    for (node, key, payload) in reinserts.symmetric_difference(&again) {
        let missing = again.contains(&(*node, *key, *payload));
        let problem = if missing { "row is missing" } else { "row should not be there" };
        find("reinserts", format!("{node} {key} {payload}"), problem.into());
    }
    let sets = [
        ("other_refs", &actual.refs, &expected.refs),
        ("ignored", &actual.ignored, &expected.ignored),
    ];
    for (table, actual, expected) in sets {
        for (node, key) in actual.symmetric_difference(expected) {
            let missing = expected.contains(&(*node, *key));
            let problem = if missing { "row is missing" } else { "row should not be there" };
            find(table, format!("{node} {key}"), problem.into());
        }
    }
    Ok(())
}

/// The rows of a document as they are.
///
/// # Errors
/// [`Error::Corrupted`] for a `deleted_at` that cannot be read.
fn read_state(reader: &mut Reader<'_>, doc: &DocDatum) -> Result<State, Error> {
    let mut state = State::default();
    each_row(&mut reader.nodes, &[doc.arg()], &[], |row| {
        let keys = node_keys(&row)?;
        let node = Node {
            parent: row.get(nodes::PARENT),
            order_key: row.get(nodes::ORDER_KEY).map(<[u8]>::to_vec),
            placed: keys.placed,
            payload: row.get(nodes::PAYLOAD).map(<[u8]>::to_vec),
            payload_key: keys.payload,
            inserted: keys.inserted,
            deleted_at: vector_of(&row, nodes::DELETED_AT)?,
            tombstone: row.get(nodes::TOMBSTONE) == Some(true),
        };
        state.nodes.extend(row.get(nodes::NODE).map(|id| (id, node)));
        Ok(())
    })?;
    each_row(&mut reader.doc_refs, &[doc.arg()], &[], |row| {
        state.refs.extend(pair(&row));
        Ok(())
    })?;
    each_row(&mut reader.doc_ignored, &[doc.arg()], &[], |row| {
        state.ignored.extend(pair(&row));
        Ok(())
    })?;
    state.head = reader.doc_row(doc)?.and_then(|row| row.head);
    Ok(state)
}

/// The rows of `reinserts` of a document.
fn read_reinserts(
    reader: &mut Reader<'_>,
    doc: &DocDatum,
) -> Result<BTreeSet<(NodeId, Key, bool)>, Error> {
    let mut found = BTreeSet::new();
    each_row(&mut reader.doc_reinserts, &[doc.arg()], &[], |row| {
        found.extend(reinsert(&row));
        Ok(())
    })?;
    Ok(found)
}

/// What could be read; what could not is a finding.
fn readable<T>(
    table: &'static str,
    read: Result<T, Error>,
    find: &mut impl FnMut(&'static str, String, String),
) -> Option<T> {
    read.map_err(|error| find(table, String::new(), error.to_string())).ok()
}

fn differs(found: &dyn Debug, expected: &dyn Debug) -> String {
    format!("found {found:?}, the log gives {expected:?}")
}

/// The columns in which two rows of a node differ, what is long cut.
fn node_differs(found: &Node, expected: &Node) -> String {
    let shown = |node: &Node| {
        let bytes = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(shown_bytes);
        [
            ("parent", node.parent.map(|it| it.to_string())),
            ("order_key", bytes(&node.order_key)),
            ("placed", node.placed.map(|it| it.to_string())),
            ("payload", bytes(&node.payload)),
            ("payload_key", node.payload_key.map(|it| it.to_string())),
            ("inserted", node.inserted.map(|it| it.to_string())),
            ("deleted_at", node.deleted_at.as_ref().map(|it| short(&it.to_json()))),
            ("tombstone", Some(node.tombstone.to_string())),
        ]
    };
    let null = || "NULL".into();
    let mut differences = Vec::new();
    for ((column, found), (_, expected)) in shown(found).into_iter().zip(shown(expected)) {
        if found != expected {
            let (found, expected) = (found.unwrap_or_else(null), expected.unwrap_or_else(null));
            differences.push(format!("{column}: found {found}, the log gives {expected}"));
        }
    }
    if differences.is_empty() {
        differences.push("values differ beyond what is shown of them".into());
    }
    differences.join("; ")
}

/// The first bytes in hex, and how many there are.
fn shown_bytes(bytes: &[u8]) -> String {
    const MOST: usize = 32;
    match bytes.get(..MOST) {
        Some(first) => format!("\\x{}… ({} bytes)", hex(first), bytes.len()),
        None => format!("\\x{}", hex(bytes)),
    }
}
