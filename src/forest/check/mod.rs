//! Whether a table has the shape that is declared for it.
//!
//! Rows are read and written without a query, so what a column is taken for decides what its bytes
//! are read as. Nothing is taken on trust: kind, persistence, inheritance, types, collations,
//! indexes and triggers are held against the [declaration](crate::forest::shape) whenever the server has
//! said that something about the table changed. The table is locked then, and stays so.

use std::ffi::CStr;

use pgrx::pg_sys::ffi::pg_guard_ffi_boundary as guarded;
use pgrx::pg_sys::{self, AttrNumber, Oid};

mod indexes;

use crate::doc::DocType;
use crate::error::Error;
use crate::forest::layout;
use crate::forest::quote::quote;
use crate::forest::shape::{TableShape, TriggerShape};
use crate::forest::types::TypeOids;
use crate::server;

// Of the server's `catalog/pg_inherits.h`, which pgrx has no bindings for.
unsafe extern "C-unwind" {
    fn has_superclass(relation: Oid) -> bool;
    fn find_inheritance_children(parent: Oid, lock: pg_sys::LOCKMODE) -> *mut pg_sys::List;
}

/// The catalog of constraints (`catalog/pg_constraint.h`), which the bindings leave out.
const PG_CONSTRAINT: Oid = Oid::from_u32(2606);

/// A table as it was found: where its columns stand, and which of its indexes are which.
#[derive(Debug)]
pub struct Found {
    /// Its OID.
    pub oid: Oid,
    /// Its owner.
    pub owner: Oid,
    /// The numbers of the declared columns, in their order.
    pub columns: Vec<AttrNumber>,
    /// The OIDs of the declared indexes, in their order.
    pub indexes: Vec<Oid>,
    /// Whether one of them has an expression in the place of a column.
    pub has_expression: bool,
    /// The transaction that last changed the table's row in `pg_class`.
    pub changed_by: pg_sys::TransactionId,
}

/// A table under examination.
struct Exam<'s> {
    relation: pg_sys::Relation,
    shape: &'static TableShape,
    /// The forest's name, quoted.
    forest: &'s str,
    /// The type of its documents.
    docs: DocType,
    types: &'s TypeOids,
}

/// Holds a table against its declaration.
///
/// # Errors
/// [`Error::Shape`] or [`Error::Unready`]: what is wrong with it, and how to mend it.
///
/// # Safety
/// The relation is open and locked.
pub unsafe fn check(
    relation: pg_sys::Relation,
    shape: &'static TableShape,
    forest: &str,
    docs: DocType,
    types: &TypeOids,
) -> Result<Found, Error> {
    let exam = Exam { relation, shape, forest, docs, types };
    // SAFETY: by the caller's promise, for all that follows.
    unsafe {
        exam.is_ordinary()?;
        let columns = exam.columns()?;
        let (indexes, has_expression) = exam.indexes(&columns)?;
        exam.triggers()?;
        exam.foreign_keys()?;
        let row = (*relation).rd_rel;
        Ok(Found {
            oid: (*relation).rd_id,
            owner: (*row).relowner,
            columns,
            indexes,
            has_expression,
            changed_by: changed_by((*relation).rd_id),
        })
    }
}

impl Exam<'_> {
    fn table(&self) -> String {
        format!("{}.{}", self.forest, self.shape.name.to_string_lossy())
    }

    fn refuse(&self, problem: String, mend: impl Into<String>) -> Error {
        Error::Shape { forest: self.forest.into(), problem, mend: mend.into() }
    }

    /// No foreign key by which rows go, or change, when those of another table do: a log whose document is
    /// gone, for instance.
    unsafe fn foreign_keys(&self) -> Result<(), Error> {
        let of = pg_sys::SysCacheIdentifier::CONSTROID as i32;
        // SAFETY: the relation is open; its list has nodes of this kind. Columns of a constraint's row are read
        // while it is held.
        unsafe {
            let keys = pg_sys::RelationGetFKeyList(self.relation);
            for at in 0..pg_sys::list_length(keys) {
                let key = pg_sys::list_nth(keys, at).cast::<pg_sys::ForeignKeyCacheInfo>();
                let constraint = (*key).conoid;
                let row = pg_sys::SearchSysCache1(of, pg_sys::Datum::from(constraint));
                if row.is_null() {
                    continue;
                }
                // Their numbers are not the same in all versions.
                let actions = [c"confdeltype", c"confupdtype"].map(|column| {
                    let mut is_null = false;
                    let column = pg_sys::get_attnum(PG_CONSTRAINT, column.as_ptr());
                    pg_sys::SysCacheGetAttr(of, row, column, &raw mut is_null).value() as u8
                });
                pg_sys::ReleaseSysCache(row);
                if actions.iter().all(|action| b"ar".contains(action)) {
                    continue;
                }
                let name = pg_sys::get_constraint_name(constraint);
                let name = if name.is_null() { c"?" } else { CStr::from_ptr(name) };
                let (table, name) = (self.table(), quote(name));
                return Err(self.refuse(
                    format!("the foreign key {name} of {table} deletes or changes its rows with those of another table"),
                    format!(
                        "ALTER TABLE {table} DROP CONSTRAINT {name}; a document goes with \
                         treecrdt.drop_doc, which a trigger on the other table may call."
                    ),
                ));
            }
        }
        Ok(())
    }

    /// An ordinary, permanent table on its own.
    unsafe fn is_ordinary(&self) -> Result<(), Error> {
        let table = self.table();
        // SAFETY: the relation is open.
        let (row, oid) = unsafe { (&*(*self.relation).rd_rel, (*self.relation).rd_id) };
        let is = match row.relkind as u8 {
            pg_sys::RELKIND_RELATION => None,
            pg_sys::RELKIND_VIEW => Some("a view"),
            pg_sys::RELKIND_MATVIEW => Some("a materialized view"),
            pg_sys::RELKIND_FOREIGN_TABLE => Some("a foreign table"),
            pg_sys::RELKIND_PARTITIONED_TABLE => Some("a partitioned table"),
            _ => Some("no table"),
        };
        let is = is.or(match row.relpersistence as u8 {
            pg_sys::RELPERSISTENCE_PERMANENT => None,
            pg_sys::RELPERSISTENCE_UNLOGGED => Some("an unlogged table"),
            _ => Some("a temporary table"),
        });
        let is = is.or((row.relam != pg_sys::HEAP_TABLE_AM_OID).then_some("not a heap"));
        // SAFETY: look-ups in catalogs.
        let family = unsafe {
            if row.relispartition {
                Some("a partition")
            } else if guarded(|| has_superclass(oid)) {
                Some("a child of another table")
            } else if row.relhassubclass
                && !guarded(|| find_inheritance_children(oid, pg_sys::NoLock as i32)).is_null()
            {
                Some("the parent of another table")
            } else {
                None
            }
        };
        match is.or(family) {
            None => Ok(()),
            Some("an unlogged table") => Err(self.refuse(
                format!("{table} is an unlogged table, not an ordinary one"),
                format!("ALTER TABLE {table} SET LOGGED;"),
            )),
            Some(is) => Err(self.refuse(
                format!("{table} is {is}, not an ordinary table of its own"),
                "Put back the table that treecrdt.create_forest made, or make another forest.",
            )),
        }
    }

    unsafe fn columns(&self) -> Result<Vec<AttrNumber>, Error> {
        // SAFETY: the relation is open.
        let attributes = unsafe { server::columns((*self.relation).rd_att) };
        let mut numbers = Vec::with_capacity(self.shape.columns.len());
        for column in self.shape.columns {
            // SAFETY: names in catalogs end with a zero byte.
            let named = |attribute: &&pg_sys::FormData_pg_attribute| unsafe {
                !attribute.attisdropped
                    && CStr::from_ptr(attribute.attname.data.as_ptr()) == column.name
            };
            let of = self.docs.resolve(column.of);
            let table = self.table();
            let name = column.name.to_string_lossy();
            let Some(found) = attributes.clone().find(named) else {
                let required = if column.required { " NOT NULL" } else { "" };
                return Err(self.refuse(
                    format!("{table} has no column {name}"),
                    format!("ALTER TABLE {table} ADD COLUMN {name} {}{required};", of.sql()),
                ));
            };
            let wrong = if found.atttypid != self.types.of(of)
                || found.attcollation != of.collation()
                || found.atttypmod != -1
            {
                Some(("TYPE", of.sql()))
            } else if found.attgenerated != 0 {
                Some(("DROP EXPRESSION", ""))
            } else if column.required && !found.attnotnull {
                Some(("SET NOT NULL", ""))
            } else {
                None
            };
            if let Some((change, to)) = wrong {
                let is = match change {
                    "TYPE" => format!("is not of type {to}"),
                    "DROP EXPRESSION" => "is a generated column".into(),
                    _ => "may be NULL".into(),
                };
                let mend = format!("ALTER TABLE {table} ALTER COLUMN {name} {change} {to}");
                return Err(self.refuse(
                    format!("column {name} of {table} {is}"),
                    format!("{};", mend.trim_end()),
                ));
            }
            numbers.push(found.attnum);
        }
        Ok(numbers)
    }

    /// The triggers that call our functions: those that are declared, each once.
    unsafe fn triggers(&self) -> Result<(), Error> {
        let table = self.table();
        // SAFETY: the relation is open; a table without triggers has no descriptor. A look-up may take
        // in news of a change, which frees the one that the relation has: so it is copied.
        let all = unsafe {
            let descriptor = pg_sys::CopyTriggerDesc((*self.relation).trigdesc).as_ref();
            descriptor.map_or(&[][..], |it| {
                std::slice::from_raw_parts(it.triggers, it.numtriggers as usize)
            })
        };
        // SAFETY: names in catalogs end with a zero byte.
        let name_of = |it: &pg_sys::Trigger| unsafe { CStr::from_ptr(it.tgname) };
        let mut missing: Vec<&TriggerShape> = self.shape.triggers.iter().collect();
        let mut others = Vec::new();
        for trigger in all {
            let function = self.types.function_of_ours(trigger.tgfoid);
            match missing.iter().position(|shape| is_trigger(trigger, function.as_deref(), shape)) {
                Some(at) => {
                    missing.remove(at);
                }
                None if function.is_some() => others.push(name_of(trigger)),
                None => {}
            }
        }
        let drop = |name: &CStr| format!("DROP TRIGGER {} ON {table};", quote(name));
        if let Some(shape) = missing.first() {
            let name = shape.name.to_string_lossy();
            let taken = all.iter().any(|it| name_of(it) == shape.name);
            let (other, drop) = if taken {
                (" (the one of that name is another)", drop(shape.name) + " ")
            } else {
                ("", String::new())
            };
            return Err(self.refuse(
                format!("{table} has no trigger {name}{other}"),
                format!(
                    "{drop}CREATE TRIGGER {name} {} EXECUTE FUNCTION treecrdt.{}({});",
                    shape.sql.replace("@table@", &table),
                    shape.function.to_string_lossy(),
                    layout::arguments_of(shape.function)
                ),
            ));
        }
        match others.first() {
            None => Ok(()),
            Some(other) => Err(self.refuse(
                format!("trigger {} on {table} is one too many", quote(other)),
                drop(other),
            )),
        }
    }
}

/// Whether a trigger that calls this function has this shape.
fn is_trigger(trigger: &pg_sys::Trigger, function: Option<&CStr>, shape: &TriggerShape) -> bool {
    trigger.tgtype as u32 == shape.when
        && function == Some(shape.function)
        && trigger.tgqual.is_null()
        && trigger.tgnattr == 0
        && trigger.tgnewtable.is_null() != shape.transition
        && layout::has_arguments_of(trigger, shape.function)
}

/// The transaction that wrote the row in `pg_class` which a relation has now.
fn changed_by(relation: Oid) -> pg_sys::TransactionId {
    // SAFETY: a syscache look-up; the tuple is released before it goes.
    unsafe {
        let cache = pg_sys::SysCacheIdentifier::RELOID as i32;
        let tuple = pg_sys::SearchSysCache1(cache, relation.into());
        if tuple.is_null() {
            return pg_sys::InvalidTransactionId;
        }
        let header = &*(*tuple).t_data;
        let frozen =
            u32::from(header.t_infomask) & pg_sys::HEAP_XMIN_FROZEN == pg_sys::HEAP_XMIN_FROZEN;
        let by = if frozen { pg_sys::FrozenTransactionId } else { header.t_choice.t_heap.t_xmin };
        pg_sys::ReleaseSysCache(tuple);
        by
    }
}

/// A relation's name.
///
/// # Safety
/// The relation is open.
pub unsafe fn relation_name(relation: pg_sys::Relation) -> String {
    // SAFETY: by the caller's promise.
    let name = unsafe { CStr::from_ptr((*(*relation).rd_rel).relname.data.as_ptr()) };
    name.to_string_lossy().into_owned()
}
