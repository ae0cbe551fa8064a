//! The operations that a statement has brought, told apart by fingerprints: one whose dot is there already is a
//! redelivery if it is the same, and an error if it is another.
//!
//! `ON CONFLICT DO NOTHING` passes over a row whose dot is there, whatever else it says. So the check of each row
//! leaves its dot and a hash of what it says, and where a statement has inserted fewer rows than were checked, the
//! others are compared with what is there. Nobody looks otherwise.
//!
//! The hash is by a key of the process, which outsiders do not know; whoever made two operations alike would have the
//! first one stay, and nothing else.

use std::cell::RefCell;
use std::hash::BuildHasher as _;

use pgrx::pg_sys::{self, Oid, SubTransactionId};
use treecrdt::{Keyed, Names, NodeId, OpKind, ReplicaId};

use crate::datum::{Arg, Varlena};
use crate::doc::{DocDatum, DocName};
use crate::error::Error;
use crate::forest::Open;
use crate::memory;
use crate::server;
use crate::storage::reader::Reader;
use crate::storage::rows::OpRow;

/// A statement that inserts into a forest's `ops`, in one or several places: the memory in which the executor has its
/// own copy of the table's triggers tells it from another that runs within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Statement {
    transaction: pg_sys::LocalTransactionId,
    subtransaction: SubTransactionId,
    table: Oid,
    /// Where that memory is. Only compared.
    memory: usize,
}

impl Statement {
    /// The one whose trigger is running.
    ///
    /// # Safety
    /// `data` is that of a trigger which is running.
    unsafe fn of(data: *mut pg_sys::TriggerData) -> Self {
        // SAFETY: by the caller's promise; the relation is open, and has the trigger.
        unsafe {
            // The copy and its names are in one memory.
            let own = (*(*data).tg_trigger).tgname;
            Self {
                transaction: server::local_transaction(),
                subtransaction: pg_sys::GetCurrentSubTransactionId(),
                table: (*(*data).tg_relation).rd_id,
                memory: pg_sys::GetMemoryChunkContext(own.cast()) as usize,
            }
        }
    }
}

/// An operation that was brought. Ordered by its dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Proposal {
    doc: u32,
    replica: u32,
    counter: i64,
    hash: u64,
    says: Says,
    /// Whether it was inserted.
    is_new: bool,
}

/// What an operation is about, for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Says {
    lamport: i64,
    kind: u8,
    node: NodeId,
}

impl Says {
    fn of(row: &OpRow<'_>) -> Self {
        let kind = OpKind::ALL.iter().position(|&it| it == row.parts.kind).unwrap_or_default();
        Self { lamport: row.parts.lamport, kind: kind as u8, node: row.parts.node }
    }
}

impl std::fmt::Display for Says {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = OpKind::ALL[usize::from(self.kind)];
        write!(f, "{kind} of node {} at lamport {}", self.node, self.lamport)
    }
}

/// What a statement has brought.
#[derive(Debug)]
struct Proposed {
    by: Statement,
    docs: Names<DocName<'static>>,
    replicas: Names<ReplicaId>,
    rows: Vec<Proposal>,
}

impl Proposed {
    /// The dot of a row, its parts by number.
    fn dot(&mut self, row: &OpRow<'_>) -> (u32, u32, i64) {
        let doc = self.docs.number(|it| *it == row.doc, || row.doc.clone().into_owned());
        let id = row.parts.replica;
        let own = || ReplicaId::new(id).expect("the row was checked");
        let replica = self.replicas.number(|it| it.as_bytes() == id, own);
        (doc, replica, row.parts.counter)
    }
}

thread_local! {
    /// By statements that have not ended, the innermost last.
    static PROPOSED: RefCell<Vec<Proposed>> = const { RefCell::new(Vec::new()) };
}

/// Has the server tell when transactions and subtransactions end, and statements with them.
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
    forget(|_| true);
}

/// As above.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn subtransaction_ended(
    event: pg_sys::SubXactEvent::Type,
    subtransaction: SubTransactionId,
    _parent: SubTransactionId,
    _argument: *mut std::ffi::c_void,
) {
    if event == pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB {
        forget(|by| by.subtransaction == subtransaction);
    }
}

fn forget(which: impl Fn(&Statement) -> bool) {
    let _ = PROPOSED.try_with(|proposed| {
        if let Ok(mut proposed) = proposed.try_borrow_mut() {
            proposed.retain(|it| !which(&it.by));
        }
    });
}

/// Notes a row that was checked, and is about to enter `ops`.
///
/// # Safety
/// `data` is that of the trigger that checks it, which is running.
pub unsafe fn note(data: *mut pg_sys::TriggerData, row: &OpRow<'_>) {
    // SAFETY: by the caller's promise.
    let by = unsafe { Statement::of(data) };
    memory::check();
    let (hash, says) = (fingerprint(row), Says::of(row));
    PROPOSED.with_borrow_mut(|all| {
        let at = all.iter().rposition(|it| it.by == by).unwrap_or_else(|| {
            all.push(Proposed {
                by,
                docs: Names::default(),
                replicas: Names::default(),
                rows: Vec::new(),
            });
            all.len() - 1
        });
        let (doc, replica, counter) = all[at].dot(row);
        all[at].rows.push(Proposal { doc, replica, counter, hash, says, is_new: false });
    });
}

/// Ends the statement that has inserted these rows if it has brought others whose dots are there with other
/// contents.
///
/// # Errors
/// [`Error::OtherContent`].
///
/// # Safety
/// `data` is that of the trigger after the statement, which is running and has a transition table.
pub unsafe fn must_be_redelivered(
    forest: &Open,
    data: *mut pg_sys::TriggerData,
) -> Result<(), Error> {
    // SAFETY: by the caller's promise.
    let (by, inserted) = unsafe {
        let inserted = pg_sys::tuplestore_tuple_count((*data).tg_newtable);
        (Statement::of(data), usize::try_from(inserted).unwrap_or(0))
    };
    let proposed = PROPOSED.with_borrow_mut(|all| {
        let at = all.iter().rposition(|it| it.by == by)?;
        Some(all.remove(at))
    });
    let Some(mut proposed) = proposed.filter(|it| it.rows.len() > inserted) else { return Ok(()) };
    proposed.rows.sort_unstable();
    // SAFETY: by the caller's promise.
    unsafe { proposed.mark_inserted(forest, data)? };
    proposed.compare(forest)
}

impl Proposed {
    /// Marks the rows that are in the transition table.
    ///
    /// # Safety
    /// As for [`must_be_redelivered`].
    unsafe fn mark_inserted(
        &mut self,
        forest: &Open,
        data: *mut pg_sys::TriggerData,
    ) -> Result<(), Error> {
        // SAFETY: by the caller's promise; the store is read from its start.
        unsafe {
            let shape = (*(*data).tg_relation).rd_att;
            let slot =
                pg_sys::MakeSingleTupleTableSlot(shape, &raw const pg_sys::TTSOpsMinimalTuple);
            pg_sys::tuplestore_rescan((*data).tg_newtable);
            while pg_sys::tuplestore_gettupleslot((*data).tg_newtable, true, false, slot) {
                memory::check();
                let dot = self.dot(&OpRow::incoming(slot, forest)?);
                let from = self.rows.partition_point(|it| (it.doc, it.replica, it.counter) < dot);
                let same = |it: &&mut Proposal| (it.doc, it.replica, it.counter) == dot;
                self.rows[from..].iter_mut().take_while(same).for_each(|it| it.is_new = true);
            }
            pg_sys::ExecDropSingleTupleTableSlot(slot);
        }
        Ok(())
    }

    /// Compares those that were not inserted with what is there, and those of one dot with each other.
    fn compare(&self, forest: &Open) -> Result<(), Error> {
        let mut reader = Reader::open(forest)?;
        // What is stored compressed or elsewhere is brought in for its hash.
        let mut contents = memory::PerRow::default();
        let mut before: Option<&Proposal> = None;
        for row in &self.rows {
            memory::check();
            let (doc, replica) = (&self.docs.name(row.doc), &self.replicas.name(row.replica));
            let is_other = |hash: u64, there: Says| {
                if hash == row.hash {
                    return Ok(());
                }
                Err(Error::OtherContent {
                    doc: doc.short(),
                    dot: format!("{replica}:{}", row.counter),
                    there: there.to_string(),
                    brought: match there == row.says {
                        true => "another parent, order key, payload or known_state".into(),
                        false => row.says.to_string(),
                    },
                })
            };
            let same_dot = |it: &&Proposal| {
                (it.doc, it.replica, it.counter) == (row.doc, row.replica, row.counter)
            };
            if let Some(twin) = before.filter(same_dot) {
                is_other(twin.hash, twin.says)?;
            } else if !row.is_new {
                let (name, id) = (DocDatum::new(doc), Varlena::new(replica.as_bytes()));
                let at = [name.arg(), id.bytea(), Arg::int8(row.counter as u64)];
                if let Some(found) = reader.op.find(&at, &[])? {
                    let found = OpRow::of_log(found)?;
                    // SAFETY: the hash is all that stays.
                    let hash = unsafe { contents.read(|| fingerprint(&found)) };
                    is_other(hash, Says::of(&found))?;
                }
            }
            before = Some(row);
        }
        Ok(())
    }
}

/// A hash of what an operation says, but for its dot.
fn fingerprint(row: &OpRow<'_>) -> u64 {
    let (parts, says) = (&row.parts, Says::of(row));
    let contents = [row.order_key_bytes(), row.payload_bytes(), row.known_state_bytes()];
    Keyed::default().hash_one((says.kind, parts.lamport, parts.node, parts.parent, contents))
}
