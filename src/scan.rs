//! Reading tables through their indexes, row by row, without a query.
//!
//! A [`Probe`] is an index scan kept open and aimed anew for each question: some leading columns
//! equal, and, if it is about a timeline, a key before or after. What a row holds is read from the
//! probe's slot until the next question.

use pgrx::pg_sys::{self, Datum};

use crate::error::Error;

/// The type of an index column that is compared for equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// `text COLLATE "C"`.
    Text,
    /// `uuid`.
    Uuid,
    /// `bigint`.
    Int8,
    /// `bytea`.
    Bytea,
    /// `boolean`.
    Bool,
}

impl Column {
    fn equality(self) -> u32 {
        match self {
            Self::Text => pg_sys::F_TEXTEQ,
            Self::Uuid => pg_sys::F_UUID_EQ,
            Self::Int8 => pg_sys::F_INT8EQ,
            Self::Bytea => pg_sys::F_BYTEAEQ,
            Self::Bool => pg_sys::F_BOOLEQ,
        }
    }

    fn collation(self) -> pg_sys::Oid {
        if self == Self::Text { pg_sys::C_COLLATION_OID } else { pg_sys::InvalidOid }
    }
}

/// Which way a probe goes, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// All rows with the equal columns, in index order.
    All,
    /// Those of them whose `(lamport, replica, counter)` is greater, in order.
    After,
    /// Those whose `(lamport, replica, counter)` is less, in reverse order.
    Before,
    /// Those whose next column, a `bigint`, is between two values, in order.
    Between,
}

/// An index scan that can be aimed again and again.
pub struct Probe {
    heap: pg_sys::Relation,
    index: pg_sys::Relation,
    scan: pg_sys::IndexScanDesc,
    slot: *mut pg_sys::TupleTableSlot,
    aim: Aim,
    equals: usize,
    keys: Vec<pg_sys::ScanKeyData>,
    /// The members of the row comparison, where the scan keys can point at them.
    members: Box<[pg_sys::ScanKeyData; 3]>,
}

impl Probe {
    /// Opens a scan of `index` on `heap`, under locks that are held to the end of the transaction.
    ///
    /// # Safety
    /// `heap` and `index` are a table and its B-tree index, whose leading columns have the types
    /// of `equals`, followed, as `aim` demands, by `bigint, bytea, bigint` or by a `bigint`;
    /// `snapshot` is registered and outlives the probe.
    pub unsafe fn open(
        heap: pg_sys::Oid,
        index: pg_sys::Oid,
        equals: &[Column],
        aim: Aim,
        snapshot: pg_sys::Snapshot,
    ) -> Self {
        let attribute = |at: usize| at as pg_sys::AttrNumber + 1;
        let mut keys = Vec::with_capacity(equals.len() + 2);
        for (at, column) in equals.iter().enumerate() {
            let (proc, collation) = (column.equality(), column.collation());
            let strategy = pg_sys::BTEqualStrategyNumber;
            // SAFETY: a comparison function of the column's type.
            keys.push(unsafe { scan_key(0, attribute(at), strategy, collation, proc) });
        }
        let next = attribute(equals.len());
        let none = pg_sys::InvalidOid;
        let mut members = Box::new([pg_sys::ScanKeyData::default(); 3]);
        match aim {
            Aim::All => {}
            Aim::Between => {
                let bounds = [
                    (pg_sys::BTGreaterEqualStrategyNumber, pg_sys::F_INT8GE),
                    (pg_sys::BTLessEqualStrategyNumber, pg_sys::F_INT8LE),
                ];
                for (strategy, proc) in bounds {
                    // SAFETY: comparison functions of `bigint`.
                    keys.push(unsafe { scan_key(0, next, strategy, none, proc) });
                }
            }
            Aim::After | Aim::Before => {
                let strategy = match aim {
                    Aim::After => pg_sys::BTGreaterStrategyNumber,
                    _ => pg_sys::BTLessStrategyNumber,
                };
                let procs = [pg_sys::F_BTINT8CMP, pg_sys::F_BYTEACMP, pg_sys::F_BTINT8CMP];
                for (at, proc) in procs.into_iter().enumerate() {
                    let end = if at == 2 { pg_sys::SK_ROW_END } else { 0 };
                    let flags = pg_sys::SK_ROW_MEMBER | end;
                    let attribute = attribute(equals.len() + at);
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
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        // SAFETY: by the caller's promise; errors end the statement and the server cleans up.
        unsafe {
            let heap = pg_sys::table_open(heap, lock);
            let index = pg_sys::index_open(index, lock);
            let scan = pg_sys::index_beginscan(heap, index, snapshot, keys.len() as i32, 0);
            let slot = pg_sys::table_slot_create(heap, std::ptr::null_mut());
            Self { heap, index, scan, slot, aim, equals: equals.len(), keys, members }
        }
    }

    /// Aims at the rows where the leading columns equal `equals`, from `bound` on: the key's three
    /// columns, the two ends of a range, or nothing, as the aim has it.
    ///
    /// The datums must stay valid until the next aim or the last row read.
    pub fn aim(&mut self, equals: &[Datum], bound: &[Datum]) {
        debug_assert_eq!(equals.len(), self.equals);
        for (key, datum) in self.keys.iter_mut().zip(equals) {
            key.sk_argument = *datum;
        }
        match self.aim {
            Aim::All => {}
            Aim::Between => {
                for (key, datum) in self.keys[equals.len()..].iter_mut().zip(bound) {
                    key.sk_argument = *datum;
                }
            }
            Aim::After | Aim::Before => {
                for (member, datum) in self.members.iter_mut().zip(bound) {
                    member.sk_argument = *datum;
                }
            }
        }
        pgrx::check_for_interrupts!();
        // SAFETY: the scan is open; keys and members stay where they are while it is.
        unsafe {
            pg_sys::index_rescan(
                self.scan,
                self.keys.as_mut_ptr(),
                self.keys.len() as i32,
                std::ptr::null_mut(),
                0,
            );
        }
    }

    /// Goes to the next row, if there is one.
    pub fn next(&mut self) -> bool {
        let direction = match self.aim {
            Aim::Before => pg_sys::ScanDirection::BackwardScanDirection,
            _ => pg_sys::ScanDirection::ForwardScanDirection,
        };
        // SAFETY: the scan is open and was aimed.
        unsafe { pg_sys::index_getnext_slot(self.scan, direction, self.slot) }
    }

    /// Whether there is such a row; it can be read if so.
    pub fn find(&mut self, equals: &[Datum], bound: &[Datum]) -> bool {
        self.aim(equals, bound);
        self.next()
    }

    /// A column of the row it stands on; `None` is NULL.
    pub fn column(&self, attribute: pg_sys::AttrNumber) -> Option<Datum> {
        // SAFETY: the slot holds a row of the table whose attributes were resolved.
        unsafe { slot_column(self.slot, attribute) }
    }

    /// Locks the row it stands on against other writers to the end of the transaction, as SELECT …
    /// FOR NO KEY UPDATE does, waiting for those who have it. Tells whether the row is still there.
    ///
    /// # Errors
    /// [`Error::Serialization`] if another transaction has written the row since our snapshot,
    /// where that is the transaction's.
    pub fn lock(&self) -> Result<bool, Error> {
        use pg_sys::TM_Result as Found;
        // SAFETY: reads the isolation level of the transaction.
        let one_snapshot = unsafe { pg_sys::XactIsoLevel } >= pg_sys::XACT_REPEATABLE_READ as i32;
        let mut flags = pg_sys::TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS;
        if !one_snapshot {
            flags |= pg_sys::TUPLE_LOCK_FLAG_FIND_LAST_VERSION;
        }
        let mut failure = pg_sys::TM_FailureData::default();
        // SAFETY: the scan is open, and its slot has a row; the second slot has the table's shape.
        let result = unsafe {
            let table_lock = pg_sys::RowShareLock as pg_sys::LOCKMODE;
            pg_sys::LockRelationOid((*self.heap).rd_id, table_lock);
            let latest = pg_sys::table_slot_create(self.heap, std::ptr::null_mut());
            let mut place = (*self.slot).tts_tid;
            let result = pg_sys::table_tuple_lock(
                self.heap,
                &raw mut place,
                (*self.scan).xs_snapshot,
                latest,
                pg_sys::GetCurrentCommandId(true),
                pg_sys::LockTupleMode::LockTupleNoKeyExclusive,
                pg_sys::LockWaitPolicy::LockWaitBlock,
                flags as u8,
                &raw mut failure,
            );
            pg_sys::ExecDropSingleTupleTableSlot(latest);
            result
        };
        match result {
            Found::TM_Ok => Ok(true),
            Found::TM_Updated | Found::TM_Deleted if one_snapshot => Err(Error::Serialization),
            Found::TM_Deleted | Found::TM_SelfModified => Ok(false),
            other => panic!("table_tuple_lock gave {other}"),
        }
    }

    /// The slot, for writing over the row it stands on.
    pub fn slot(&self) -> *mut pg_sys::TupleTableSlot {
        self.slot
    }

    /// Closes the scan. The locks stay.
    pub fn close(self) {
        let keep = pg_sys::NoLock as pg_sys::LOCKMODE;
        // SAFETY: all four were opened together, and nothing refers to them any more.
        unsafe {
            pg_sys::index_endscan(self.scan);
            pg_sys::ExecDropSingleTupleTableSlot(self.slot);
            pg_sys::index_close(self.index, keep);
            pg_sys::table_close(self.heap, keep);
        }
    }
}

/// A column of the tuple in a slot; `None` is NULL.
///
/// # Safety
/// The slot holds a tuple that has this attribute.
pub unsafe fn slot_column(
    slot: *mut pg_sys::TupleTableSlot,
    attribute: pg_sys::AttrNumber,
) -> Option<Datum> {
    // SAFETY: by the caller's promise.
    unsafe {
        let at = attribute as usize - 1;
        if (*slot).tts_nvalid < attribute {
            pg_sys::slot_getsomeattrs_int(slot, i32::from(attribute));
        }
        if *(*slot).tts_isnull.add(at) { None } else { Some(*(*slot).tts_values.add(at)) }
    }
}

/// # Safety
/// `proc` is a built-in comparison function that fits column and strategy.
unsafe fn scan_key(
    flags: u32,
    attribute: pg_sys::AttrNumber,
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
