//! Moves that would make a cycle, in canonical order and out of it.

use treecrdt::{NodeId, Op};

use crate::doc::Doc;
use crate::script::{A, B, C, D, E, ROOT, TRASH, at, orders};

/// Nodes under ROOT, and concurrent moves of each below the next, the last below the first: the
/// one that comes last in canonical order is ignored, in whatever order they arrive.
fn moves_around_a_ring(doc: &mut Doc<'_>, ring: &[NodeId], drawing: &str) {
    let letters = ["a", "b", "c", "d", "e"];
    let base: Vec<Op> = ring
        .iter()
        .enumerate()
        .map(|(i, &node)| at(1 + i as u64, "a").insert(node, ROOT, letters[i]))
        .collect();
    let moves: Vec<Op> = ring
        .iter()
        .enumerate()
        .map(|(i, &node)| at(10 + i as u64, letters[i]).moves(node, ring[(i + 1) % ring.len()], ""))
        .collect();
    let last = moves.last().expect("a ring");
    for order in orders(&moves) {
        doc.start_anew();
        doc.append(&base.iter().collect::<Vec<_>>());
        for (number, op) in order.iter().enumerate() {
            doc.append(&[op]);
            if number + 1 < order.len() {
                doc.ignored(&[]);
            }
        }
        doc.ignored(&[last]);
        doc.shows(drawing);
        doc.parent(last.node, Some(ROOT));
    }
    doc.start_anew();
    doc.append(&moves.iter().rev().collect::<Vec<_>>());
    doc.ignored(&[last]);
    doc.shows("");
    doc.append(&base.iter().collect::<Vec<_>>());
    doc.ignored(&[last]);
    doc.shows(drawing);
}

pub(super) fn two_concurrent_moves_form_a_cycle_in_every_arrival_order(doc: &mut Doc<'_>) {
    moves_around_a_ring(doc, &[A, B], "b(a)");
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(1, "b").insert(B, ROOT, "2");
    let down = at(3, "a").moves(A, B, "1");
    let up = at(3, "b").moves(B, A, "1");
    for order in orders(&[&a, &b, &down, &up]) {
        doc.start_anew();
        doc.append_each(&order);
        doc.shows("b(a)");
        doc.ignored(&[&up]);
    }
}

pub(super) fn three_concurrent_moves_form_a_cycle_in_every_arrival_order(doc: &mut Doc<'_>) {
    moves_around_a_ring(doc, &[A, B, C], "c(b(a))");
}

pub(super) fn five_concurrent_moves_form_a_cycle_in_every_arrival_order(doc: &mut Doc<'_>) {
    moves_around_a_ring(doc, &[A, B, C, D, E], "e(d(c(b(a))))");
}

pub(super) fn an_ignored_move_takes_place_when_an_earlier_one_arrives(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, ROOT, "2");
    let down = at(5, "a").moves(A, B, "1");
    let up = at(7, "b").moves(B, A, "1");
    doc.append(&[&a, &b, &down, &up]);
    doc.shows("b(a)");
    doc.ignored(&[&up]);
    let out = at(6, "c").moves(A, ROOT, "3");
    doc.append(&[&out]).node_rows(2).late(1).reevaluated(1);
    doc.shows("a(b)");
    doc.ignored(&[]);
}

pub(super) fn a_move_that_took_place_is_ignored_when_an_earlier_one_arrives(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, ROOT, "2");
    let up = at(7, "b").moves(B, A, "1");
    doc.append(&[&a, &b, &up]);
    doc.shows("a(b)");
    doc.ignored(&[]);
    let down = at(5, "a").moves(A, B, "1");
    doc.append(&[&down]).node_rows(2).late(1).reevaluated(1);
    doc.shows("b(a)");
    doc.ignored(&[&up]);
}

pub(super) fn one_verdict_turns_the_next(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, ROOT, "2");
    let c = at(3, "a").insert(C, ROOT, "3");
    let below_a = at(7, "b").moves(B, A, "1");
    let below_b = at(8, "c").moves(A, B, "1");
    let below_c = at(9, "d").moves(C, B, "2");
    let last = at(10, "e").moves(B, C, "1");
    doc.append(&[&a, &b, &c, &below_a, &below_b, &below_c, &last]);
    doc.shows("a(b(c))");
    doc.ignored(&[&below_b, &last]);
    // A goes below B before B can go below A; A is below B at last by its own later move.
    let down = at(5, "f").moves(A, B, "9");
    doc.append(&[&down]).late(1);
    doc.shows("b(a c)");
    doc.ignored(&[&below_a, &last]);
    // C takes B before: then B's move below A is ignored still, and C's below B turns.
    let under = at(4, "g").moves(B, C, "9");
    doc.append(&[&under]).late(1);
    doc.shows("c(b(a))");
    doc.ignored(&[&below_a, &below_c]);
}

pub(super) fn a_dominated_move_turns_a_verdict_between_itself_and_the_end(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, ROOT, "2");
    let up = at(6, "b").moves(B, A, "1");
    let out = at(8, "a").moves(A, ROOT, "0");
    doc.append(&[&a, &b, &up, &out]);
    doc.shows("a(b)");
    let down = at(4, "c").moves(A, B, "1");
    doc.append(&[&down]).node_rows(1).late(1);
    doc.shows("a b");
    doc.ignored(&[&up]);
}

pub(super) fn a_node_below_itself_is_a_cycle(doc: &mut Doc<'_>) {
    let inserted = at(1, "a").insert_with(A, A, "1", "x");
    doc.append(&[&inserted]).node_rows(1);
    doc.parent(A, None);
    doc.ignored(&[&inserted]);
    let a = at(2, "a").insert(A, ROOT, "1");
    let moved = at(3, "a").moves(A, A, "0");
    doc.append(&[&a, &moved]).node_rows(1);
    doc.shows("a:x");
    doc.ignored(&[&inserted, &moved]);
    doc.refs(A, &[&inserted, &moved]);
}

pub(super) fn below_root_and_trash_nothing_is_a_cycle(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let thrown = at(3, "a").moves(A, TRASH, "1");
    let kept = at(4, "b").moves(B, ROOT, "1");
    let back = at(5, "b").moves(A, B, "1");
    doc.append(&[&back, &kept, &thrown, &b, &a]);
    doc.ignored(&[]);
    doc.shows("b(a)");
    doc.append(&[&at(6, "a").moves(B, TRASH, "1"), &at(7, "a").moves(A, TRASH, "1")]);
    doc.ignored(&[]);
    doc.shows("");
    doc.parent(A, Some(TRASH));
    doc.parent(B, Some(TRASH));
}

pub(super) fn a_cycle_of_orphans_is_a_cycle(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, B, "1");
    let b = at(2, "a").insert(B, A, "1");
    doc.append(&[&b]);
    doc.ignored(&[]);
    doc.append(&[&a]).node_rows(2).late(1);
    doc.ignored(&[&b]);
    doc.parent(A, Some(B));
    doc.parent(B, None);
    doc.append(&[&at(3, "b").moves(B, ROOT, "1")]).node_rows(1);
    doc.shows("b(a)");
}

pub(super) fn an_insert_whose_place_is_ignored_sets_its_payload(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let again = at(5, "b").insert_with(A, B, "1", "x");
    doc.append(&[&a, &b, &again]);
    doc.shows("a:x(b)");
    doc.ignored(&[&again]);
    doc.parent(A, Some(ROOT));
    doc.refs(B, &[&again]);
    doc.append(&[&at(4, "c").payload(A, "y")]).node_rows(0).late(1);
    doc.shows("a:x(b)");
    // B leaves in time: now the insert places A as well.
    doc.append(&[&at(3, "c").moves(B, ROOT, "2")]).node_rows(2).late(1);
    doc.shows("b(a:x)");
    doc.ignored(&[]);
}
