//! A document that is being edited: locked, caught up, read, and the operations that are minted for it.

use pgrx::Uuid;
use pgrx::pg_sys::{self, Oid};
use treecrdt::{Action, Dot, Key, MAX_COUNTER, NodeId, Op, ReplicaId, VersionVector};

use super::replica;
use crate::catch_up::{self, lock};
use crate::datum::Varlena;
use crate::doc::{DocDatum, DocName};
use crate::error::{EditProblem, Error, or_raise};
use crate::forest::owner::acting_as;
use crate::forest::shape::ops;
use crate::forest::{Access, Open, must_be_writable, plans};
use crate::settings::with_settings;
use crate::storage::reader::Reader;
use crate::surface::read::{DocReader, uuid};

/// A document that is being edited.
pub struct Draft<'o> {
    /// The forest.
    pub forest: &'o Open,
    /// The document.
    pub name: &'o DocName<'static>,
    /// Its name, for questions.
    pub doc: DocDatum,
    /// What is in the tables, with the lock held.
    pub reader: Reader<'o>,
    /// The key of the operation that is minted next.
    next: Key,
    /// What was minted.
    minted: Vec<Op>,
}

/// Edits a document: `mint` has operations minted, which are inserted then. Gives what `mint` gives.
/// An error ends the statement.
pub fn edit<T>(
    forest: Option<Oid>,
    doc: Option<&str>,
    mint: impl FnOnce(&mut Draft<'_>) -> Result<T, Error>,
) -> T {
    must_be_writable(c"an edit");
    or_raise(try_edit(forest, doc, mint))
}

fn try_edit<T>(
    forest: Option<Oid>,
    doc: Option<&str>,
    mint: impl FnOnce(&mut Draft<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let forest = Open::new(forest, Access::Append)?;
    let name = forest.doc(doc.ok_or(EditProblem::Null { argument: "doc" })?);
    let edited = try_edit_doc(&forest, &name, mint);
    edited.map_err(|error| match error {
        Error::Edit { problem, .. } => Error::Edit { doc: Some(name.short()), problem },
        other => other,
    })
}

fn try_edit_doc<T>(
    forest: &Open,
    name: &DocName<'static>,
    mint: impl FnOnce(&mut Draft<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let replica = replica::minting()?;
    let mut row = acting_as(forest.owner, || lock::take(forest, name))?.row;
    if row.frontier.is_some() {
        catch_up::ensure(forest, Some(name))?;
        row = acting_as(forest.owner, || lock::take(forest, name))?.row;
    }
    let doc = DocDatum::new(name);
    let mut reader = Reader::open(forest)?;
    let id = Varlena::new(replica.as_bytes());
    let last = reader.last_of_replica.find(&[doc.arg(), id.bytea()], &[])?;
    let counter = last.and_then(|row| row.get(ops::COUNTER)).unwrap_or(0) as u64 + 1;
    let lamport = row.head.map_or(0, |head| head.lamport) + 1;
    let next = Key { lamport, dot: Dot { replica, counter } };
    let mut draft = Draft { forest, name, doc, reader, next, minted: Vec::new() };
    let result = mint(&mut draft)?;
    let Draft { minted, .. } = draft;
    insert(forest, name, replica, &minted)?;
    Ok(result)
}

impl Draft<'_> {
    /// Mints an operation. Gives its dot.
    ///
    /// # Errors
    /// [`EditProblem::Exhausted`] where there is no number after the last.
    pub fn mint(&mut self, node: NodeId, action: Action) -> Result<Dot, Error> {
        let key = self.next;
        if key.lamport > MAX_COUNTER || key.dot.counter > MAX_COUNTER {
            return Err(EditProblem::Exhausted { replica: key.dot.replica }.into());
        }
        self.next.lamport += 1;
        self.next.dot.counter += 1;
        self.minted.push(Op { key, node, action });
        Ok(key.dot)
    }

    /// The error for tables that contradict each other.
    pub fn corrupted(&self, problem: String) -> Error {
        Error::corrupted(&self.forest.name, self.name, problem)
    }

    /// The dots that a deletion of a node must cover.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn subtree_version(&self, node: NodeId) -> Result<VersionVector, Error> {
        DocReader::now(self.forest, self.name)?.subtree_version(uuid(node))
    }
}

/// Inserts operations with the rights of the caller, materialized at once whatever is set.
fn insert(
    forest: &Open,
    name: &DocName<'static>,
    replica: ReplicaId,
    minted: &[Op],
) -> Result<(), Error> {
    let Some(first) = minted.first() else { return Ok(()) };
    let each = |of: &dyn Fn(&Op) -> Option<Vec<u8>>| minted.iter().map(of).collect::<Vec<_>>();
    let kinds: Vec<&str> = minted.iter().map(|op| op.kind().name()).collect();
    let nodes: Vec<Uuid> = minted.iter().map(|op| uuid(op.node)).collect();
    let parents: Vec<Option<Uuid>> = minted.iter().map(|op| op.parent().map(uuid)).collect();
    let order_keys = each(&|op| match &op.action {
        Action::Insert { order_key, .. } | Action::Move { order_key, .. } => Some(order_key.clone()),
        _ => None,
    });
    let payloads = each(&|op| op.written_payload().flatten().map(<[u8]>::to_vec));
    let known_states: Vec<Option<String>> = minted
        .iter()
        .map(|op| match &op.action {
            Action::Delete { known_state } => Some(known_state.to_json()),
            _ => None,
        })
        .collect();
    let arguments = [
        name.param(),
        replica.as_bytes().into(),
        (first.key.dot.counter as i64).into(),
        (first.key.lamport as i64).into(),
        kinds.into(),
        nodes.into(),
        parents.into(),
        order_keys.into(),
        payloads.into(),
        known_states.into(),
    ];
    let sql = include_str!("../../../sql/edit/append.sql");
    let written = with_settings(&[(c"treecrdt.catch_up", c"immediate")], || {
        plans::run(forest, sql, &arguments)
    })?;
    if written == minted.len() {
        return Ok(());
    }
    let table = format!("{}.ops", forest.name);
    Err(Error::Suppressed { table })
}

/// A random number.
pub fn random() -> u64 {
    u64::from_ne_bytes(random_bytes())
}

/// Random bytes.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // SAFETY: as many bytes as there are.
    let filled = unsafe { pg_sys::pg_strong_random(bytes.as_mut_ptr().cast(), N) };
    if !filled {
        Error::Unexpected { what: "the server has no random numbers".into() }.raise();
    }
    bytes
}
