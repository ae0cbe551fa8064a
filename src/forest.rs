//! Forests as the catalog has them: tables, indexes, columns, owner.
//!
//! A forest is found from its `ops` table or its schema, checked once for owner and shape, and
//! remembered by the backend until one of its relations changes.

use std::cell::RefCell;
use std::ffi::{CStr, CString};
use std::rc::Rc;

use pgrx::pg_sys::{self, AttrNumber, Datum, Oid};

use crate::codec::KindOids;
use crate::error::Error;

/// A table of a forest: its OID, and where its columns stand.
#[derive(Debug, Clone)]
pub struct Table<const N: usize> {
    /// Its OID.
    pub oid: Oid,
    /// Its columns, in the order of its `*_COLUMNS`.
    pub columns: [AttrNumber; N],
}

/// Columns of `ops`.
pub const OPS_COLUMNS: [&CStr; 10] = [
    c"doc",
    c"replica",
    c"counter",
    c"lamport",
    c"kind",
    c"node",
    c"parent",
    c"order_key",
    c"payload",
    c"known_state",
];
/// Columns of `nodes`.
pub const NODES_COLUMNS: [&CStr; 13] = [
    c"doc",
    c"node",
    c"parent",
    c"order_key",
    c"tombstone",
    c"payload",
    c"placed_lamport",
    c"placed_replica",
    c"placed_counter",
    c"payload_lamport",
    c"payload_replica",
    c"payload_counter",
    c"deleted_at",
];
/// Columns of `oprefs`.
pub const OPREFS_COLUMNS: [&CStr; 5] = [c"doc", c"parent", c"lamport", c"replica", c"counter"];
/// Columns of `ignored`.
pub const IGNORED_COLUMNS: [&CStr; 5] = [c"doc", c"node", c"lamport", c"replica", c"counter"];
/// Columns of `waiting`.
pub const WAITING_COLUMNS: [&CStr; 5] = [c"doc", c"lamport", c"replica", c"counter", c"dots"];
/// Columns of `docs`.
pub const DOCS_COLUMNS: [&CStr; 10] = [
    c"doc",
    c"head_lamport",
    c"head_replica",
    c"head_counter",
    c"op_count",
    c"frontier_lamport",
    c"frontier_replica",
    c"frontier_counter",
    c"late_count",
    c"reevaluated_count",
];

/// One forest.
#[derive(Debug)]
pub struct Forest {
    /// The schema.
    pub schema: Oid,
    /// The schema's name, quoted for use in SQL.
    pub name: String,
    /// Who owns the tables.
    pub owner: Oid,
    /// The log.
    pub ops: Table<{ OPS_COLUMNS.len() }>,
    /// A row a node.
    pub nodes: Table<{ NODES_COLUMNS.len() }>,
    /// A row an op ref.
    pub oprefs: Table<{ OPREFS_COLUMNS.len() }>,
    /// A row an ignored structural operation.
    pub ignored: Table<{ IGNORED_COLUMNS.len() }>,
    /// A row a deferred statement and doc.
    pub waiting: Table<{ WAITING_COLUMNS.len() }>,
    /// A row a doc.
    pub docs: Table<{ DOCS_COLUMNS.len() }>,
    /// The indexes that replay reads.
    pub indexes: Indexes,
    /// The labels of `treecrdt.op_kind`.
    pub kinds: KindOids,
}

/// The indexes that replay reads.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Indexes {
    pub ops_pkey: Oid,
    pub ops_timeline: Oid,
    pub nodes_pkey: Oid,
    pub nodes_children: Oid,
    pub nodes_deleted: Oid,
    pub oprefs_pkey: Oid,
    pub ignored_pkey: Oid,
    pub waiting_pkey: Oid,
    pub docs_pkey: Oid,
}

thread_local! {
    static KNOWN: RefCell<Vec<Rc<Forest>>> = const { RefCell::new(Vec::new()) };
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
    KNOWN.with_borrow_mut(Vec::clear);
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn forget(_argument: Datum, relation: Oid) {
    KNOWN.with_borrow_mut(|known| {
        known.retain(|forest| relation != pg_sys::InvalidOid && !forest.has(relation));
    });
}

impl Forest {
    /// The forest whose `ops` is this relation.
    ///
    /// # Errors
    /// [`Error::NotAForest`] if its schema does not have the tables of a forest, all of one owner.
    pub fn of_ops(ops: Oid) -> Result<Rc<Self>, Error> {
        let known = KNOWN.with_borrow(|known| known.iter().find(|f| f.ops.oid == ops).cloned());
        match known {
            Some(forest) => Ok(forest),
            None => {
                // SAFETY: a catalog look-up.
                let schema = unsafe { pg_sys::get_rel_namespace(ops) };
                let forest = Self::of_schema(schema)?;
                if forest.ops.oid != ops {
                    let problem = "the trigger is not on its table ops".into();
                    return Err(Error::NotAForest { name: forest.name.clone(), problem });
                }
                Ok(forest)
            }
        }
    }

    /// The forest in this schema.
    ///
    /// # Errors
    /// [`Error::NotAForest`], as above.
    pub fn of_schema(schema: Oid) -> Result<Rc<Self>, Error> {
        let known = KNOWN.with_borrow(|known| known.iter().find(|f| f.schema == schema).cloned());
        if let Some(forest) = known {
            return Ok(forest);
        }
        let name = schema_name(schema).ok_or_else(|| Error::NotAForest {
            name: schema.to_string(),
            problem: "there is no such schema".into(),
        })?;
        let forest = Rc::new(Self::resolve(schema, name)?);
        KNOWN.with_borrow_mut(|known| {
            known.retain(|old| old.schema != schema);
            known.push(forest.clone());
        });
        Ok(forest)
    }

    /// The forest that an SQL function was given.
    ///
    /// # Errors
    /// [`Error::NullForest`] or [`Error::NotAForest`].
    pub fn of_argument(schema: Option<Oid>) -> Result<Rc<Self>, Error> {
        Self::of_schema(schema.ok_or(Error::NullForest)?)
    }

    fn resolve(schema: Oid, name: String) -> Result<Self, Error> {
        check_encoding()?;
        let refuse = |problem: String| Error::NotAForest { name: name.clone(), problem };
        let index = |table: Oid, relation: &CStr| -> Result<Oid, Error> {
            // SAFETY: catalog look-ups; what is no index has no table.
            let (oid, of) = unsafe {
                let oid = pg_sys::get_relname_relid(relation.as_ptr(), schema);
                (oid, pg_sys::IndexGetRelation(oid, true))
            };
            if oid == pg_sys::InvalidOid || of != table {
                return Err(refuse(format!("index {} is missing", relation.to_string_lossy())));
            }
            Ok(oid)
        };
        let ops = table(schema, c"ops", OPS_COLUMNS).map_err(&refuse)?;
        let owner = owner(ops.oid);
        // SAFETY: a catalog look-up of a column that is there.
        let kind = unsafe { pg_sys::get_atttype(ops.oid, ops.columns[4]) };
        let kinds = KindOids::of_type(kind)
            .ok_or_else(|| refuse("ops.kind is not treecrdt.op_kind".into()))?;
        let nodes = table(schema, c"nodes", NODES_COLUMNS).map_err(&refuse)?;
        let oprefs = table(schema, c"oprefs", OPREFS_COLUMNS).map_err(&refuse)?;
        let ignored = table(schema, c"ignored", IGNORED_COLUMNS).map_err(&refuse)?;
        let waiting = table(schema, c"waiting", WAITING_COLUMNS).map_err(&refuse)?;
        let docs = table(schema, c"docs", DOCS_COLUMNS).map_err(&refuse)?;
        let indexes = Indexes {
            ops_pkey: index(ops.oid, c"ops_pkey")?,
            ops_timeline: index(ops.oid, c"ops_timeline")?,
            nodes_pkey: index(nodes.oid, c"nodes_pkey")?,
            nodes_children: index(nodes.oid, c"nodes_children")?,
            nodes_deleted: index(nodes.oid, c"nodes_deleted")?,
            oprefs_pkey: index(oprefs.oid, c"oprefs_pkey")?,
            ignored_pkey: index(ignored.oid, c"ignored_pkey")?,
            waiting_pkey: index(waiting.oid, c"waiting_pkey")?,
            docs_pkey: index(docs.oid, c"docs_pkey")?,
        };
        let name = name.clone();
        let forest = Self {
            schema,
            name,
            owner,
            ops,
            nodes,
            oprefs,
            ignored,
            waiting,
            docs,
            indexes,
            kinds,
        };
        for table in forest.tables() {
            if self::owner(table) != owner {
                return Err(refuse("its tables have different owners".into()));
            }
        }
        Ok(forest)
    }

    /// The OIDs of its tables, `ops` first.
    pub fn tables(&self) -> [Oid; 6] {
        [
            self.ops.oid,
            self.nodes.oid,
            self.oprefs.oid,
            self.ignored.oid,
            self.waiting.oid,
            self.docs.oid,
        ]
    }

    fn has(&self, relation: Oid) -> bool {
        let i = &self.indexes;
        let indexes = [
            i.ops_pkey,
            i.ops_timeline,
            i.nodes_pkey,
            i.nodes_children,
            i.nodes_deleted,
            i.oprefs_pkey,
            i.ignored_pkey,
            i.waiting_pkey,
            i.docs_pkey,
        ];
        self.tables().contains(&relation) || indexes.contains(&relation)
    }
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
    // SAFETY: catalog look-ups; the strings are copied before they go.
    unsafe {
        let name = pg_sys::get_namespace_name(schema);
        if name.is_null() {
            return None;
        }
        let quoted = CStr::from_ptr(pg_sys::quote_identifier(name)).to_string_lossy().into_owned();
        pg_sys::pfree(name.cast());
        Some(quoted)
    }
}

/// An identifier, quoted for use in SQL where it must be.
pub fn quote(identifier: &str) -> String {
    let identifier = CString::new(identifier).expect("SQL text has no zero bytes");
    // SAFETY: gives its argument or a palloc'd string.
    unsafe { CStr::from_ptr(pg_sys::quote_identifier(identifier.as_ptr())) }
        .to_string_lossy()
        .into_owned()
}

fn owner(relation: Oid) -> Oid {
    let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: opens and closes a relation that the catalog has just named.
    unsafe {
        let relation = pg_sys::table_open(relation, lock);
        let owner = (*(*relation).rd_rel).relowner;
        pg_sys::table_close(relation, lock);
        owner
    }
}

fn table<const N: usize>(
    schema: Oid,
    name: &CStr,
    columns: [&CStr; N],
) -> Result<Table<N>, String> {
    let shown = name.to_string_lossy();
    // SAFETY: catalog look-ups.
    unsafe {
        let oid = pg_sys::get_relname_relid(name.as_ptr(), schema);
        if oid == pg_sys::InvalidOid {
            return Err(format!("table {shown} is missing"));
        }
        if pg_sys::get_rel_relkind(oid) as u8 != pg_sys::RELKIND_RELATION {
            return Err(format!("{shown} is not an ordinary table"));
        }
        let mut attributes = [0; N];
        for (attribute, column) in attributes.iter_mut().zip(columns) {
            *attribute = pg_sys::get_attnum(oid, column.as_ptr());
            if *attribute <= 0 {
                return Err(format!("column {shown}.{} is missing", column.to_string_lossy()));
            }
        }
        Ok(Table { oid, columns: attributes })
    }
}
