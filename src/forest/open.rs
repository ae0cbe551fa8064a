//! A forest at work: for what, with which lock and which right; and its tables, open.

use std::ffi::CStr;
use std::ops::Deref;
use std::rc::Rc;

use pgrx::pg_sys::{self, AttrNumber, Oid};

use super::find::{Forest, find_locked};
use super::quote::schema_name;
use super::shape::{COUNT, TABLES, Table};
use crate::error::Error;
use crate::server;

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
        let may = |tables: &[Oid]| rights(tables, access, schema);
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

    /// The file in which a table is.
    pub fn file_of<T: Table>(&self) -> Oid {
        // SAFETY: the table is open.
        unsafe { (*(*self.relation::<T>()).rd_rel).relfilenode }
    }

    /// The same, and how many pages it has.
    pub fn extent_of<T: Table>(&self) -> (Oid, u32) {
        let (table, main) = (self.relation::<T>(), pg_sys::ForkNumber::MAIN_FORKNUM);
        // SAFETY: the table is open.
        (self.file_of::<T>(), unsafe { pg_sys::RelationGetNumberOfBlocksInFork(table, main) })
    }

    /// Ends the statement if a table is not in the file in which it was when the query began to read it, or that has been
    /// cut off: nothing keeps the transaction itself from writing it anew between two calls.
    ///
    /// # Errors
    /// [`Error::Rewritten`].
    pub fn must_be_in_file<T: Table>(&self, (file, pages): (Oid, u32)) -> Result<(), Error> {
        let now = self.extent_of::<T>();
        if now.0 == file && now.1 >= pages {
            return Ok(());
        }
        let name = TABLES[T::AT].name.to_string_lossy();
        Err(Error::Rewritten { table: format!("{}.{name}", self.forest.name) })
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

/// Whether the caller may do what is meant with these tables, `ops` first.
pub(super) fn rights(tables: &[Oid], access: Access, schema: Oid) -> Result<(), Error> {
    // SAFETY: look-ups by the OIDs of a relation and of the current user.
    let (may, needs) = unsafe {
        let user = pg_sys::GetUserId();
        let owns = |&table: &Oid| server::owns(pg_sys::RelationRelationId, table, user);
        match access {
            Access::Read => return Ok(()),
            Access::Append => {
                (server::may(tables[0], user, pg_sys::ACL_INSERT), "it takes INSERT on ops")
            }
            Access::Own => (owns(&tables[0]), "only its owner may do this"),
            // All are locked against everybody: nobody's may be but the caller's.
            Access::Drop => (tables.iter().all(owns), "only its owner may do this"),
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
