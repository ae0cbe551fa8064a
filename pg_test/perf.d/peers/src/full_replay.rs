//! The peer `full_replay`: a batch below the head has the whole log of its document read and replayed.
//!
//! One above the head is applied to the tables as they are. Nothing is kept but log, tree and head.

use crate::head;
use crate::op::{Node, NodeMap, Op, Place};
use crate::replay;
use crate::spi::{Arg, Session, plans};
use crate::tree::{Tree, above_sql, nodes_sql, place_rows, place_sql};

plans! {
    LOCK = "SELECT lamport, replica, counter FROM full_replay.heads WHERE doc = $1 FOR UPDATE";
    BEGIN = "INSERT INTO full_replay.heads VALUES ($1, 0, '', 0) ON CONFLICT DO NOTHING";
    ADVANCE = "UPDATE full_replay.heads SET lamport = $2, replica = $3, counter = $4 WHERE doc = $1";
    LOG = "SELECT * FROM full_replay.ops WHERE doc = $1";
    NODES = nodes_sql!("full_replay");
    ABOVE = above_sql!("full_replay");
    PLACE = place_sql!("full_replay");
    NEW = "INSERT INTO full_replay.nodes
           SELECT $1, u.* FROM unnest($2, $3, $4, $5) AS u (node, parent, order_key, payload)";
    PAYLOAD = "UPDATE full_replay.nodes AS n SET payload = u.payload
               FROM unnest($2, $3) AS u (node, payload) WHERE n.doc = $1 AND n.node = u.node";
}

/// Works a batch in: operations of one document, in canonical order, that are in its log already.
pub fn append<'s>(session: &'s Session, doc: &str, batch: &[Op<'s>]) {
    let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return };
    let head = head::lock(session, (&LOCK, &BEGIN), doc);
    if head.is_none_or(|head| head < first.key) {
        in_order(session, doc, batch);
    } else {
        late(session, doc, batch);
    }
    head::advance(session, &ADVANCE, doc, head, last);
}

fn in_order<'s>(session: &'s Session, doc: &str, batch: &[Op<'s>]) {
    let mut tree = Tree::default();
    tree.read_nodes(session, &NODES, doc, batch);
    tree.read_above(session, &ABOVE, doc, batch, false);
    let mut payloads: NodeMap<Option<&[u8]>> = NodeMap::default();
    for op in batch.iter().filter(|op| !op.is_reserved()) {
        if let Some(place) = op.place {
            let (at, up) = (tree.number(op.node), tree.number(place.parent));
            tree.put(at, up, place);
        }
        if op.writes_payload() {
            payloads.insert(op.node, op.payload);
        }
    }
    let new: Vec<_> = tree
        .new_nodes()
        .map(|(node, place)| (node, place, payloads.remove(&node).flatten()))
        .collect();
    insert(session, doc, &new);
    tree.write_places(session, &PLACE, doc);
    rewrite(session, doc, &payloads.into_iter().collect::<Vec<_>>());
}

fn late<'s>(session: &'s Session, doc: &str, batch: &[Op<'s>]) {
    let mut log = Vec::new();
    session.run(&LOG, &[Arg::of(doc)], |row| log.push(Op::read(row)));
    let changes = replay::changes(log, batch);
    let (new, old): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.is_new);
    let new: Vec<_> =
        new.iter().map(|change| (change.node, change.place, change.payload)).collect();
    insert(session, doc, &new);
    let moved = old.iter().filter(|change| change.moved);
    let moved: Vec<_> = moved.map(|change| (change.node, change.place)).collect();
    place_rows(session, &PLACE, doc, &moved);
    let rewritten = old.iter().filter(|change| change.rewritten);
    let rewritten: Vec<_> = rewritten.map(|change| (change.node, change.payload)).collect();
    rewrite(session, doc, &rewritten);
}

/// A new row: node, place and payload.
type NewRow<'s> = (Node, Option<Place<'s>>, Option<&'s [u8]>);

fn insert(session: &Session, doc: &str, new: &[NewRow<'_>]) {
    if new.is_empty() {
        return;
    }
    let args = [
        Arg::of(doc),
        Arg::nodes(new.iter().map(|row| Some(row.0))),
        Arg::nodes(new.iter().map(|row| row.1.map(|place| place.parent))),
        Arg::bytes(new.iter().map(|row| row.1.map(|place| place.order_key))),
        Arg::bytes(new.iter().map(|row| row.2)),
    ];
    session.run(&NEW, &args, |_| {});
}

fn rewrite(session: &Session, doc: &str, payloads: &[(Node, Option<&[u8]>)]) {
    if payloads.is_empty() {
        return;
    }
    let args = [
        Arg::of(doc),
        Arg::nodes(payloads.iter().map(|row| Some(row.0))),
        Arg::bytes(payloads.iter().map(|row| row.1)),
    ];
    session.run(&PAYLOAD, &args, |_| {});
}
