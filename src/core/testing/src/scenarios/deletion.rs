//! Defensive deletion: what a delete had not seen, it does not destroy.

use crate::doc::Doc;
use crate::script::{A, B, C, ROOT, at, orders};

pub(super) fn a_delete_that_saw_everything_hides_the_subtree(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert_with(B, A, "1", "x");
    let c = at(3, "a").insert(C, ROOT, "2");
    doc.append(&[&a, &b, &c]);
    let gone = at(4, "b").delete(A, &[&a, &b]);
    doc.append(&[&gone]).node_rows(1).ref_rows(1);
    doc.shows("c");
    doc.tombstones(&[A]);
    doc.parent(B, Some(A));
    doc.parent(A, Some(ROOT));
}

pub(super) fn a_superseded_payload_that_a_delete_had_not_seen_leaves_it_deleted(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let unseen = at(2, "b").payload(A, "old");
    let named = at(3, "a").payload(A, "new");
    let gone = at(4, "a").delete(A, &[&a, &named]);
    doc.append(&[&a, &named, &gone]);
    doc.tombstones(&[A]);
    doc.append(&[&unseen]).node_rows(0).late(1);
    doc.tombstones(&[A]);
    for order in orders(&[&a, &unseen, &named, &gone]) {
        doc.start_anew();
        doc.append_each(&order);
        doc.tombstones(&[A]);
        doc.shows("");
    }
}

pub(super) fn a_payload_that_a_delete_had_not_seen_brings_the_node_back(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "x");
    let gone = at(6, "a").delete(A, &[&a]);
    doc.append(&[&a, &gone]);
    doc.shows("");
    let unseen = at(5, "b").payload(A, "y");
    doc.append(&[&unseen]).node_rows(1).late(1);
    doc.shows("a:y");
    doc.tombstones(&[]);
    let again = at(7, "a").delete(A, &[&unseen]);
    doc.append(&[&again]).node_rows(1);
    doc.shows("");
    doc.append(&[&at(8, "b").clear(A)]).node_rows(1);
    doc.shows("a");
}

pub(super) fn a_late_payload_supersedes_the_one_that_kept_a_node_alive(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let unseen = at(2, "b").payload(A, "unseen");
    let seen = at(3, "c").payload(A, "seen");
    let gone = at(4, "a").delete(A, &[&a, &seen]);
    doc.append(&[&a, &unseen, &gone]);
    doc.shows("a:unseen");
    doc.append(&[&seen]).node_rows(1).late(1);
    doc.shows("");
    doc.tombstones(&[A]);
}

pub(super) fn a_late_insert_brings_its_deleted_parent_back(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let gone = at(5, "a").delete(A, &[&a]);
    doc.append(&[&a, &gone]);
    doc.tombstones(&[A]);
    let b = at(3, "b").insert(B, A, "1");
    doc.append(&[&b]).node_rows(2).late(1);
    doc.shows("a(b)");
    doc.tombstones(&[]);
    let again = at(6, "a").delete(A, &[&a, &b, &gone]);
    doc.append(&[&again]).node_rows(1).late(0);
    doc.shows("");
    doc.tombstones(&[A]);
}

pub(super) fn a_node_is_deleted_restored_and_deleted_again(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert_with(A, ROOT, "1", "x");
    let b = at(2, "a").insert(B, A, "1");
    doc.append(&[&a, &b]);
    let gone = at(3, "a").delete(A, &[&a, &b]);
    doc.append(&[&gone]).node_rows(1);
    doc.shows("");
    let restored = at(4, "a").moves(A, ROOT, "1");
    doc.append(&[&restored]).node_rows(1);
    doc.shows("a:x(b)");
    doc.tombstones(&[]);
    let gone_again = at(5, "a").delete(A, &[&a, &b, &gone, &restored]);
    doc.append(&[&gone_again]).node_rows(1);
    doc.shows("");
    doc.tombstones(&[A]);
}

pub(super) fn a_delete_that_arrives_late_counts_all_the_same(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let c = at(9, "a").insert(C, ROOT, "2");
    doc.append(&[&a, &b, &c]);
    doc.append(&[&at(3, "b").delete(A, &[&a])]).node_rows(1).late(1);
    doc.shows("a(b) c");
    doc.tombstones(&[]);
    doc.append(&[&at(4, "c").delete(A, &[&b])]).node_rows(1).late(1);
    doc.shows("c");
    doc.tombstones(&[A]);
}

pub(super) fn a_tombstone_op_has_seen_nothing_but_itself(doc: &mut Doc<'_>) {
    let never_inserted = at(2, "a").tombstone(B);
    doc.append(&[&at(1, "a").insert(A, ROOT, "1"), &never_inserted]).node_rows(2);
    doc.tombstones(&[B]);
    doc.append(&[&at(3, "a").tombstone(A)]).node_rows(1);
    doc.shows("a");
    doc.tombstones(&[B]);
    doc.append(&[&at(1, "b").insert(B, A, "1")]).node_rows(1).late(1);
    doc.shows("a(b)");
    doc.tombstones(&[]);
}

pub(super) fn a_delete_of_a_node_never_inserted_waits_for_what_it_saw(doc: &mut Doc<'_>) {
    let a = at(1, "b").insert(A, ROOT, "1");
    let b = at(2, "b").insert(B, ROOT, "2");
    let gone = at(5, "a").delete(A, &[&a]);
    let unseen = at(6, "a").delete(B, &[&a]);
    doc.append(&[&gone, &unseen]).node_rows(2).ref_rows(0);
    doc.tombstones(&[A, B]);
    doc.rows(&[A, B]);
    doc.parent(A, None);
    doc.append(&[&a]).node_rows(1).late(1);
    doc.tombstones(&[A, B]);
    doc.append(&[&b]).node_rows(1).late(1);
    doc.tombstones(&[A]);
    doc.shows("b");
}

pub(super) fn a_child_moved_out_unseen_brings_the_deleted_parent_back(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let gone = at(5, "a").delete(A, &[&a, &b]);
    doc.append(&[&a, &b, &gone]);
    doc.shows("");
    let out = at(4, "b").moves(B, ROOT, "2");
    doc.append(&[&out]).node_rows(2).late(1);
    doc.shows("a b");
    doc.append(&[&at(6, "a").delete(A, &[&out])]).node_rows(1);
    doc.shows("b");
}

pub(super) fn a_child_moved_in_unseen_brings_the_deleted_parent_back(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, ROOT, "2");
    let gone = at(5, "a").delete(A, &[&a]);
    doc.append(&[&a, &b, &gone]);
    doc.shows("b");
    doc.append(&[&at(4, "b").moves(B, A, "1")]).node_rows(2).late(1);
    doc.shows("a(b)");
    doc.tombstones(&[]);
}

pub(super) fn a_child_that_left_takes_its_unseen_edit_along(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let unseen = at(3, "b").payload(B, "x");
    let out = at(6, "a").moves(B, ROOT, "2");
    let gone = at(7, "a").delete(A, &[&a, &b, &out]);
    doc.append(&[&a, &b, &unseen, &gone]);
    doc.shows("a(b:x)");
    doc.append(&[&out]).node_rows(2).late(1);
    doc.shows("b:x");
    doc.tombstones(&[A]);
}

pub(super) fn an_unseen_edit_far_below_brings_every_deleted_ancestor_back(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let c = at(3, "a").insert(C, B, "1");
    let b_gone = at(6, "a").delete(B, &[&b, &c]);
    let a_gone = at(7, "a").delete(A, &[&a, &b, &c, &b_gone]);
    doc.append(&[&a, &b, &c, &b_gone, &a_gone]);
    doc.tombstones(&[A, B]);
    let unseen = at(5, "b").payload(C, "x");
    doc.append(&[&unseen]).node_rows(3).late(1);
    doc.shows("a(b(c:x))");
    doc.tombstones(&[]);
    let top = at(8, "a").delete(A, &[&unseen]);
    doc.append(&[&top]).node_rows(1);
    doc.shows("");
    doc.tombstones(&[A]);
    doc.append(&[&at(9, "b").moves(B, ROOT, "2")]).node_rows(2);
    doc.shows("a b(c:x)");
}

pub(super) fn a_delete_keeps_the_gaps_of_what_it_saw(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let missed = at(2, "a").insert(B, A, "1");
    let named = at(3, "a").payload(A, "x");
    let gone = at(1, "b").delete(A, &[&a, &named]);
    doc.append(&[&a, &named, &gone]);
    doc.tombstones(&[A]);
    doc.append(&[&missed]).node_rows(2);
    doc.shows("a:x(b)");
    doc.append(&[&at(2, "b").delete(A, &[&missed])]).node_rows(1);
    doc.shows("");
}

pub(super) fn a_move_into_a_deleted_parent_that_is_ignored_brings_nothing_back(doc: &mut Doc<'_>) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let gone = at(5, "a").delete(B, &[&b]);
    doc.append(&[&a, &b, &gone]);
    doc.tombstones(&[B]);
    let circular = at(4, "b").moves(A, B, "1");
    doc.append(&[&circular]).node_rows(0).late(1);
    doc.ignored(&[&circular]);
    doc.tombstones(&[B]);
    // B leaves A in time: the move takes place, and B has a child that its delete had not seen.
    let out = at(3, "c").moves(B, ROOT, "2");
    doc.append(&[&out]).node_rows(2).late(1);
    doc.ignored(&[]);
    doc.shows("b(a)");
    doc.tombstones(&[]);
}

/// A found bug: what the deletes of C and B cover was not told to A, whose delete does not.
pub(super) fn a_wider_delete_between_does_not_hide_an_edit_from_a_narrower_one_above(
    doc: &mut Doc<'_>,
) {
    let a = at(1, "a").insert(A, ROOT, "1");
    let b = at(2, "a").insert(B, A, "1");
    let c = at(3, "a").insert(C, B, "1");
    let edit = at(4, "b").payload(C, "x");
    let gone_a = at(5, "a").delete(A, &[&a, &b, &c]);
    let gone_c = at(6, "a").delete(C, &[&c, &edit]);
    let gone_b = at(7, "a").delete(B, &[&b, &c, &edit, &gone_c]);
    doc.append(&[&a, &b, &c, &gone_a, &gone_c, &gone_b]);
    doc.tombstones(&[A, B, C]);
    doc.append(&[&edit]).node_rows(2).late(1);
    doc.tombstones(&[B, C]);
    doc.shows("a");
}
