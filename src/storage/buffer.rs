//! Rows on their way into a table, many at a time, as COPY brings them.
//!
//! A page is locked and logged once for all rows that fit on it, where row by row it would be once
//! for each. A row becomes visible to the indexes when the buffer is flushed, so tables on which
//! something looks at each row before it is there (BEFORE triggers, defaults and generated columns,
//! whose expressions may read the table) are written without a buffer.

use pgrx::pg_sys;

use crate::server;

/// How many rows are gathered, and how many bytes, whichever comes first: what COPY does.
const MOST_ROWS: usize = 1000;
const MOST_BYTES: usize = 65_535;

/// The rows of one table.
#[derive(Debug, Default)]
pub struct Buffer {
    slots: Vec<*mut pg_sys::TupleTableSlot>,
    used: usize,
    bytes: usize,
}

/// Whether rows of this table may be gathered.
///
/// # Safety
/// The relation is open.
pub unsafe fn may_gather(relation: pg_sys::Relation) -> bool {
    // SAFETY: by the caller's promise; what a table does not have is null.
    unsafe {
        let before_row =
            (*relation).trigdesc.as_ref().is_some_and(|triggers| triggers.trig_insert_before_row);
        let constraints = (*(*relation).rd_att).constr.as_ref();
        let computed = constraints.is_some_and(|it| it.num_defval > 0 || it.has_generated_stored);
        !before_row && !computed
    }
}

/// The context of the row that is being made: its memory is given back between rows.
///
/// # Safety
/// The executor state is open.
pub unsafe fn row_context(estate: *mut pg_sys::EState) -> *mut pg_sys::ExprContext {
    // SAFETY: by the caller's promise.
    unsafe {
        let context = (*estate).es_per_tuple_exprcontext;
        if context.is_null() { pg_sys::MakePerTupleExprContext(estate) } else { context }
    }
}

impl Buffer {
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
            ((*(*slot).tts_ops).copyslot.expect("every slot can be copied to"))(slot, row);
            let tuple = pg_sys::ExecFetchSlotHeapTuple(slot, false, std::ptr::null_mut());
            self.bytes += (*tuple).t_len as usize;
        }
        self.used += 1;
    }

    /// Whether it should be flushed.
    pub fn is_full(&self) -> bool {
        self.used >= MOST_ROWS || self.bytes >= MOST_BYTES
    }

    /// Writes the rows gathered, with their index entries, and queues their AFTER triggers.
    ///
    /// # Safety
    /// Relation, indexes and executor state are open, and are those of all rows pushed.
    pub unsafe fn flush(
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
                let recheck = if (*result).ri_NumIndices > 0 {
                    server::insert_index_entries(result, slot, estate)
                } else {
                    std::ptr::null_mut()
                };
                pg_sys::ExecARInsertTriggers(estate, result, slot, recheck, std::ptr::null_mut());
                pg_sys::ExecClearTuple(slot);
                pg_sys::MemoryContextReset(row_memory);
            }
        }
        self.used = 0;
        self.bytes = 0;
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
