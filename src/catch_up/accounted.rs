//! Which operations of the running transaction a catch-up has taken: those of its statements that
//! have ended, and of the one that ends.
//!
//! A statement's operations are in `ops` before they are materialized. Somebody may append to the
//! same document meanwhile: a trigger on `ops`, or a function that the statement's query calls. To
//! that append they would look like operations of old, which took effect; so it ends when it meets
//! one that is not accounted for.

use std::cell::RefCell;
use std::collections::HashMap;

use pgrx::pg_sys::{self, Oid};
use treecrdt::{Dot, VersionVector};

use crate::forest::Forest;
use crate::forest::shape::Docs;

/// By the forest's table `docs` and the document's name.
type Accounts = HashMap<Oid, HashMap<String, VersionVector>>;

thread_local! {
    /// A transaction, and what it has accounted for.
    static ACCOUNTED: RefCell<(pg_sys::LocalTransactionId, Accounts)> = RefCell::default();
}

fn with<T>(look: impl FnOnce(&mut Accounts) -> T) -> T {
    // SAFETY: reads the running transaction's number.
    let transaction = unsafe { (*pg_sys::MyProc).lxid };
    ACCOUNTED.with_borrow_mut(|(of, accounts)| {
        if *of != transaction {
            (*of, *accounts) = (transaction, Accounts::default());
        }
        look(accounts)
    })
}

/// Accounts for operations of a document.
pub fn add(forest: &Forest, doc: &str, dots: impl Iterator<Item = Dot>) {
    let dots: VersionVector = dots.collect();
    with(|accounts| {
        let docs = accounts.entry(forest.table::<Docs>()).or_default();
        match docs.get_mut(doc) {
            Some(known) => known.union(&dots),
            None => {
                docs.insert(doc.to_owned(), dots);
            }
        }
    });
}

/// Whether an operation that this transaction has written is accounted for.
pub fn has(forest: &Forest, doc: &str, dot: Dot) -> bool {
    with(|accounts| {
        let docs = accounts.get(&forest.table::<Docs>());
        docs.and_then(|docs| docs.get(doc)).is_some_and(|dots| dots.contains(dot))
    })
}
