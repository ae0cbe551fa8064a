//! Finding a forest by its schema: its tables are locked, then checked, and remembered until the
//! server says that one of the relations changed.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::rc::Rc;

use pgrx::pg_sys::{self, AttrNumber, Datum, Oid};
use treecrdt::{MAX_LONG_ORDER_KEY, MAX_ORDER_KEY, OpKind};

use super::check::{self, Found};
use super::layout;
use super::quote::{role_name, schema_name};
use super::shape::{COUNT, Docs, Index, Nodes, Ops, TABLES, Table};
use super::statement::Statement;
use super::types::TypeOids;
use crate::datum::Type;
use crate::doc::{DocName, DocType};
use crate::error::Error;
use crate::settings::with_settings;

/// How often tables that others rename or replace at the same time are looked for again.
const TRIES: usize = 100;

/// What is set while expressions of indexes are written down, so that they look the same for all.
const PLAIN: [(&CStr, &CStr); 2] =
    [(c"search_path", c"pg_catalog, pg_temp"), (c"quote_all_identifiers", c"off")];

/// Tables that were found to be a forest.
#[derive(Debug)]
pub struct Forest {
    /// The schema.
    pub schema: Oid,
    /// The schema's name, quoted for use in SQL.
    pub name: String,
    /// Who owns the tables.
    pub owner: Oid,
    /// The type of its documents.
    pub docs: DocType,
    pub(super) tables: Vec<Found>,
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

    /// The document with this name, in its text form.
    pub fn doc(&self, name: &str) -> DocName<'static> {
        DocName::parse(name, self.docs)
    }

    /// The numbers of a table's columns, as they are declared.
    pub fn columns<T: Table>(&self) -> &[AttrNumber] {
        &self.tables[T::AT].columns
    }

    /// The OID of an index.
    pub fn index<T: Table>(&self, index: Index<T>) -> Oid {
        self.tables[T::AT].indexes[index.at]
    }

    /// How long an order key may be, in bytes, by the index that it stands in.
    pub fn max_order_key(&self) -> usize {
        if self.tables[Nodes::AT].has_expression { MAX_LONG_ORDER_KEY } else { MAX_ORDER_KEY }
    }

    /// As much of an order key as the index holds. Where it has beginnings, that is all of a key that could stand there
    /// whole; so only keys that are longer, and begin alike, are not in order there.
    pub fn beginning<'k>(&self, order_key: &'k [u8]) -> &'k [u8] {
        if self.has_whole(order_key) { order_key } else { &order_key[..=MAX_ORDER_KEY] }
    }

    /// Whether the index has all of an order key.
    pub fn has_whole(&self, order_key: &[u8]) -> bool {
        order_key.len() <= MAX_ORDER_KEY || !self.tables[Nodes::AT].has_expression
    }

    /// The kind of operation that a label of `treecrdt.op_kind` stands for.
    pub fn op_kind(&self, label: Oid) -> Option<OpKind> {
        self.types.op_kind(label)
    }

    /// The OID of a type.
    pub fn type_oid(&self, of: Type) -> Oid {
        self.types.of(self.docs.resolve(of))
    }

    /// The label of `treecrdt.op_kind` that stands for a kind of operation.
    pub fn label(&self, kind: OpKind) -> Oid {
        self.types.label(kind)
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
    static LAST: RefCell<Option<(Statement, u64, Rc<Forest>)>> = const { RefCell::new(None) };
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
        let now = Statement::now(oid);
        let last = LAST.with_borrow(|last| match last {
            Some((statement, news, forest)) if *statement == now && *news == NEWS.get() => {
                Some(forest.clone())
            }
            _ => None,
        });
        if let Some(forest) = last {
            return Ok(forest);
        }
        let forest =
            find_locked(schema, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE, &|_| Ok(()))?;
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

/// Finds the forest in a schema, its tables locked. `may` is asked before any lock is waited for.
pub(super) fn find_locked(
    schema: Oid,
    mode: pg_sys::LOCKMODE,
    may: &dyn Fn(&[Oid]) -> Result<(), Error>,
) -> Result<Rc<Forest>, Error> {
    for _ in 0..TRIES {
        let known = KNOWN.with_borrow(|known| known.iter().find(|f| f.schema == schema).cloned());
        let oids = match &known {
            Some(forest) => std::array::from_fn(|at| forest.tables[at].oid),
            None => named(schema)?,
        };
        may(&oids)?;
        for oid in oids {
            // SAFETY: a lock of this transaction's. That of a table that is gone does no harm.
            unsafe { pg_sys::LockRelationOid(oid, mode) };
        }
        // What was learned while waiting is taken in by now.
        if let Some(known) = known {
            let is_known =
                KNOWN.with_borrow(|list| list.iter().any(|forest| Rc::ptr_eq(forest, &known)));
            if is_known {
                may(&oids)?;
                return Ok(known);
            }
            continue;
        }
        if named(schema)? != oids {
            continue;
        }
        may(&oids)?;
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
pub(super) fn named(schema: Oid) -> Result<[Oid; COUNT], Error> {
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
    let docs = doc_type(&oids);
    let mut tables = Vec::with_capacity(COUNT);
    for (oid, shape) in oids.into_iter().zip(TABLES) {
        // SAFETY: the relation is locked; it is closed before the function ends, the lock stays.
        let found = unsafe {
            let relation = pg_sys::try_relation_open(oid, pg_sys::NoLock as i32);
            if relation.is_null() {
                let problem = format!("table {} is missing", shape.name.to_string_lossy());
                return Err(Error::NotAForest { name, problem });
            }
            let is_ours = match shape.name == Ops::SHAPE.name {
                true => layout::must_be_ours(relation, &name, &types),
                false => Ok(()),
            };
            let found = is_ours.and_then(|()| check::check(relation, shape, &name, docs, &types));
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
    Ok(Forest { schema, name, owner, docs, tables, types })
}

/// The type that documents have by two of three tables: so it is the odd one that is refused.
fn doc_type(oids: &[Oid; COUNT]) -> DocType {
    let of = |at: usize| {
        let column = c"doc";
        // SAFETY: look-ups in catalogs; of what is not there they give 0.
        let found = unsafe {
            let number = pg_sys::get_attnum(oids[at], column.as_ptr());
            pg_sys::get_atttype(oids[at], number)
        };
        DocType::of(found)
    };
    let [ops, nodes, docs] = [Ops::AT, Nodes::AT, Docs::AT].map(of);
    let agreed = if ops.is_some() && (ops == nodes || ops == docs) { ops } else { nodes };
    agreed.unwrap_or(DocType::Text)
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
