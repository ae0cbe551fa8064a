//! Catching up: from a batch of operations to the patch that materializes them.
//!
//! Three passes, each of which asks the store only about what the batch touches:
//!
//! 1. [`sweep`](crate::sweep) finds out which structural operations are effective, those of the
//!    batch and those older ones whose verdict could change.
//! 2. [`timeline`](crate::timeline) re-reads, for each node concerned, the stretch of its timeline
//!    in which old and new differ, and collects what op refs and dots come and go.
//! 3. [`tombstones`](crate::tombstones) decides anew for the deleted nodes above any of this.
//!
//! A batch that is in order, the first of a document for instance, takes the same way and finds
//! nothing later to look at.

use std::collections::HashMap;
use std::rc::Rc;

use crate::id::{Key, NodeId};
use crate::op::{Action, Op};
use crate::patch::{NodePatch, Patch, Placement};
use crate::store::{Entry, Row, Step, Store, Track, Verdict};
use crate::sweep::{self, Sweep};
use crate::timeline;
use crate::tombstones;
use crate::version_vector::VersionVector;

/// What the passes share: the store, what was read of it, and the batch.
pub(crate) struct World<'a, S> {
    pub(crate) store: &'a mut S,
    /// The batch in canonical order, reserved operations left out.
    pub(crate) batch: Vec<&'a Op>,
    rows: HashMap<NodeId, Option<Rc<Row>>>,
    /// What the store answered to `has_refs`.
    refs_known: HashMap<NodeId, bool>,
}

impl<'a, S: Store> World<'a, S> {
    fn new(store: &'a mut S, ops: &'a [Op]) -> Self {
        let mut batch: Vec<&Op> = ops.iter().filter(|op| !op.is_reserved()).collect();
        batch.sort_unstable_by_key(|op| op.key);
        Self { store, batch, rows: HashMap::new(), refs_known: HashMap::new() }
    }

    /// Where in the batch the operation stands that has this key.
    pub(crate) fn position(&self, key: Key) -> Option<usize> {
        self.batch.binary_search_by_key(&key, |op| op.key).ok()
    }

    /// The operation of the batch that has this key.
    pub(crate) fn in_batch(&self, key: Key) -> Option<&'a Op> {
        self.position(key).map(|at| self.batch[at])
    }

    /// Whether an older operation can stand after `key`.
    pub(crate) fn has_later(&self, key: Key) -> bool {
        self.store.head().is_some_and(|head| key < head)
    }

    /// A node's row before the batch.
    pub(crate) fn row(&mut self, node: NodeId) -> Result<Option<Rc<Row>>, S::Error> {
        if let Some(row) = self.rows.get(&node) {
            return Ok(row.clone());
        }
        let row = self.store.row(node)?.map(Rc::new);
        self.rows.insert(node, row.clone());
        Ok(row)
    }

    /// Whether any older operation gave `node` a child.
    pub(crate) fn has_refs(&mut self, node: NodeId) -> Result<bool, S::Error> {
        if let Some(&known) = self.refs_known.get(&node) {
            return Ok(known);
        }
        let known = self.store.has_refs(node)?;
        self.refs_known.insert(node, known);
        Ok(known)
    }

    /// The parent (and the op that gave it) that `node` had in the old world just before `before`
    /// (at the end if `None`), if that op stands after `floor`.
    pub(crate) fn old_place(
        &mut self,
        node: NodeId,
        floor: Option<Key>,
        before: Option<Key>,
    ) -> Result<Option<(Key, NodeId)>, S::Error> {
        let Some(last) = self.row(node)?.and_then(|row| row.placed) else { return Ok(None) };
        let above_floor = |key: Key| floor.is_none_or(|floor| floor < key);
        let Some(mut key) = before.filter(|&before| before <= last.0) else {
            return Ok(Some(last).filter(|place| above_floor(place.0)));
        };
        while let Some((entry, step)) = self.prev_step(node, key)? {
            if !above_floor(entry) {
                break;
            }
            if !self.store.is_ignored(node, entry)? {
                return Ok(Some((entry, step.parent)));
            }
            key = entry;
        }
        Ok(None)
    }

    fn prev_step(&mut self, node: NodeId, key: Key) -> Result<Option<(Key, Step)>, S::Error> {
        let entry = self.store.prev(node, Track::Structure, key)?;
        Ok(entry.and_then(|e| e.step.map(|step| (e.key, step))))
    }
}

/// An operation of the batch as timelines have it.
pub(crate) fn entry_of(op: &Op) -> Entry {
    let step = match &op.action {
        Action::Insert { parent, order_key, .. } | Action::Move { parent, order_key } => {
            Some(Step {
                parent: *parent,
                order_key: order_key.clone(),
                is_move: matches!(op.action, Action::Move { .. }),
            })
        }
        _ => None,
    };
    Entry { key: op.key, step, writes_payload: op.written_payload().is_some() }
}

/// Works out the rows that `ops`, all in the store's log and none materialized yet, change.
///
/// The operations may come in any order. Each must come once.
///
/// # Errors
/// Those of the store.
pub fn catch_up<S: Store>(store: &mut S, ops: &[Op]) -> Result<Patch, S::Error> {
    let head = store.head();
    let late = ops.iter().filter(|op| head.is_some_and(|head| op.key < head)).count() as u64;
    let mut world = World::new(store, ops);
    let sweep = sweep::judge(&mut world)?;
    let mut drafts = draft_rows(&mut world, &sweep)?;
    let deletions = drafts.iter().any(|draft| draft.deleted_at.is_some());
    let deletions = deletions || world.store.any_deleted()?;
    let changes = timeline::compare(&mut world, &sweep, &drafts, deletions)?;
    if deletions {
        let mut others = Vec::new();
        for (node, tombstone) in tombstones::decide(&mut world, &sweep, &drafts, &changes)? {
            match drafts.binary_search_by_key(&node, |draft| draft.node) {
                Ok(at) => drafts[at].tombstone = Some(tombstone),
                Err(_) => {
                    let draft = Draft::of(node, world.row(node)?);
                    others.push(Draft { tombstone: Some(tombstone), ..draft });
                }
            }
        }
        drafts.extend(others);
    }

    let mut patch = Patch {
        refs_added: changes.refs_added,
        refs_removed: changes.refs_removed,
        head: ops.iter().map(|op| op.key).chain(head).max(),
        late,
        reevaluated: sweep.older.len() as u64,
        ..Patch::default()
    };
    for (op, verdict) in world.batch.iter().zip(&sweep.in_batch) {
        if *verdict == Some(Verdict::Ignored) {
            patch.ignored_added.push((op.node, op.key));
        }
    }
    for (key, judgement) in &sweep.older {
        match (judgement.old, judgement.new) {
            (Verdict::Effective, Verdict::Ignored) => {
                patch.ignored_added.push((judgement.node, *key));
            }
            (Verdict::Ignored, Verdict::Effective) => {
                patch.ignored_removed.push((judgement.node, *key));
            }
            _ => {}
        }
    }
    patch.ignored_added.sort_unstable();
    patch.ignored_removed.sort_unstable();
    for draft in drafts {
        patch.nodes.extend(draft.into_patch(&mut world)?);
    }
    patch.nodes.sort_unstable_by_key(|change| change.node);
    Ok(patch)
}

/// A node's row as it was and as it will be.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) node: NodeId,
    pub(crate) old: Option<Rc<Row>>,
    pub(crate) placed: Option<(Key, NodeId)>,
    pub(crate) payload: Option<Key>,
    /// The new `deleted_at`, where the batch enlarges it.
    pub(crate) deleted_at: Option<VersionVector>,
    tombstone: Option<bool>,
    /// The operations of the batch on the node, in canonical order, by their places in it.
    pub(crate) ops: Vec<usize>,
}

/// The draft of a node, if there is one.
pub(crate) fn draft_of(drafts: &[Draft], node: NodeId) -> Option<&Draft> {
    drafts.binary_search_by_key(&node, |draft| draft.node).ok().map(|at| &drafts[at])
}

impl Draft {
    fn of(node: NodeId, old: Option<Rc<Row>>) -> Self {
        let placed = old.as_ref().and_then(|row| row.placed);
        let payload = old.as_ref().and_then(|row| row.payload);
        Self { node, old, placed, payload, deleted_at: None, tombstone: None, ops: Vec::new() }
    }

    pub(crate) fn old_parent(&self) -> Option<NodeId> {
        self.old.as_ref().and_then(|row| row.placed).map(|place| place.1)
    }

    pub(crate) fn new_parent(&self) -> Option<NodeId> {
        self.placed.map(|place| place.1)
    }

    pub(crate) fn old_payload(&self) -> Option<Key> {
        self.old.as_ref().and_then(|row| row.payload)
    }

    /// The operation of the batch on this node that has this key.
    fn op<'a, S: Store>(&self, world: &World<'a, S>, key: Key) -> Option<&'a Op> {
        self.ops
            .iter()
            .rev()
            .map(|&at| world.batch[at])
            .find(|op| op.key <= key)
            .filter(|op| op.key == key)
    }

    fn into_patch<S: Store>(self, world: &mut World<'_, S>) -> Result<Option<NodePatch>, S::Error> {
        let was_tombstone = self.old.as_ref().is_some_and(|row| row.tombstone);
        let old_placed = self.old.as_ref().and_then(|row| row.placed);
        let mut patch = NodePatch {
            node: self.node,
            exists: self.old.is_some(),
            placement: None,
            payload: None,
            deleted_at: None,
            tombstone: self.tombstone.filter(|&flag| flag != was_tombstone),
        };
        if self.placed != old_placed {
            patch.placement = Some(match self.placed {
                None => None,
                Some((key, parent)) => {
                    let order_key = match self.op(world, key).map(|op| &op.action) {
                        Some(Action::Insert { order_key, .. } | Action::Move { order_key, .. }) => {
                            Some(order_key.clone())
                        }
                        _ => world.store.entry(key)?.1.step.map(|step| step.order_key),
                    };
                    let order_key = order_key.expect("a placement is structural");
                    Some(Placement { key, parent, order_key })
                }
            });
        }
        if self.payload != self.old_payload() {
            let op = self.payload.and_then(|key| self.op(world, key));
            let op = op.expect("only the batch can hold a later payload");
            let written = op.written_payload().expect("it won as a payload op");
            patch.payload = Some(Some((op.key, written.map(<[u8]>::to_vec))));
        }
        patch.deleted_at = self.deleted_at.map(Some);
        let changed = patch.placement.is_some()
            || patch.payload.is_some()
            || patch.deleted_at.is_some()
            || patch.tombstone.is_some();
        Ok(Some(patch).filter(|patch| changed || !patch.exists))
    }
}

/// The rows of all nodes that the batch is about or that were judged anew, by node, tombstones
/// undecided.
fn draft_rows<S: Store>(world: &mut World<'_, S>, sweep: &Sweep) -> Result<Vec<Draft>, S::Error> {
    let mut concerned: Vec<(NodeId, Option<usize>)> =
        world.batch.iter().enumerate().map(|(at, op)| (op.node, Some(at))).collect();
    concerned.extend(sweep.older.values().map(|judgement| (judgement.node, None)));
    concerned.sort_unstable();
    let mut drafts: Vec<Draft> = Vec::new();
    for group in concerned.chunk_by(|a, b| a.0 == b.0) {
        let node = group[0].0;
        let mut draft = Draft::of(node, world.row(node)?);
        draft.ops = group.iter().filter_map(|(_, at)| *at).collect();
        for at in 0..draft.ops.len() {
            let op = world.batch[draft.ops[at]];
            if op.written_payload().is_some() {
                draft.payload = draft.payload.max(Some(op.key));
            }
            if let Some(deletion) = op.deletion() {
                enlarge(world, &mut draft, &deletion)?;
            }
        }
        if sweep.has_judged(node) {
            draft.placed = sweep.places(world, node, None)?.1;
        }
        drafts.push(draft);
    }
    Ok(drafts)
}

/// Adds to a draft's `deleted_at`, unless the row has it all already.
fn enlarge<S: Store>(
    world: &mut World<'_, S>,
    draft: &mut Draft,
    deletion: &VersionVector,
) -> Result<(), S::Error> {
    if let Some(deleted_at) = &mut draft.deleted_at {
        deleted_at.union(deletion);
        return Ok(());
    }
    let deleted = draft.old.as_ref().is_some_and(|row| row.deleted);
    let mut deleted_at =
        if deleted { world.store.deleted_at(draft.node)? } else { VersionVector::default() };
    if !deleted || !deleted_at.covers(deletion) {
        deleted_at.union(deletion);
        draft.deleted_at = Some(deleted_at);
    }
    Ok(())
}
