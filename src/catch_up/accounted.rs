//! Which operations of the running transaction a catch-up has taken: those of its statements that
//! have ended, and of the one that ends.
//!
//! A statement's operations are in `ops` before they are materialized. Somebody may append to the
//! same document meanwhile: a trigger on `ops`, or a function that the statement's query calls. To
//! that append they would look like operations of old, which took effect; so it ends when it meets
//! one that is not accounted for. Rows that ALTER TABLE has written anew look as if the transaction
//! had inserted them: so it also takes that more rows have entered `ops` than were taken.
//!
//! What a subtransaction has noted goes with it if it is rolled back: the same operation may come again.

use std::cell::RefCell;
use std::collections::HashMap;

use pgrx::pg_sys::{self, Oid, SubTransactionId};
use treecrdt::{Dot, VersionVector};

use super::ancestry;
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Forest;
use crate::forest::shape::Docs;

/// What one subtransaction knows of a document.
#[derive(Debug)]
struct Layer {
    of: SubTransactionId,
    /// Rows that were about to enter `ops`, and those of them that a catch-up has taken.
    entered: u64,
    taken: u64,
    /// The operations taken: a few vectors, each less than half as large as the one before it, so that
    /// many small statements do not each copy what all have brought.
    dots: Vec<VersionVector>,
}

impl Layer {
    fn new(of: SubTransactionId) -> Self {
        Self { of, entered: 0, taken: 0, dots: Vec::new() }
    }

    fn add(&mut self, mut dots: VersionVector) {
        while self.dots.last().is_some_and(|last| last.range_count() <= 2 * dots.range_count()) {
            dots.union(&self.dots.pop().expect("it is there"));
        }
        self.dots.push(dots);
    }
}

/// What is known of a document, the innermost subtransaction last.
#[derive(Debug, Default)]
struct Account(Vec<Layer>);

impl Account {
    fn has(&self, dot: Dot) -> bool {
        let entered: u64 = self.0.iter().map(|layer| layer.entered).sum();
        let taken: u64 = self.0.iter().map(|layer| layer.taken).sum();
        entered <= taken
            || self.0.iter().flat_map(|layer| &layer.dots).any(|dots| dots.contains(dot))
    }
}

#[derive(Debug, Default)]
struct Accounts {
    /// By the forest's table `docs` and the document's name.
    places: HashMap<Oid, HashMap<DocName<'static>, usize>>,
    list: Vec<Account>,
    /// The document asked for last: operations of one tend to come together.
    last: Option<(Oid, DocName<'static>, usize)>,
    /// Which documents have a layer of which subtransaction, the innermost last.
    layers: Vec<(SubTransactionId, usize)>,
}

impl Accounts {
    fn of(&mut self, docs: Oid, doc: &DocName<'_>) -> usize {
        match &self.last {
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
        }
    }

    /// The layer of the running subtransaction.
    fn layer(&mut self, docs: Oid, doc: &DocName<'_>) -> &mut Layer {
        let at = self.of(docs, doc);
        // SAFETY: reads a counter of the running transaction.
        let now = unsafe { pg_sys::GetCurrentSubTransactionId() };
        let layers = &mut self.list[at].0;
        if layers.last().is_none_or(|layer| layer.of != now) {
            layers.push(Layer::new(now));
            self.layers.push((now, at));
        }
        layers.last_mut().expect("pushed above")
    }

    /// A subtransaction has ended: what it knew goes, or is its parent's.
    fn end(&mut self, ended: SubTransactionId, parent: Option<SubTransactionId>) {
        let first = self.layers.iter().rposition(|(of, _)| *of != ended).map_or(0, |at| at + 1);
        for (_, at) in self.layers.split_off(first) {
            let layers = &mut self.list[at].0;
            let Some(mut layer) = layers.pop_if(|layer| layer.of == ended) else { continue };
            let Some(parent) = parent else { continue };
            match layers.last_mut().filter(|above| above.of == parent) {
                Some(above) => {
                    above.entered += layer.entered;
                    above.taken += layer.taken;
                    layer.dots.into_iter().rev().for_each(|dots| above.add(dots));
                }
                None => {
                    layer.of = parent;
                    layers.push(layer);
                    self.layers.push((parent, at));
                }
            }
        }
    }
}

thread_local! {
    static ACCOUNTS: RefCell<Accounts> = RefCell::default();
}

/// Has the server tell when transactions and subtransactions end.
pub fn watch_transactions() {
    // SAFETY: registers functions that live as long as the backend.
    unsafe {
        pg_sys::RegisterXactCallback(Some(ended), std::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(subtransaction_ended), std::ptr::null_mut());
    }
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
    ancestry::forget_pieces();
}

/// As above.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn subtransaction_ended(
    event: pg_sys::SubXactEvent::Type,
    subtransaction: SubTransactionId,
    parent: SubTransactionId,
    _argument: *mut std::ffi::c_void,
) {
    let parent = match event {
        pg_sys::SubXactEvent::SUBXACT_EVENT_COMMIT_SUB => Some(parent),
        pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB => None,
        _ => return,
    };
    let _ = ACCOUNTS.try_with(|accounts| {
        if let Ok(mut accounts) = accounts.try_borrow_mut() {
            accounts.end(subtransaction, parent);
        }
    });
}

fn with_layer<T>(forest: &Forest, doc: &DocName<'_>, look: impl FnOnce(&mut Layer) -> T) -> T {
    ACCOUNTS.with_borrow_mut(|accounts| look(accounts.layer(forest.table::<Docs>(), doc)))
}

/// Notes that a row is about to enter `ops`.
pub fn enter(forest: &Forest, doc: &DocName<'_>) {
    with_layer(forest, doc, |layer| layer.entered += 1);
}

/// Accounts for operations that have entered, so many.
pub fn take(forest: &Forest, doc: &DocName<'_>, dots: &VersionVector, count: usize) {
    with_layer(forest, doc, |layer| layer.taken += count as u64);
    add(forest, doc, dots.clone());
}

/// Accounts for operations that are there, however they came.
pub fn add(forest: &Forest, doc: &DocName<'_>, dots: VersionVector) {
    with_layer(forest, doc, |layer| layer.add(dots));
}

/// Forgets the operations of a document that is dropped: they may come again.
pub fn forget(forest: &Forest, doc: &DocName<'_>) {
    ACCOUNTS.with_borrow_mut(|accounts| {
        let at = accounts.of(forest.table::<Docs>(), doc);
        accounts.list[at].0.iter_mut().for_each(|layer| layer.dots.clear());
    });
}

/// Ends the statement at an operation that this transaction has written and that is not accounted for.
///
/// # Errors
/// [`Error::InUse`].
pub fn must_have(forest: &Forest, doc: &DocName<'_>, dot: Dot) -> Result<(), Error> {
    let has = ACCOUNTS.with_borrow_mut(|accounts| {
        let at = accounts.of(forest.table::<Docs>(), doc);
        accounts.list[at].has(dot)
    });
    if has { Ok(()) } else { Err(Error::in_use(&forest.name, doc)) }
}
