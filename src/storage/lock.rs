//! The lock on a row.

use pgrx::pg_sys;

use crate::error::Error;
use crate::forest::Open;
use crate::forest::shape::Table;
use crate::storage::row::{Place, Row};

/// Locks a row against other writers to the end of the transaction, as SELECT … FOR NO KEY UPDATE does,
/// waiting for those who have it. Gives what is read of its latest version, if the row is still there.
///
/// # Errors
/// [`Error::Serialization`] if another transaction has written the row since our snapshot,
/// where that is the transaction's.
///
/// # Safety
/// The snapshot is registered, and the row one of the forest's table.
pub unsafe fn lock<T: Table, R>(
    forest: &Open,
    snapshot: pg_sys::Snapshot,
    row: Row<'_, T>,
    read: impl FnOnce(&Row<'_, T>) -> R,
) -> Result<Option<R>, Error> {
    use pg_sys::TM_Result as Found;
    let heap = forest.relation::<T>();
    let Place(mut place) = row.place();
    // SAFETY: reads the isolation level of the transaction.
    let one_snapshot = unsafe { pg_sys::XactIsoLevel } >= pg_sys::XACT_REPEATABLE_READ as i32;
    let mut flags = pg_sys::TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS;
    if !one_snapshot {
        flags |= pg_sys::TUPLE_LOCK_FLAG_FIND_LAST_VERSION;
    }
    let mut failure = pg_sys::TM_FailureData::default();
    // SAFETY: by the caller's promise; the slot has the table's shape.
    let (result, row) = unsafe {
        let latest = pg_sys::table_slot_create(heap, std::ptr::null_mut());
        let result = pg_sys::table_tuple_lock(
            heap,
            &raw mut place,
            snapshot,
            latest,
            pg_sys::GetCurrentCommandId(true),
            pg_sys::LockTupleMode::LockTupleNoKeyExclusive,
            pg_sys::LockWaitPolicy::LockWaitBlock,
            flags as u8,
            &raw mut failure,
        );
        let locked = result == Found::TM_Ok;
        let row = locked.then(|| read(&Row::in_slot(latest, forest)));
        pg_sys::ExecDropSingleTupleTableSlot(latest);
        (result, row)
    };
    match result {
        Found::TM_Ok => Ok(row),
        Found::TM_Updated | Found::TM_Deleted if one_snapshot => Err(Error::Serialization),
        Found::TM_Deleted | Found::TM_SelfModified => Ok(None),
        other => Err(Error::Unexpected { what: format!("table_tuple_lock gave {other}") }),
    }
}
