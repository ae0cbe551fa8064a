//! A row of a table, in place, and where it lies.

use std::marker::PhantomData;

use pgrx::pg_sys::{self, Datum};
use treecrdt::{Dot, Key, ReplicaId};

use crate::datum::{Arg, Int8, Value};
use crate::doc::DocName;
use crate::forest::Forest;
use crate::forest::shape::{Column, KeyColumns, Table};

/// A row of a table, in place.
pub struct Row<'r, T> {
    slot: *mut pg_sys::TupleTableSlot,
    forest: &'r Forest,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Row<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Row<'_, T> {}

impl<'r, T: Table> Row<'r, T> {
    /// The row in a slot.
    ///
    /// # Safety
    /// The slot holds a row of the forest's table, and keeps it for `'r`.
    pub unsafe fn in_slot(slot: *mut pg_sys::TupleTableSlot, forest: &'r Forest) -> Self {
        Self { slot, forest, of: PhantomData }
    }

    /// The forest that it is of.
    pub fn forest(&self) -> &'r Forest {
        self.forest
    }

    fn datum<V>(&self, column: Column<T, V>) -> Option<Datum> {
        self.datum_at(column.at)
    }

    /// What stands at this place in the declaration.
    pub fn datum_at(&self, at: usize) -> Option<Datum> {
        let attribute = self.forest.columns::<T>()[at];
        // SAFETY: the slot holds a tuple that has the attributes which the check has found.
        unsafe {
            let at = attribute as usize - 1;
            if (*self.slot).tts_nvalid < attribute {
                // All at once: most questions are about several.
                let count = (*(*self.slot).tts_tupleDescriptor).natts;
                pg_sys::slot_getsomeattrs_int(self.slot, count);
            }
            let is_null = *(*self.slot).tts_isnull.add(at);
            (!is_null).then(|| *(*self.slot).tts_values.add(at))
        }
    }

    /// What a column holds; `None` is NULL.
    pub fn get<V: Value>(&self, column: Column<T, V>) -> Option<V::Of<'r>> {
        // SAFETY: the column has this type by the forest's check, and the row stays for `'r`.
        self.datum(column).map(|datum| unsafe { V::read(datum) })
    }

    /// The document that it belongs to.
    pub fn doc(&self) -> Option<DocName<'r>> {
        // SAFETY: by the forest's check the column has this type, and the row stays for `'r`.
        self.datum(T::DOC).map(|datum| unsafe { DocName::read(datum, self.forest.docs) })
    }

    /// What a column holds, as it is, to be handed on.
    pub fn arg<V: Value>(&self, column: Column<T, V>) -> Option<Arg<'r>> {
        // SAFETY: as for `get`.
        self.datum(column).map(|datum| unsafe { Arg::new(datum, V::TYPE) })
    }

    /// Whether a column is not NULL.
    pub fn has<V>(&self, column: Column<T, V>) -> bool {
        self.datum(column).is_some()
    }

    /// The key in three columns; `None` where they are NULL.
    pub fn key(&self, columns: KeyColumns<T>) -> Option<Key> {
        let replica = ReplicaId::new(self.get(columns.replica)?).ok()?;
        let dot = Dot { replica, counter: self.get(columns.counter)? as u64 };
        Some(Key { lamport: self.get(columns.lamport)? as u64, dot })
    }

    /// A count; NULL counts as 0.
    pub fn count(&self, column: Column<T, Int8>) -> u64 {
        self.get(column).map_or(0, |value| value as u64)
    }

    /// Whether this transaction has written it.
    pub fn is_of_this_transaction(&self) -> bool {
        // SAFETY: compares numbers of transactions.
        unsafe { pg_sys::TransactionIdIsCurrentTransactionId(self.writer()) }
    }

    /// Where it lies: it is one of a table's.
    pub fn place(&self) -> Place {
        // SAFETY: the slot has it.
        Place(unsafe { (*self.slot).tts_tid })
    }

    /// Which version of it this is.
    pub fn version(&self) -> Version {
        Version { place: self.place(), writer: self.writer() }
    }

    fn writer(&self) -> pg_sys::TransactionId {
        // SAFETY: the slot holds a row of a table, whose header says who wrote it.
        unsafe {
            let tuple = pg_sys::ExecFetchSlotHeapTuple(self.slot, false, std::ptr::null_mut());
            (*(*tuple).t_data).t_choice.t_heap.t_xmin
        }
    }

    /// The slot, for writing over the row.
    pub fn slot(&self) -> *mut pg_sys::TupleTableSlot {
        self.slot
    }
}

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
/// row only when all who could have written this one have ended: a transaction that still runs, or
/// sees the row, does not meet two versions that look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Where it lies.
    pub place: Place,
    /// Who wrote it.
    pub writer: pg_sys::TransactionId,
}
