//! Holding the tables against a naive replay of the log.

use std::collections::BTreeSet;
use std::fmt::Debug;

use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::{name, pg_extern};
use treecrdt::reference::{Log, Node, Position, Replay};
use treecrdt::{Key, NodeId, VersionVectorBuilder, hex};

use super::rights;
use crate::catch_up::sorted::Sorted;
use crate::doc::{DocDatum, DocName};
use crate::error::{Error, or_raise, short};
use crate::forest::shape::{Nodes, Ops, PairTable, Table, nodes};
use crate::forest::{Access, Open};
use crate::memory;
use crate::storage::reader::{Reader, each_row, pair, reinsert};
use crate::storage::row::Row;
use crate::storage::rows::{OpRow, node_keys, vector_of};
use crate::storage::scan::Probe;

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
    let forest = reader.forest;
    let waiting = readable("waiting", reader.waiting_dots(datum), &mut find);
    // SAFETY: the table stays open.
    let mut log = unsafe { Sorted::new(forest, (*forest.relation::<Ops>()).rd_att) };
    let mut waits = VersionVectorBuilder::default();
    let (mut op_count, mut frontier, mut all_read) = (0_u64, None::<Key>, true);
    // What is made of a row is in memory of our own.
    let mut memory = memory::PerRow::default();
    reader.each_op(datum, |row| {
        op_count += 1;
        // SAFETY: nothing else stays.
        match unsafe { memory.read(|| checked(&row)) } {
            Ok(key) if waiting.as_ref().is_some_and(|waiting| waiting.contains(key.dot)) => {
                waits.push(key.dot);
                frontier = Some(frontier.map_or(key, |least| least.min(key)));
            }
            Ok(_) => log.push(&row)?,
            Err(error) => {
                all_read = false;
                find("ops", row.dot_name(), error.to_string());
            }
        }
        Ok(())
    })?;
    let (true, Some(waiting)) = (all_read, waiting) else {
        return Ok(()); // what follows from a log that cannot be read is not known
    };
    let unknown = waiting.difference(&waits.build());
    if !unknown.is_empty() {
        find("waiting", short(&unknown.to_json()), "names operations that are not in ops".into());
    }
    log.sort();
    let mut replay = Replay::default();
    while let Some(row) = log.next_row()? {
        // SAFETY: as above.
        let op = unsafe { memory.read(|| row.op()) }?;
        replay.apply(&op, &mut memory::check);
    }
    drop(log);
    replay.decide_tombstones(&mut memory::check);
    let (log, mut expected) = replay.into_parts();
    expected.named.clear();
    let head = expected.head.map(|at| log.key(at));

    let row = reader.doc_row(datum)?;
    if let Some(row) = &row {
        if row.head != head {
            find("docs", "head".into(), differs(&row.head, &head));
        }
        if row.op_count != op_count {
            find("docs", "op_count".into(), differs(&row.op_count, &op_count));
        }
        if row.frontier != frontier {
            find("docs", "frontier".into(), differs(&row.frontier, &frontier));
        }
    }
    let mut is_empty = op_count == 0;
    each_row(&mut reader.nodes, &[datum.arg()], &[], |row| {
        is_empty = false;
        let Some(id) = row.get(nodes::NODE) else { return Ok(()) };
        let expected = expected.nodes.remove(&id).map(|node| node.named_by(|at| log.key(at)));
        // SAFETY: as above.
        match (unsafe { memory.read(|| node_of(&row)) }, expected) {
            (Err(error), _) => find("nodes", id.to_string(), error.to_string()),
            (_, None) => find("nodes", id.to_string(), "no operation is about it".into()),
            (Ok(found), Some(expected)) if found != expected => {
                find("nodes", id.to_string(), node_differs(&found, &expected));
            }
            _ => {}
        }
        Ok(())
    })?;
    for id in expected.nodes.keys() {
        memory::check();
        find("nodes", id.to_string(), "row is missing".into());
    }
    let pairs = |set: BTreeSet<(NodeId, Position)>| {
        set.into_iter().map(|(node, at)| (node, at, false)).collect()
    };
    let (rows, again) = (&mut reader.doc_reinserts, expected.again);
    is_empty &= !compare(rows, datum, "reinserts", &log, again, reinsert, &mut find)?;
    let (rows, refs) = (&mut reader.doc_refs, pairs(expected.refs));
    is_empty &= !compare(rows, datum, "other_refs", &log, refs, of_pair, &mut find)?;
    let (rows, ignored) = (&mut reader.doc_ignored, pairs(expected.ignored));
    is_empty &= !compare(rows, datum, "ignored", &log, ignored, of_pair, &mut find)?;
    // A doc that was dropped after it was listed has neither.
    if row.is_none() && !is_empty {
        find("docs", String::new(), "row is missing".into());
    }
    Ok(())
}

/// The key of an operation all of which can be read.
///
/// # Errors
/// Those of [`OpRow::op`].
fn checked(row: &OpRow<'_>) -> Result<Key, Error> {
    let key = row.entry()?.key;
    row.known_state.map(|_| row.known_state()).transpose()?;
    Ok(key)
}

/// A row of `nodes` as it is.
///
/// # Errors
/// [`Error::Corrupted`] for keys or a `deleted_at` that cannot be read.
fn node_of(row: &Row<'_, Nodes>) -> Result<Node, Error> {
    let keys = node_keys(row)?;
    Ok(Node {
        parent: row.get(nodes::PARENT),
        order_key: row.get(nodes::ORDER_KEY).map(<[u8]>::to_vec),
        placed: keys.placed,
        payload: row.get(nodes::PAYLOAD).map(<[u8]>::to_vec),
        payload_key: keys.payload,
        inserted: keys.inserted,
        deleted_at: vector_of(row, nodes::DELETED_AT)?,
        tombstone: row.get(nodes::TOMBSTONE) == Some(true),
    })
}

/// As [`reinsert`], for a pair.
fn of_pair<T: PairTable>(row: &Row<'_, T>) -> Option<(NodeId, Key, bool)> {
    pair(row).map(|(node, key)| (node, key, false))
}

/// Holds the rows of a table, nodes and operations and whether these carry a payload, against those
/// that are expected. Tells whether there are any.
///
/// # Errors
/// Those of reading.
fn compare<T: Table>(
    rows: &mut Probe<'_, T>,
    doc: &DocDatum,
    table: &'static str,
    log: &Log,
    mut expected: BTreeSet<(NodeId, Position, bool)>,
    read: impl Fn(&Row<'_, T>) -> Option<(NodeId, Key, bool)>,
    find: &mut impl FnMut(&'static str, String, String),
) -> Result<bool, Error> {
    let name = |node: NodeId, key: Key, carries: bool| {
        format!("{node} {key}{}", if carries { " with a payload" } else { "" })
    };
    let mut any = false;
    each_row(rows, &[doc.arg()], &[], |row| {
        any = true;
        let Some((node, key, carries)) = read(&row) else { return Ok(()) };
        let at = log.position(&key);
        if !at.is_some_and(|at| expected.remove(&(node, at, carries))) {
            find(table, name(node, key, carries), "row should not be there".into());
        }
        Ok(())
    })?;
    for (node, at, carries) in expected {
        memory::check();
        find(table, name(node, log.key(at), carries), "row is missing".into());
    }
    Ok(any)
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
