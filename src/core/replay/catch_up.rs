//! Catching up: from a batch of operations to the patch that materializes them.
//!
//! Three passes, each of which asks the store only about what the batch touches:
//!
//! 1. [`sweep`](super::sweep) finds out which structural operations are effective, those of the
//!    batch and those older ones whose verdict could change.
//! 2. [`timeline`](super::timeline) re-reads, for each node concerned, the stretch of its timeline
//!    in which old and new differ, and collects what op refs and dots come and go.
//! 3. [`tombstones`](super::tombstones) decides anew for the deleted nodes above any of this.
//!
//! A batch that is in order, the first of a document for instance, takes the same way and finds
//! nothing later to look at.

use super::drafts::{Draft, Drafts};
use super::entries::Entries;
use super::memo::Memo;
use super::numbers::{NodeIx, OpIx, OpRef};
use super::patch::{NodePatch, Patch, Placement};
use super::store::{Store, Verdict};
use super::sweep;
use super::timeline::{self, Changes};
use super::tombstones;
use super::verdicts::Verdicts;
use crate::model::NodeId;

/// Works out the rows that these operations, all in the store's log and none materialized yet,
/// change.
///
/// The operations may come in any order. Each must come once.
///
/// # Errors
/// Those of the store.
pub fn catch_up<S: Store>(store: &mut S, entries: Entries) -> Result<Patch, S::Error> {
    let head = store.head();
    let late = entries.keys().filter(|key| head.is_some_and(|head| *key < head)).count() as u64;
    let last = entries.keys().max();
    let mut memo = Memo::new(store, entries)?;
    memo.read_rows()?;
    let verdicts = sweep::judge(&mut memo)?;
    let mut drafts = Drafts::of(&mut memo, &verdicts)?;
    let deletions = drafts.of.list.iter().any(|draft| draft.deleted_at.is_some())
        || (head.is_some() && memo.store.any_deleted()?);
    let mut changes = timeline::compare(&mut memo, &verdicts, &drafts, deletions)?;
    changes.refs_added.sort_unstable();
    changes.refs_removed.sort_unstable();
    if deletions {
        for (node, tombstone) in tombstones::decide(&mut memo, &verdicts, &drafts, &changes)? {
            drafts.at(&mut memo, node)?.tombstone = Some(tombstone);
        }
    }
    let head = last.max(head);
    let patch = Patch { head, late, reevaluated: verdicts.older.len() as u64, ..Patch::default() };
    finish(memo, &verdicts, drafts, changes, patch)
}

/// The patch, by ids and keys.
fn finish<S: Store>(
    mut memo: Memo<'_, S>,
    verdicts: &Verdicts,
    drafts: Drafts,
    changes: Changes,
    mut patch: Patch,
) -> Result<Patch, S::Error> {
    for (item, verdict) in memo.batch.iter().zip(&verdicts.in_batch) {
        if *verdict == Some(Verdict::Ignored) {
            patch.ignored_added.push((memo.id(item.node), item.op.in_patch()));
        }
    }
    for (&op, judgement) in &verdicts.older {
        let row = (memo.id(judgement.node), op.in_patch());
        match (judgement.verdict.old, judgement.verdict.new) {
            (Verdict::Effective, Verdict::Ignored) => patch.ignored_added.push(row),
            (Verdict::Ignored, Verdict::Effective) => patch.ignored_removed.push(row),
            _ => {}
        }
    }
    let named = |refs: Vec<(NodeIx, OpIx)>| -> Vec<(NodeId, OpRef)> {
        refs.into_iter().map(|(parent, op)| (memo.id(parent), op.in_patch())).collect()
    };
    patch.refs_added = named(changes.refs_added);
    patch.refs_removed = named(changes.refs_removed);
    for (node, op) in drafts.again {
        let item = memo.op(op)?;
        patch.again.push((memo.id(node), op.in_patch(), item.writes_payload));
    }
    // Children of one parent side by side: so they come to lie, and the index of children is filled
    // in order.
    let mut list = drafts.of.list;
    patch.nodes.reserve_exact(list.len());
    list.sort_by_cached_key(|draft| draft.new_parent().map(|parent| memo.id(parent)));
    for draft in list {
        let Draft { node, old, placed, payload, inserted, deleted_at, tombstone, .. } = draft;
        let placement = placed
            .map(|place| Placement { op: place.op.in_patch(), parent: memo.id(place.parent) });
        let node = NodePatch {
            node: memo.id(node),
            exists: old.exists,
            placement: Some(placement).filter(|_| placed != old.placed),
            payload: payload.filter(|_| payload != old.payload).map(OpIx::in_patch),
            inserted: inserted.filter(|_| inserted != old.inserted).map(OpIx::in_patch),
            deleted_at,
            tombstone: tombstone.filter(|&flag| flag != old.tombstone),
        };
        let changed = node.placement.is_some()
            || node.payload.is_some()
            || node.inserted.is_some()
            || node.deleted_at.is_some()
            || node.tombstone.is_some();
        if changed || !node.exists {
            patch.nodes.push(node);
        }
    }
    patch.keys = memo.into_keys();
    Ok(patch)
}
