//! The peer `suffix_rewind`: what came after the frontier is undone, the batch applied, the rest redone.
//!
//! All in memory, from undo data kept in canonical order; then the net changes are written. Payloads
//! are compared, not replayed. It costs what came after.

use crate::head;
use crate::op::{Key, Node, NodeMap, Op, Place};
use crate::spi::{Arg, Row, Session, plans};
use crate::tree::{Tree, above_sql, nodes_sql, place_sql};

plans! {
    LOCK = "SELECT lamport, replica, counter FROM suffix_rewind.heads WHERE doc = $1 FOR UPDATE";
    BEGIN = "INSERT INTO suffix_rewind.heads VALUES ($1, 0, '', 0) ON CONFLICT DO NOTHING";
    ADVANCE = "UPDATE suffix_rewind.heads SET lamport = $2, replica = $3, counter = $4 WHERE doc = $1";
    LATER = "SELECT lamport, replica, counter, node, parent, order_key, effective, old_parent, old_order_key
             FROM suffix_rewind.undo WHERE doc = $1 AND lamport >= $2
             ORDER BY lamport, replica, counter";
    NODES = nodes_sql!("suffix_rewind");
    ABOVE = above_sql!("suffix_rewind");
    PLACE = place_sql!("suffix_rewind");
    NEW = "INSERT INTO suffix_rewind.nodes SELECT $1, u.* FROM unnest($2, $3, $4, $5, $6, $7, $8)
           AS u (node, parent, order_key, payload, payload_lamport, payload_replica, payload_counter)";
    PAYLOAD = "UPDATE suffix_rewind.nodes AS n SET payload = u.payload, payload_lamport = u.lamport,
                   payload_replica = u.replica, payload_counter = u.counter
               FROM unnest($2, $3, $4, $5, $6) AS u (node, payload, lamport, replica, counter)
               WHERE n.doc = $1 AND n.node = u.node AND (n.payload_lamport IS NULL
                   OR (n.payload_lamport, n.payload_replica, n.payload_counter) < (u.lamport, u.replica, u.counter))";
    NOTE = "INSERT INTO suffix_rewind.undo
            SELECT $1, u.* FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10)
            AS u (lamport, replica, counter, node, parent, order_key, effective, old_parent, old_order_key)";
    CORRECT = "UPDATE suffix_rewind.undo AS o
               SET effective = u.effective, old_parent = u.old_parent, old_order_key = u.old_order_key
               FROM unnest($2, $3, $4, $5, $6, $7) AS u (lamport, replica, counter, effective, old_parent, old_order_key)
               WHERE o.doc = $1 AND o.lamport = u.lamport AND o.replica = u.replica AND o.counter = u.counter";
}

/// An insert or move that has been applied, and what it found: a row of `undo`.
#[derive(Debug, Clone, Copy)]
struct Done<'s> {
    key: Key<'s>,
    node: Node,
    place: Place<'s>,
    effective: bool,
    old: Option<Place<'s>>,
    /// The numbers of the node and of its new parent.
    numbers: (u32, u32),
}

impl<'s> Done<'s> {
    fn read(row: &Row<'s>) -> Self {
        let old = row.optional_node(7).map(|parent| Place { parent, order_key: row.bytes(8) });
        Self {
            key: Key { lamport: row.int8(0), replica: row.bytes(1), counter: row.int8(2) },
            node: row.node(3),
            place: Place { parent: row.node(4), order_key: row.bytes(5) },
            effective: row.bool(6),
            old,
            numbers: (0, 0),
        }
    }
}

/// Works a batch in: operations of one document, in canonical order, that are in its log already.
pub fn append<'s>(session: &'s Session, doc: &str, batch: &[Op<'s>]) {
    let Some(last) = batch.last() else { return };
    let head = head::lock(session, (&LOCK, &BEGIN), doc);
    let moves = || batch.iter().filter(|op| !op.is_reserved() && op.place.is_some());
    let mut later = Vec::new();
    if let (Some(head), Some(first)) = (head, moves().next())
        && first.key < head
    {
        // A comparison of whole keys would cost the index more than the few rows too many do here.
        session.run(&LATER, &[Arg::of(doc), Arg::of(first.key.lamport)], |row| {
            let done = Done::read(row);
            if done.key > first.key {
                later.push(done);
            }
        });
    }

    let mut tree = rewind(&mut later);
    tree.read_nodes(session, &NODES, doc, batch);
    tree.read_above(session, &ABOVE, doc, batch, !later.is_empty());
    let (noted, corrected) = redo(&mut tree, moves(), &later);

    let mut payloads: NodeMap<&Op<'_>> = NodeMap::default();
    let written = batch.iter().filter(|op| !op.is_reserved() && op.writes_payload());
    payloads.extend(written.map(|op| (op.node, op)));
    insert(session, doc, &tree, &mut payloads);
    tree.write_places(session, &PLACE, doc);
    rewrite(session, doc, &payloads.into_values().collect::<Vec<_>>());
    note(session, doc, &noted);
    correct(session, doc, &corrected);
    head::advance(session, &ADVANCE, doc, head, last);
}

/// The tree before these operations, the last of which is undone first.
fn rewind<'s>(later: &mut [Done<'s>]) -> Tree<'s> {
    let mut tree = Tree::with_capacity(later.len());
    for done in later.iter_mut().rev() {
        done.numbers = (tree.number(done.node), tree.number(done.place.parent));
        let after = if done.effective { Some(done.place) } else { done.old };
        tree.undo(done.numbers.0, after, done.old);
    }
    tree.end_undo();
    tree
}

/// Applies new operations and old ones in canonical order. Gives the undo data of the new ones, and
/// that of old ones where it is other than it was.
fn redo<'s, 'o>(
    tree: &mut Tree<'s>,
    batch: impl Iterator<Item = &'o Op<'s>>,
    later: &[Done<'s>],
) -> (Vec<Done<'s>>, Vec<Done<'s>>)
where
    's: 'o,
{
    let (mut noted, mut corrected) = (Vec::new(), Vec::new());
    let (mut batch, mut later) = (batch.peekable(), later.iter().peekable());
    loop {
        pgrx::check_for_interrupts!();
        let next = later.peek().map(|done| done.key);
        if let Some(op) = batch.next_if(|op| next.is_none_or(|next| op.key < next)) {
            let Some(place) = op.place else { continue };
            let numbers = (tree.number(op.node), tree.number(place.parent));
            let (old, effective) = tree.put(numbers.0, numbers.1, place);
            noted.push(Done { key: op.key, node: op.node, place, effective, old, numbers });
        } else if let Some(&done) = later.next() {
            let (old, effective) = tree.put(done.numbers.0, done.numbers.1, done.place);
            if (old, effective) != (done.old, done.effective) {
                corrected.push(Done { old, effective, ..done });
            }
        } else {
            return (noted, corrected);
        }
    }
}

/// Makes the rows of new nodes, and takes their payloads out of `payloads`.
fn insert<'s>(session: &'s Session, doc: &str, tree: &Tree<'s>, payloads: &mut NodeMap<&Op<'s>>) {
    let new: Vec<_> =
        tree.new_nodes().map(|(node, place)| (node, place, payloads.remove(&node))).collect();
    if new.is_empty() {
        return;
    }
    let [lamports, replicas, counters] = Arg::keys(new.iter().map(|row| row.2.map(|op| op.key)));
    let args = [
        Arg::of(doc),
        Arg::nodes(new.iter().map(|row| Some(row.0))),
        Arg::nodes(new.iter().map(|row| row.1.map(|place| place.parent))),
        Arg::bytes(new.iter().map(|row| row.1.map(|place| place.order_key))),
        Arg::bytes(new.iter().map(|row| row.2.and_then(|op| op.payload))),
        lamports,
        replicas,
        counters,
    ];
    session.run(&NEW, &args, |_| {});
}

/// Writes payloads, each unless the one that is there wins.
fn rewrite(session: &Session, doc: &str, ops: &[&Op<'_>]) {
    if ops.is_empty() {
        return;
    }
    let [lamports, replicas, counters] = Arg::keys(ops.iter().map(|op| Some(op.key)));
    let args = [
        Arg::of(doc),
        Arg::nodes(ops.iter().map(|op| Some(op.node))),
        Arg::bytes(ops.iter().map(|op| op.payload)),
        lamports,
        replicas,
        counters,
    ];
    session.run(&PAYLOAD, &args, |_| {});
}

/// Keeps undo data.
fn note(session: &Session, doc: &str, noted: &[Done<'_>]) {
    if noted.is_empty() {
        return;
    }
    let [lamports, replicas, counters] = Arg::keys(noted.iter().map(|done| Some(done.key)));
    let [effective, old_parents, old_order_keys] = findings(noted);
    let args = [
        Arg::of(doc),
        lamports,
        replicas,
        counters,
        Arg::nodes(noted.iter().map(|done| Some(done.node))),
        Arg::nodes(noted.iter().map(|done| Some(done.place.parent))),
        Arg::bytes(noted.iter().map(|done| Some(done.place.order_key))),
        effective,
        old_parents,
        old_order_keys,
    ];
    session.run(&NOTE, &args, |_| {});
}

/// Replaces undo data.
fn correct(session: &Session, doc: &str, corrected: &[Done<'_>]) {
    if corrected.is_empty() {
        return;
    }
    let [lamports, replicas, counters] = Arg::keys(corrected.iter().map(|done| Some(done.key)));
    let [effective, old_parents, old_order_keys] = findings(corrected);
    let args = [Arg::of(doc), lamports, replicas, counters, effective, old_parents, old_order_keys];
    session.run(&CORRECT, &args, |_| {});
}

fn findings(done: &[Done<'_>]) -> [Arg; 3] {
    let old = done.iter().map(|done| done.old);
    [
        Arg::of(done.iter().map(|done| done.effective).collect::<Vec<bool>>()),
        Arg::nodes(old.clone().map(|place| place.map(|place| place.parent))),
        Arg::bytes(old.map(|place| place.map(|place| place.order_key))),
    ]
}
