//! What becomes of a node when operations on it are undone.
//!
//! A node has a place, a payload, and may be deleted. Each was as it was before the first of the operations that are
//! undone, if these are the last that had a say. An operation of the same replica that gave the same as an undone one
//! counts as that one's: it is the undo of one that came between, or its redo. So one can undo step by step.

use treecrdt::{Action, Dot, Entry, Key, NodeId, VersionVector};

use super::deletions::{Since, only_keeps, seen_by};
use super::history::{Before, Now, Place, before, payload_of, place_of, placed, wrote};
use super::{Below, Outcome, Undone};
use crate::datum;
use crate::error::Error;
use crate::forest::shape::nodes;
use crate::surface::edit::draft::Draft;

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
        by: Key,
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
    /// If it stays.
    payload: Payload,
    /// The operation that had written the payload which the node gets back.
    gets_by: Option<Dot>,
    /// The one that has written what it has, if that is not undone.
    has_by: Option<Dot>,
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
            gets_by: None,
            has_by: None,
            deletion: Deletion::Nothing,
            is_tombstone: false,
            others: Vec::new(),
        };
        let now = Now::of(draft, node)?.filter(|_| !own.iter().all(Entry::is_reserved));
        let Some(Now { place, payload, is_tombstone, history }) = now else { return Ok(fate) };
        (fate.place, fate.is_tombstone) = (place, is_tombstone);
        for (it, ignored) in &mut fate.own {
            let found = history.binary_search_by_key(&it.key, |(it, _)| it.key);
            *ignored = found.is_ok_and(|at| history[at].1);
        }
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
                (Some(place), Some(since)) => Placement::Back { place, by: op.key, since },
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
        let is_undone = |it: &Entry| undone.contains(it.key.dot);
        self.has_by = wrote.last().filter(|it| !is_undone(it)).map(|it| it.key.dot);
        if self.placement == Placement::Removed {
            // What has made it has left it without a payload, if it brought none.
            let mut wrote = wrote.clone();
            if let Some(&made) = placed(history).first().filter(|it| !it.writes_payload) {
                let at = wrote.partition_point(|it| it.key < made.key);
                wrote.insert(at, made);
            }
            // Where somebody else has written something, the node stays.
            let other = match before(draft, &wrote, is_undone, payload_of)? {
                Before::None => None,
                Before::Superseded(by) => Some(by),
                Before::Operation(op) => Some(op.key.dot),
                Before::Untouched => wrote.last().map(|it| it.key.dot),
            };
            if other.is_some() {
                self.placement = Placement::Superseded(other);
            }
        }
        // What an insert that stays has written stays with it.
        let stays = |it: &Entry| !self.was_there && it.parent.is_some();
        let again =
            |payload| if payload == now { Payload::Same } else { Payload::Written(payload) };
        self.payload = match before(draft, &wrote, |it| is_undone(it) && !stays(it), payload_of)? {
            Before::Untouched => Payload::Nothing,
            Before::Superseded(by) => Payload::Superseded(Some(by)),
            Before::None => again(None),
            Before::Operation(op) => {
                self.gets_by = Some(op.key.dot);
                again(payload_of(&op))
            }
        };
        Ok(())
    }

    fn find_deletion(
        &mut self,
        draft: &mut Draft<'_>,
        history: &[(Entry, bool)],
        undone: &VersionVector,
    ) -> Result<(), Error> {
        let deletions = || history.iter().map(|it| it.0).filter(Entry::is_deletion);
        // The first of each replica that has deleted it.
        let mut mine: Vec<Dot> = Vec::new();
        for it in deletions().filter(|it| undone.contains(it.key.dot)) {
            let is_known = mine.iter().any(|mine| mine.replica == it.key.dot.replica);
            if !is_known && !only_keeps(draft, it.key.dot, undone)? {
                mine.push(it.key.dot);
            }
        }
        let is_mine = |it: Dot| {
            undone.contains(it)
                || mine.iter().any(|mine| mine.replica == it.replica && mine.counter <= it.counter)
        };
        self.others = deletions().map(|it| it.key).filter(|it| !is_mine(it.dot)).collect();
        if self.placement == Placement::Removed {
            self.deletion = Deletion::Removed;
            return Ok(());
        }
        if mine.is_empty() {
            return Ok(());
        }
        self.deletion = match self.covered_by(draft, undone)? {
            Some(other) => Deletion::Superseded(Some(other)),
            None if self.is_tombstone && self.place.is_some() => Deletion::Restored,
            None => Deletion::Nothing,
        };
        Ok(())
    }

    /// The last of its other deletions, if they cover all but what is undone.
    fn covered_by(
        &self,
        draft: &mut Draft<'_>,
        undone: &VersionVector,
    ) -> Result<Option<Dot>, Error> {
        let Some(last) = self.others.last() else { return Ok(None) };
        let version = draft.subtree_version(self.node)?.difference(undone);
        Ok(seen_by(draft, &self.others)?.covers(&version).then_some(last.dot))
    }

    /// Whether it stays deleted by others.
    pub fn stays_deleted(&self) -> bool {
        let is_there = self.is_tombstone && self.place.is_some();
        is_there && matches!(self.deletion, Deletion::Superseded(_))
    }

    /// It stays deleted by others only if they have seen this, too. Tells whether it comes back.
    pub fn comes_back_with(
        &mut self,
        draft: &mut Draft<'_>,
        brought: &VersionVector,
    ) -> Result<bool, Error> {
        let comes_back = !seen_by(draft, &self.others)?.covers(brought);
        if comes_back {
            self.deletion = Deletion::Restored;
        }
        Ok(comes_back)
    }

    /// Whether other deletions than those that are undone may have to cover it again.
    pub fn may_be_deleted(&self) -> bool {
        !self.others.is_empty() && self.placement != Placement::Removed
    }

    /// Whether it was deleted before, and has come back by what was minted to undo: it is to be deleted again.
    pub fn is_to_be_deleted(
        &mut self,
        draft: &mut Draft<'_>,
        of: &Undone,
        below: &Below,
    ) -> Result<bool, Error> {
        let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&self.node)], &[])?;
        if row.is_none_or(|row| row.get(nodes::TOMBSTONE) != Some(false)) {
            return Ok(false);
        }
        let mut version = draft.subtree_version(self.node)?;
        version = version.difference(&of.undone).difference(&of.minted);
        // As if nothing had been written since.
        version.union(&below.written_by.iter().copied().collect());
        let is_covered = seen_by(draft, &self.others)?.covers(&version)
            || self.was_deleted_before(draft, &version, of, below.first)?;
        if is_covered && self.is_restored() {
            self.deletion = Deletion::Superseded(self.others.last().map(|it| it.dot));
        }
        Ok(is_covered)
    }

    /// Whether it was deleted before these operations, and nothing has come since, but what was taken back.
    fn was_deleted_before(
        &self,
        draft: &mut Draft<'_>,
        version: &VersionVector,
        of: &Undone,
        first: Key,
    ) -> Result<bool, Error> {
        let own = self.own[0].0.key;
        let before: Vec<Key> = self.others.iter().copied().filter(|it| *it < own).collect();
        // If it is there, and not because of these operations, others have brought it back.
        let is_theirs = !self.is_tombstone && self.own.iter().all(|(it, _)| it.is_deletion());
        if before.is_empty() || is_theirs {
            return Ok(false);
        }
        let covered = seen_by(draft, &before)?;
        let since = version.difference(&covered);
        Since { first, covered, of }.is_nothing(draft, self.node, &since)
    }

    /// Lets it stay after all, for something else was put below it; if it is deleted by what is undone, it comes back. Gives
    /// what was minted for that.
    pub fn stay(
        &mut self,
        draft: &mut Draft<'_>,
        by: Dot,
        undone: &VersionVector,
    ) -> Result<Vec<Dot>, Error> {
        self.placement = Placement::Superseded(Some(by));
        let mine = self.own.iter().any(|(it, _)| it.is_deletion());
        self.deletion = if self.deletion == Deletion::Removed && mine && self.is_tombstone {
            match self.covered_by(draft, undone)? {
                Some(other) => Deletion::Superseded(Some(other)),
                None if self.place.is_some() => Deletion::Restored,
                None => Deletion::Nothing,
            }
        } else {
            Deletion::Nothing
        };
        self.mint(draft)
    }

    /// Mints what puts it where it goes, and gives it back its payload.
    pub fn mint(&self, draft: &mut Draft<'_>) -> Result<Vec<Dot>, Error> {
        let mut news = Vec::new();
        if let Some((parent, order_key)) = self.moves_to() {
            let (parent, order_key) = (*parent, order_key.clone());
            news.push(draft.mint(self.node, Action::Move { parent, order_key })?);
        }
        if let Some(payload) = self.writes() {
            news.push(draft.mint(self.node, Action::Payload(payload.clone()))?);
        }
        Ok(news)
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
            Payload::Written(payload) if self.placement != Placement::Removed => Some(payload),
            _ => None,
        }
    }

    /// Which operations have written the payload that is replaced, unless undone, and the one that it gets back.
    pub fn written_by(&self) -> impl Iterator<Item = Dot> {
        let replaced = self.has_by.filter(|_| self.writes().is_some());
        let given = self.gets_by.filter(|_| self.placement != Placement::Removed);
        replaced.into_iter().chain(given)
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
            let placement = match self.placement {
                Placement::Back { by, .. } if entry.key < by => Outcome::Superseded(Some(by.dot)),
                _ => placement,
            };
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
