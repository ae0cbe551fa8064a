//! The rows that a statement has inserted, read from its transition table: a batch a document.
//!
//! A statement of more rows than [`BATCH_SIZE`](crate::settings::BATCH_SIZE) is worked off in pieces.

use std::collections::HashMap;

use pgrx::pg_sys;

use crate::catch_up::batch::{Batch, Batches};
use crate::catch_up::sorted::Sorted;
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Forest;
use crate::memory;
use crate::settings::BATCH_SIZE;
use crate::storage::rows::OpRow;

/// The rows of a statement.
pub enum Inserted<'f> {
    /// All of them.
    Few(Batches),
    /// Too many to be held.
    Many(Sorted<'f>),
}

/// Reads the transition table, straight from its tuplestore.
///
/// # Errors
/// [`Error::Malformed`] for a row that slipped past the checks.
///
/// # Safety
/// `data` belongs to an AFTER INSERT trigger with a transition table on the forest's `ops`, which runs.
pub unsafe fn read(forest: &Forest, data: *mut pg_sys::TriggerData) -> Result<Inserted<'_>, Error> {
    let most = BATCH_SIZE.get() as usize;
    let mut batches: Batches = Vec::new();
    let mut places: HashMap<DocName<'_>, usize> = HashMap::new();
    let mut at = 0;
    // SAFETY: by the caller's promise; the store is read from its start, and only here.
    unsafe {
        let shape = (*(*data).tg_relation).rd_att;
        let slot = pg_sys::MakeSingleTupleTableSlot(shape, &raw const pg_sys::TTSOpsMinimalTuple);
        let count = pg_sys::tuplestore_tuple_count((*data).tg_newtable) as usize;
        if count > most {
            return all_sorted(forest, data, slot).map(Inserted::Many);
        }
        pg_sys::tuplestore_rescan((*data).tg_newtable);
        while pg_sys::tuplestore_gettupleslot((*data).tg_newtable, true, false, slot) {
            memory::check();
            let row = OpRow::incoming(slot, forest)?;
            // Operations of one document tend to come together.
            if batches.get(at).is_none_or(|(doc, _)| *doc != row.doc) {
                let doc = row.doc.clone().into_owned();
                at = *places.entry(doc.clone()).or_insert(batches.len());
                if at == batches.len() {
                    // As a rule all are of one. Of room for more than that it is not known whether it is there.
                    let room = if at == 0 { count.min(1 << 17) } else { 0 };
                    batches.push((doc, Batch::with_room(room)));
                }
            }
            batches[at].1.push(&row)?;
        }
        pg_sys::ExecDropSingleTupleTableSlot(slot);
    }
    batches.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(Inserted::Few(batches))
}

/// All rows of the transition table, sorted.
///
/// # Safety
/// As for [`read`]; the slot is one for its rows, and given back.
unsafe fn all_sorted<'f>(
    forest: &'f Forest,
    data: *mut pg_sys::TriggerData,
    slot: *mut pg_sys::TupleTableSlot,
) -> Result<Sorted<'f>, Error> {
    // SAFETY: by the caller's promise.
    unsafe {
        let mut rows = Sorted::new(forest, (*(*data).tg_relation).rd_att);
        pg_sys::tuplestore_rescan((*data).tg_newtable);
        while pg_sys::tuplestore_gettupleslot((*data).tg_newtable, true, false, slot) {
            rows.push(&OpRow::incoming(slot, forest)?)?;
        }
        pg_sys::ExecDropSingleTupleTableSlot(slot);
        Ok(rows)
    }
}
