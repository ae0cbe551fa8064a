//! Which operations of the running transaction a catch-up has taken: those of its statements that
//! have ended, and of the one that ends.
//!
//! A statement's operations are in `ops` before they are materialized. Somebody may append to the
//! same document meanwhile: a trigger on `ops`, or a function that the statement's query calls. To
//! that append they would look like operations of old, which took effect; so it ends when it meets
//! one that is not accounted for. Rows that ALTER TABLE has written anew look as if the transaction
//! had inserted them: so it also takes that more rows have entered `ops` than were taken.

use std::cell::RefCell;
use std::collections::HashMap;

use pgrx::pg_sys::{self, Oid};
use treecrdt::{Dot, VersionVector};

use crate::doc::DocName;
use crate::forest::Forest;
use crate::forest::shape::Docs;

/// What is known of a document.
#[derive(Debug, Default)]
struct Account {
    /// Rows that were about to enter `ops`, and those of them that a catch-up has taken.
    entered: u64,
    taken: u64,
    /// The operations taken.
    dots: VersionVector,
}

#[derive(Debug, Default)]
struct Accounts {
    /// By the forest's table `docs` and the document's name.
    places: HashMap<Oid, HashMap<DocName<'static>, usize>>,
    list: Vec<Account>,
    /// The document asked for last: operations of one tend to come together.
    last: Option<(Oid, DocName<'static>, usize)>,
}

impl Accounts {
    fn of(&mut self, docs: Oid, doc: &DocName<'_>) -> &mut Account {
        let at = match &self.last {
            Some((table, name, at)) if *table == docs && name == doc => *at,
            _ => {
                let places = self.places.entry(docs).or_default();
                let at = *places.entry(doc.clone().into_owned()).or_insert(self.list.len());
                if at == self.list.len() {
                    self.list.push(Account::default());
                }
                self.last = Some((docs, doc.clone().into_owned(), at));
                at
            }
        };
        &mut self.list[at]
    }
}

thread_local! {
    static ACCOUNTS: RefCell<Accounts> = RefCell::default();
}

/// Has the server tell when a transaction ends.
pub fn watch_transactions() {
    // SAFETY: registers a function that lives as long as the backend.
    unsafe { pg_sys::RegisterXactCallback(Some(ended), std::ptr::null_mut()) };
}

/// Called in the midst of errors too: must not fail.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn ended(
    _event: pg_sys::XactEvent::Type,
    _argument: *mut std::ffi::c_void,
) {
    let _ = ACCOUNTS.try_with(|accounts| {
        if let Ok(mut accounts) = accounts.try_borrow_mut() {
            *accounts = Accounts::default();
        }
    });
}

fn with<T>(forest: &Forest, doc: &DocName<'_>, look: impl FnOnce(&mut Account) -> T) -> T {
    ACCOUNTS.with_borrow_mut(|accounts| look(accounts.of(forest.table::<Docs>(), doc)))
}

/// Notes that a row is about to enter `ops`.
pub fn enter(forest: &Forest, doc: &DocName<'_>) {
    with(forest, doc, |account| account.entered += 1);
}

/// Accounts for operations that have entered, so many.
pub fn take(forest: &Forest, doc: &DocName<'_>, dots: &VersionVector, count: usize) {
    with(forest, doc, |account| account.taken += count as u64);
    add(forest, doc, dots);
}

/// Accounts for operations that are there, however they came.
pub fn add(forest: &Forest, doc: &DocName<'_>, dots: &VersionVector) {
    with(forest, doc, |account| account.dots.union(dots));
}

/// Whether an operation that this transaction has written is accounted for.
pub fn has(forest: &Forest, doc: &DocName<'_>, dot: Dot) -> bool {
    with(forest, doc, |account| account.entered <= account.taken || account.dots.contains(dot))
}
