//! Reading tables through their indexes, row by row, without a query.
//!
//! A [`Probe`] is an index scan that is aimed anew for each question: some leading columns equal,
//! and, it may be, the next ones beyond a bound. It is opened when it is first used and
//! closes itself. What a [`Row`] holds is borrowed from it, and so are the values of the question.

use std::marker::PhantomData;

use pgrx::pg_sys::{self, Datum};
use treecrdt::NodeId;

use crate::datum::{self, Arg, Type};
use crate::error::Error;
use crate::forest::shape::{Index, Table};
use crate::forest::{Open, is_after};
use crate::memory;
use crate::server;
use crate::storage::aim::{Aim, MOST_MEMBERS, scan_keys};
use crate::storage::lock::lock;
use crate::storage::row::{Place, Row};

/// An index scan that can be aimed again and again.
pub struct Probe<'o, T> {
    forest: &'o Open,
    snapshot: pg_sys::Snapshot,
    index: Index<T>,
    aim: Aim,
    /// How many columns are compared for equality.
    equals: usize,
    /// Whether entries are read, and not the rows that they point to.
    reads_entries: bool,
    scan: Option<Scan>,
}

/// What is open of a probe; closes itself.
struct Scan {
    /// The types of the columns that are compared for equality.
    types: Vec<Type>,
    /// Those of the bound.
    follow: Vec<Type>,
    keys: Vec<pg_sys::ScanKeyData>,
    /// The members of the row comparison, where the scan keys can point at them.
    members: Box<[pg_sys::ScanKeyData; MOST_MEMBERS]>,
    index: pg_sys::Relation,
    scan: pg_sys::IndexScanDesc,
    slot: *mut pg_sys::TupleTableSlot,
}

impl Drop for Scan {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // the server closes what an error leaves open
        }
        // SAFETY: all three were opened together, and nothing refers to them any more. Locks stay.
        unsafe {
            pg_sys::index_endscan(self.scan);
            pg_sys::ExecDropSingleTupleTableSlot(self.slot);
            pg_sys::index_close(self.index, pg_sys::NoLock as pg_sys::LOCKMODE);
        }
    }
}

impl<'o, T: Table> Probe<'o, T> {
    /// A probe through an index, whose first `equals` columns are compared for equality, and those
    /// that follow as `aim` has it.
    ///
    /// # Safety
    /// The snapshot is registered and outlives the probe.
    pub unsafe fn new(
        forest: &'o Open,
        index: Index<T>,
        equals: usize,
        aim: Aim,
        snapshot: pg_sys::Snapshot,
    ) -> Self {
        Self { forest, snapshot, index, aim, equals, reads_entries: false, scan: None }
    }

    /// It, to read entries of the index by [`Rows::next_entry`] and [`Rows::next_node`], and no rows.
    pub fn of_entries(self) -> Self {
        Self { reads_entries: true, ..self }
    }

    fn open(&mut self) -> Result<(), Error> {
        let keys = T::SHAPE.indexes[self.index.at].keys.iter();
        let keys = keys.map(|&at| self.forest.docs.resolve(T::SHAPE.columns[at].of));
        let mut types: Vec<Type> = keys.collect();
        let mut follow = types.split_off(self.equals);
        follow.truncate(match self.aim {
            Aim::All | Aim::FromTheEnd => 0,
            Aim::Between | Aim::Beyond | Aim::From | Aim::UpTo => 1,
            Aim::After | Aim::Before => MOST_MEMBERS,
        });
        let mut members = Box::new([pg_sys::ScanKeyData::default(); MOST_MEMBERS]);
        let keys = scan_keys(&types, self.aim, &follow, &mut members);
        let missing = || Error::Moving { schema: self.forest.name.clone() };
        // SAFETY: the table is open and locked. An index of it that was dropped since in this very
        // session, which no lock of ours holds up, is not found, or is another table's.
        let index = unsafe {
            let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
            pg_sys::try_relation_open(self.forest.index(self.index), lock)
        };
        if index.is_null() {
            return Err(missing());
        }
        let heap = self.forest.relation::<T>();
        // SAFETY: both are open; the slot and the scan are closed with the index.
        unsafe {
            if (*index).rd_index.is_null() || (*(*index).rd_index).indrelid != (*heap).rd_id {
                pg_sys::relation_close(index, pg_sys::NoLock as pg_sys::LOCKMODE);
                return Err(missing());
            }
            // Rows that were changed before the index was made may be missing to older snapshots.
            let made_by = (*(*(*index).rd_indextuple).t_data).t_choice.t_heap.t_xmin;
            if (*(*index).rd_index).indcheckxmin && is_after(made_by, self.snapshot) {
                pg_sys::relation_close(index, pg_sys::NoLock as pg_sys::LOCKMODE);
                let name = T::SHAPE.name.to_string_lossy();
                return Err(Error::Rewritten { table: format!("{}.{name}", self.forest.name) });
            }
            let count = keys.len() as i32;
            let scan = server::begin_scan(heap, index, self.snapshot, count);
            (*scan).xs_want_itup = self.reads_entries;
            let slot = pg_sys::table_slot_create(heap, std::ptr::null_mut());
            self.scan = Some(Scan { types, follow, keys, members, index, scan, slot });
        }
        Ok(())
    }

    /// The rows where the leading columns equal `equals`, from `bound` on: the values of the columns
    /// that follow, the two ends of a range, one value, or nothing, as the aim has it.
    ///
    /// # Errors
    /// [`Error::Moving`] or [`Error::Rewritten`] if the index is not what it was.
    pub fn rows<'p>(
        &'p mut self,
        equals: &[Arg<'p>],
        bound: &[Arg<'p>],
    ) -> Result<Rows<'p, 'o, T>, Error> {
        if self.scan.is_none() {
            self.open()?;
        }
        assert!(equals.len() == self.equals, "a value for each column");
        let open = self.scan.as_mut().expect("opened above");
        for ((key, of), value) in open.keys.iter_mut().zip(&open.types).zip(equals) {
            key.sk_argument = value.datum(*of);
        }
        match self.aim {
            Aim::All | Aim::FromTheEnd => {}
            Aim::Between | Aim::Beyond | Aim::From | Aim::UpTo => {
                for (key, value) in open.keys[equals.len()..].iter_mut().zip(bound) {
                    key.sk_argument = value.datum(open.follow[0]);
                }
            }
            Aim::After | Aim::Before => {
                for ((member, of), value) in open.members.iter_mut().zip(&open.follow).zip(bound) {
                    member.sk_argument = value.datum(*of);
                }
            }
        }
        memory::check();
        // SAFETY: the scan is open; keys and members stay where they are while it is.
        unsafe {
            let (keys, count) = (open.keys.as_mut_ptr(), open.keys.len() as i32);
            pg_sys::index_rescan(open.scan, keys, count, std::ptr::null_mut(), 0);
        }
        Ok(Rows { probe: self, values: PhantomData })
    }

    /// Goes on with the rows that it was aimed at last.
    ///
    /// # Safety
    /// It was, the values that it was aimed with stay where they are and as they are, and the rows
    /// have not come to their end.
    pub unsafe fn go_on(&mut self) -> Rows<'_, 'o, T> {
        Rows { probe: self, values: PhantomData }
    }

    /// The first of these rows.
    ///
    /// # Errors
    /// As for [`Probe::rows`].
    pub fn find<'p>(
        &'p mut self,
        equals: &[Arg<'p>],
        bound: &[Arg<'p>],
    ) -> Result<Option<Row<'p, T>>, Error> {
        let Rows { probe, .. } = self.rows(equals, bound)?;
        Ok(if probe.advance() { Some(probe.row()) } else { None })
    }

    /// Goes to the row that an entry of the index pointed to, if the snapshot sees it. A probe that does this does nothing
    /// else: what it notes about an entry would be taken for another's.
    ///
    /// # Errors
    /// As for [`Probe::rows`].
    pub fn go_to(&mut self, Place(place): Place) -> Result<bool, Error> {
        if self.scan.is_none() {
            self.open()?;
        }
        memory::check();
        let Scan { scan, slot, .. } = self.scan.as_ref().expect("opened above");
        // SAFETY: the scan is open and belongs to the table, which is locked, and is as long as it was when the place was
        // learned, as who goes on between calls makes sure; a place that another row has taken since is one that the snapshot does not see.
        unsafe {
            (**scan).xs_heaptid = place;
            // Not set before the first question, which there is none of here.
            (**scan).xs_heap_continue = false;
            Ok(pg_sys::index_fetch_heap(*scan, *slot))
        }
    }

    /// The row that was found last. There must have been one.
    pub fn found(&self) -> Row<'_, T> {
        self.row()
    }

    /// [Locks](lock()) the row that was found last.
    ///
    /// # Errors
    /// Those of [`lock`].
    pub fn lock_found<R>(&self, read: impl FnOnce(&Row<'_, T>) -> R) -> Result<Option<R>, Error> {
        // SAFETY: the snapshot is registered.
        unsafe { lock(self.forest, self.snapshot, self.row(), read) }
    }

    fn advance(&mut self) -> bool {
        let direction = match self.aim {
            Aim::Before | Aim::UpTo | Aim::FromTheEnd => {
                pg_sys::ScanDirection::BackwardScanDirection
            }
            _ => pg_sys::ScanDirection::ForwardScanDirection,
        };
        let Scan { scan, slot, .. } = self.scan.as_ref().expect("opened by `rows`");
        // SAFETY: the scan is open and was aimed.
        unsafe { pg_sys::index_getnext_slot(*scan, direction, *slot) }
    }

    fn row(&self) -> Row<'_, T> {
        let Scan { slot, .. } = self.scan.as_ref().expect("opened by `rows`");
        // SAFETY: the slot has the table's shape, and keeps its row while the probe is borrowed.
        unsafe { Row::in_slot(*slot, self.forest) }
    }
}

/// The rows that a probe was aimed at.
pub struct Rows<'p, 'o, T> {
    probe: &'p mut Probe<'o, T>,
    values: PhantomData<&'p ()>,
}

impl<T: Table> Rows<'_, '_, T> {
    /// The node that the next entry has in the first column that is not compared for equality; of
    /// entries that point to a row which nobody sees any more too.
    pub fn next_node(&mut self) -> Option<NodeId> {
        let column = T::SHAPE.indexes[self.probe.index.at].keys[self.probe.equals];
        assert!(T::SHAPE.columns[column].of == Type::Uuid);
        if !self.next_entry() {
            return None;
        }
        let Probe { equals, scan, .. } = &*self.probe;
        let scan = scan.as_ref().expect("opened by `rows`").scan;
        let mut values = [Datum::from(0usize); pg_sys::INDEX_MAX_KEYS as usize];
        let mut nulls = [true; pg_sys::INDEX_MAX_KEYS as usize];
        // SAFETY: the scan is open, and has just given an entry, which has no more columns than that. The column is
        // a uuid by the forest's check.
        unsafe {
            let (entry, shape) = ((*scan).xs_itup, (*scan).xs_itupdesc);
            pg_sys::index_deform_tuple(entry, shape, values.as_mut_ptr(), nulls.as_mut_ptr());
            (!nulls[*equals]).then(|| datum::node(values[*equals]))
        }
    }

    /// Where the row lies that the last entry points to.
    pub fn place(&self) -> Place {
        let scan = self.probe.scan.as_ref().expect("opened by `rows`").scan;
        // SAFETY: the scan is open, and has given an entry.
        Place(unsafe { (*scan).xs_heaptid })
    }

    /// Goes to the next entry, if there is one; to that of a row which nobody sees any more too.
    pub fn next_entry(&mut self) -> bool {
        assert!(self.probe.reads_entries);
        let scan = self.probe.scan.as_ref().expect("opened by `rows`").scan;
        let forward = pg_sys::ScanDirection::ForwardScanDirection;
        // SAFETY: the scan is open, and was aimed.
        unsafe { !pg_sys::index_getnext_tid(scan, forward).is_null() }
    }

    /// The next row, if there is one.
    pub fn next(&mut self) -> Option<Row<'_, T>> {
        self.probe.advance().then(|| self.probe.row())
    }
}
