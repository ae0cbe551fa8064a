//! Rows fetched by where they lie, once an index has told: a second look costs no descent, and does not
//! pass the dead versions of a row that is written all the time.

use std::marker::PhantomData;

use pgrx::pg_sys;

use crate::forest::Open;
use crate::forest::shape::Table;
use crate::memory;
use crate::storage::scan::Row;

/// Where a version of a row lies.
#[derive(Debug, Clone, Copy)]
pub struct Place(pub(super) pg_sys::ItemPointerData);

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        let parts = |it: &Self| (it.0.ip_blkid.bi_hi, it.0.ip_blkid.bi_lo, it.0.ip_posid);
        parts(self) == parts(other)
    }
}

impl Eq for Place {}

/// A version of a row: where it lies, and the transaction that wrote it. A place is taken by another
/// row only when all who could have written this one have ended, so no two versions are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Where it lies.
    pub place: Place,
    /// Who wrote it.
    pub writer: pg_sys::TransactionId,
}

/// Fetches rows of one table.
pub struct Fetch<'o, T> {
    forest: &'o Open,
    snapshot: pg_sys::Snapshot,
    slot: Option<*mut pg_sys::TupleTableSlot>,
    of: PhantomData<fn() -> T>,
}

impl<'o, T: Table> Fetch<'o, T> {
    /// Nothing is opened before the first row.
    ///
    /// # Safety
    /// The snapshot is registered and outlives the value.
    pub unsafe fn new(forest: &'o Open, snapshot: pg_sys::Snapshot) -> Self {
        Self { forest, snapshot, slot: None, of: PhantomData }
    }

    /// The version of a row that lies there, if the snapshot sees it. The place must be one that a row
    /// of this table had since the table was locked.
    pub fn find(&mut self, Place(mut place): Place) -> Option<Row<'_, T>> {
        memory::check();
        let table = self.forest.relation::<T>();
        // SAFETY: the table is open, and locked, so it has neither been written anew nor cut off.
        unsafe {
            let slot = *self
                .slot
                .get_or_insert_with(|| pg_sys::table_slot_create(table, std::ptr::null_mut()));
            pg_sys::table_tuple_fetch_row_version(table, &raw mut place, self.snapshot, slot)
                .then(|| Row::in_slot(slot, self.forest))
        }
    }

    /// The row that was found last. There must have been one.
    pub fn found(&self) -> Row<'_, T> {
        // SAFETY: the slot holds it while the value is borrowed.
        unsafe { Row::in_slot(self.slot.expect("a row was found"), self.forest) }
    }
}

impl<T> Drop for Fetch<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // the server closes what an error leaves open
        }
        if let Some(slot) = self.slot {
            // SAFETY: made by `find`; nothing refers to it any more.
            unsafe { pg_sys::ExecDropSingleTupleTableSlot(slot) };
        }
    }
}
