//! A document that is being edited: locked, caught up, read, and the operations that are minted for it.

use std::ffi::CStr;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;
use pgrx::{IntoDatum, Uuid};
use treecrdt::{Action, Dot, Key, MAX_COUNTER, NodeId, Op, VersionVector};

use super::replica::Minter;
use crate::catch_up::{self, lock};
use crate::datum;
use crate::doc::{DocDatum, DocName};
use crate::error::{EditProblem, Error, or_raise};
use crate::forest::owner::acting_as;
use crate::forest::shape::nodes;
use crate::forest::{Access, Open, must_be_writable, plans};
use crate::memory;
use crate::settings::{CATCH_UP, CatchUp, with_settings};
use crate::storage::reader::Reader;
use crate::storage::rows::{node_keys, vector_of};
use crate::surface::read::{DocReader, uuid};

/// So many operations are inserted by one statement.
const MOST: usize = 1 << 14;

/// And so many bytes of payloads and order keys, unless one alone has more.
const MOST_BYTES: usize = 1 << 26;

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
    /// Who mints.
    minter: Minter,
    /// The lamport of the operation that is minted next.
    lamport: u64,
    /// What was minted.
    minted: Vec<Op>,
}

/// Edits a document: `mint` has operations minted, which are inserted then. Gives what `mint` gives.
/// An error ends the statement.
pub fn edit<T>(
    function: &CStr,
    forest: Option<Oid>,
    doc: Option<&str>,
    mint: impl FnOnce(&mut Draft<'_>) -> Result<T, Error>,
) -> T {
    must_be_writable(function);
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
        Error::Edit { doc: None, problem } => Error::Edit { doc: Some(name.short()), problem },
        other => other,
    })
}

fn try_edit_doc<T>(
    forest: &Open,
    name: &DocName<'static>,
    mint: impl FnOnce(&mut Draft<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let lock = || acting_as(forest.owner, || lock::take_existing(forest, name));
    let mut row = lock()?.map(|locked| locked.row);
    if row.as_ref().is_some_and(|row| row.frontier.is_some()) {
        catch_up::ensure(forest, Some(name))?;
        row = lock()?.map(|locked| locked.row);
    }
    let doc = DocDatum::new(name);
    let mut reader = Reader::open(forest)?;
    let minter = Minter::new(&mut reader, &doc)?;
    let head = row.as_ref().and_then(|row| row.head);
    // Where there is no later time, replica and counter decide.
    let lamport = head.map_or(1, |head| MAX_COUNTER.min(head.lamport + 1));
    let mut draft = Draft { forest, name, doc, reader, minter, lamport, minted: Vec::new() };
    let result = mint(&mut draft)?;
    let Draft { minted, reader, .. } = draft;
    drop(reader);
    let Some(first) = minted.first() else { return Ok(result) };
    // Others may have made the document, whom an older snapshot does not see.
    if row.is_none() && acting_as(forest.owner, || lock::take(forest, name))?.row.op_count > 0 {
        return Err(Error::Serialization);
    }
    let mut rest = minted.as_slice();
    while !rest.is_empty() {
        let (some, later) = rest.split_at(stretch(rest));
        insert(forest, name, some)?;
        rest = later;
    }
    if head.is_some_and(|head| first.key < head) {
        must_have_effect(forest, name, &minted)?;
    }
    Ok(result)
}

/// How many of these operations are inserted by one statement.
fn stretch(minted: &[Op]) -> usize {
    let mut bytes = 0;
    let fits = |op: &&Op| {
        let columns = Columns::of(op);
        let more = [columns.order_key, columns.payload];
        bytes += more.into_iter().flatten().map(<[u8]>::len).sum::<usize>();
        bytes <= MOST_BYTES
    };
    minted.iter().take(MOST).take_while(fits).count().max(1)
}

impl Draft<'_> {
    /// Mints an operation. Gives its dot.
    ///
    /// # Errors
    /// [`EditProblem::Exhausted`] where there is no counter after the last.
    pub fn mint(&mut self, node: NodeId, action: Action) -> Result<Dot, Error> {
        let key = Key { lamport: self.lamport, dot: self.minter.next };
        if key.dot.counter > MAX_COUNTER {
            return Err(EditProblem::Exhausted { replica: key.dot.replica }.into());
        }
        self.lamport = MAX_COUNTER.min(key.lamport + 1);
        self.minter.next.counter += 1;
        self.minted.push(Op { key, node, action });
        Ok(key.dot)
    }

    /// The dots of what was minted.
    pub fn minted(&self) -> impl Iterator<Item = Dot> {
        self.minted.iter().map(Op::dot)
    }

    /// Sees to it that what is minted for a node from now on is news, whatever its deleters claim to have seen. To be called
    /// before anything is minted.
    ///
    /// # Errors
    /// [`EditProblem::Exhausted`] where a named replica has no dots that are.
    pub fn must_be_news(&mut self, node: NodeId) -> Result<(), Error> {
        debug_assert!(self.minted.is_empty());
        let row = self.reader.node.find(&[self.doc.arg(), datum::uuid(&node)], &[])?;
        let seen = row.map(|row| vector_of(&row, nodes::DELETED_AT)).transpose()?.flatten();
        seen.map_or(Ok(()), |seen| self.minter.pass_over(&seen))
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
fn insert(forest: &Open, name: &DocName<'static>, minted: &[Op]) -> Result<(), Error> {
    let Some(first) = minted.first() else { return Ok(()) };
    let [counter, lamport] = [first.key.dot.counter, first.key.lamport].map(|it| it as i64);
    let replica = first.key.dot.replica;
    let head = [name.param(), replica.as_bytes().into(), counter.into(), lamport.into()];
    // A statement about one operation is run much sooner than one about a list.
    let (sql, columns) = match minted {
        [one] => (include_str!("../../../sql/edit/append_one.sql"), arguments(Columns::of(one))),
        all => {
            let (mut kind, mut node, mut parent) = (Vec::new(), Vec::new(), Vec::new());
            let (mut order_key, mut payload, mut known_state) =
                (Vec::new(), Vec::new(), Vec::new());
            for op in all {
                let columns = Columns::of(op);
                kind.push(columns.kind);
                node.push(columns.node);
                parent.push(columns.parent);
                order_key.push(columns.order_key);
                payload.push(columns.payload);
                known_state.push(columns.known_state);
            }
            let all = Columns { kind, node, parent, order_key, payload, known_state };
            (include_str!("../../../sql/edit/append.sql"), arguments(all))
        }
    };
    let arguments: Vec<_> = head.into_iter().chain(columns).collect();
    let immediate: &[_] = match CATCH_UP.get() {
        CatchUp::Immediate => &[],
        CatchUp::Deferred => &[(c"treecrdt.catch_up", c"immediate")],
    };
    let written = with_settings(immediate, || plans::run(forest, sql, &arguments))?;
    if written == minted.len() {
        return Ok(());
    }
    let table = format!("{}.ops", forest.name);
    Err(Error::Suppressed { table })
}

/// That nodes are where operations have put them, with the payloads that they wrote: they need not be where these are
/// not the latest.
///
/// # Errors
/// [`EditProblem::Outranked`].
fn must_have_effect(forest: &Open, name: &DocName<'static>, minted: &[Op]) -> Result<(), Error> {
    let (mut reader, doc) = (Reader::open(forest)?, DocDatum::new(name));
    for op in minted {
        memory::check();
        let Some(row) = reader.node.find(&[doc.arg(), datum::uuid(&op.node)], &[])? else {
            continue;
        };
        let (keys, columns) = (node_keys(&row)?, Columns::of(op));
        let is_there = op.parent().is_none()
            || (row.get(nodes::PARENT), row.get(nodes::ORDER_KEY))
                == (op.parent(), columns.order_key);
        let is_written =
            op.written_payload().is_none() || row.get(nodes::PAYLOAD) == columns.payload;
        let other = keys.placed.filter(|_| !is_there).or(keys.payload.filter(|_| !is_written));
        if let Some(other) = other {
            return Err(EditProblem::Outranked { node: op.node, by: Box::new(other.dot) }.into());
        }
    }
    Ok(())
}

/// What stands in the columns of `ops` that operations differ in: of one, or lists of all.
struct Columns<K, N, P, O, L, S> {
    kind: K,
    node: N,
    parent: P,
    order_key: O,
    payload: L,
    known_state: S,
}

type OneRow<'a> =
    Columns<&'a str, Uuid, Option<Uuid>, Option<&'a [u8]>, Option<&'a [u8]>, Option<String>>;

impl<'a> OneRow<'a> {
    fn of(op: &'a Op) -> Self {
        let order_key = match &op.action {
            Action::Insert { order_key, .. } | Action::Move { order_key, .. } => {
                Some(order_key.as_slice())
            }
            _ => None,
        };
        let known_state = match &op.action {
            Action::Delete { known_state } => Some(known_state.to_json()),
            _ => None,
        };
        Self {
            kind: op.kind().name(),
            node: uuid(op.node),
            parent: op.parent().map(uuid),
            order_key,
            payload: op.written_payload().flatten(),
            known_state,
        }
    }
}

/// They as parameters of a statement.
fn arguments<'d, K, N, P, O, L, S>(columns: Columns<K, N, P, O, L, S>) -> [DatumWithOid<'d>; 6]
where
    K: IntoDatum,
    N: IntoDatum,
    P: IntoDatum,
    O: IntoDatum,
    L: IntoDatum,
    S: IntoDatum,
{
    let Columns { kind, node, parent, order_key, payload, known_state } = columns;
    [kind.into(), node.into(), parent.into(), order_key.into(), payload.into(), known_state.into()]
}
