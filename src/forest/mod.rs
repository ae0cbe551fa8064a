//! What a forest is to the server: six tables of one [shape](shape), found by their schema, locked,
//! and only then [checked](check).
//!
//! | | |
//! | --- | --- |
//! | [`Forest`] | tables that were checked: OIDs, columns, indexes, owner |
//! | [`Open`] | such tables, locked and open: as long as it lives their shape stays |
//! | [`shape`] | what they must look like, declared once |
//! | [`names`] | SQL that goes by a table's name, held to the tables that were checked |
//! | [`owner`] | acting as the forest's owner |
//! | [`lock`] | the lock on a document |
//!
//! **The order is: lock, then check.** The weakest lock that keeps a table from being altered is
//! taken on all six, in one order everywhere, and stays to the end of the transaction; whoever
//! waited for an ALTER TABLE sees what came of it. A check is remembered by the backend until the
//! server says that one of the relations changed. Since locking takes in such news, what is
//! remembered and locked is true. Within one's own session locks do not hold anybody up; there it
//! is the tables' being open that has the server refuse to alter them.

mod check;
pub mod lock;
pub mod names;
pub mod owner;
pub mod shape;
mod types;

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString};
use std::ops::Deref;
use std::rc::Rc;

use pgrx::pg_sys::{self, AttrNumber, Datum, Oid};
use treecrdt::OpKind;

use self::check::Found;
pub use self::check::relation_name;
use self::shape::{COUNT, Index, Ops, TABLES, Table};
use self::types::TypeOids;
use crate::error::Error;
use crate::guc::with_settings;

/// How often tables that others rename or replace at the same time are looked for again.
const TRIES: usize = 100;

/// What is set while expressions of indexes are written down, so that they look the same for all.
const PLAIN: [(&CStr, &CStr); 2] =
    [(c"search_path", c"pg_catalog, pg_temp"), (c"quote_all_identifiers", c"off")];

/// What is going to be done with a forest: which lock that takes, and which right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading with the caller's rights, which are looked at table by table.
    Read,
    /// Materializing, for those who may INSERT into `ops`.
    Append,
    /// Writing for the owner of the forest.
    Own,
    /// Dropping it, for its owner.
    Drop,
}

impl Access {
    fn lock(self) -> pg_sys::LOCKMODE {
        let mode = match self {
            Self::Read => pg_sys::AccessShareLock,
            Self::Append | Self::Own => pg_sys::RowExclusiveLock,
            Self::Drop => pg_sys::AccessExclusiveLock,
        };
        mode as pg_sys::LOCKMODE
    }
}

/// Tables that were found to be a forest.
#[derive(Debug)]
pub struct Forest {
    /// The schema.
    pub schema: Oid,
    /// The schema's name, quoted for use in SQL.
    pub name: String,
    /// Who owns the tables.
    pub owner: Oid,
    tables: Vec<Found>,
    types: TypeOids,
}

impl Forest {
    /// The OID of a table.
    pub fn table<T: Table>(&self) -> Oid {
        self.tables[T::AT].oid
    }

    /// The OIDs of all tables, in the order of [`TABLES`].
    pub fn tables(&self) -> impl Iterator<Item = Oid> {
        self.tables.iter().map(|table| table.oid)
    }

    /// The numbers of a table's columns, as they are declared.
    pub fn columns<T: Table>(&self) -> &[AttrNumber] {
        &self.tables[T::AT].columns
    }

    /// The OID of an index.
    pub fn index<T: Table>(&self, index: Index<T>) -> Oid {
        self.tables[T::AT].indexes[index.at]
    }

    /// The kind of operation that a label of `treecrdt.op_kind` stands for.
    pub fn op_kind(&self, label: Oid) -> Option<OpKind> {
        self.types.op_kind(label)
    }

    fn has(&self, relation: Oid) -> bool {
        self.tables.iter().any(|it| it.oid == relation || it.indexes.contains(&relation))
    }
}

thread_local! {
    static KNOWN: RefCell<Vec<Rc<Forest>>> = const { RefCell::new(Vec::new()) };
    /// Counts the server's news of changes, so that a check knows whether any came meanwhile.
    static NEWS: Cell<u64> = const { Cell::new(0) };
    /// The forest of the statement that last asked by its table, and the news by then.
    static LAST: RefCell<Option<(lock::Statement, u64, Rc<Forest>)>> = const { RefCell::new(None) };
}

/// Has the server tell when relations change, and when schemas do, whose names are in our SQL.
pub fn watch_invalidations() {
    let schemas = pg_sys::SysCacheIdentifier::NAMESPACEOID as i32;
    let none = Datum::from(0usize);
    // SAFETY: registers functions that live as long as the backend.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(forget), none);
        pg_sys::CacheRegisterSyscacheCallback(schemas, Some(forget_all), none);
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn forget_all(_argument: Datum, _cache: i32, _hash: u32) {
    forget_where(|_| true);
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn forget(_argument: Datum, relation: Oid) {
    forget_where(|forest| relation == pg_sys::InvalidOid || forest.has(relation));
}

/// Called at any moment, in the midst of errors too: must not fail, nor ask the server anything.
fn forget_where(is: impl Fn(&Forest) -> bool) {
    NEWS.set(NEWS.get() + 1);
    // Nobody asks the server anything while holding the list, so it is free.
    let _ = KNOWN.try_with(|known| {
        if let Ok(mut known) = known.try_borrow_mut() {
            known.retain(|forest| !is(forest));
        }
    });
}

impl Forest {
    /// The forest whose `ops` fires a trigger, its tables locked for writing.
    ///
    /// # Errors
    /// As for [`Open::new`].
    pub fn of_ops(ops: pg_sys::Relation) -> Result<Rc<Self>, Error> {
        // SAFETY: the relation is open, since its trigger is running.
        let (oid, schema) = unsafe { ((*ops).rd_id, (*(*ops).rd_rel).relnamespace) };
        let now = lock::Statement::now(oid);
        let last = LAST.with_borrow(|last| match last {
            Some((statement, news, forest)) if *statement == now && *news == NEWS.get() => {
                Some(forest.clone())
            }
            _ => None,
        });
        if let Some(forest) = last {
            return Ok(forest);
        }
        let forest = find_locked(schema, Access::Append.lock(), &|_| Ok(()))?;
        if forest.table::<Ops>() != oid {
            return Err(Error::NotAForest {
                name: forest.name.clone(),
                problem: "the trigger is not on its table ops".into(),
            });
        }
        LAST.set(Some((now, NEWS.get(), forest.clone())));
        Ok(forest)
    }
}

/// A forest whose tables are locked and open.
pub struct Open {
    forest: Rc<Forest>,
    relations: [pg_sys::Relation; COUNT],
}

impl Deref for Open {
    type Target = Forest;

    fn deref(&self) -> &Forest {
        &self.forest
    }
}

impl Open {
    /// Opens the forest that an SQL function was given.
    ///
    /// # Errors
    /// [`Error::NullForest`], [`Error::NotAForest`], [`Error::Shape`] or [`Error::Unready`], and
    /// [`Error::Denied`] for who may not do what is meant; 25006 comes from the server.
    pub fn new(schema: Option<Oid>, access: Access) -> Result<Self, Error> {
        let schema = schema.ok_or(Error::NullForest)?;
        let may = |ops: Oid| rights(ops, access, schema);
        Ok(Self::of(find_locked(schema, access.lock(), &may)?))
    }

    /// Opens the tables of a forest that was found and locked.
    pub fn of(forest: Rc<Forest>) -> Self {
        let relations = std::array::from_fn(|at| {
            // SAFETY: the table is locked, and there.
            unsafe { pg_sys::table_open(forest.tables[at].oid, pg_sys::NoLock as i32) }
        });
        Self { forest, relations }
    }

    /// A table, open as long as this value lives.
    pub fn relation<T: Table>(&self) -> pg_sys::Relation {
        self.relations[T::AT]
    }

    /// All tables, in the order of [`TABLES`].
    pub fn relations(&self) -> [pg_sys::Relation; COUNT] {
        self.relations
    }

    /// The forest itself.
    pub fn forest(&self) -> &Rc<Forest> {
        &self.forest
    }

    /// Ends the statement if a table was rewritten since a snapshot was taken: to the snapshot its
    /// new file would look empty.
    ///
    /// # Errors
    /// [`Error::Rewritten`].
    ///
    /// # Safety
    /// The snapshot is valid.
    pub unsafe fn must_be_as_seen_by(&self, snapshot: pg_sys::Snapshot) -> Result<(), Error> {
        for (at, table) in self.forest.tables.iter().enumerate() {
            // SAFETY: by the caller's promise; the table is open.
            let rewritten = unsafe {
                is_after(table.changed_by, snapshot)
                    && file_seen_by(table.oid, snapshot)
                        != Some((*(*self.relations[at]).rd_rel).relfilenode)
            };
            if rewritten {
                let name = TABLES[at].name.to_string_lossy();
                return Err(Error::Rewritten { table: format!("{}.{name}", self.forest.name) });
            }
        }
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // the server closes what an error leaves open
        }
        for relation in self.relations {
            // SAFETY: opened by `of`. The lock stays.
            unsafe { pg_sys::table_close(relation, pg_sys::NoLock as i32) };
        }
    }
}

/// Whether a transaction is one that a snapshot does not see, our own aside.
///
/// # Safety
/// The snapshot is valid.
pub unsafe fn is_after(transaction: pg_sys::TransactionId, snapshot: pg_sys::Snapshot) -> bool {
    // SAFETY: by the caller's promise.
    unsafe {
        !pg_sys::TransactionIdPrecedes(transaction, (*snapshot).xmin)
            && pg_sys::XidInMVCCSnapshot(transaction, snapshot)
            && !pg_sys::TransactionIdIsCurrentTransactionId(transaction)
    }
}

/// The file that a table has for a snapshot.
unsafe fn file_seen_by(table: Oid, snapshot: pg_sys::Snapshot) -> Option<Oid> {
    // SAFETY: a scan of pg_class by its primary key, closed before the function ends.
    unsafe {
        let classes =
            pg_sys::table_open(pg_sys::RelationRelationId, pg_sys::AccessShareLock as i32);
        let mut key = pg_sys::ScanKeyData::default();
        pg_sys::ScanKeyInit(
            &raw mut key,
            pg_sys::Anum_pg_class_oid as AttrNumber,
            pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
            Oid::from(pg_sys::F_OIDEQ),
            table.into(),
        );
        let index = Oid::from(pg_sys::ClassOidIndexId);
        let scan = pg_sys::systable_beginscan(classes, index, true, snapshot, 1, &raw mut key);
        let tuple = pg_sys::systable_getnext(scan);
        let file = (!tuple.is_null()).then(|| {
            (*pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_class>(tuple)).relfilenode
        });
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(classes, pg_sys::AccessShareLock as i32);
        file
    }
}

/// Finds the forest in a schema, its tables locked. `may` is asked before any lock is waited for.
fn find_locked(
    schema: Oid,
    mode: pg_sys::LOCKMODE,
    may: &dyn Fn(Oid) -> Result<(), Error>,
) -> Result<Rc<Forest>, Error> {
    for _ in 0..TRIES {
        let known = KNOWN.with_borrow(|known| known.iter().find(|f| f.schema == schema).cloned());
        let oids = match &known {
            Some(forest) => std::array::from_fn(|at| forest.tables[at].oid),
            None => named(schema)?,
        };
        may(oids[0])?;
        for oid in oids {
            // SAFETY: a lock of this transaction's. That of a table that is gone does no harm.
            unsafe { pg_sys::LockRelationOid(oid, mode) };
        }
        // What was learned while waiting is taken in by now.
        if let Some(known) = known {
            let is_known =
                KNOWN.with_borrow(|list| list.iter().any(|forest| Rc::ptr_eq(forest, &known)));
            if is_known {
                may(oids[0])?;
                return Ok(known);
            }
            continue;
        }
        if named(schema)? != oids {
            continue;
        }
        may(oids[0])?;
        let news = NEWS.get();
        let forest = Rc::new(with_settings(&PLAIN, || examine(schema, oids))?);
        if NEWS.get() == news {
            KNOWN.with_borrow_mut(|known| {
                known.retain(|old| old.schema != schema);
                known.push(forest.clone());
            });
            return Ok(forest);
        }
    }
    Err(Error::Moving { schema: schema_name(schema).unwrap_or_default() })
}

/// The tables that have the names of a forest's.
fn named(schema: Oid) -> Result<[Oid; COUNT], Error> {
    let mut oids = [pg_sys::InvalidOid; COUNT];
    for (oid, shape) in oids.iter_mut().zip(TABLES) {
        // SAFETY: a catalog look-up.
        *oid = unsafe { pg_sys::get_relname_relid(shape.name.as_ptr(), schema) };
        if *oid == pg_sys::InvalidOid {
            let (name, problem) = match schema_name(schema) {
                None => (schema.to_u32().to_string(), "there is no such schema".into()),
                Some(name) => (name, format!("table {} is missing", shape.name.to_string_lossy())),
            };
            return Err(Error::NotAForest { name, problem });
        }
    }
    Ok(oids)
}

/// Checks tables that are locked.
fn examine(schema: Oid, oids: [Oid; COUNT]) -> Result<Forest, Error> {
    check_encoding()?;
    let name = schema_name(schema).ok_or_else(|| Error::NotAForest {
        name: schema.to_u32().to_string(),
        problem: "there is no such schema".into(),
    })?;
    let types = TypeOids::find().ok_or_else(|| Error::NotAForest {
        name: name.clone(),
        problem: "the types of schema treecrdt are missing".into(),
    })?;
    let mut tables = Vec::with_capacity(COUNT);
    for (oid, shape) in oids.into_iter().zip(TABLES) {
        // SAFETY: the relation is locked; it is closed before the function ends, the lock stays.
        let found = unsafe {
            let relation = pg_sys::try_relation_open(oid, pg_sys::NoLock as i32);
            if relation.is_null() {
                let problem = format!("table {} is missing", shape.name.to_string_lossy());
                return Err(Error::NotAForest { name, problem });
            }
            let found = check::check(relation, shape, &name, &types);
            pg_sys::relation_close(relation, pg_sys::NoLock as i32);
            found?
        };
        tables.push(found);
    }
    let owner = tables[0].owner;
    if let Some(at) = tables.iter().position(|table| table.owner != owner) {
        let (first, other) = (TABLES[0].name.to_string_lossy(), TABLES[at].name.to_string_lossy());
        return Err(Error::Shape {
            problem: format!("{name}.{other} and {name}.{first} have different owners"),
            mend: format!("ALTER TABLE {name}.{other} OWNER TO {};", role_name(owner)),
            forest: name,
        });
    }
    Ok(Forest { schema, name, owner, tables, types })
}

/// Whether the caller may do what is meant.
fn rights(ops: Oid, access: Access, schema: Oid) -> Result<(), Error> {
    // SAFETY: look-ups by the OIDs of a relation and of the current user.
    let (may, needs) = unsafe {
        let user = pg_sys::GetUserId();
        match access {
            Access::Read => return Ok(()),
            Access::Append => (
                pg_sys::pg_class_aclcheck(ops, user, pg_sys::ACL_INSERT)
                    == pg_sys::AclResult::ACLCHECK_OK,
                "it takes INSERT on ops",
            ),
            Access::Own | Access::Drop => {
                (pg_sys::pg_class_ownercheck(ops, user), "only its owner may do this")
            }
        }
    };
    if may {
        return Ok(());
    }
    Err(Error::Denied { forest: schema_name(schema).unwrap_or_default(), needs })
}

/// Refuses to write where the transaction is READ ONLY, or the server a standby.
pub fn must_be_writable(function: &CStr) {
    // SAFETY: raises 25006, or does nothing.
    unsafe { pg_sys::PreventCommandIfReadOnly(function.as_ptr()) };
}

/// Document names are compared as UTF-8.
///
/// # Errors
/// [`Error::Encoding`] in a database that stores text some other way.
pub fn check_encoding() -> Result<(), Error> {
    // SAFETY: reads a setting of the database.
    let encoding = unsafe { pg_sys::GetDatabaseEncoding() };
    if encoding == pg_sys::pg_enc::PG_UTF8 as i32 { Ok(()) } else { Err(Error::Encoding) }
}

/// A schema's name, quoted.
fn schema_name(schema: Oid) -> Option<String> {
    // SAFETY: a catalog look-up, whose result is a C string or null.
    let name = unsafe {
        let name = pg_sys::get_namespace_name(schema);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_owned())
    };
    name.map(|name| quote(&name))
}

fn role_name(role: Oid) -> String {
    // SAFETY: a catalog look-up, whose result is a C string or null.
    let name = unsafe {
        let name = pg_sys::GetUserNameFromId(role, true);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_owned())
    };
    name.map(|name| quote(&name)).unwrap_or_default()
}

/// An identifier, quoted for use in SQL where it must be.
pub fn quote(identifier: &CStr) -> String {
    // SAFETY: gives its argument or a palloc'd string.
    unsafe { CStr::from_ptr(pg_sys::quote_identifier(identifier.as_ptr())) }
        .to_string_lossy()
        .into_owned()
}

/// As [`quote`], of text that came from SQL.
pub fn quote_text(identifier: &str) -> String {
    quote(&CString::new(identifier).expect("SQL text has no zero bytes"))
}
