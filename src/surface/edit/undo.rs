//! Undo: operations that put nodes back as they were before others, and leave what came after those alone.

use std::collections::BTreeMap;

use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::{name, pg_extern};
use treecrdt::{Action, Dot, Entry, Key, NodeId, Op, OpKind, VersionVector};

use super::draft::{Draft, edit};
use super::functions::{as_composite, given};
use super::way::Way;
use crate::datum::{self, Arg, KeyDatums, Varlena};
use crate::error::Error;
use crate::forest::shape::nodes;
use crate::memory;
use crate::storage::reader::{each_row, find_pair, reinsert};
use crate::storage::rows::{OpRow, node_keys, read_vector};

/// What came of the undo of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Its node is as it was before.
    Undone,
    /// Another operation, or a deletion, has come since; none if it is not known which.
    Superseded(Option<Dot>),
    /// It had no effect, or has none any more.
    Nothing,
}

#[pg_extern(sql = false)]
#[allow(clippy::type_complexity)]
fn undo(
    forest: Option<Oid>,
    doc: Option<&str>,
    ops: Option<&[u8]>,
) -> TableIterator<
    'static,
    (
        name!(replica, Vec<u8>),
        name!(counter, i64),
        name!(outcome, &'static str),
        name!(because, Option<pgrx::composite_type!('static, "treecrdt.dot")>),
    ),
> {
    let function = c"treecrdt.undo()";
    let (undone, by_node) = edit(function, forest, doc, |draft| {
        let undone = read_vector(given(ops, "ops")?)?;
        let by_node = draft.by_node(&undone)?;
        Ok((undone, by_node))
    });
    let mut outcomes: BTreeMap<Key, Outcome> = BTreeMap::new();
    // The latest first, a node at a time: each on top of what the one before has done.
    for (node, own) in by_node {
        edit(function, forest, doc, |draft| {
            outcomes.extend(Undo::of(draft, node, &own, &undone)?);
            Ok(())
        });
    }
    TableIterator::new(outcomes.into_iter().map(|(key, outcome)| {
        let (outcome, because) = match outcome {
            Outcome::Undone => ("undone", None),
            Outcome::Superseded(by) => ("superseded", by),
            Outcome::Nothing => ("nothing", None),
        };
        let Dot { replica, counter } = key.dot;
        (replica.as_bytes().to_vec(), counter as i64, outcome, because.map(as_composite))
    }))
}

impl Draft<'_> {
    /// The operations of the log that have these dots, by their nodes; the node with the latest first.
    fn by_node(&mut self, dots: &VersionVector) -> Result<Vec<(NodeId, Vec<Entry>)>, Error> {
        let mut by_node: BTreeMap<NodeId, Vec<Entry>> = BTreeMap::new();
        self.reader.each_op_of(&self.doc, dots, |row| {
            let entry = row.entry()?;
            by_node.entry(entry.node).or_default().push(entry);
            Ok(())
        })?;
        let mut by_node: Vec<_> = by_node.into_iter().collect();
        by_node.iter_mut().for_each(|(_, own)| own.sort_unstable_by_key(|it| it.key));
        by_node.sort_unstable_by_key(|(_, own)| std::cmp::Reverse(own.last().map(|it| it.key)));
        Ok(by_node)
    }

    /// The operation with this dot.
    fn op(&mut self, dot: Dot) -> Result<Op, Error> {
        let id = Varlena::new(dot.replica.as_bytes());
        let at = [self.doc.arg(), id.bytea(), Arg::int8(dot.counter)];
        match self.reader.op.find(&at, &[])? {
            Some(row) => OpRow::of_log(row)?.op(),
            None => Err(self.corrupted(format!("operation {dot} is missing"))),
        }
    }

    /// All operations on a node, and whether each is ignored, in canonical order.
    fn history(&mut self, node: NodeId, first: Option<Key>) -> Result<Vec<(Entry, bool)>, Error> {
        let mut entries = Vec::new();
        for kind in OpKind::ALL.into_iter().filter(|&kind| kind != OpKind::Insert) {
            let label = self.forest.label(kind);
            let at = [self.doc.arg(), datum::uuid(&node), Arg::kind(label)];
            each_row(&mut self.reader.of_kind, &at, &[], |row| {
                entries.push(OpRow::of_log(row)?.entry()?);
                Ok(())
            })?;
        }
        let mut inserts: Vec<Key> = first.into_iter().collect();
        for payload in [false, true] {
            let at = [self.doc.arg(), datum::uuid(&node), Arg::bool(payload)];
            each_row(&mut self.reader.reinserts, &at, &[], |row| {
                inserts.extend(reinsert(&row).map(|(_, key, _)| key));
                Ok(())
            })?;
        }
        for key in inserts {
            memory::check();
            entries.push(self.op(key.dot)?.entry());
        }
        entries.sort_unstable_by_key(|it| it.key);
        let mut history = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = KeyDatums::new(&entry.key);
            let ignored = entry.parent.is_some()
                && find_pair(&mut self.reader.ignored, &self.doc, &node, &key)?.is_some();
            history.push((entry, ignored));
        }
        Ok(history)
    }
}

/// The undo of operations on one node.
struct Undo<'d, 'o, 'u> {
    draft: &'d mut Draft<'o>,
    node: NodeId,
    /// In canonical order.
    own: &'u [Entry],
    undone: &'u VersionVector,
    /// All operations on the node, and whether each is ignored.
    history: Vec<(Entry, bool)>,
    /// What was minted for the node, but for deletions.
    news: VersionVector,
    /// The deleted nodes that must not come back by that.
    stay_deleted: Vec<NodeId>,
}

impl Undo<'_, '_, '_> {
    /// Mints what undoes these operations on a node.
    fn of(
        draft: &mut Draft<'_>,
        node: NodeId,
        own: &[Entry],
        undone: &VersionVector,
    ) -> Result<Vec<(Key, Outcome)>, Error> {
        let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&node)], &[])?;
        let row = row.filter(|_| !own.iter().all(Entry::is_reserved));
        let Some(row) = row else {
            return Ok(own.iter().map(|it| (it.key, Outcome::Nothing)).collect());
        };
        let keys = node_keys(&row)?;
        let tombstone = row.get(nodes::TOMBSTONE) == Some(true);
        let place = row.get(nodes::PARENT).zip(row.get(nodes::ORDER_KEY).map(<[u8]>::to_vec));
        let history = draft.history(node, keys.inserted)?;
        let news = VersionVector::default();
        let mut it = Undo { draft, node, own, undone, history, news, stay_deleted: Vec::new() };
        let placement = it.placement(keys.placed, place.as_ref())?;
        // A node that was not there had no payload: it goes, or stays as others know it.
        let was_there =
            placement == Outcome::Nothing || it.kept(|it| it.parent.is_some()).is_some();
        let is_gone = !was_there && placement == Outcome::Undone;
        let payload = if was_there { it.payload(keys.payload)? } else { placement };
        let deletion = if is_gone { Outcome::Undone } else { it.deletion(tombstone, place)? };
        it.keep_deleted()?;
        let outcome = |(entry, ignored): &(Entry, bool)| {
            let of_place = match entry.parent {
                Some(_) if !ignored => placement,
                _ => Outcome::Nothing,
            };
            let of_payload = if entry.writes_payload { payload } else { Outcome::Nothing };
            let of_deletion = if entry.is_deletion() { deletion } else { Outcome::Nothing };
            let all = [of_place, of_payload, of_deletion];
            let best = |wanted: fn(&Outcome) -> bool| all.into_iter().find(wanted);
            best(|it| *it == Outcome::Undone)
                .or_else(|| best(|it| matches!(it, Outcome::Superseded(_))))
                .unwrap_or(Outcome::Nothing)
        };
        let is_own = |key: &Key| own.binary_search_by_key(key, |it| it.key).is_ok();
        Ok(it
            .history
            .iter()
            .filter(|(it, _)| is_own(&it.key))
            .map(|it| (it.0.key, outcome(it)))
            .collect())
    }

    /// The last effective operation of a sort that is not undone.
    fn kept(&self, of: impl Fn(&Entry) -> bool) -> Option<Entry> {
        let kept = |(it, ignored): &&(Entry, bool)| {
            !(*ignored && it.parent.is_some()) && of(it) && !self.undone.contains(it.key.dot)
        };
        self.history.iter().rev().find(kept).map(|(it, _)| *it)
    }

    fn mint(&mut self, action: Action) -> Result<(), Error> {
        let dot = self.draft.mint(self.node, action)?;
        self.news.insert(dot);
        Ok(())
    }

    /// Puts the node back where it was.
    fn placement(
        &mut self,
        placed: Option<Key>,
        place: Option<&(NodeId, Vec<u8>)>,
    ) -> Result<Outcome, Error> {
        let is_effective = |(it, ignored): &(Entry, bool)| it.parent.is_some() && !ignored;
        let mine = |it: &&(Entry, bool)| is_effective(it) && self.undone.contains(it.0.key.dot);
        let Some(first) = self.history.iter().find(mine).map(|(it, _)| it.key) else {
            return Ok(Outcome::Nothing);
        };
        let Some(last) = placed.filter(|last| self.undone.contains(last.dot)) else {
            return Ok(Outcome::Superseded(placed.map(|last| last.dot)));
        };
        debug_assert!(last >= first);
        let Some(before) = self.kept(|it| it.parent.is_some()) else {
            return self.removal();
        };
        let op = self.draft.op(before.key.dot)?;
        let (Action::Insert { parent, order_key, .. } | Action::Move { parent, order_key }) =
            op.action
        else {
            return Err(self
                .draft
                .corrupted(format!("operation {} places nothing", before.key.dot)));
        };
        if place == Some(&(parent, order_key.clone())) {
            return Ok(Outcome::Undone);
        }
        let (from, to) = (Way::from(self.draft, self.node)?, Way::from(self.draft, parent)?);
        if let Some(at) = to.steps.iter().position(|&(step, _)| step == self.node) {
            // The parent is below the node by now.
            let by = match at.checked_sub(1).and_then(|at| to.steps.get(at)) {
                Some(&(below, _)) => self.placed(below)?,
                None => None,
            };
            return Ok(Outcome::Superseded(by));
        }
        let deleted = |way: &Way| -> Vec<NodeId> {
            way.steps.iter().filter(|(_, tombstone)| *tombstone).map(|&(node, _)| node).collect()
        };
        for above in deleted(&to) {
            // It goes back into what was deleted then, and not into what has been deleted since.
            if let Some(by) = self.deleted_since(above, first)? {
                return Ok(Outcome::Superseded(Some(by)));
            }
            self.stay_deleted.push(above);
        }
        self.stay_deleted.extend(deleted(&from).into_iter().filter(|&it| it != self.node));
        self.mint(Action::Move { parent, order_key })?;
        Ok(Outcome::Undone)
    }

    /// Takes away a node that was not there, unless somebody has done something with it or below it since.
    fn removal(&mut self) -> Result<Outcome, Error> {
        let known_state = self.draft.subtree_version(self.node)?;
        if let Some(others) = known_state.difference(self.undone).ranges().next() {
            let by = Dot { replica: others.replica, counter: others.first };
            return Ok(Outcome::Superseded(Some(by)));
        }
        self.draft.mint(self.node, Action::Delete { known_state })?;
        Ok(Outcome::Undone)
    }

    /// Gives the node the payload that it had.
    fn payload(&mut self, winning: Option<Key>) -> Result<Outcome, Error> {
        if !self.own.iter().any(|it| it.writes_payload) {
            return Ok(Outcome::Nothing);
        }
        let Some(winning) = winning else { return Ok(Outcome::Nothing) };
        if !self.undone.contains(winning.dot) {
            return Ok(Outcome::Superseded(Some(winning.dot)));
        }
        let before = self.kept(|it| it.writes_payload);
        let before = before.map(|it| self.draft.op(it.key.dot)).transpose()?;
        let payload = before.and_then(|op| op.written_payload().flatten().map(<[u8]>::to_vec));
        self.stay_deleted.extend(Way::from(self.draft, self.node)?.tombstones_above());
        self.mint(Action::Payload(payload))?;
        Ok(Outcome::Undone)
    }

    /// Has the node deleted if it was, and not if it was not.
    fn deletion(
        &mut self,
        tombstone: bool,
        place: Option<(NodeId, Vec<u8>)>,
    ) -> Result<Outcome, Error> {
        if !self.history.iter().any(|(it, _)| it.is_deletion()) {
            return Ok(Outcome::Nothing);
        }
        let mut covered = VersionVector::default();
        let others: Vec<Dot> = (self.history.iter().map(|(it, _)| it))
            .filter(|it| it.is_deletion() && !self.undone.contains(it.key.dot))
            .map(|it| it.key.dot)
            .collect();
        for &dot in &others {
            memory::check();
            covered.union(&self.draft.op(dot)?.deletion().unwrap_or_default());
        }
        let version = self.draft.subtree_version(self.node)?;
        let was_deleted = !others.is_empty() && covered.covers(&version.difference(self.undone));
        let undoes_deletion = self.own.iter().any(Entry::is_deletion);
        if was_deleted {
            if !tombstone || !self.news.is_empty() {
                let mut known_state = version;
                known_state.union(&self.news);
                self.draft.mint(self.node, Action::Delete { known_state })?;
            }
            let by = others.last().copied();
            return Ok(if undoes_deletion { Outcome::Superseded(by) } else { Outcome::Undone });
        }
        if !tombstone || !undoes_deletion {
            return Ok(Outcome::Nothing);
        }
        // News, which no deletion has seen.
        if self.news.is_empty() {
            let Some((parent, order_key)) = place else { return Ok(Outcome::Nothing) };
            self.stay_deleted.extend(Way::from(self.draft, self.node)?.tombstones_above());
            self.mint(Action::Move { parent, order_key })?;
        }
        Ok(Outcome::Undone)
    }

    /// Deletes again what was deleted above the node: by one who has seen what was minted.
    fn keep_deleted(&mut self) -> Result<(), Error> {
        if self.news.is_empty() {
            return Ok(());
        }
        self.stay_deleted.sort_unstable();
        self.stay_deleted.dedup();
        for &above in &self.stay_deleted {
            let known_state = self.news.clone();
            self.draft.mint(above, Action::Delete { known_state })?;
        }
        Ok(())
    }

    /// The operation that placed a node where it is.
    fn placed(&mut self, node: NodeId) -> Result<Option<Dot>, Error> {
        let row = self.draft.reader.node.find(&[self.draft.doc.arg(), datum::uuid(&node)], &[])?;
        Ok(row
            .map(|row| node_keys(&row))
            .transpose()?
            .and_then(|keys| keys.placed)
            .map(|it| it.dot))
    }

    /// The last deletion of a node after a key, but for those that only say that it stays deleted, by who has
    /// seen what is undone.
    fn deleted_since(&mut self, node: NodeId, key: Key) -> Result<Option<Dot>, Error> {
        let history = self.draft.history(node, None)?;
        let since = |it: &Entry| it.key > key && !self.undone.contains(it.key.dot);
        for (entry, _) in history.iter().rev().filter(|(it, _)| it.is_deletion() && since(it)) {
            memory::check();
            let op = self.draft.op(entry.key.dot)?;
            let says_only_that = match &op.action {
                Action::Delete { known_state } => {
                    !known_state.is_empty() && self.undone.covers(known_state)
                }
                _ => false,
            };
            if !says_only_that {
                return Ok(Some(entry.key.dot));
            }
        }
        Ok(None)
    }
}
