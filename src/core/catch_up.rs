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

use std::collections::{BTreeMap, HashMap};

use crate::id::{Key, NodeId};
use crate::op::{Action, Op};
use crate::patch::{NodePatch, Patch, Placement};
use crate::store::{Entry, Row, Step, Store, Verdict};
use crate::sweep::{self, Sweep};
use crate::timeline;
use crate::tombstones;
use crate::version_vector::VersionVector;

/// What the passes share: the store, what was read of it, and the batch.
pub(crate) struct World<'a, S> {
    pub(crate) store: &'a mut S,
    /// The batch in canonical order, reserved operations left out.
    pub(crate) batch: Vec<&'a Op>,
    /// Where in `batch` each key stands.
    by_key: HashMap<Key, usize>,
    rows: HashMap<NodeId, Option<Row>>,
    /// What the store answered to `has_refs`.
    refs_known: HashMap<NodeId, bool>,
}

impl<'a, S: Store> World<'a, S> {
    fn new(store: &'a mut S, ops: &'a [Op]) -> Self {
        let mut batch: Vec<&Op> = ops.iter().filter(|op| !op.is_reserved()).collect();
        batch.sort_unstable_by_key(|op| op.key);
        let by_key = batch.iter().enumerate().map(|(at, op)| (op.key, at)).collect();
        Self { store, batch, by_key, rows: HashMap::new(), refs_known: HashMap::new() }
    }

    /// The operation of the batch that has this key.
    pub(crate) fn in_batch(&self, key: Key) -> Option<&'a Op> {
        self.by_key.get(&key).map(|&at| self.batch[at])
    }

    /// Whether an older operation can stand after `key`.
    pub(crate) fn has_later(&self, key: Key) -> bool {
        self.store.head().is_some_and(|head| key < head)
    }

    /// A node's row before the batch.
    pub(crate) fn row(&mut self, node: NodeId) -> Result<Option<Row>, S::Error> {
        if let Some(row) = self.rows.get(&node) {
            return Ok(row.clone());
        }
        let row = self.store.row(node)?;
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
        let entry = self.store.prev(node, crate::store::Track::Structure, key)?;
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
    let mut sweep = sweep::judge(&mut world)?;
    let mut drafts = draft_rows(&mut world, &mut sweep)?;
    let changes = timeline::compare(&mut world, &mut sweep, &drafts)?;
    let flags = tombstones::decide(&mut world, &sweep, &drafts, &changes)?;
    for (node, tombstone) in flags {
        let row = world.row(node)?;
        drafts.entry(node).or_insert_with(|| Draft::of(row)).tombstone = Some(tombstone);
    }

    let mut patch = Patch {
        refs_added: changes.refs_added,
        refs_removed: changes.refs_removed,
        head: ops.iter().map(|op| op.key).chain(head).max(),
        late,
        reevaluated: sweep.reevaluated,
        ..Patch::default()
    };
    for (node, judged) in &sweep.judged {
        for (key, judgement) in judged {
            match (judgement.old, judgement.new) {
                (Some(Verdict::Effective) | None, Verdict::Ignored) => {
                    patch.ignored_added.push((*node, *key));
                }
                (Some(Verdict::Ignored), Verdict::Effective) => {
                    patch.ignored_removed.push((*node, *key));
                }
                _ => {}
            }
        }
    }
    patch.ignored_added.sort_unstable();
    patch.ignored_removed.sort_unstable();
    for (node, draft) in drafts {
        if let Some(change) = draft.into_patch(node, &mut world)? {
            patch.nodes.push(change);
        }
    }
    Ok(patch)
}

/// A node's row as it was and as it will be.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) old: Option<Row>,
    pub(crate) placed: Option<(Key, NodeId)>,
    pub(crate) payload: Option<Key>,
    /// The new `deleted_at`, where the batch enlarges it.
    pub(crate) deleted_at: Option<VersionVector>,
    tombstone: Option<bool>,
}

impl Draft {
    fn of(old: Option<Row>) -> Self {
        let row = old.clone().unwrap_or_default();
        Self { old, placed: row.placed, payload: row.payload, deleted_at: None, tombstone: None }
    }

    pub(crate) fn old_parent(&self) -> Option<NodeId> {
        self.old.as_ref().and_then(|row| row.placed).map(|place| place.1)
    }

    pub(crate) fn new_parent(&self) -> Option<NodeId> {
        self.placed.map(|place| place.1)
    }

    fn into_patch<S: Store>(
        self,
        node: NodeId,
        world: &mut World<'_, S>,
    ) -> Result<Option<NodePatch>, S::Error> {
        let exists = self.old.is_some();
        let old = self.old.unwrap_or_default();
        let mut patch = NodePatch {
            node,
            exists,
            placement: None,
            payload: None,
            deleted_at: self.deleted_at,
            tombstone: self.tombstone.filter(|&flag| flag != old.tombstone),
        };
        if self.placed != old.placed {
            patch.placement = Some(match self.placed {
                None => None,
                Some((key, parent)) => {
                    let order_key = match world.in_batch(key).map(|op| &op.action) {
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
        if self.payload != old.payload {
            let op = self.payload.and_then(|key| world.in_batch(key));
            let op = op.expect("only the batch can hold a later payload");
            let written = op.written_payload().expect("it won as a payload op");
            patch.payload = Some((op.key, written.map(<[u8]>::to_vec)));
        }
        let changed = patch.placement.is_some()
            || patch.payload.is_some()
            || patch.deleted_at.is_some()
            || patch.tombstone.is_some();
        Ok(Some(patch).filter(|_| changed || !exists))
    }
}

/// The rows of all nodes that the batch is about or that were judged anew, tombstones undecided.
fn draft_rows<S: Store>(
    world: &mut World<'_, S>,
    sweep: &mut Sweep,
) -> Result<BTreeMap<NodeId, Draft>, S::Error> {
    let mut drafts: BTreeMap<NodeId, Draft> = BTreeMap::new();
    for op in world.batch.clone() {
        let row = world.row(op.node)?;
        let deleted = row.as_ref().is_some_and(|row| row.deleted);
        let draft = drafts.entry(op.node).or_insert_with(|| Draft::of(row));
        if op.written_payload().is_some() {
            draft.payload = draft.payload.max(Some(op.key));
        }
        if let Some(deletion) = op.deletion() {
            match &mut draft.deleted_at {
                Some(deleted_at) => deleted_at.union(&deletion),
                None => {
                    let before =
                        if deleted { world.store.deleted_at(op.node)? } else { deletion.clone() };
                    if !deleted || !before.covers(&deletion) {
                        let mut grown = before;
                        grown.union(&deletion);
                        draft.deleted_at = Some(grown);
                    }
                }
            }
        }
    }
    for node in sweep.judged.keys().copied().collect::<Vec<_>>() {
        let row = world.row(node)?;
        let (_, placed) = sweep.places(world, node, None)?;
        drafts.entry(node).or_insert_with(|| Draft::of(row)).placed = placed;
    }
    Ok(drafts)
}
