//! What becomes of a node when operations on it are undone.
//!
//! A node has a place, a payload, and may be deleted. Each was as it was before the first of the operations that are
//! undone, if these are the last that had a say. An operation of the same replica that gave the same as an undone one
//! counts as that one's: it is the undo of one that came between, or its redo. So one can undo step by step.

use std::collections::HashSet;

use treecrdt::{Action, Dot, Entry, Key, NodeId, Op, OpKind, Range, VersionVector};

use super::Outcome;
use crate::datum::{self, Arg, KeyDatums, Varlena};
use crate::error::Error;
use crate::forest::shape::nodes;
use crate::memory;
use crate::storage::reader::{each_row, find_pair, reinsert};
use crate::storage::rows::{OpRow, node_keys};
use crate::surface::edit::draft::Draft;

/// A parent and an order key.
pub type Place = (NodeId, Vec<u8>);

/// Where a node goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// It stays, for no undone operation has placed it.
    Nothing,
    /// It stays, for another operation has placed it since, or something is in the way.
    Superseded(Option<Dot>),
    /// It goes back.
    Back {
        /// To where.
        place: Place,
        /// Which operation had placed it there.
        by: Dot,
        /// The first operation that is undone.
        since: Key,
    },
    /// It was not there.
    Removed,
}

/// What a node's payload becomes.
#[derive(Debug)]
enum Payload {
    Nothing,
    Superseded(Option<Dot>),
    /// It is what it was already.
    Same,
    Written(Option<Vec<u8>>),
}

/// What becomes of a node's deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deletion {
    Nothing,
    Superseded(Option<Dot>),
    /// It is not deleted any more.
    Restored,
    /// It goes with the node.
    Removed,
}

/// What becomes of a node.
#[derive(Debug)]
pub struct Fate {
    /// The node.
    pub node: NodeId,
    /// The operations on it that are undone, in canonical order, and whether each is ignored.
    pub own: Vec<(Entry, bool)>,
    /// Where it goes.
    pub placement: Placement,
    /// The nodes that are deleted above where it is, and stay so.
    pub stays_in: Vec<NodeId>,
    /// Those above where it goes.
    pub goes_into: Vec<NodeId>,
    /// Where it is.
    place: Option<Place>,
    /// Whether it was there before these operations.
    was_there: bool,
    payload: Payload,
    /// The operation that had written the payload which the node gets back.
    pub written_by: Option<Dot>,
    deletion: Deletion,
    is_tombstone: bool,
    /// Its deletions but for those that are undone, in canonical order.
    others: Vec<Key>,
}

impl Fate {
    /// What becomes of a node when these operations on it are undone with others.
    pub fn of(
        draft: &mut Draft<'_>,
        node: NodeId,
        own: Vec<Entry>,
        undone: &VersionVector,
    ) -> Result<Self, Error> {
        let mut fate = Self {
            node,
            own: own.iter().map(|&it| (it, false)).collect(),
            placement: Placement::Nothing,
            stays_in: Vec::new(),
            goes_into: Vec::new(),
            place: None,
            was_there: true,
            payload: Payload::Nothing,
            written_by: None,
            deletion: Deletion::Nothing,
            is_tombstone: false,
            others: Vec::new(),
        };
        let now = Now::of(draft, node)?.filter(|_| !own.iter().all(Entry::is_reserved));
        let Some(Now { place, payload, is_tombstone, history }) = now else { return Ok(fate) };
        (fate.place, fate.is_tombstone) = (place, is_tombstone);
        let is_own = |key: &Key| own.binary_search_by_key(key, |it| it.key).is_ok();
        fate.own = history.iter().filter(|(it, _)| is_own(&it.key)).copied().collect();
        fate.find_place(draft, &history, undone)?;
        fate.find_payload(draft, &history, undone, payload)?;
        fate.find_deletion(draft, &history, undone)?;
        Ok(fate)
    }

    fn find_place(
        &mut self,
        draft: &mut Draft<'_>,
        history: &[(Entry, bool)],
        undone: &VersionVector,
    ) -> Result<(), Error> {
        let placed = placed(history);
        let is_undone = |it: &Entry| undone.contains(it.key.dot);
        let first = placed.iter().find(|it| is_undone(it)).map(|it| it.key);
        self.was_there = placed.first().is_none_or(|it| !is_undone(it));
        self.placement = match before(draft, &placed, is_undone, place_of)? {
            Before::Untouched => Placement::Nothing,
            Before::Superseded(by) => Placement::Superseded(Some(by)),
            Before::None => Placement::Removed,
            Before::Operation(op) => match (place_of(&op), first) {
                (Some(place), Some(since)) => Placement::Back { place, by: op.key.dot, since },
                _ => return Err(draft.corrupted(format!("operation {} places nothing", op.key))),
            },
        };
        Ok(())
    }

    fn find_payload(
        &mut self,
        draft: &mut Draft<'_>,
        history: &[(Entry, bool)],
        undone: &VersionVector,
        now: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        let wrote = wrote(history);
        // What an insert that stays has written stays with it.
        let stays = !self.was_there && matches!(self.placement, Placement::Superseded(_));
        let is_undone = |it: &Entry| undone.contains(it.key.dot) && !(stays && it.parent.is_some());
        let before = before(draft, &wrote, is_undone, payload_of)?;
        if self.placement == Placement::Removed {
            // Somebody else has written something: the node stays.
            let other = match before {
                Before::None => None,
                Before::Superseded(by) => Some(by),
                Before::Operation(op) => Some(op.key.dot),
                Before::Untouched => wrote.last().map(|it| it.key.dot),
            };
            if other.is_some() {
                self.placement = Placement::Superseded(other);
            }
            return Ok(());
        }
        let payload = match before {
            Before::Untouched => {
                self.payload = Payload::Nothing;
                return Ok(());
            }
            Before::Superseded(by) => {
                self.payload = Payload::Superseded(Some(by));
                return Ok(());
            }
            Before::None => None,
            Before::Operation(op) => {
                self.written_by = Some(op.key.dot);
                payload_of(&op)
            }
        };
        self.payload = if payload == now { Payload::Same } else { Payload::Written(payload) };
        Ok(())
    }

    fn find_deletion(
        &mut self,
        draft: &mut Draft<'_>,
        history: &[(Entry, bool)],
        undone: &VersionVector,
    ) -> Result<(), Error> {
        let deletions: Vec<Entry> =
            history.iter().map(|it| it.0).filter(Entry::is_deletion).collect();
        if deletions.is_empty() {
            return Ok(());
        }
        if self.placement == Placement::Removed {
            self.deletion = Deletion::Removed;
            return Ok(());
        }
        let mine: Vec<&Entry> = deletions.iter().filter(|it| undone.contains(it.key.dot)).collect();
        let is_mine = |it: &Entry| {
            let replica = it.key.dot.replica;
            mine.iter().any(|mine| mine.key <= it.key && mine.key.dot.replica == replica)
        };
        self.others = deletions.iter().filter(|it| !is_mine(it)).map(|it| it.key).collect();
        if mine.is_empty() {
            return Ok(());
        }
        let version = draft.subtree_version(self.node)?.difference(undone);
        self.deletion = match self.others.last() {
            Some(last) if seen_by(draft, &self.others)?.covers(&version) => {
                Deletion::Superseded(Some(last.dot))
            }
            _ if self.is_tombstone && self.place.is_some() => Deletion::Restored,
            _ => Deletion::Nothing,
        };
        Ok(())
    }

    /// Whether other deletions than those that are undone may have to cover it again.
    pub fn may_be_deleted(&self) -> bool {
        !self.others.is_empty() && self.placement != Placement::Removed
    }

    /// Whether it was deleted before, and has come back by what was minted to undo: it is to be deleted again. Below it,
    /// payloads that these operations had written are there again.
    pub fn is_to_be_deleted(
        &mut self,
        draft: &mut Draft<'_>,
        undone: &VersionVector,
        minted: &VersionVector,
        written_by: &[Dot],
    ) -> Result<bool, Error> {
        let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&self.node)], &[])?;
        if row.is_none_or(|row| row.get(nodes::TOMBSTONE) != Some(false)) {
            return Ok(false);
        }
        let mut version = draft.subtree_version(self.node)?;
        version = version.difference(undone).difference(minted);
        version.union(&written_by.iter().copied().collect());
        let first = self.own[0].0.key;
        let before: Vec<Key> = self.others.iter().copied().filter(|it| *it < first).collect();
        // By others, whenever; or by then, if what has come since has left it as it was.
        let is_covered = seen_by(draft, &self.others)?.covers(&version)
            || !before.is_empty() && {
                let covered = seen_by(draft, &before)?;
                let since = version.difference(&covered);
                Since { first, covered, undone, minted }.is_nothing(draft, self.node, &since)?
            };
        if is_covered && self.is_restored() {
            self.deletion = Deletion::Superseded(self.others.last().map(|it| it.dot));
        }
        Ok(is_covered)
    }

    /// Where it is to be moved.
    pub fn moves_to(&self) -> Option<&Place> {
        match &self.placement {
            Placement::Back { place, .. } if self.place.as_ref() != Some(place) => Some(place),
            // News, which no deletion has seen.
            _ if self.is_restored() && self.writes().is_none() => self.place.as_ref(),
            _ => None,
        }
    }

    /// What is to be written.
    pub fn writes(&self) -> Option<&Option<Vec<u8>>> {
        match &self.payload {
            Payload::Written(payload) => Some(payload),
            _ => None,
        }
    }

    /// Whether it is deleted no longer.
    pub fn is_restored(&self) -> bool {
        self.deletion == Deletion::Restored
    }

    /// What came of each operation.
    pub fn outcomes(&self) -> impl Iterator<Item = (Key, Outcome)> {
        let placement = match &self.placement {
            Placement::Nothing => Outcome::Nothing,
            Placement::Superseded(by) => Outcome::Superseded(*by),
            Placement::Back { .. } | Placement::Removed => Outcome::Undone,
        };
        let payload = match &self.payload {
            Payload::Nothing => Outcome::Nothing,
            Payload::Superseded(by) => Outcome::Superseded(*by),
            Payload::Same | Payload::Written(_) => Outcome::Undone,
        };
        let deletion = match self.deletion {
            Deletion::Nothing => Outcome::Nothing,
            Deletion::Superseded(by) => Outcome::Superseded(by),
            Deletion::Restored | Deletion::Removed => Outcome::Undone,
        };
        self.own.iter().map(move |&(entry, ignored)| {
            let is_placement = entry.parent.is_some();
            // With a node that was not there its payload goes, or stays.
            let goes_with_it =
                !self.was_there && (is_placement || matches!(self.placement, Placement::Removed));
            let all = [
                (is_placement && !ignored, placement),
                (entry.writes_payload, if goes_with_it { placement } else { payload }),
                (entry.is_deletion(), deletion),
            ];
            let all = all.into_iter().filter(|it| it.0).map(|it| it.1);
            (entry.key, all.min_by_key(Outcome::rank).unwrap_or(Outcome::Nothing))
        })
    }
}

impl Outcome {
    /// Of several that an operation has, the one that counts is the least.
    fn rank(&self) -> u8 {
        match self {
            Self::Undone => 0,
            Self::Superseded(_) => 1,
            Self::Nothing => 2,
        }
    }
}

/// What was before operations that are undone.
enum Before {
    /// None of them is among these.
    Untouched,
    /// Another has come since.
    Superseded(Dot),
    /// Nothing.
    None,
    /// What this one gave.
    Operation(Op),
}

/// What was before those that are undone, of operations in canonical order of which the last has the say.
fn before<T: PartialEq>(
    draft: &mut Draft<'_>,
    all: &[Entry],
    is_undone: impl Fn(&Entry) -> bool,
    gives: impl Fn(&Op) -> T,
) -> Result<Before, Error> {
    let mut left = all.len();
    while let Some(last) = left.checked_sub(1).map(|at| all[at]) {
        memory::check();
        if is_undone(&last) {
            left -= 1;
            continue;
        }
        let now = op(draft, last.key.dot)?;
        let given = gives(&now);
        let mut same = None;
        for at in (0..left).rev() {
            let it = &all[at];
            memory::check();
            if it.key.dot.replica == last.key.dot.replica
                && is_undone(it)
                && gives(&op(draft, it.key.dot)?) == given
            {
                same = Some(at);
                break;
            }
        }
        match same {
            Some(at) => left = at,
            None if left < all.len() => return Ok(Before::Operation(now)),
            None if all.iter().any(is_undone) => return Ok(Before::Superseded(last.key.dot)),
            None => return Ok(Before::Untouched),
        }
    }
    Ok(if all.is_empty() { Before::Untouched } else { Before::None })
}

/// What the authors of deletions had seen.
fn seen_by(draft: &mut Draft<'_>, deletions: &[Key]) -> Result<VersionVector, Error> {
    let mut seen = Vec::new();
    for key in deletions {
        memory::check();
        seen.extend(op(draft, key.dot)?.deletion().unwrap_or_default().ranges());
    }
    Ok(VersionVector::from_ranges(seen)?)
}

/// What has come in a subtree since the first operation that is undone, where deletions before it cover this.
struct Since<'u> {
    first: Key,
    covered: VersionVector,
    undone: &'u VersionVector,
    minted: &'u VersionVector,
}

impl Since<'_> {
    /// Whether these operations, which are not covered, have come since, and leave the nodes below one as they were: they
    /// are of replicas that undo, and what they did was taken back.
    fn is_nothing(
        &self,
        draft: &mut Draft<'_>,
        root: NodeId,
        since: &VersionVector,
    ) -> Result<bool, Error> {
        let mut seen = HashSet::new();
        for Range { replica, first, last } in since.ranges() {
            for counter in first..=last {
                memory::check();
                if !self.is_of_ours(Dot { replica, counter }) {
                    return Ok(false);
                }
                let Op { key, node, .. } = op(draft, Dot { replica, counter })?;
                if key < self.first
                    || (seen.insert(node) && !self.is_as_it_was(draft, root, node)?)
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn is_of_ours(&self, dot: Dot) -> bool {
        self.undone.last_of(dot.replica).is_some() || self.minted.contains(dot)
    }

    fn is_as_it_was(
        &self,
        draft: &mut Draft<'_>,
        root: NodeId,
        node: NodeId,
    ) -> Result<bool, Error> {
        let Some(now) = Now::of(draft, node)? else { return Ok(true) };
        if now.is_tombstone && node != root {
            return Ok(true);
        }
        let is_since = |it: &Entry| {
            let (key, covered) = (it.key, &self.covered);
            key >= self.first && self.is_of_ours(key.dot) && !covered.contains(key.dot)
        };
        let is_there = match before(draft, &placed(&now.history), is_since, place_of)? {
            Before::Untouched => true,
            Before::Operation(op) => place_of(&op) == now.place,
            Before::Superseded(_) | Before::None => false,
        };
        Ok(is_there
            && match before(draft, &wrote(&now.history), is_since, payload_of)? {
                Before::Untouched => true,
                Before::Operation(op) => {
                    payload_of(&op) == now.payload && self.covered.contains(op.key.dot)
                }
                Before::None => now.payload.is_none(),
                Before::Superseded(_) => false,
            })
    }
}

/// A node as it is, and how it came to be so.
struct Now {
    place: Option<Place>,
    payload: Option<Vec<u8>>,
    is_tombstone: bool,
    /// All operations on it, and whether each is ignored.
    history: Vec<(Entry, bool)>,
}

impl Now {
    fn of(draft: &mut Draft<'_>, node: NodeId) -> Result<Option<Self>, Error> {
        let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&node)], &[])?;
        let Some(row) = row else { return Ok(None) };
        let keys = node_keys(&row)?;
        let place = row.get(nodes::PARENT).zip(row.get(nodes::ORDER_KEY).map(<[u8]>::to_vec));
        let payload = row.get(nodes::PAYLOAD).map(<[u8]>::to_vec);
        let is_tombstone = row.get(nodes::TOMBSTONE) == Some(true);
        let history = history(draft, node, keys.inserted)?;
        Ok(Some(Self { place, payload, is_tombstone, history }))
    }
}

/// The operations that have placed a node.
fn placed(history: &[(Entry, bool)]) -> Vec<Entry> {
    let effective = |(it, ignored): &&(Entry, bool)| it.parent.is_some() && !ignored;
    history.iter().filter(effective).map(|it| it.0).collect()
}

/// Those that have written its payload.
fn wrote(history: &[(Entry, bool)]) -> Vec<Entry> {
    history.iter().map(|it| it.0).filter(|it| it.writes_payload).collect()
}

fn payload_of(op: &Op) -> Option<Vec<u8>> {
    op.written_payload().flatten().map(<[u8]>::to_vec)
}

fn place_of(op: &Op) -> Option<Place> {
    match &op.action {
        Action::Insert { parent, order_key, .. } | Action::Move { parent, order_key } => {
            Some((*parent, order_key.clone()))
        }
        _ => None,
    }
}

/// The operation with this dot.
fn op(draft: &mut Draft<'_>, dot: Dot) -> Result<Op, Error> {
    let id = Varlena::new(dot.replica.as_bytes());
    let at = [draft.doc.arg(), id.bytea(), Arg::int8(dot.counter)];
    match draft.reader.op.find(&at, &[])? {
        Some(row) => OpRow::of_log(row)?.op(),
        None => Err(draft.corrupted(format!("operation {dot} is missing"))),
    }
}

/// All operations on a node but for reserved ones, and whether each is ignored, in canonical order.
fn history(
    draft: &mut Draft<'_>,
    node: NodeId,
    first: Option<Key>,
) -> Result<Vec<(Entry, bool)>, Error> {
    let mut entries = Vec::new();
    for kind in OpKind::ALL.into_iter().filter(|&kind| kind != OpKind::Insert) {
        of_kind(draft, node, kind, &mut entries)?;
    }
    let mut inserts: Vec<Key> = first.into_iter().collect();
    for payload in [false, true] {
        let at = [draft.doc.arg(), datum::uuid(&node), Arg::bool(payload)];
        each_row(&mut draft.reader.reinserts, &at, &[], |row| {
            inserts.extend(reinsert(&row).map(|(_, key, _)| key));
            Ok(())
        })?;
    }
    for key in inserts {
        memory::check();
        entries.push(op(draft, key.dot)?.entry());
    }
    entries.retain(|it| !it.is_reserved());
    entries.sort_unstable_by_key(|it| it.key);
    let mut history = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = KeyDatums::new(&entry.key);
        let ignored = entry.parent.is_some()
            && find_pair(&mut draft.reader.ignored, &draft.doc, &node, &key)?.is_some();
        history.push((entry, ignored));
    }
    Ok(history)
}

/// The operations of a kind on a node, not `insert`.
fn of_kind(
    draft: &mut Draft<'_>,
    node: NodeId,
    kind: OpKind,
    entries: &mut Vec<Entry>,
) -> Result<(), Error> {
    let label = draft.forest.label(kind);
    let at = [draft.doc.arg(), datum::uuid(&node), Arg::kind(label)];
    each_row(&mut draft.reader.of_kind, &at, &[], |row| {
        entries.push(OpRow::of_log(row)?.entry()?);
        Ok(())
    })
}

/// The deletions of a node that are not undone, but for those that only say that it stays deleted, by who has seen what
/// is undone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deletions {
    first: Option<Key>,
    last: Option<Key>,
    /// The last by replicas of which nothing is undone.
    last_of_others: Option<Key>,
}

impl Deletions {
    /// Those of a node.
    pub fn of(draft: &mut Draft<'_>, node: NodeId, undone: &VersionVector) -> Result<Self, Error> {
        let mut entries = Vec::new();
        for kind in [OpKind::Delete, OpKind::Tombstone] {
            of_kind(draft, node, kind, &mut entries)?;
        }
        let mut found = Self::default();
        for it in entries.iter().filter(|it| !undone.contains(it.key.dot)) {
            memory::check();
            if let Action::Delete { known_state } = &op(draft, it.key.dot)?.action
                && !known_state.is_empty()
                && undone.covers(known_state)
            {
                continue;
            }
            let key = Some(it.key);
            found.first = found.first.map_or(key, |first| key.min(Some(first)));
            found.last = found.last.max(key);
            if undone.last_of(it.key.dot.replica).is_none() {
                found.last_of_others = found.last_of_others.max(key);
            }
        }
        Ok(found)
    }

    /// By which one the node was deleted after an operation: by others, or for the first time.
    pub fn since(&self, key: Key) -> Option<Dot> {
        let last = if self.first > Some(key) { self.last } else { self.last_of_others };
        last.filter(|last| *last > key).map(|last| last.dot)
    }
}
