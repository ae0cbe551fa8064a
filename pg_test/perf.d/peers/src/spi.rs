//! The server's programming interface, thinly: plans kept by the backend, rows read in place.
//!
//! What is read lives until the session ends, so values borrow from it and nothing is copied.

use std::cell::Cell;
use std::ffi::CString;
use std::marker::PhantomData;
use std::thread::LocalKey;

use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{IntoDatum, Uuid};

use crate::op::{Key, Node};

/// A statement, prepared when it is first needed and then kept by the backend.
#[derive(Debug)]
pub struct Plan {
    sql: &'static str,
    kept: Cell<pg_sys::SPIPlanPtr>,
}

impl Plan {
    /// The plan of this statement.
    pub const fn new(sql: &'static str) -> Self {
        Self { sql, kept: Cell::new(std::ptr::null_mut()) }
    }

    fn prepared(&self, types: &mut [Oid]) -> pg_sys::SPIPlanPtr {
        if self.kept.get().is_null() {
            let sql = CString::new(self.sql).expect("no NUL in a statement");
            // One plan for all arguments: planning anew would cost more than most statements.
            let options = pg_sys::CURSOR_OPT_GENERIC_PLAN as i32;
            // SAFETY: a session is open; the pointers are to as many types as is said.
            unsafe {
                let count = types.len() as i32;
                let plan =
                    pg_sys::SPI_prepare_cursor(sql.as_ptr(), count, types.as_mut_ptr(), options);
                assert!(!plan.is_null(), "cannot prepare {}", self.sql);
                pg_sys::SPI_keepplan(plan);
                self.kept.set(plan);
            }
        }
        self.kept.get()
    }
}

/// Declares plans: a name and a statement each.
macro_rules! plans {
    ($($name:ident = $sql:expr;)*) => {
        thread_local! { $(static $name: $crate::spi::Plan = const { $crate::spi::Plan::new($sql) };)* }
    };
}
pub(crate) use plans;

/// An argument of a statement: its type, and its value if it is not NULL.
#[derive(Debug, Clone, Copy)]
pub struct Arg(Oid, Option<Datum>);

impl Arg {
    /// The argument that a value is.
    pub fn of<T: IntoDatum>(value: T) -> Self {
        Self(T::type_oid(), value.into_datum())
    }

    /// A `uuid[]`.
    pub fn nodes(nodes: impl Iterator<Item = Option<Node>>) -> Self {
        let uuids = nodes.map(|node| node.map(|node| Uuid::from_bytes(node.to_be_bytes())));
        Self::of(uuids.collect::<Vec<Option<Uuid>>>())
    }

    /// A `bytea[]`.
    pub fn bytes<'s>(bytes: impl Iterator<Item = Option<&'s [u8]>>) -> Self {
        Self::of(bytes.collect::<Vec<Option<&[u8]>>>())
    }

    /// A `bigint[]`.
    pub fn int8s(numbers: impl Iterator<Item = Option<i64>>) -> Self {
        Self::of(numbers.collect::<Vec<Option<i64>>>())
    }

    /// The three columns of a key.
    pub fn key(key: Key<'_>) -> [Self; 3] {
        [Self::of(key.lamport), Self::of(key.replica), Self::of(key.counter)]
    }

    /// The three columns of keys, an array each.
    pub fn keys<'s>(keys: impl Iterator<Item = Option<Key<'s>>> + Clone) -> [Self; 3] {
        [
            Self::int8s(keys.clone().map(|key| key.map(|key| key.lamport))),
            Self::bytes(keys.clone().map(|key| key.map(|key| key.replica))),
            Self::int8s(keys.map(|key| key.map(|key| key.counter))),
        ]
    }
}

/// An open session. All that is read or made while it is open goes with it.
#[derive(Debug)]
pub struct Session(());

impl Session {
    /// Opens one.
    pub fn open() -> Self {
        // SAFETY: on the backend's only thread, inside a transaction.
        let opened = unsafe { pg_sys::SPI_connect() };
        assert_eq!(opened, pg_sys::SPI_OK_CONNECT as i32, "SPI_connect");
        Self(())
    }

    /// Runs a statement and calls `each` with every row it gives. Returns how many it read or wrote.
    pub fn run<'s>(
        &'s self,
        plan: &'static LocalKey<Plan>,
        args: &[Arg],
        mut each: impl FnMut(&Row<'s>),
    ) -> u64 {
        let mut types: Vec<Oid> = args.iter().map(|arg| arg.0).collect();
        let mut values: Vec<Datum> =
            args.iter().map(|arg| arg.1.unwrap_or(Datum::from(0usize))).collect();
        let nulls: Vec<std::ffi::c_char> =
            args.iter().map(|arg| if arg.1.is_some() { b' ' } else { b'n' } as _).collect();
        let prepared = plan.with(|plan| plan.prepared(&mut types));
        // SAFETY: the plan is kept; values and nulls are as many as it has parameters; the table of
        // results is valid until the session ends, since nobody frees it.
        unsafe {
            let code =
                pg_sys::SPI_execute_plan(prepared, values.as_mut_ptr(), nulls.as_ptr(), false, 0);
            assert!(code > 0, "SPI_execute_plan: {code}");
            let (table, count) = (pg_sys::SPI_tuptable, pg_sys::SPI_processed);
            if !table.is_null() {
                let mut row = Row::with_shape((*table).tupdesc);
                for at in 0..count as usize {
                    pgrx::check_for_interrupts!();
                    row.load(*(*table).vals.add(at));
                    each(&row);
                }
            }
            count
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // After an error the end of the (sub)transaction closes it.
        if !std::thread::panicking() {
            // SAFETY: opened by this value, and the innermost one.
            unsafe { pg_sys::SPI_finish() };
        }
    }
}

/// A row, its columns counted from 0.
#[derive(Debug)]
pub struct Row<'s> {
    shape: pg_sys::TupleDesc,
    values: Vec<Datum>,
    nulls: Vec<bool>,
    session: PhantomData<&'s Session>,
}

impl Row<'_> {
    /// A row of this shape, to be loaded.
    ///
    /// # Safety
    /// The shape outlives the row.
    pub unsafe fn with_shape(shape: pg_sys::TupleDesc) -> Self {
        // SAFETY: by the caller's promise.
        let columns = unsafe { (*shape).natts } as usize;
        let (values, nulls) = (vec![Datum::from(0usize); columns], vec![true; columns]);
        Self { shape, values, nulls, session: PhantomData }
    }

    /// Takes a tuple apart.
    ///
    /// # Safety
    /// The tuple has this shape and lives as long as the session.
    pub unsafe fn load(&mut self, tuple: pg_sys::HeapTuple) {
        let (values, nulls) = (self.values.as_mut_ptr(), self.nulls.as_mut_ptr());
        // SAFETY: by the caller's promise; the vectors have a place for every column.
        unsafe { pg_sys::heap_deform_tuple(tuple, self.shape, values, nulls) };
    }
}

impl<'s> Row<'s> {
    fn datum(&self, column: usize) -> Option<Datum> {
        (!self.nulls[column]).then(|| self.values[column])
    }

    /// A `bigint`; NULL is 0.
    pub fn int8(&self, column: usize) -> i64 {
        self.datum(column).map_or(0, |datum| datum.value() as i64)
    }

    /// A `boolean`; NULL is false.
    pub fn bool(&self, column: usize) -> bool {
        self.datum(column).is_some_and(|datum| datum.value() as u8 != 0)
    }

    /// A `bytea` or `text`.
    pub fn optional_bytes(&self, column: usize) -> Option<&'s [u8]> {
        // SAFETY: such a column holds a varlena that lives as long as the session, as does a copy
        // made to detoast it.
        self.datum(column).map(|datum| unsafe {
            let mut varlena: *mut pg_sys::varlena = datum.cast_mut_ptr();
            // Most are plain, and a call into the server costs more than reading them.
            if pgrx::varatt_is_1b_e(varlena) || pgrx::varatt_is_4b_c(varlena) {
                varlena = pg_sys::pg_detoast_datum_packed(varlena);
            }
            pgrx::varlena_to_byte_slice(varlena)
        })
    }

    /// A `bytea` or `text`; NULL is empty.
    pub fn bytes(&self, column: usize) -> &'s [u8] {
        self.optional_bytes(column).unwrap_or_default()
    }

    /// A `uuid`.
    pub fn optional_node(&self, column: usize) -> Option<Node> {
        // SAFETY: such a column points at 16 bytes.
        self.datum(column).map(|datum| Node::from_be_bytes(unsafe { *datum.cast_mut_ptr() }))
    }

    /// A `uuid`; NULL is ROOT.
    pub fn node(&self, column: usize) -> Node {
        self.optional_node(column).unwrap_or_default()
    }
}
