//! Reading tables through their indexes, row by row, without a query.
//!
//! A [`Probe`] is an index scan that is aimed anew for each question: some leading columns equal,
//! and, it may be, the next ones beyond a bound. It is opened when it is first used and
//! closes itself. What a [`Row`] holds is borrowed from it, and so are the values of the question.

use std::marker::PhantomData;

use pgrx::pg_sys::{self, AttrNumber, Datum};
use treecrdt::{Dot, Key, NodeId, ReplicaId};

use crate::datum::{self, Arg, Int8, Type, Value};
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::shape::{Column, Index, KeyColumns, Table};
use crate::forest::{Forest, Open, is_after};
use crate::memory;
use crate::storage::fetch::{Place, Version, lock};

/// So many columns are compared as a row.
const MOST_MEMBERS: usize = 3;

/// Which way a probe goes, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// All rows with the equal columns, in index order.
    All,
    /// Those of them whose other columns are greater, compared as a row, in order.
    After,
    /// Those whose other columns are less, compared as a row, in reverse order.
    Before,
    /// Those whose next column, a `bigint`, is not less than a value, in order.
    From,
    /// Those whose next column, a `bigint`, is not greater than a value, in reverse order.
    UpTo,
    /// Those whose next column, a `bigint`, is between two values, in order.
    Between,
    /// Those whose next column is greater than a value, in order.
    Beyond,
    /// All rows with the equal columns, the last first.
    FromTheEnd,
}

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

    /// It, to read entries of the index by [`Rows::next_node`], and no rows.
    pub fn of_entries(self) -> Self {
        Self { reads_entries: true, ..self }
    }

    fn open(&mut self) -> Result<(), Error> {
        let keys = T::SHAPE.indexes[self.index.at].keys.iter();
        let keys = keys.map(|&at| T::SHAPE.columns[at].of.in_forest(self.forest.docs));
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
            let scan = pg_sys::index_beginscan(heap, index, self.snapshot, count, 0);
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

    /// The row that was found last. There must have been one.
    pub fn found(&self) -> Row<'_, T> {
        self.row()
    }

    /// [Locks](lock) the row that was found last.
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
        let Probe { equals, index, reads_entries, scan, .. } = &*self.probe;
        let column = T::SHAPE.indexes[index.at].keys[*equals];
        assert!(*reads_entries && T::SHAPE.columns[column].of == Type::Uuid);
        let scan = scan.as_ref().expect("opened by `rows`").scan;
        let mut values = [Datum::from(0usize); pg_sys::INDEX_MAX_KEYS as usize];
        let mut nulls = [true; pg_sys::INDEX_MAX_KEYS as usize];
        // SAFETY: the scan is open, was aimed, and gives entries, which have no more columns than that.
        // The column is a uuid by the forest's check.
        unsafe {
            let forward = pg_sys::ScanDirection::ForwardScanDirection;
            if pg_sys::index_getnext_tid(scan, forward).is_null() {
                return None;
            }
            let (entry, shape) = ((*scan).xs_itup, (*scan).xs_itupdesc);
            pg_sys::index_deform_tuple(entry, shape, values.as_mut_ptr(), nulls.as_mut_ptr());
            (!nulls[*equals]).then(|| datum::node(values[*equals]))
        }
    }

    /// The next row, if there is one.
    pub fn next(&mut self) -> Option<Row<'_, T>> {
        self.probe.advance().then(|| self.probe.row())
    }
}

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
                pg_sys::slot_getsomeattrs_int(self.slot, i32::from(attribute));
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

/// The keys of a scan, without their values.
fn scan_keys(
    types: &[Type],
    aim: Aim,
    follow: &[Type],
    members: &mut [pg_sys::ScanKeyData; MOST_MEMBERS],
) -> Vec<pg_sys::ScanKeyData> {
    let attribute = |at: usize| at as AttrNumber + 1;
    let mut keys = Vec::with_capacity(types.len() + 2);
    for (at, of) in types.iter().enumerate() {
        let strategy = pg_sys::BTEqualStrategyNumber;
        // SAFETY: a comparison function of the column's type.
        keys.push(unsafe { scan_key(0, attribute(at), strategy, of.collation(), equality(*of)) });
    }
    let next = attribute(types.len());
    let none = pg_sys::InvalidOid;
    match aim {
        Aim::All | Aim::FromTheEnd => {}
        Aim::Beyond => {
            let of = follow[0];
            let proc = match of {
                Type::Text => pg_sys::F_TEXT_GT,
                Type::Bytea => pg_sys::F_BYTEAGT,
                Type::Uuid => pg_sys::F_UUID_GT,
                Type::Int8 => pg_sys::F_INT8GT,
                other => unreachable!("nobody goes beyond a {other:?}"),
            };
            let strategy = pg_sys::BTGreaterStrategyNumber;
            // SAFETY: a comparison function of the column's type.
            keys.push(unsafe { scan_key(0, next, strategy, of.collation(), proc) });
        }
        Aim::Between | Aim::From | Aim::UpTo => {
            let from = (pg_sys::BTGreaterEqualStrategyNumber, pg_sys::F_INT8GE);
            let up_to = (pg_sys::BTLessEqualStrategyNumber, pg_sys::F_INT8LE);
            let bounds: &[(u32, u32)] = match aim {
                Aim::From => &[from],
                Aim::UpTo => &[up_to],
                _ => &[from, up_to],
            };
            for &(strategy, proc) in bounds {
                // SAFETY: comparison functions of `bigint`.
                keys.push(unsafe { scan_key(0, next, strategy, none, proc) });
            }
        }
        Aim::After | Aim::Before => {
            let strategy = match aim {
                Aim::After => pg_sys::BTGreaterStrategyNumber,
                _ => pg_sys::BTLessStrategyNumber,
            };
            for (at, of) in follow.iter().enumerate() {
                let proc = match of {
                    Type::Int8 => pg_sys::F_BTINT8CMP,
                    Type::Bytea => pg_sys::F_BYTEACMP,
                    Type::Uuid => pg_sys::F_UUID_CMP,
                    other => unreachable!("no keys and no siblings are in order of {other:?}"),
                };
                let end = if at + 1 == follow.len() { pg_sys::SK_ROW_END } else { 0 };
                let flags = pg_sys::SK_ROW_MEMBER | end;
                let attribute = attribute(types.len() + at);
                // SAFETY: ordering functions of the columns' types, as row members have them.
                members[at] = unsafe { scan_key(flags, attribute, strategy, none, proc) };
            }
            keys.push(pg_sys::ScanKeyData {
                sk_flags: pg_sys::SK_ROW_HEADER as i32,
                sk_attno: next,
                sk_strategy: strategy as pg_sys::StrategyNumber,
                sk_argument: Datum::from(members.as_ptr()),
                ..pg_sys::ScanKeyData::default()
            });
        }
    }
    keys
}

fn equality(of: Type) -> u32 {
    match of {
        Type::Text => pg_sys::F_TEXTEQ,
        Type::Uuid => pg_sys::F_UUID_EQ,
        Type::Int8 => pg_sys::F_INT8EQ,
        Type::Bytea => pg_sys::F_BYTEAEQ,
        Type::Bool => pg_sys::F_BOOLEQ,
        Type::Kind => pg_sys::F_ENUM_EQ,
        Type::Vector | Type::Doc => unreachable!("no index has such a column"),
    }
}

/// # Safety
/// `proc` is a built-in comparison function that fits column and strategy.
unsafe fn scan_key(
    flags: u32,
    attribute: AttrNumber,
    strategy: u32,
    collation: pg_sys::Oid,
    proc: u32,
) -> pg_sys::ScanKeyData {
    let mut key = pg_sys::ScanKeyData::default();
    // SAFETY: fills a key of our own.
    unsafe {
        pg_sys::ScanKeyEntryInitialize(
            &raw mut key,
            flags as i32,
            attribute,
            strategy as pg_sys::StrategyNumber,
            pg_sys::InvalidOid,
            collation,
            pg_sys::Oid::from(proc),
            Datum::from(0usize),
        );
    }
    key
}
