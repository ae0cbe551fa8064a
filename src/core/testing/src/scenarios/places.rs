//! Places out of the ordinary: orphans, TRASH, reserved nodes, ties, and the ends of every range.

use treecrdt::{MAX_COUNTER, MAX_ORDER_KEY, Op};

use crate::doc::Doc;
use crate::history::Random;
use crate::script::{A, B, C, D, ROOT, TRASH, at, orders};

pub(super) fn orphans_wait_until_their_parent_arrives(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let c = at(3, "a").insert_with(C, B, "1", "x");
    let named = at(4, "b").payload(A, "later");
    doc.append(&[&c]);
    doc.shows("");
    doc.parent(C, Some(B));
    doc.rows(&[C]);
    doc.append(&[&named]);
    doc.rows(&[A, C]);
    doc.append(&[&a]).node_rows(1).late(1);
    doc.shows("a:later");
    doc.append(&[&b]).node_rows(1).late(1);
    doc.shows("a:later(b(c:x))");
}

pub(super) fn a_move_places_a_node_whose_insert_comes_late(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "x");
    let b = at(2, "a").insert(B, ROOT, "2");
    let moved = at(3, "b").moves(A, B, "1");
    doc.append(&[&moved, &b]);
    doc.shows("b(a)");
    doc.refs(B, &[&moved]);
    doc.append(&[&a]).node_rows(1).late(1);
    doc.shows("b(a:x)");
    doc.refs(B, &[&moved, &a]);
    doc.refs(ROOT, &[&a, &b, &moved]);
}

pub(super) fn a_node_goes_to_the_trash_and_comes_back(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "x");
    let b = at(2, "a").insert(B, A, "1");
    let thrown = at(5, "a").moves(A, TRASH, "1");
    doc.append(&[&a, &b, &thrown]);
    doc.shows("");
    doc.tombstones(&[]);
    doc.parent(A, Some(TRASH));
    doc.refs(TRASH, &[]);
    let while_there = at(6, "b").payload(A, "y");
    doc.append(&[&while_there]).node_rows(1).ref_rows(0);
    let dominated = at(4, "b").moves(A, ROOT, "9");
    doc.append(&[&dominated]).node_rows(0).late(1);
    doc.shows("");
    let back = at(7, "b").moves(A, ROOT, "2");
    doc.append(&[&back]).node_rows(1);
    doc.shows("a:y(b)");
    doc.refs(ROOT, &[&a, &thrown, &dominated, &back, &while_there]);
    doc.append(&[&at(9, "a").insert(C, TRASH, "1"), &at(8, "a").moves(A, TRASH, "1")]);
    doc.shows("");
    doc.parent(C, Some(TRASH));
    doc.refs(TRASH, &[]);
}

pub(super) fn a_late_move_to_the_trash_hides_a_node(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(9, "a").insert(B, A, "1");
    doc.append(&[&a, &b]);
    doc.append(&[&at(5, "b").moves(A, TRASH, "1")]).node_rows(1).late(1);
    doc.shows("");
    doc.parent(B, Some(A));
    doc.append(&[&at(6, "b").moves(A, ROOT, "1")]).node_rows(1).late(1);
    doc.shows("a(b)");
}

pub(super) fn a_delete_does_not_see_what_went_to_the_trash_in_time(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let unseen = at(3, "b").payload(B, "x");
    let thrown = at(4, "a").moves(B, TRASH, "1");
    let gone = at(5, "a").delete(A, &[&a, &b, &thrown]);
    for order in orders(&[&a, &b, &unseen, &thrown, &gone]) {
        doc.start_anew();
        doc.append_each(&order);
        doc.tombstones(&[A]);
        doc.parent(B, Some(TRASH));
        doc.shows("");
    }
}

pub(super) fn operations_on_reserved_nodes_change_nothing(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    doc.append(&[&a]);
    let reserved = [
        at(2, "a").insert_with(ROOT, A, "1", "x"),
        at(3, "a").moves(ROOT, A, "1"),
        at(4, "a").delete(ROOT, &[&a]),
        at(5, "a").tombstone(ROOT),
        at(6, "a").insert_with(TRASH, A, "1", "x"),
        at(7, "a").moves(TRASH, TRASH, "1"),
        at(8, "a").delete(TRASH, &[&a]),
        at(9, "a").tombstone(TRASH),
        at(10, "a").payload(TRASH, "x"),
    ];
    for op in &reserved {
        doc.append(&[op]).node_rows(0).ref_rows(0).late(0);
    }
    doc.rows(&[A]);
    doc.ignored(&[]);
    doc.shows("a");
    doc.head(&reserved[8]);
    doc.append(&[&at(2, "b").moves(ROOT, A, "1")]).node_rows(0).ref_rows(0).late(1);
    let title = at(11, "a").payload(ROOT, "title");
    doc.append(&[&title]).node_rows(1).ref_rows(0);
    doc.rows(&[ROOT, A]);
    doc.append(&[&at(3, "b").payload(ROOT, "old")]).node_rows(0).ref_rows(0).late(1);
    doc.parent(ROOT, None);
    doc.tombstones(&[]);
}

pub(super) fn a_document_of_reserved_operations_only_is_empty(doc: &mut Doc<'_>) {
    let root = at(4, "a").moves(ROOT, A, "1");
    doc.append(&[&root]).node_rows(0).ref_rows(0);
    doc.head(&root);
    doc.rows(&[]);
    doc.append(&[&at(1, "a").insert(A, ROOT, "1")]).node_rows(1).late(1);
    doc.shows("a");
}

pub(super) fn equal_lamports_are_ordered_by_replica_and_then_by_counter(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "x");
    let tie_b = at(3, "b").payload(A, "b");
    let tie_a = at(3, "a").counter(5).payload(A, "a");
    let tie_b_again = at(3, "b").counter(4).payload(A, "b again");
    doc.append(&[&a, &tie_b]);
    doc.append(&[&tie_a]).node_rows(0).late(1);
    doc.shows("a:b");
    doc.append(&[&tie_b_again]).node_rows(1).late(0);
    doc.shows("a:b again");
    doc.append(&[&at(3, "b").counter(2).payload(A, "before")]).node_rows(0).late(1);
    // Structure goes by the same order: of two moves at once, the greater replica's counts.
    let left = at(4, "b").counter(5).moves(B, A, "1");
    let right = at(4, "a").counter(9).moves(B, ROOT, "2");
    doc.append(&[&left]);
    doc.append(&[&right]).node_rows(0).late(1);
    doc.shows("a:b again(b)");
}

pub(super) fn a_replica_whose_id_is_a_prefix_of_anothers_comes_first(doc: &mut Doc<'_>) {
    let ids: [&[u8]; 6] = [b"a", b"a\x00", b"aa", b"b", b"b\x00\x00", b"\xff"];
    let ops = ids.map(|id| at(2, id).payload(A, &format!("{id:?}")));
    let last = format!("a:{:?}", ids[5]);
    let inserted = at(1, "z").insert(A, ROOT, "1");
    doc.append(&[&inserted]);
    for (op, id) in ops.iter().zip(ids) {
        doc.append(&[op]).node_rows(1).late(0);
        doc.shows(&format!("a:{id:?}"));
    }
    doc.start_anew();
    doc.append(&[&inserted, &ops[5]]);
    for op in ops[..5].iter().rev() {
        doc.append(&[op]).node_rows(0).late(1);
        doc.shows(&last);
    }
}

pub(super) fn an_insert_of_an_existing_node_attaches_it_again(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "x");
    let b = at(2, "a").insert(B, ROOT, "2");
    let again = at(5, "b").insert(A, B, "1");
    doc.append(&[&a, &b]);
    doc.append(&[&again]).node_rows(1);
    doc.shows("b(a:x)");
    doc.refs(B, &[&again, &a]);
    doc.append(&[&at(3, "c").insert_with(A, ROOT, "0", "y")]).node_rows(1).late(1);
    doc.shows("b(a:y)");
    let gone = at(4, "a").delete(B, &[&b]);
    doc.append(&[&at(6, "c").insert(A, ROOT, "1"), &gone]);
    doc.shows("a:y b");
    // Unlike a move, the insert that took A away left no dot behind: this delete has seen it all.
    let all = at(7, "a").delete(B, &[&b, &again]);
    doc.append(&[&all]).node_rows(1);
    doc.shows("a:y");
}

pub(super) fn siblings_are_ordered_by_bytes_and_then_by_node(doc: &mut Doc<'_>) {
    let d = at(1, "a").insert(D, ROOT, "");
    let a = at(2, "a").insert(A, ROOT, b"\xff");
    let b = at(3, "a").insert(B, ROOT, "Z");
    let c = at(4, "a").insert(C, ROOT, "a");
    doc.append(&[&a, &b, &c, &d]);
    doc.shows("d b c a");
    doc.append(&[&at(5, "a").moves(A, ROOT, "a"), &at(6, "a").moves(B, ROOT, "aa")]);
    doc.shows("d a c b");
}

pub(super) fn a_cleared_payload_is_not_an_empty_one(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "");
    doc.append(&[&a]);
    doc.shows("a:");
    doc.append(&[&at(3, "a").clear(A)]).node_rows(1);
    doc.shows("a");
    doc.append(&[&at(2, "b").payload(A, "x")]).node_rows(0).late(1);
    doc.shows("a");
    doc.append(&[&at(4, "a").insert(A, ROOT, "1")]).node_rows(1);
    doc.shows("a");
}

pub(super) fn the_greatest_numbers_and_the_longest_names_are_kept(doc: &mut Doc<'_>) {
    let long = [0xfe; 64];
    let a = at(MAX_COUNTER, long).insert(A, ROOT, vec![0xff; MAX_ORDER_KEY]);
    doc.append(&[&a]).node_rows(1);
    let b = at(MAX_COUNTER, "a").insert(B, A, vec![0; MAX_ORDER_KEY]);
    doc.append(&[&b]).node_rows(1).late(1);
    doc.shows("a(b)");
    let gone = at(MAX_COUNTER, long).counter(1).delete(A, &[&a, &b]);
    doc.append(&[&gone]).node_rows(1).late(1);
    doc.shows("");
    doc.tombstones(&[A]);
}

pub(super) fn contents_too_large_for_a_page_stay_whole(doc: &mut Doc<'_>) {
    // Letters and gaps at random: neither is to be compressed away.
    let mut random = Random::new(1);
    let large: String = (0..100_000).map(|_| char::from(b'a' + random.below(26) as u8)).collect();
    let a = at(1, "a").insert_with(A, ROOT, "1", &large);
    let b = at(2, "a").insert_with(B, ROOT, "2", "x");
    doc.append(&[&a, &b]);
    let many: Vec<Op> =
        (0..3_000).map(|n| at(3 + 7 * n + random.bits() % 5, "b").payload(C, "")).collect();
    let mut seen: Vec<&Op> = many.iter().collect();
    doc.append(&[&at(20, "c").delete(A, &seen)]).node_rows(1);
    doc.shows(&format!("a:{large} b:x"));
    doc.append(&[&at(21, "a").moves(A, B, "1")]).node_rows(1);
    doc.append(&[&at(20, "a").clear(B)]).node_rows(1).late(1);
    doc.shows(&format!("b(a:{large})"));
    let last = at(22, "a").moves(A, ROOT, "1");
    doc.append(&[&last]);
    seen.extend([&a, &last]);
    doc.append(&[&at(23, "d").delete(A, &seen)]).node_rows(1);
    doc.shows(&format!("a:{large} b"));
    doc.append(&[&at(24, "d").delete(A, &[&at(21, "a").clear(A)])]).node_rows(1);
    doc.shows("b");
    doc.rebuild().node_rows(0);
    doc.append(&[&at(25, "b").payload(A, "small")]).node_rows(1);
    doc.shows("a:small b");
}
