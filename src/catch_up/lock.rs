//! The lock on a document: its row in `docs`, and a gate in front of it.
//!
//! **The row** is locked before anything is read, and held to the end of the transaction. Without
//! it two catch-ups of one document would not see each other's operations, and leave tables that
//! match neither. Since every catch-up also updates the row, at REPEATABLE READ the later one gets
//! 40001 instead of an old snapshot.
//!
//! **The gate**, a lock in the server's lock table, is taken before the first of a statement's
//! operations enters `ops`. Without it two transactions that bring the same operation could
//! deadlock: the one that waits for the other's entry in the primary key may hold the row that the
//! other waits for.
//!
//! Both are taken in the order of documents. What documents a statement is about is only known at
//! its end, so a statement that turns out to be about several opens the gate it holds again, and
//! takes all locks when its operations are there. What deadlocks remain are those of transactions
//! whose statements take documents in opposite orders, or which bring the same operations within
//! statements about several documents; the server ends one of the two with 40P01.

use std::cell::RefCell;

use pgrx::pg_sys;

use super::ancestry;
use crate::doc::{DocDatum, DocName};
use crate::error::Error;
use crate::forest::plans;
use crate::forest::shape::{Docs, Ops};
use crate::forest::{Forest, Open, Statement};
use crate::server;
use crate::storage::reader::{DocRow, Reader};
use crate::storage::row::{Row, Version};

/// How many gates a transaction may hold: the server's lock table is shared by all.
const MOST_GATES: usize = 256;

/// How often a document that others make and drop at the same time is tried.
const TRIES: usize = 100;

/// The document that a statement began with.
#[derive(Debug, Clone)]
struct First {
    statement: Statement,
    doc: DocName<'static>,
    gate: Option<pg_sys::LOCKTAG>,
    /// Whether the statement is about others too, and the gate open.
    several: bool,
}

/// The row of a document that is locked, as it was then.
#[derive(Debug)]
pub struct Locked {
    /// What it holds.
    pub row: DocRow,
    /// Which version of it that is.
    pub version: Version,
}

thread_local! {
    static FIRST: RefCell<Option<First>> = const { RefCell::new(None) };
    /// A transaction, and how many gates it holds.
    static GATES: RefCell<(pg_sys::LocalTransactionId, usize)> = const { RefCell::new((0, 0)) };
}

/// Takes the gate of a document before an operation of its enters the log.
pub fn enter(forest: &Forest, doc: &DocName<'_>) {
    let statement = Statement::now(forest.table::<Ops>());
    let first = FIRST.with_borrow(|first| {
        let first = first.as_ref().filter(|first| first.statement == statement);
        first.map(|first| (first.several || first.doc == *doc, first.gate))
    });
    match first {
        Some((true, _)) => {}
        Some((false, gate)) => {
            if let Some(gate) = gate {
                release(gate);
            }
            FIRST.with_borrow_mut(|first| {
                if let Some(first) = first {
                    first.several = true;
                }
            });
        }
        None => {
            let gate = acquire(forest, doc);
            let first = First { statement, doc: doc.clone().into_owned(), gate, several: false };
            FIRST.set(Some(first));
        }
    }
}

/// Locks a document for a catch-up, making its row in `docs` if there is none.
///
/// To be called as the forest's owner, and for several documents in their order.
///
/// # Errors
/// [`Error::Suppressed`] if the row cannot be made. Errors of the server, 40001 among them, end
/// the statement.
pub fn take(forest: &Open, doc: &DocName<'_>) -> Result<Locked, Error> {
    acquire(forest, doc);
    // Others, who make and drop the document without passing the gate, may come in between.
    for _ in 0..TRIES {
        if let Some(locked) = lock_row(forest, doc)? {
            return Ok(locked);
        }
        plans::run(forest, include_str!("../../sql/new_doc.sql"), &[doc.param()])?;
    }
    Err(Error::Suppressed { table: "docs".into() })
}

/// Locks a document if it is there.
///
/// # Errors
/// As for [`take`].
pub fn take_existing(forest: &Open, doc: &DocName<'_>) -> Result<Option<Locked>, Error> {
    acquire(forest, doc);
    lock_row(forest, doc)
}

fn lock_row(forest: &Open, doc: &DocName<'_>) -> Result<Option<Locked>, Error> {
    let read = |row: &Row<'_, Docs>| Locked { row: DocRow::read(row), version: row.version() };
    let mut reader = Reader::open(forest)?;
    // A row that is written all the time has many dead versions, which an index would lead us past.
    if let Some(version) = ancestry::last_version(forest, doc)
        && reader.doc_at.find_version(version).is_some_and(|row| row.doc().as_ref() == Some(doc))
    {
        return reader.doc_at.lock_found(read);
    }
    if reader.doc.find(&[DocDatum::new(doc).arg()], &[])?.is_none() {
        return Ok(None);
    }
    reader.doc.lock_found(read)
}

/// Waits for the gate of a document, unless the transaction holds too many.
fn acquire(forest: &Forest, doc: &DocName<'_>) -> Option<pg_sys::LOCKTAG> {
    let transaction = server::local_transaction();
    let held = GATES.with_borrow(|&(of, held)| if of == transaction { held } else { 0 });
    if held >= MOST_GATES {
        return None;
    }
    let gate = gate(forest, doc);
    // SAFETY: waits for a lock of this transaction's; an error ends the statement.
    let result = unsafe { pg_sys::LockAcquire(&gate, pg_sys::ExclusiveLock as i32, false, false) };
    let new = result == pg_sys::LockAcquireResult::LOCKACQUIRE_OK;
    GATES.set((transaction, held + usize::from(new)));
    Some(gate)
}

fn release(gate: pg_sys::LOCKTAG) {
    // SAFETY: gives back what `acquire` took in this statement.
    unsafe { pg_sys::LockRelease(&gate, pg_sys::ExclusiveLock as i32, false) };
}

/// A document's gate: an object of the class `docs` that no catalog knows, told by a hash. Should
/// two documents have the same, they wait for each other without need.
///
/// All backends must come to the same hash, whatever release of Rust built what they have loaded: it
/// is FNV-1a, folded to 32 bits.
fn gate(forest: &Forest, doc: &DocName<'_>) -> pg_sys::LOCKTAG {
    let hash = doc.bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // SAFETY: reads the database's OID.
    let database = unsafe { pg_sys::MyDatabaseId };
    pg_sys::LOCKTAG {
        locktag_field1: database.to_u32(),
        locktag_field2: forest.table::<Docs>().to_u32(),
        locktag_field3: (hash ^ (hash >> 32)) as u32,
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_OBJECT as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    }
}
