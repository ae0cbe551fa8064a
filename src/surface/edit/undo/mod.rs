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
use super::way::{AtOrAbove, step};
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
    of: Undone,
    /// Of the nodes that they are about, the one with the latest first.
    fates: Vec<Fate>,
}

/// What is done to undo operations.
struct Undone {
    /// These.
    undone: VersionVector,
    /// What was minted first.
    minted: VersionVector,
    /// The nodes that go, with what is below them.
    removed: HashSet<NodeId>,
}

/// What is undone of a node and of those below it.
struct Below {
    /// The first operation.
    first: Key,
    /// Those that have written payloads which are replaced, or are there again.
    written_by: Vec<Dot>,
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
        let news = fates.iter().filter(|it| it.moves_to().is_some() || it.writes().is_some());
        tell(draft, news.map(|it| it.node))?;
        let mut stay_deleted: BTreeMap<NodeId, Vec<Range>> = BTreeMap::new();
        for at in order {
            memory::check();
            let fate = &fates[at];
            // What it has brought along by now goes into what is deleted with it.
            if !fate.goes_into.is_empty() {
                let brought = draft.subtree_version(fate.node)?;
                for above in &fate.goes_into {
                    stay_deleted.entry(*above).or_default().extend(brought.ranges());
                }
            }
            let news = fate.mint(draft)?;
            for above in fate.stays_in.iter().chain(&fate.goes_into) {
                let seen = stay_deleted.entry(*above).or_default();
                seen.extend(news.iter().map(|&dot| range(dot)));
            }
        }
        keep_deleted(draft, stay_deleted)?;
        let minted = draft.minted().collect();
        Ok(Self { of: Undone { undone, minted, removed: HashSet::new() }, fates })
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
                removals.insert(fate.node, at);
            }
        }
        tell(draft, removals.keys().copied())?;
        let verdicts = removable(draft, &removals)?;
        let stays: HashSet<NodeId> =
            verdicts.iter().filter(|it| it.1.is_some()).map(|it| it.0).collect();
        self.of.removed = removals.keys().copied().filter(|it| !stays.contains(it)).collect();
        let deletable: HashSet<NodeId> =
            self.fates.iter().filter(|it| it.may_be_deleted()).map(|it| it.node).collect();
        // What is minted for those that stay is news to what is deleted above them, and stays so.
        let mut news: BTreeMap<NodeId, Vec<Range>> = BTreeMap::new();
        let (mut hidden, mut tombstones) = (AtOrAbove::default(), HashSet::new());
        for &(node, by) in &verdicts {
            let Some(by) = by else { continue };
            let fate = &mut self.fates[removals[&node]];
            let minted = fate.stay(draft, by, &self.of.undone)?;
            let is_restored = fate.is_restored();
            let all = hidden.of(node, |node| {
                let (above, is_tombstone) = step(draft, node)?;
                if is_tombstone {
                    tombstones.insert(node);
                }
                Ok((above, is_tombstone || deletable.contains(&node)))
            })?;
            for above in all {
                if !(above == node && is_restored) {
                    let seen = news.entry(above).or_default();
                    seen.extend(minted.iter().map(|&dot| range(dot)));
                }
            }
        }
        let mut below: HashMap<NodeId, Below> = HashMap::new();
        let mut above = AtOrAbove::default();
        for fate in &self.fates {
            let all = above
                .of(fate.node, |node| Ok((step(draft, node)?.0, deletable.contains(&node))))?;
            for node in all {
                let first = fate.own[0].0.key;
                let below = below.entry(node).or_insert(Below { first, written_by: Vec::new() });
                below.first = first.min(below.first);
                below.written_by.extend(fate.written_by());
            }
        }
        for fate in self.fates.iter_mut().filter(|it| it.may_be_deleted()) {
            let Some(below) = below.get(&fate.node) else { continue };
            if fate.is_to_be_deleted(draft, &self.of, below)? {
                delete(draft, fate.node, news.remove(&fate.node))?;
            }
        }
        for (node, blocked) in verdicts {
            if blocked.is_none() {
                delete(draft, node, None)?;
            }
        }
        news.retain(|node, _| tombstones.contains(node));
        keep_deleted(draft, news)
    }
}

fn range(Dot { replica, counter }: Dot) -> Range {
    Range { replica, first: counter, last: counter }
}

fn delete(draft: &mut Draft<'_>, node: NodeId, news: Option<Vec<Range>>) -> Result<(), Error> {
    let mut known_state = draft.subtree_version(node)?;
    known_state.union(&VersionVector::from_ranges(news.unwrap_or_default())?);
    draft.mint(node, Action::Delete { known_state }).map(drop)
}

/// Deletes nodes that are deleted once more, by one who has seen what was minted.
fn keep_deleted(draft: &mut Draft<'_>, nodes: BTreeMap<NodeId, Vec<Range>>) -> Result<(), Error> {
    for (node, seen) in nodes.into_iter().filter(|(_, seen)| !seen.is_empty()) {
        let known_state = VersionVector::from_ranges(seen)?;
        draft.mint(node, Action::Delete { known_state })?;
    }
    Ok(())
}

/// Sees to it that what is minted for nodes is news to those who have deleted them, or what they are below.
fn tell(draft: &mut Draft<'_>, nodes: impl Iterator<Item = NodeId>) -> Result<(), Error> {
    let mut told = HashSet::new();
    for node in nodes {
        let mut next = Some(node);
        while let Some(node) = next.filter(|&node| !node.is_reserved() && told.insert(node)) {
            memory::check();
            draft.must_be_news(node)?;
            next = step(draft, node)?.0;
        }
    }
    Ok(())
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
