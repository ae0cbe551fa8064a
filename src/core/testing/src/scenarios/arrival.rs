//! In what order and in what company operations arrive: none of it may show.

use crate::doc::Doc;
use crate::script::{A, B, C, D, E, ROOT, at, letter};

pub(super) fn operations_in_order_build_the_tree(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "x");
    doc.append(&[&a]).node_rows(1).ref_rows(0).late(0).reevaluated(0);
    doc.shows("a:x");
    let b = at(2, "a").insert(B, A, "1");
    let c = at(3, "b").insert_with(C, ROOT, "0", "z");
    doc.append(&[&b, &c]).node_rows(2).late(0).reevaluated(0);
    doc.shows("c:z a:x(b)");
    let renamed = at(4, "b").payload(A, "y");
    let moved = at(5, "a").moves(C, A, "0");
    doc.append(&[&renamed]).node_rows(1).ref_rows(1).late(0);
    doc.append(&[&moved]).node_rows(1).ref_rows(2).late(0).reevaluated(0);
    doc.shows("a:y(c:z b)");
    let gone = at(6, "a").delete(B, &[&a, &b, &c, &renamed, &moved]);
    doc.append(&[&gone]).node_rows(1).late(0).reevaluated(0);
    doc.shows("a:y(c:z)");
    doc.tombstones(&[B]);
    doc.ignored(&[]);
    doc.head(&gone);
}

pub(super) fn a_late_payload_that_is_dominated_changes_no_row_of_nodes(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let new = at(5, "a").payload(A, "new");
    doc.append(&[&a, &new]);
    let old = at(3, "b").payload(A, "old");
    doc.append(&[&old]).node_rows(0).ref_rows(1).late(1).reevaluated(0);
    doc.shows("a:new");
    doc.head(&new);
}

pub(super) fn a_late_payload_that_wins_changes_one_row(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "old");
    let b = at(5, "a").insert(B, ROOT, "2");
    doc.append(&[&a, &b]);
    doc.append(&[&at(3, "b").payload(A, "new")]).node_rows(1).late(1).reevaluated(0);
    doc.shows("a:new b");
    doc.append(&[&at(4, "b").clear(A)]).node_rows(1).late(1);
    doc.shows("a b");
    doc.append(&[&at(4, "c").payload(A, "")]).node_rows(1).late(1);
    doc.shows("a: b");
}

pub(super) fn a_late_move_before_a_later_payload_keeps_both(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, ROOT, "2");
    let named = at(6, "a").payload(B, "x");
    doc.append(&[&a, &b, &named]);
    doc.shows("a b:x");
    doc.refs(ROOT, &[&a, &b, &named]);
    let moved = at(4, "b").moves(B, A, "1");
    doc.append(&[&moved]).node_rows(1).late(1).reevaluated(0);
    doc.shows("a(b:x)");
    doc.refs(ROOT, &[&a, &b, &moved]);
    doc.refs(A, &[&moved, &named]);
}

pub(super) fn a_late_move_that_a_later_one_overrides_changes_no_row_of_nodes(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(1, "b").insert(B, ROOT, "2");
    let late = at(3, "b").moves(B, A, "9");
    let last = at(5, "a").moves(B, ROOT, "0");
    doc.append(&[&a, &b, &last]);
    doc.append(&[&late]).node_rows(0).late(1);
    doc.shows("b a");
    doc.refs(A, &[&late, &last]);
}

pub(super) fn a_late_insert_and_its_move_arrive_in_one_batch(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(9, "a").insert(B, ROOT, "2");
    doc.append(&[&a, &b]);
    let c = at(3, "b").insert_with(C, ROOT, "3", "x");
    let moved = at(5, "b").moves(C, A, "1");
    doc.append(&[&moved, &c]).node_rows(1).late(2).reevaluated(0);
    doc.shows("a(c:x) b");
    doc.refs(ROOT, &[&a, &b, &c, &moved]);
    doc.refs(A, &[&moved, &c]);
}

pub(super) fn a_batch_mixes_late_and_new_operations(doc: &mut Doc<'_>) {
    let a = at(2, "a").insert(A, ROOT, "1");
    let b = at(6, "a").insert(B, ROOT, "2");
    doc.append(&[&a, &b]);
    let new = at(8, "b").payload(A, "new");
    let c = at(4, "b").insert(C, B, "1");
    let newest = at(9, "b").moves(C, A, "1");
    let earliest = at(1, "b").payload(A, "old");
    doc.append(&[&new, &c, &newest, &earliest]).node_rows(2).late(2);
    doc.shows("a:new(c) b");
    doc.head(&newest);
}

pub(super) fn duplicates_in_a_batch_and_again_later_change_nothing(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "x");
    let b = at(2, "a").insert(B, A, "1");
    let c = at(3, "a").moves(A, ROOT, "2");
    doc.append(&[&a, &a, &b, &a]).node_rows(2).late(0);
    doc.append(&[&b, &a]).node_rows(0).ref_rows(0).late(0);
    doc.append(&[&b, &c, &c, &b]).node_rows(1).late(0);
    doc.append(&[&c, &b, &a, &c]).node_rows(0).ref_rows(0).late(0);
    doc.shows("a:x(b)");
}

pub(super) fn an_operation_before_all_others_replays_from_the_start(doc: &mut Doc<'_>) {
    let b = at(6, "a").insert(B, A, "6");
    let turned = at(7, "a").moves(A, B, "7");
    let named = at(8, "a").payload(A, "x");
    let other = at(9, "a").insert(C, ROOT, "9");
    doc.append(&[&b, &turned, &named, &other]);
    doc.parent(B, Some(A));
    doc.parent(A, None);
    doc.ignored(&[&turned]);
    let first = at(1, "b").insert(A, B, "1");
    doc.append(&[&first]).node_rows(2).late(1).reevaluated(2);
    doc.parent(B, None);
    doc.parent(A, Some(B));
    doc.ignored(&[&b]);
    doc.shows("c");
}

pub(super) fn a_log_that_arrives_backwards_ends_the_same(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let c = at(3, "a").insert(C, B, "1");
    let raised = at(4, "a").moves(C, ROOT, "0");
    let lowered = at(5, "a").moves(A, C, "1");
    let circular = at(6, "a").moves(C, B, "1");
    let named = at(7, "a").payload(B, "x");
    doc.append_each(&[&named, &circular, &lowered, &raised, &c, &b, &a]);
    doc.shows("c(a(b:x))");
    doc.ignored(&[&circular]);
}

pub(super) fn deferred_operations_wait_for_ensure_materialized(doc: &mut Doc<'_>) {
    let a = at(2, "a").insert(A, ROOT, "1");
    let d = at(6, "a").insert(D, ROOT, "2");
    doc.append(&[&a, &d]);
    let new = at(8, "a").insert(B, A, "1");
    doc.defer(&[&new]).node_rows(0).ref_rows(0);
    doc.shows("a d");
    let late = at(4, "b").payload(A, "x");
    doc.defer(&[&late]).node_rows(0);
    doc.defer(&[&at(7, "b").insert(C, B, "1"), &late]).node_rows(0);
    doc.shows("a d");
    doc.head(&d);
    doc.ensure_materialized().node_rows(3);
    doc.shows("a:x(b(c)) d");
    doc.ensure_materialized().node_rows(0).ref_rows(0);
}

pub(super) fn a_document_that_begins_deferred_has_no_head_until_it_is_caught_up(doc: &mut Doc<'_>) {
    let b = at(2, "a").insert(B, A, "1");
    let a = at(1, "a").insert(A, ROOT, "1");
    doc.defer(&[&b]).node_rows(0);
    doc.defer(&[&a]).node_rows(0);
    doc.rows(&[]);
    doc.ensure_materialized().node_rows(2).late(0);
    doc.shows("a(b)");
    doc.head(&b);
}

pub(super) fn an_immediate_append_catches_up_all_that_waits(doc: &mut Doc<'_>) {
    let a = at(3, "a").insert(A, ROOT, "1");
    let b = at(4, "a").insert(B, ROOT, "2");
    let named = at(9, "a").payload(B, "y");
    doc.append(&[&a, &b, &named]);
    doc.defer(&[&at(5, "b").moves(B, A, "1"), &at(11, "b").insert(C, B, "1")]);
    doc.defer(&[&at(2, "b").insert_with(A, ROOT, "0", "x")]);
    doc.shows("a b:y");
    doc.append(&[&at(7, "c").insert(D, B, "2")]).node_rows(4);
    doc.shows("a:x(b:y(c d))");
    doc.append(&[&at(12, "c").insert(E, ROOT, "2")]).node_rows(1);
    doc.shows("a:x(b:y(c d)) e");
}

pub(super) fn a_rebuild_gives_the_same_state(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "x");
    let b = at(2, "a").insert(B, A, "1");
    let turned = at(3, "b").moves(A, B, "1");
    let orphan = at(4, "b").insert(C, D, "1");
    let e = at(5, "b").insert(E, ROOT, "2");
    let gone = at(6, "b").delete(E, &[&e]);
    let root = at(7, "b").payload(ROOT, "title");
    doc.append(&[&root, &gone, &orphan]);
    doc.append(&[&e, &turned, &b, &a]);
    for _ in 0..2 {
        doc.shows("a:x(b)");
        doc.ignored(&[&turned]);
        doc.tombstones(&[E]);
        doc.parent(C, Some(D));
        doc.rebuild().node_rows(0).ref_rows(0);
    }
    doc.append(&[&at(8, "a").insert(D, ROOT, "3")]).node_rows(1).late(0);
    doc.shows("a:x(b) d(c)");
}

pub(super) fn a_rebuild_catches_up_what_waits(doc: &mut Doc<'_>) {
    doc.append(&[&at(2, "a").insert(A, ROOT, "1")]);
    doc.defer(&[&at(1, "a").insert(B, A, "1"), &at(3, "a").payload(B, "x")]);
    doc.rebuild().node_rows(1);
    doc.shows("a(b:x)");
    doc.ensure_materialized().node_rows(0);
}

pub(super) fn a_batch_much_larger_than_the_document_ends_the_same(doc: &mut Doc<'_>) {
    let a = at(700, "a").insert(A, ROOT, "1");
    let b = at(701, "a").insert(B, A, "1");
    doc.append(&[&a, &b]);
    // Sixty nodes below one another, late; then each in turn below B; then A below the first.
    let node = |n: u64| if n == 0 { C } else { crate::history::node(1 + n as usize) };
    let mut ops = vec![at(1, "b").insert(C, ROOT, "2")];
    ops.extend((1..60).map(|n| at(1 + n, "b").insert_with(node(n), node(n - 1), "1", "x")));
    ops.extend((1..60).rev().map(|n| at(800 + n, "b").moves(node(n), B, "1")));
    let turned = at(900, "b").moves(A, node(7), "1");
    let below_c = at(901, "b").moves(A, C, "1");
    ops.extend([turned.clone(), below_c]);
    doc.append(&ops.iter().rev().collect::<Vec<_>>()).late(60);
    doc.parent(A, Some(C));
    doc.parent(node(59), Some(B));
    doc.parent(node(1), Some(B));
    doc.ignored(&[&turned]);
    let back = at(902, "b").moves(C, A, "1");
    doc.append(&[&back]).node_rows(0).late(0);
    doc.ignored(&[&turned, &back]);
}

pub(super) fn a_deep_chain_comes_back_whole_from_a_late_operation_at_its_top(doc: &mut Doc<'_>) {
    let node = |n: u64| if n == 0 { A } else { letter(0x80 | n as u8) };
    let a = at(2, "a").insert(A, ROOT, "1");
    let mut chain = vec![a.clone()];
    chain.extend((1..100).map(|n| at(2 + n, "a").insert(node(n), node(n - 1), "1")));
    doc.append(&chain.iter().collect::<Vec<_>>());
    let gone = at(200, "a").delete(A, &chain.iter().collect::<Vec<_>>());
    doc.append(&[&gone]).node_rows(1);
    doc.shows("");
    let unseen = at(150, "b").payload(node(99), "x");
    doc.append(&[&unseen]).node_rows(2).late(1);
    doc.tombstones(&[]);
    let again = at(201, "a").delete(A, &[&unseen]);
    doc.append(&[&again]).node_rows(1);
    doc.shows("");
    doc.append(&[&at(1, "b").moves(A, node(50), "1")]).late(1);
    doc.parent(A, Some(ROOT));
    doc.tombstones(&[]);
}
