//! The lock on a document, which is the lock on its row in `docs`.
//!
//! It is taken before the first of a statement's operations enters `ops`, and held to the end of
//! the transaction. The anomalies it prevents:
//!
//! * two catch-ups of one document that do not see each other's operations, and leave tables that
//!   match neither. Since every catch-up also updates the row, at REPEATABLE READ the later one
//!   gets 40001 instead of an old snapshot;
//! * a deadlock between two transactions that bring the same operation: the one that waits for
//!   the other's entry in the primary key would else hold what the other waits for.
//!
//! Within a statement documents are locked in the order their rows come, so those who write
//! several in one statement do well to order it by doc.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use pgrx::pg_sys;
use pgrx::spi::{OwnedPreparedStatement, Spi};

use crate::error::Error;
use crate::forest::Forest;

/// The stretch of a transaction in which a lock, once taken, needs no second look: no
/// subtransaction has ended and no command of ours or others has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Epoch {
    transaction: pg_sys::TransactionId,
    subtransaction: pg_sys::SubTransactionId,
    command: pg_sys::CommandId,
}

impl Epoch {
    fn now() -> Self {
        // SAFETY: reads counters of the running transaction.
        unsafe {
            Self {
                transaction: pg_sys::GetTopTransactionIdIfAny(),
                subtransaction: pg_sys::GetCurrentSubTransactionId(),
                command: pg_sys::GetCurrentCommandId(false),
            }
        }
    }
}

#[derive(Default)]
struct Held {
    epoch: Option<Epoch>,
    docs: HashSet<(pg_sys::Oid, String)>,
}

thread_local! {
    static HELD: RefCell<Held> = RefCell::default();
    static PLANS: RefCell<HashMap<String, Rc<OwnedPreparedStatement>>> = RefCell::default();
}

/// Whether this statement holds the lock already.
pub fn is_held(forest: &Forest, doc: &str) -> bool {
    HELD.with_borrow(|held| {
        held.epoch == Some(Epoch::now()) && held.docs.contains(&(forest.docs.oid, doc.to_owned()))
    })
}

/// Locks a document, making its row in `docs` if there is none. Waits for whoever holds it.
///
/// To be called as the forest's owner.
///
/// # Errors
/// Those of the server, 40001 among them, end the statement.
pub fn take(forest: &Forest, doc: &str) -> Result<(), Error> {
    let before = Epoch::now();
    let name = &forest.name;
    let lock =
        format!("SELECT 1 FROM {name}.docs WHERE doc OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE");
    if run(&lock, doc)? == 0 {
        run(&format!("INSERT INTO {name}.docs (doc) VALUES ($1) ON CONFLICT DO NOTHING"), doc)?;
        if run(&lock, doc)? == 0 {
            return Err(Error::Suppressed { table: "docs".into() });
        }
    }
    HELD.with_borrow_mut(|held| {
        if held.epoch != Some(before) {
            held.docs.clear();
        }
        held.epoch = Some(Epoch::now());
        held.docs.insert((forest.docs.oid, doc.to_owned()));
    });
    Ok(())
}

fn run(sql: &str, doc: &str) -> Result<usize, Error> {
    Spi::connect_mut(|client| {
        let known = PLANS.with_borrow(|plans| plans.get(sql).cloned());
        let plan = match known {
            Some(plan) => plan,
            None => {
                let text = [pgrx::PgBuiltInOids::TEXTOID.oid()];
                let plan = Rc::new(client.prepare_mut(sql, &text)?.keep());
                PLANS.with_borrow_mut(|plans| plans.insert(sql.to_owned(), plan.clone()));
                plan
            }
        };
        Ok(client.update(&*plan, None, &[doc.into()])?.len())
    })
}
