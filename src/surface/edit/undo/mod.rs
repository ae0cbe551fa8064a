//! Undo: operations that put nodes back as they were before others, and leave what came after those alone.
//!
//! What the nodes were is worked out for all of them first ([`fate`]), and so is where they go together ([`places`]). Then
//! it is minted in two steps: moves and payloads, and, when these have taken effect, deletions, which cover what is there
//! by then.

mod deletions;
mod fate;
mod history;
mod places;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::{name, pg_extern};
use treecrdt::{Action, Dot, Key, NodeId, Range, VersionVector};

use self::fate::{Fate, Placement};
use self::places::Places;
use super::draft::{Draft, edit};
use super::functions::{as_composite, given};
use super::way::Way;
use crate::datum;
use crate::error::Error;
use crate::forest::shape::nodes;
use crate::memory;
use crate::storage::rows::{node_keys, read_vector};

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
    let mut undo = edit(function, forest, doc, |draft| {
        let undone = read_vector(given(ops, "ops")?)?;
        Undo::begin(draft, undone)
    });
    if undo.may_delete() {
        edit(function, forest, doc, |draft| undo.delete(draft));
    }
    let outcomes: BTreeMap<Key, Outcome> = undo.fates.iter().flat_map(Fate::outcomes).collect();
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

/// The undo of operations.
struct Undo {
    undone: VersionVector,
    /// Of the nodes that they are about, the one with the latest first.
    fates: Vec<Fate>,
    /// What was minted.
    minted: VersionVector,
}

impl Undo {
    /// Mints moves and payloads, and what keeps deleted what these would bring back.
    fn begin(draft: &mut Draft<'_>, undone: VersionVector) -> Result<Self, Error> {
        let mut fates = Vec::new();
        for (node, own) in by_node(draft, &undone)? {
            memory::check();
            fates.push(Fate::of(draft, node, own, &undone)?);
        }
        let order = Places::settle(draft, &mut fates, &undone)?;
        // What is minted for a node is news to those who have deleted it, or what it is below.
        let mut told = HashSet::new();
        for fate in fates.iter().filter(|it| it.moves_to().is_some() || it.writes().is_some()) {
            let steps = Way::from(draft, fate.node)?.steps.into_iter().map(|it| it.0);
            for node in steps.filter(|&it| told.insert(it)) {
                draft.must_be_news(node)?;
            }
        }
        let mut stay_deleted: BTreeMap<NodeId, Vec<Range>> = BTreeMap::new();
        for at in order {
            memory::check();
            let fate = &fates[at];
            // What it has brought along by now goes into what is deleted with it.
            let brought = match fate.goes_into.is_empty() {
                true => VersionVector::default(),
                false => draft.subtree_version(fate.node)?,
            };
            for above in &fate.goes_into {
                stay_deleted.entry(*above).or_default().extend(brought.ranges());
            }
            let mut news = Vec::new();
            if let Some((parent, order_key)) = fate.moves_to() {
                let (parent, order_key) = (*parent, order_key.clone());
                news.push(draft.mint(fate.node, Action::Move { parent, order_key })?);
            }
            if let Some(payload) = fate.writes() {
                news.push(draft.mint(fate.node, Action::Payload(payload.clone()))?);
            }
            for above in fate.stays_in.iter().chain(&fate.goes_into) {
                let news = news.iter().map(|&Dot { replica, counter }| Range {
                    replica,
                    first: counter,
                    last: counter,
                });
                stay_deleted.entry(*above).or_default().extend(news);
            }
        }
        // By one who has seen what was minted.
        for (above, seen) in stay_deleted {
            let known_state = VersionVector::from_ranges(seen)?;
            draft.mint(above, Action::Delete { known_state })?;
        }
        let minted = draft.minted().collect();
        Ok(Self { undone, fates, minted })
    }

    /// Whether something may be to be deleted.
    fn may_delete(&self) -> bool {
        self.fates.iter().any(|it| it.may_be_deleted() || it.placement == Placement::Removed)
    }

    /// Mints deletions: of nodes that were deleted, and of those that were not there.
    fn delete(&mut self, draft: &mut Draft<'_>) -> Result<(), Error> {
        let mut removals = HashMap::new();
        for (at, fate) in self.fates.iter().enumerate() {
            if fate.placement == Placement::Removed {
                draft.must_be_news(fate.node)?;
                removals.insert(fate.node, at);
            }
        }
        let deletable: HashSet<NodeId> =
            self.fates.iter().filter(|it| it.may_be_deleted()).map(|it| it.node).collect();
        let mut written_by: HashMap<NodeId, Vec<Dot>> = HashMap::new();
        for (node, by) in self.fates.iter().filter_map(|it| Some((it.node, it.written_by?))) {
            let steps = Way::from(draft, node)?.steps.into_iter().map(|it| it.0);
            for above in steps.filter(|it| deletable.contains(it)) {
                written_by.entry(above).or_default().push(by);
            }
        }
        let Some(first) = self.fates.iter().map(|it| it.own[0].0.key).min() else { return Ok(()) };
        for fate in self.fates.iter_mut().filter(|it| it.may_be_deleted()) {
            let below = written_by.get(&fate.node).map_or(&[][..], Vec::as_slice);
            if fate.is_to_be_deleted(draft, first, &self.undone, &self.minted, below)? {
                delete(draft, fate.node)?;
            }
        }
        for (node, blocked) in removable(draft, &removals)? {
            match blocked {
                Some(by) => self.fates[removals[&node]].stay(draft, by, &self.undone)?,
                None => delete(draft, node)?,
            }
        }
        Ok(())
    }
}

fn delete(draft: &mut Draft<'_>, node: NodeId) -> Result<(), Error> {
    let known_state = draft.subtree_version(node)?;
    draft.mint(node, Action::Delete { known_state }).map(drop)
}

/// The operations of the log that have these dots, by their nodes; the node with the latest first.
fn by_node(
    draft: &mut Draft<'_>,
    dots: &VersionVector,
) -> Result<Vec<(NodeId, Vec<treecrdt::Entry>)>, Error> {
    let mut by_node: BTreeMap<NodeId, Vec<treecrdt::Entry>> = BTreeMap::new();
    draft.reader.each_op_of(&draft.doc, dots, |row| {
        let entry = row.entry()?;
        by_node.entry(entry.node).or_default().push(entry);
        Ok(())
    })?;
    let mut by_node: Vec<_> = by_node.into_iter().collect();
    by_node.iter_mut().for_each(|(_, own)| own.sort_unstable_by_key(|it| it.key));
    by_node.sort_unstable_by_key(|(_, own)| std::cmp::Reverse(own.last().map(|it| it.key)));
    Ok(by_node)
}

/// A node that is to be removed, with what is below it.
struct Subtree {
    node: NodeId,
    /// The children that are to be removed too, and were not looked at.
    children: Vec<NodeId>,
    /// What else is below it, by the operation that placed it.
    blocked: Option<Dot>,
}

/// Of nodes that are to be removed, those that have to stay and why: somebody has put something else there; and those that
/// have to be deleted, for what is below them goes with them.
fn removable(
    draft: &mut Draft<'_>,
    removals: &HashMap<NodeId, usize>,
) -> Result<Vec<(NodeId, Option<Dot>)>, Error> {
    let mut verdicts: HashMap<NodeId, Option<Option<Dot>>> = HashMap::new();
    for &node in removals.keys() {
        let mut open = Vec::new();
        if let Entry::Vacant(new) = verdicts.entry(node) {
            new.insert(None);
            open.push(Subtree::of(draft, node, removals)?);
        }
        while let Some(subtree) = open.last_mut() {
            memory::check();
            let Some(child) = subtree.children.pop() else {
                let Subtree { node, blocked, .. } = open.pop().expect("the last");
                verdicts.insert(node, Some(blocked));
                if let Some(above) = open.last_mut() {
                    above.blocked = above.blocked.or(blocked);
                }
                continue;
            };
            match verdicts.get(&child) {
                Some(Some(blocked)) => subtree.blocked = subtree.blocked.or(*blocked),
                Some(None) => {
                    return Err(draft.corrupted(format!("node {child} is below itself")));
                }
                None => {
                    verdicts.insert(child, None);
                    open.push(Subtree::of(draft, child, removals)?);
                }
            }
        }
    }
    let goes = |node: &NodeId| verdicts.get(node).is_some_and(|it| *it == Some(None));
    let mut found = Vec::new();
    for (&node, verdict) in &verdicts {
        let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&node)], &[])?;
        let Some(row) = row else { continue };
        let is_there = row.get(nodes::TOMBSTONE) == Some(false);
        match verdict.flatten() {
            Some(by) => found.push((node, Some(by))),
            None if is_there && !row.get(nodes::PARENT).is_some_and(|it| goes(&it)) => {
                found.push((node, None));
            }
            None => {}
        }
    }
    found.sort_unstable();
    Ok(found)
}

impl Subtree {
    fn of(
        draft: &mut Draft<'_>,
        node: NodeId,
        removals: &HashMap<NodeId, usize>,
    ) -> Result<Self, Error> {
        let mut subtree = Self { node, children: Vec::new(), blocked: None };
        let at = [draft.doc.arg(), datum::uuid(&node)];
        let mut rows = draft.reader.children.rows(&at, &[])?;
        while let Some(row) = rows.next() {
            memory::check();
            let Some(child) = row.get(nodes::NODE) else { continue };
            if row.get(nodes::TOMBSTONE) == Some(true) {
                continue;
            }
            if !removals.contains_key(&child) {
                subtree.blocked = node_keys(&row)?.placed.map(|it| it.dot);
                break;
            }
            subtree.children.push(child);
        }
        Ok(subtree)
    }
}
