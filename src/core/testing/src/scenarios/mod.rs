//! Named stories of one document, each with the outcome it must have, for any store.
//!
//! After every step the document is also held against the reference (see [`crate::doc`]); what a
//! scenario asserts is worked out by hand from the specification, so that reference and sparse
//! replay cannot be wrong together.

mod arrival;
mod cycles;
mod deletion;
mod places;

use crate::doc::Doc;
use crate::replica::Replica;

/// A story: what happens to an empty document, and what must come of it.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// A sentence, as an identifier.
    pub name: &'static str,
    run: fn(&mut Doc<'_>),
}

impl Scenario {
    /// The scenario of this name.
    ///
    /// # Panics
    /// If there is none.
    pub fn named(name: &str) -> Self {
        let found = ALL.iter().find(|scenario| scenario.name == name);
        *found.unwrap_or_else(|| panic!("no scenario is called {name}"))
    }

    /// Tells the story in new documents of this store.
    ///
    /// # Panics
    /// At the first outcome that is not as it must be.
    pub fn run(self, replica: &mut dyn Replica) {
        (self.run)(&mut Doc::new(replica));
    }
}

/// Hands the list of scenarios, by module, to another macro.
#[macro_export]
macro_rules! for_each_scenario {
    ($then:ident) => {
        $then! {
            arrival::operations_in_order_build_the_tree,
            arrival::a_late_payload_that_is_dominated_changes_no_row_of_nodes,
            arrival::a_late_payload_that_wins_changes_one_row,
            arrival::a_late_move_before_a_later_payload_keeps_both,
            arrival::a_late_move_that_a_later_one_overrides_changes_no_row_of_nodes,
            arrival::a_late_insert_and_its_move_arrive_in_one_batch,
            arrival::a_batch_mixes_late_and_new_operations,
            arrival::duplicates_in_a_batch_and_again_later_change_nothing,
            arrival::an_operation_before_all_others_replays_from_the_start,
            arrival::a_log_that_arrives_backwards_ends_the_same,
            arrival::deferred_operations_wait_for_ensure_materialized,
            arrival::a_document_that_begins_deferred_has_no_head_until_it_is_caught_up,
            arrival::an_immediate_append_catches_up_all_that_waits,
            arrival::a_rebuild_gives_the_same_state,
            arrival::a_rebuild_catches_up_what_waits,
            arrival::a_batch_much_larger_than_the_document_ends_the_same,
            arrival::a_deep_chain_comes_back_whole_from_a_late_operation_at_its_top,
            deletion::a_delete_that_saw_everything_hides_the_subtree,
            deletion::a_superseded_payload_that_a_delete_had_not_seen_leaves_it_deleted,
            deletion::a_payload_that_a_delete_had_not_seen_brings_the_node_back,
            deletion::a_late_payload_supersedes_the_one_that_kept_a_node_alive,
            deletion::a_late_insert_brings_its_deleted_parent_back,
            deletion::a_wider_delete_between_does_not_hide_an_edit_from_a_narrower_one_above,
            deletion::a_node_is_deleted_restored_and_deleted_again,
            deletion::a_delete_that_arrives_late_counts_all_the_same,
            deletion::a_tombstone_op_has_seen_nothing_but_itself,
            deletion::a_delete_of_a_node_never_inserted_waits_for_what_it_saw,
            deletion::a_child_moved_out_unseen_brings_the_deleted_parent_back,
            deletion::a_child_moved_in_unseen_brings_the_deleted_parent_back,
            deletion::a_child_that_left_takes_its_unseen_edit_along,
            deletion::an_unseen_edit_far_below_brings_every_deleted_ancestor_back,
            deletion::a_delete_keeps_the_gaps_of_what_it_saw,
            deletion::a_move_into_a_deleted_parent_that_is_ignored_brings_nothing_back,
            cycles::two_concurrent_moves_form_a_cycle_in_every_arrival_order,
            cycles::three_concurrent_moves_form_a_cycle_in_every_arrival_order,
            cycles::five_concurrent_moves_form_a_cycle_in_every_arrival_order,
            cycles::an_ignored_move_takes_place_when_an_earlier_one_arrives,
            cycles::a_move_that_took_place_is_ignored_when_an_earlier_one_arrives,
            cycles::one_verdict_turns_the_next,
            cycles::a_dominated_move_turns_a_verdict_between_itself_and_the_end,
            cycles::a_node_below_itself_is_a_cycle,
            cycles::below_root_and_trash_nothing_is_a_cycle,
            cycles::a_cycle_of_orphans_is_a_cycle,
            cycles::an_insert_whose_place_is_ignored_sets_its_payload,
            places::orphans_wait_until_their_parent_arrives,
            places::a_move_places_a_node_whose_insert_comes_late,
            places::a_node_goes_to_the_trash_and_comes_back,
            places::a_late_move_to_the_trash_hides_a_node,
            places::a_delete_does_not_see_what_went_to_the_trash_in_time,
            places::operations_on_reserved_nodes_change_nothing,
            places::a_document_of_reserved_operations_only_is_empty,
            places::equal_lamports_are_ordered_by_replica_and_then_by_counter,
            places::a_replica_whose_id_is_a_prefix_of_anothers_comes_first,
            places::an_insert_of_an_existing_node_attaches_it_again,
            places::siblings_are_ordered_by_bytes_and_then_by_node,
            places::a_cleared_payload_is_not_an_empty_one,
            places::the_greatest_numbers_and_the_longest_names_are_kept,
            places::contents_too_large_for_a_page_stay_whole,
        }
    };
}

macro_rules! table {
    ($($module:ident :: $name:ident,)*) => {
        /// All scenarios.
        pub const ALL: &[Scenario] =
            &[$(Scenario { name: stringify!($name), run: $module::$name },)*];
    };
}
for_each_scenario!(table);
