//! Operations that are too many to be held, sorted by the server, on disk if need be.
//!
//! They come back by document and in canonical order, so that what is yet to come stands behind what
//! is being materialized.

use std::collections::BTreeMap;

use pgrx::pg_sys::{self, AttrNumber, Oid};
use treecrdt::{VersionVector, VersionVectorBuilder};

use super::batch::{Batch, Batches};
use crate::datum::Type;
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Forest;
use crate::forest::shape::{Ops, ops};
use crate::memory;
use crate::settings::BATCH_SIZE;
use crate::storage::row::Row;
use crate::storage::rows::OpRow;

/// Rows of `ops`, put in one by one, and given back in order. Closes itself.
pub struct Sorted<'f> {
    forest: &'f Forest,
    /// The documents that they are of, and the dots of each.
    docs: BTreeMap<DocName<'static>, VersionVectorBuilder>,
    count: u64,
    sort: *mut pg_sys::Tuplesortstate,
    slot: *mut pg_sys::TupleTableSlot,
    is_over: bool,
}

impl<'f> Sorted<'f> {
    /// For rows of this shape.
    ///
    /// # Safety
    /// The shape is that of the forest's `ops`, and stays.
    pub unsafe fn new(forest: &'f Forest, shape: pg_sys::TupleDesc) -> Self {
        // SAFETY: by the caller's promise; both are given back when this goes.
        let (sort, slot) = unsafe {
            let of = &raw const pg_sys::TTSOpsMinimalTuple;
            (sorter(forest, shape), pg_sys::MakeSingleTupleTableSlot(shape, of))
        };
        Self { forest, docs: BTreeMap::new(), count: 0, sort, slot, is_over: false }
    }

    /// Puts in a row.
    ///
    /// # Errors
    /// [`Error::Malformed`] for one that slipped past the checks.
    pub fn push(&mut self, row: &OpRow<'_>) -> Result<(), Error> {
        memory::check();
        let dot = row.entry()?.key.dot;
        self.docs.entry(row.doc.clone().into_owned()).or_default().push(dot);
        self.count += 1;
        // SAFETY: a row of the shape that the sort is for, which it copies.
        unsafe { pg_sys::tuplesort_puttupleslot(self.sort, row.slot()) };
        Ok(())
    }

    /// How many were put in.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Sorts them. Gives the documents that they are of, and the dots of each.
    pub fn sort(&mut self) -> BTreeMap<DocName<'static>, VersionVector> {
        // SAFETY: the sort is ours.
        unsafe { pg_sys::tuplesort_performsort(self.sort) };
        let docs = std::mem::take(&mut self.docs);
        docs.into_iter().map(|(doc, mut dots)| (doc, dots.build())).collect()
    }

    /// The next rows, as many as are worked off at a time; none at the end.
    ///
    /// # Errors
    /// As for [`Sorted::push`].
    pub fn next(&mut self) -> Result<Batches, Error> {
        let most = BATCH_SIZE.get() as usize;
        let mut batches: Batches = Vec::new();
        let mut count = 0;
        while count < most
            && let Some(row) = self.next_row()?
        {
            if batches.last().is_none_or(|(doc, _)| *doc != row.doc) {
                batches.push((row.doc.clone().into_owned(), Batch::default()));
            }
            batches.last_mut().expect("pushed above").1.push(&row)?;
            count += 1;
        }
        Ok(batches)
    }

    /// The next row; none at the end.
    ///
    /// # Errors
    /// As for [`Sorted::push`].
    pub fn next_row(&mut self) -> Result<Option<OpRow<'_>>, Error> {
        memory::check();
        let (sort, slot) = (self.sort, self.slot);
        // SAFETY: the sort is done and has not ended, and the slot is one for its rows.
        unsafe {
            self.is_over = self.is_over
                || !pg_sys::tuplesort_gettupleslot(sort, true, false, slot, std::ptr::null_mut());
            match self.is_over {
                true => Ok(None),
                false => OpRow::of_log(Row::in_slot(slot, self.forest)).map(Some),
            }
        }
    }
}

impl Drop for Sorted<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // the server closes what an error leaves open
        }
        // SAFETY: both are ours; the slot may point into the sort's memory, so it goes first.
        unsafe {
            pg_sys::ExecDropSingleTupleTableSlot(self.slot);
            pg_sys::tuplesort_end(self.sort);
        }
    }
}

/// A sort of rows of `ops` by document and key.
///
/// # Safety
/// The shape is that of the forest's `ops`.
unsafe fn sorter(forest: &Forest, shape: pg_sys::TupleDesc) -> *mut pg_sys::Tuplesortstate {
    let columns = [
        (ops::DOC.at, forest.docs.column()),
        (ops::LAMPORT.at, Type::Int8),
        (ops::REPLICA.at, Type::Bytea),
        (ops::COUNTER.at, Type::Int8),
    ];
    let mut numbers = columns.map(|(at, _)| forest.columns::<Ops>()[at]);
    let mut collations = columns.map(|(_, of)| of.collation());
    // SAFETY: look-ups of types that the server has built in.
    let mut operators = columns.map(|(_, of)| unsafe {
        let of = forest.type_oid(of);
        (*pg_sys::lookup_type_cache(of, pg_sys::TYPECACHE_LT_OPR as i32)).lt_opr
    });
    let mut nulls_first = [false; 4];
    // SAFETY: as many values of each kind as there are keys.
    unsafe {
        pg_sys::tuplesort_begin_heap(
            shape,
            columns.len() as i32,
            numbers.as_mut_ptr().cast::<AttrNumber>(),
            operators.as_mut_ptr().cast::<Oid>(),
            collations.as_mut_ptr().cast::<Oid>(),
            nulls_first.as_mut_ptr(),
            pg_sys::work_mem,
            std::ptr::null_mut(),
            pg_sys::TUPLESORT_NONE as i32,
        )
    }
}
