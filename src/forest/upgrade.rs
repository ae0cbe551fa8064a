//! Forests of an older layout made to have the library's.

use pgrx::pg_sys::{self, Oid};
use pgrx::spi::Spi;

use super::find::{find_locked, named};
use super::layout::{LAYOUT, marked};
use super::open::{Access, rights};
use super::owner::acting_as;
use super::quote::schema_name;
use super::types::TypeOids;
use crate::error::Error;

/// From each earlier layout to the next one, SQL for a forest `@forest@`.
const STEPS: [&str; LAYOUT as usize] = [include_str!("../../sql/layouts/0-1.sql")];

/// Brings the tables of a forest to this library's layout, and checks them. Gives the layout that they
/// had.
///
/// # Errors
/// [`Error::Layout`] for one that is newer; those of [`Open::new`](super::Open::new).
pub fn upgrade(schema: Option<Oid>) -> Result<u32, Error> {
    let schema = schema.ok_or(Error::NullForest)?;
    let may = |tables: &[Oid]| rights(tables, Access::Drop, schema);
    let lock = pg_sys::AccessExclusiveLock as pg_sys::LOCKMODE;
    let oids = named(schema)?;
    may(&oids)?;
    // SAFETY: locks of this transaction's; the relation is closed again, its lock stays.
    let (found, owner) = unsafe {
        oids.iter().for_each(|&oid| pg_sys::LockRelationOid(oid, lock));
        let ops = pg_sys::try_relation_open(oids[0], pg_sys::NoLock as i32);
        if ops.is_null() || named(schema)? != oids {
            return Err(Error::Moving { schema: schema_name(schema).unwrap_or_default() });
        }
        let found = TypeOids::find().and_then(|types| marked(ops, &types));
        let owner = (*(*ops).rd_rel).relowner;
        pg_sys::relation_close(ops, pg_sys::NoLock as i32);
        (found.unwrap_or(LAYOUT), owner)
    };
    may(&oids)?;
    let forest = schema_name(schema).unwrap_or_default();
    if found > LAYOUT {
        return Err(Error::Layout { forest, found, known: LAYOUT });
    }
    acting_as(owner, || -> Result<(), Error> {
        for step in &STEPS[found as usize..] {
            Spi::run(&step.replace("@forest@", &forest))?;
        }
        Ok(())
    })?;
    find_locked(schema, lock, &may)?;
    Ok(found)
}
