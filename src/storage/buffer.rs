//! Rows on their way into a table, many at a time, as COPY brings them.
//!
//! A page is locked and logged once for all rows that fit on it, where row by row it would be once
//! for each. A row can be found by an index when the buffer is flushed, so tables on which something
//! looks at each row before it is there (BEFORE triggers, defaults and generated columns, whose
//! expressions may read the table) are written without a buffer, and it is flushed before a BEFORE trigger
//! of another table fires. What constraints and conditions of triggers call that reads the table is not
//! waited for.

use pgrx::pg_sys;
use pgrx::pg_sys::ffi::pg_guard_ffi_boundary;

use crate::server;
use crate::storage::entries::Entries;
use crate::storage::expression::row_context;

/// How many rows are gathered, and how many bytes, whichever comes first: what COPY does.
const MOST_ROWS: usize = 1000;
const MOST_BYTES: usize = 65_535;

/// The rows of one table.
#[derive(Debug)]
pub struct Buffer {
    slots: Vec<*mut pg_sys::TupleTableSlot>,
    used: usize,
    bytes: usize,
    /// Their index entries, where these may be gathered.
    entries: Option<Entries>,
}

impl Buffer {
    /// One for a table, if its rows may be gathered.
    ///
    /// # Safety
    /// The relation and its indexes are open.
    pub unsafe fn of(result: *mut pg_sys::ResultRelInfo) -> Option<Self> {
        // SAFETY: by the caller's promise; what a table does not have is null.
        unsafe {
            let relation = (*result).ri_RelationDesc;
            let before_row = (*relation)
                .trigdesc
                .as_ref()
                .is_some_and(|triggers| triggers.trig_insert_before_row);
            let constraints = (*(*relation).rd_att).constr.as_ref();
            let computed =
                constraints.is_some_and(|it| it.num_defval > 0 || it.has_generated_stored);
            (!before_row && !computed).then(|| Self {
                slots: Vec::new(),
                used: 0,
                bytes: 0,
                entries: Entries::of(result),
            })
        }
    }

    /// Takes a copy of a row.
    ///
    /// # Safety
    /// The relation is open, and the slot has its shape.
    pub unsafe fn push(&mut self, relation: pg_sys::Relation, row: *mut pg_sys::TupleTableSlot) {
        // SAFETY: by the caller's promise; slots made here are dropped by `close`.
        unsafe {
            if self.used == self.slots.len() {
                self.slots.push(pg_sys::table_slot_create(relation, std::ptr::null_mut()));
            }
            let slot = self.slots[self.used];
            pg_sys::ExecClearTuple(slot);
            let copy = (*(*slot).tts_ops).copyslot.expect("every slot can be copied to");
            pg_guard_ffi_boundary(|| copy(slot, row));
            let tuple = pg_sys::ExecFetchSlotHeapTuple(slot, false, std::ptr::null_mut());
            self.bytes += (*tuple).t_len as usize;
        }
        self.used += 1;
    }

    /// Whether it should be flushed.
    pub fn is_full(&self) -> bool {
        self.used >= MOST_ROWS || self.bytes >= MOST_BYTES
    }

    /// Writes the rows gathered, and queues their AFTER triggers. Their index entries may be gathered in turn.
    ///
    /// # Safety
    /// Relation, indexes and executor state are open, and are those of all rows pushed.
    pub unsafe fn write_rows(
        &mut self,
        result: *mut pg_sys::ResultRelInfo,
        estate: *mut pg_sys::EState,
    ) {
        if self.used == 0 {
            return;
        }
        // SAFETY: by the caller's promise. What is allocated on the way goes with the row context.
        unsafe {
            let row_memory = (*row_context(estate)).ecxt_per_tuple_memory;
            let old = pg_sys::MemoryContextSwitchTo(row_memory);
            pg_sys::table_multi_insert(
                (*result).ri_RelationDesc,
                self.slots.as_mut_ptr(),
                self.used as i32,
                (*estate).es_output_cid,
                0,
                std::ptr::null_mut(),
            );
            pg_sys::MemoryContextSwitchTo(old);
            for &slot in &self.slots[..self.used] {
                let mut recheck = std::ptr::null_mut();
                match &mut self.entries {
                    Some(entries) => entries.push(result, slot, estate),
                    None => recheck = server::insert_index_entries(result, slot, estate),
                }
                pg_sys::ExecARInsertTriggers(estate, result, slot, recheck, std::ptr::null_mut());
                pg_sys::ExecClearTuple(slot);
                pg_sys::MemoryContextReset(row_memory);
            }
        }
        self.used = 0;
        self.bytes = 0;
    }

    /// Writes all that was gathered.
    ///
    /// # Safety
    /// As for [`Buffer::write_rows`].
    pub unsafe fn flush(
        &mut self,
        result: *mut pg_sys::ResultRelInfo,
        estate: *mut pg_sys::EState,
    ) {
        // SAFETY: by the caller's promise.
        unsafe {
            self.write_rows(result, estate);
            if let Some(entries) = &mut self.entries {
                entries.write(result, estate);
            }
        }
    }
}

impl Drop for Buffer {
    /// Gives the memory back. What was not flushed is lost.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // the server closes what an error leaves open
        }
        for &slot in &self.slots {
            // SAFETY: made by `push`; nothing refers to it any more.
            unsafe { pg_sys::ExecDropSingleTupleTableSlot(slot) };
        }
    }
}
