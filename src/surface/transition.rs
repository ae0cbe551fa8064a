//! The rows that a statement has inserted, read from its transition table: a batch a document.
//!
//! A statement of more rows than [`BATCH_SIZE`](crate::settings::BATCH_SIZE) is worked off in pieces. For
//! that the server sorts the rows, on disk if need be, by document and in canonical order, so that
//! what is yet to come stands behind what is being materialized.

use std::collections::{BTreeMap, HashMap};

use pgrx::pg_sys::{self, AttrNumber, Oid};
use treecrdt::{VersionVector, VersionVectorBuilder};

use crate::catch_up::batch::Batch;
use crate::datum::Type;
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Forest;
use crate::forest::shape::{Ops, ops};
use crate::memory;
use crate::settings::BATCH_SIZE;
use crate::storage::rows::OpRow;

/// Operations of documents, in the order of documents.
pub type Batches = Vec<(DocName<'static>, Batch)>;

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
    let (mut at, mut count) = (0, 0);
    // SAFETY: by the caller's promise; the store is read from its start, and only here.
    unsafe {
        let shape = (*(*data).tg_relation).rd_att;
        let slot = pg_sys::MakeSingleTupleTableSlot(shape, &raw const pg_sys::TTSOpsMinimalTuple);
        pg_sys::tuplestore_rescan((*data).tg_newtable);
        while pg_sys::tuplestore_gettupleslot((*data).tg_newtable, true, false, slot) {
            memory::check();
            count += 1;
            if count > most {
                drop((batches, places));
                return Sorted::new(forest, data, slot).map(Inserted::Many);
            }
            let row = OpRow::incoming(slot, forest)?;
            // Operations of one document tend to come together.
            if batches.get(at).is_none_or(|(doc, _)| *doc != row.doc) {
                let doc = row.doc.clone().into_owned();
                at = *places.entry(doc.clone()).or_insert(batches.len());
                if at == batches.len() {
                    batches.push((doc, Batch::default()));
                }
            }
            batches[at].1.push(&row)?;
        }
        pg_sys::ExecDropSingleTupleTableSlot(slot);
    }
    batches.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(Inserted::Few(batches))
}

/// The rows of a large statement, sorted. Closes itself.
pub struct Sorted<'f> {
    /// The documents that they are of, and the dots of each.
    pub docs: BTreeMap<DocName<'static>, VersionVector>,
    forest: &'f Forest,
    sort: *mut pg_sys::Tuplesortstate,
    slot: *mut pg_sys::TupleTableSlot,
    is_over: bool,
}

impl<'f> Sorted<'f> {
    /// # Safety
    /// As for [`read`]; the slot is one for rows of the transition table, which this takes over.
    unsafe fn new(
        forest: &'f Forest,
        data: *mut pg_sys::TriggerData,
        slot: *mut pg_sys::TupleTableSlot,
    ) -> Result<Self, Error> {
        // SAFETY: by the caller's promise.
        unsafe {
            let sort = sorter(forest, (*(*data).tg_relation).rd_att);
            let mut docs: BTreeMap<DocName<'static>, VersionVectorBuilder> = BTreeMap::new();
            pg_sys::tuplestore_rescan((*data).tg_newtable);
            while pg_sys::tuplestore_gettupleslot((*data).tg_newtable, true, false, slot) {
                memory::check();
                let row = OpRow::incoming(slot, forest)?;
                let dot = row.entry()?.key.dot;
                docs.entry(row.doc.clone().into_owned()).or_default().push(dot);
                pg_sys::tuplesort_puttupleslot(sort, slot);
            }
            pg_sys::tuplesort_performsort(sort);
            let docs = docs.into_iter().map(|(doc, dots)| (doc, dots.build())).collect();
            Ok(Self { docs, forest, sort, slot, is_over: false })
        }
    }

    /// The next rows, at most so many; none at the end.
    ///
    /// # Errors
    /// As for [`read`].
    pub fn next(&mut self, most: usize) -> Result<Batches, Error> {
        let mut batches: Batches = Vec::new();
        let mut count = 0;
        while count < most && !self.is_over {
            memory::check();
            // SAFETY: the sort is done, and the slot is one for its rows.
            unsafe {
                let (sort, slot) = (self.sort, self.slot);
                if !pg_sys::tuplesort_gettupleslot(sort, true, false, slot, std::ptr::null_mut()) {
                    self.is_over = true;
                    break;
                }
                let row = OpRow::incoming(slot, self.forest)?;
                if batches.last().is_none_or(|(doc, _)| *doc != row.doc) {
                    batches.push((row.doc.clone().into_owned(), Batch::default()));
                }
                batches.last_mut().expect("pushed above").1.push(&row)?;
            }
            count += 1;
        }
        Ok(batches)
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
