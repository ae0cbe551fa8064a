//! How nodes came to be as they are: the operations on them, and what was before some of these.

use treecrdt::{Action, Dot, Entry, Key, NodeId, Op, OpKind};

use crate::datum::{self, Arg, KeyDatums, Varlena};
use crate::error::Error;
use crate::forest::shape::nodes;
use crate::memory;
use crate::storage::reader::{each_row, find_pair, reinsert};
use crate::storage::rows::{OpRow, node_keys};
use crate::surface::edit::draft::Draft;

/// A parent and an order key.
pub type Place = (NodeId, Vec<u8>);

/// A node as it is, and how it came to be so.
pub struct Now {
    /// Where it is.
    pub place: Option<Place>,
    /// Its payload.
    pub payload: Option<Vec<u8>>,
    /// Whether it is a tombstone.
    pub is_tombstone: bool,
    /// All operations on it, and whether each is ignored.
    pub history: Vec<(Entry, bool)>,
}

impl Now {
    pub fn of(draft: &mut Draft<'_>, node: NodeId) -> Result<Option<Self>, Error> {
        let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&node)], &[])?;
        let Some(row) = row else { return Ok(None) };
        let keys = node_keys(&row)?;
        let place = row.get(nodes::PARENT).zip(row.get(nodes::ORDER_KEY).map(<[u8]>::to_vec));
        let payload = row.get(nodes::PAYLOAD).map(<[u8]>::to_vec);
        let is_tombstone = row.get(nodes::TOMBSTONE) == Some(true);
        let history = history(draft, node, keys.inserted)?;
        Ok(Some(Self { place, payload, is_tombstone, history }))
    }
}

/// The operations that have placed a node.
pub fn placed(history: &[(Entry, bool)]) -> Vec<Entry> {
    let effective = |(it, ignored): &&(Entry, bool)| it.parent.is_some() && !ignored;
    history.iter().filter(effective).map(|it| it.0).collect()
}

/// Those that have written its payload.
pub fn wrote(history: &[(Entry, bool)]) -> Vec<Entry> {
    history.iter().map(|it| it.0).filter(|it| it.writes_payload).collect()
}

/// The payload that an operation writes.
pub fn payload_of(op: &Op) -> Option<Vec<u8>> {
    op.written_payload().flatten().map(<[u8]>::to_vec)
}

/// The place that an operation gives.
pub fn place_of(op: &Op) -> Option<Place> {
    match &op.action {
        Action::Insert { parent, order_key, .. } | Action::Move { parent, order_key } => {
            Some((*parent, order_key.clone()))
        }
        _ => None,
    }
}

/// The operation with this dot.
pub fn op(draft: &mut Draft<'_>, dot: Dot) -> Result<Op, Error> {
    let id = Varlena::new(dot.replica.as_bytes());
    let at = [draft.doc.arg(), id.bytea(), Arg::int8(dot.counter)];
    match draft.reader.op.find(&at, &[])? {
        Some(row) => OpRow::of_log(row)?.op(),
        None => Err(draft.corrupted(format!("operation {dot} is missing"))),
    }
}

/// All operations on a node but for reserved ones, and whether each is ignored, in canonical order.
pub fn history(
    draft: &mut Draft<'_>,
    node: NodeId,
    first: Option<Key>,
) -> Result<Vec<(Entry, bool)>, Error> {
    let mut entries = Vec::new();
    for kind in OpKind::ALL.into_iter().filter(|&kind| kind != OpKind::Insert) {
        of_kind(draft, node, kind, &mut entries)?;
    }
    let mut inserts: Vec<Key> = first.into_iter().collect();
    for payload in [false, true] {
        let at = [draft.doc.arg(), datum::uuid(&node), Arg::bool(payload)];
        each_row(&mut draft.reader.reinserts, &at, &[], |row| {
            inserts.extend(reinsert(&row).map(|(_, key, _)| key));
            Ok(())
        })?;
    }
    for key in inserts {
        memory::check();
        entries.push(op(draft, key.dot)?.entry());
    }
    entries.retain(|it| !it.is_reserved());
    entries.sort_unstable_by_key(|it| it.key);
    let mut history = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = KeyDatums::new(&entry.key);
        let ignored = entry.parent.is_some()
            && find_pair(&mut draft.reader.ignored, &draft.doc, &node, &key)?.is_some();
        history.push((entry, ignored));
    }
    Ok(history)
}

/// The operations of a kind on a node, not `insert`.
fn of_kind(
    draft: &mut Draft<'_>,
    node: NodeId,
    kind: OpKind,
    entries: &mut Vec<Entry>,
) -> Result<(), Error> {
    let label = draft.forest.label(kind);
    let at = [draft.doc.arg(), datum::uuid(&node), Arg::kind(label)];
    each_row(&mut draft.reader.of_kind, &at, &[], |row| {
        entries.push(OpRow::of_log(row)?.entry()?);
        Ok(())
    })
}

/// What was before operations that are undone.
pub enum Before {
    /// None of them is among these.
    Untouched,
    /// Another has come since.
    Superseded(Dot),
    /// Nothing.
    None,
    /// What this one gave.
    Operation(Op),
}

/// What was before those that are undone, of operations in canonical order of which the last has the say.
pub fn before<T: PartialEq>(
    draft: &mut Draft<'_>,
    all: &[Entry],
    is_undone: impl Fn(&Entry) -> bool,
    gives: impl Fn(&Op) -> T,
) -> Result<Before, Error> {
    let mut left = all.len();
    while let Some(last) = left.checked_sub(1).map(|at| all[at]) {
        memory::check();
        if is_undone(&last) {
            left -= 1;
            continue;
        }
        let now = op(draft, last.key.dot)?;
        let given = gives(&now);
        let mut same = None;
        for at in (0..left).rev() {
            let it = &all[at];
            memory::check();
            if it.key.dot.replica == last.key.dot.replica
                && is_undone(it)
                && gives(&op(draft, it.key.dot)?) == given
            {
                same = Some(at);
                break;
            }
        }
        match same {
            Some(at) => left = at,
            None if left < all.len() => return Ok(Before::Operation(now)),
            None if all.iter().any(is_undone) => return Ok(Before::Superseded(last.key.dot)),
            None => return Ok(Before::Untouched),
        }
    }
    Ok(if all.is_empty() { Before::Untouched } else { Before::None })
}
