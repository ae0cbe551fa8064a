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

use std::rc::Rc;

use crate::id::{Key, NodeId};
use crate::op::{Entry, OpKind};
use crate::patch::{NodePatch, Patch, Placement};
use crate::store::{Store, Verdict};
use crate::sweep::{self, Sweep};
use crate::timeline::{self, Changes};
use crate::tombstones;
use crate::version_vector::VersionVector;
use crate::world::{NodeIx, OpIx, Place, Row, SomeNodes, World};

/// Works out the rows that these operations, all in the store's log and none materialized yet,
/// change.
///
/// The operations may come in any order. Each must come once.
///
/// # Errors
/// Those of the store.
pub fn catch_up<S: Store>(store: &mut S, entries: &[Entry]) -> Result<Patch, S::Error> {
    let head = store.head();
    let late = entries.iter().filter(|op| head.is_some_and(|head| op.key < head)).count() as u64;
    let mut world = World::new(store, entries)?;
    world.read_rows()?;
    let sweep = sweep::judge(&mut world)?;
    let mut drafts = Drafts::of(&mut world, &sweep)?;
    let deletions = drafts.of.list.iter().any(|draft| draft.deleted_at.is_some())
        || (head.is_some() && world.store.any_deleted()?);
    let mut changes = timeline::compare(&mut world, &sweep, &drafts, deletions)?;
    changes.refs_added.sort_unstable();
    changes.refs_removed.sort_unstable();
    if deletions {
        for (node, tombstone) in tombstones::decide(&mut world, &sweep, &drafts, &changes)? {
            drafts.at(&mut world, node)?.tombstone = Some(tombstone);
        }
    }
    let head = entries.iter().map(|op| op.key).chain(head).max();
    let patch = Patch { head, late, reevaluated: sweep.older.len() as u64, ..Patch::default() };
    finish(&mut world, &sweep, drafts, changes, patch)
}

/// A node's row as it will be. What is `None` stays as it is, but for the first three.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) node: NodeIx,
    pub(crate) old: Row,
    pub(crate) placed: Option<Place>,
    pub(crate) payload: Option<OpIx>,
    pub(crate) deleted_at: Option<Rc<VersionVector>>,
    pub(crate) tombstone: Option<bool>,
    /// The first and the last operation of the batch on it.
    ops: Option<(OpIx, OpIx)>,
}

impl Draft {
    pub(crate) fn new_parent(&self) -> Option<NodeIx> {
        self.placed.map(|place| place.parent)
    }
}

/// The drafts made, each node's found by its number.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    pub(crate) of: SomeNodes<Draft>,
    /// For each operation of the batch the next one on the same node.
    following: Vec<Option<OpIx>>,
}

impl Drafts {
    /// The rows of all nodes that the batch is about or that were judged anew, tombstones undecided.
    fn of<S: Store>(world: &mut World<'_, S>, sweep: &Sweep) -> Result<Self, S::Error> {
        let mut drafts = Self { following: vec![None; world.batch.len()], ..Self::default() };
        for judgement in sweep.older.values() {
            drafts.at(world, judgement.node)?;
        }
        for at in 0..world.batch.len() {
            world.store.check()?;
            let item = world.batch[at];
            let draft = drafts.at(world, item.node)?;
            let first = draft.ops.map_or(item.op, |(first, _)| first);
            let last = draft.ops.replace((first, item.op)).map(|(_, last)| last);
            if item.writes_payload && draft.payload.is_none_or(|won| world.is_before(won, item.op))
            {
                draft.payload = Some(item.op);
            }
            if matches!(item.kind, OpKind::Delete | OpKind::Tombstone) {
                enlarge(world, draft, item.op)?;
            }
            if let Some(last) = last {
                drafts.following[last.index()] = Some(item.op);
            }
        }
        for draft in &mut drafts.of.list {
            if sweep.has_judged(draft.node) {
                draft.placed = sweep.places(world, draft.node, None)?.1;
            }
        }
        Ok(drafts)
    }

    /// The operations of the batch on a drafted node, in canonical order.
    pub(crate) fn ops(&self, draft: &Draft) -> impl Iterator<Item = OpIx> {
        let first = draft.ops.map(|(first, _)| first);
        std::iter::successors(first, |op| self.following[op.index()])
    }

    pub(crate) fn get(&self, node: NodeIx) -> Option<&Draft> {
        self.of.place(node).map(|at| &self.of.list[at])
    }

    /// The draft of a node, begun if there is none.
    fn at<S: Store>(
        &mut self,
        world: &mut World<'_, S>,
        node: NodeIx,
    ) -> Result<&mut Draft, S::Error> {
        let at = match self.of.place(node) {
            Some(at) => at,
            None => {
                let old = world.row(node)?;
                let draft = Draft {
                    node,
                    old,
                    placed: old.placed,
                    payload: old.payload,
                    deleted_at: None,
                    tombstone: None,
                    ops: None,
                };
                self.of.add(node, draft)
            }
        };
        Ok(&mut self.of.list[at])
    }
}

/// Adds what a deletion of the batch covers to a draft's `deleted_at`, unless the row has it all.
fn enlarge<S: Store>(
    world: &mut World<'_, S>,
    draft: &mut Draft,
    op: OpIx,
) -> Result<(), S::Error> {
    let mut deletion = match world.batch[op.index()].kind {
        OpKind::Delete => world.store.known_state(world.source(op))?,
        _ => VersionVector::default(),
    };
    deletion.insert(world.dot(op));
    if let Some(deleted_at) = &mut draft.deleted_at {
        Rc::make_mut(deleted_at).union(&deletion);
        return Ok(());
    }
    if draft.old.deleted {
        let deleted_at = world.store.deleted_at(world.id(draft.node))?;
        if deleted_at.covers(&deletion) {
            return Ok(());
        }
        deletion.union(&deleted_at);
    }
    draft.deleted_at = Some(Rc::new(deletion));
    Ok(())
}

/// The patch, by ids and keys.
fn finish<S: Store>(
    world: &mut World<'_, S>,
    sweep: &Sweep,
    drafts: Drafts,
    changes: Changes,
    mut patch: Patch,
) -> Result<Patch, S::Error> {
    for (item, verdict) in world.batch.iter().zip(&sweep.in_batch) {
        if *verdict == Some(Verdict::Ignored) {
            patch.ignored_added.push((world.id(item.node), world.key(item.op)));
        }
    }
    for (&op, judgement) in &sweep.older {
        let row = (world.id(judgement.node), world.key(op));
        match (judgement.old, judgement.new) {
            (Verdict::Effective, Verdict::Ignored) => patch.ignored_added.push(row),
            (Verdict::Ignored, Verdict::Effective) => patch.ignored_removed.push(row),
            _ => {}
        }
    }
    let named = |refs: Vec<(NodeIx, OpIx)>| -> Vec<(NodeId, Key)> {
        refs.into_iter().map(|(parent, op)| (world.id(parent), world.key(op))).collect()
    };
    patch.refs_added = named(changes.refs_added);
    patch.refs_removed = named(changes.refs_removed);
    let source = |op: OpIx| world.source(op);
    for draft in drafts.of.list {
        let Draft { node, old, placed, payload, deleted_at, tombstone, .. } = draft;
        let placement = placed
            .map(|place| Placement { source: source(place.op), parent: world.id(place.parent) });
        let node = NodePatch {
            node: world.id(node),
            exists: old.exists,
            placement: Some(placement).filter(|_| placed != old.placed),
            payload: payload.filter(|_| payload != old.payload).map(source),
            deleted_at: deleted_at.map(Rc::unwrap_or_clone),
            tombstone: tombstone.filter(|&flag| flag != old.tombstone),
        };
        let changed = node.placement.is_some()
            || node.payload.is_some()
            || node.deleted_at.is_some()
            || node.tombstone.is_some();
        if changed || !node.exists {
            patch.nodes.push(node);
        }
    }
    Ok(patch)
}
