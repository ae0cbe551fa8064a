//! The rows of nodes as they will be, in the making.

use std::rc::Rc;

use super::memo::Memo;
use super::numbers::{NodeIx, OpIx, Place, Row, SomeNodes};
use super::store::Store;
use super::verdicts::Verdicts;
use crate::model::{OpKind, VersionVector};

/// A node's row as it will be. What is `None` stays as it is, but for the first three.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) node: NodeIx,
    pub(super) old: Row,
    pub(super) placed: Option<Place>,
    pub(super) payload: Option<OpIx>,
    pub(super) inserted: Option<OpIx>,
    pub(super) deleted_at: Option<Rc<VersionVector>>,
    pub(super) tombstone: Option<bool>,
    /// The first and the last operation of the batch on it.
    ops: Option<(OpIx, OpIx)>,
}

impl Draft {
    pub(super) fn new_parent(&self) -> Option<NodeIx> {
        self.placed.map(|place| place.parent)
    }
}

/// The drafts made, each node's found by its number.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) of: SomeNodes<Draft>,
    /// Inserts that are not the first of their nodes, and were not among these before.
    pub(super) again: Vec<(NodeIx, OpIx)>,
    /// For each operation of the batch the next one on the same node.
    following: Vec<Option<OpIx>>,
}

impl Drafts {
    /// The rows of all nodes that the batch is about or that were judged anew, tombstones undecided.
    pub(super) fn of<S: Store>(
        memo: &mut Memo<'_, S>,
        verdicts: &Verdicts,
    ) -> Result<Self, S::Error> {
        let count = memo.batch.len();
        let of = SomeNodes::with_room(count.min(memo.node_count()));
        let mut drafts = Self { of, following: vec![None; count], again: Vec::new() };
        let mut again = Vec::new();
        for judgement in verdicts.older.values() {
            drafts.at(memo, judgement.node)?;
        }
        for at in 0..memo.batch.len() {
            memo.store.check()?;
            let item = memo.batch[at];
            let draft = drafts.at(memo, item.node)?;
            let first = draft.ops.map_or(item.op, |(first, _)| first);
            let last = draft.ops.replace((first, item.op)).map(|(_, last)| last);
            if item.writes_payload && draft.payload.is_none_or(|won| memo.is_before(won, item.op)) {
                draft.payload = Some(item.op);
            }
            if item.kind == OpKind::Insert {
                // The lesser key is the first insert, the other one is not.
                let later = match draft.inserted {
                    Some(first) if memo.is_before(first, item.op) => Some(item.op),
                    _ => draft.inserted.replace(item.op),
                };
                again.extend(later.map(|op| (item.node, op)));
            }
            if matches!(item.kind, OpKind::Delete | OpKind::Tombstone) {
                enlarge(memo, draft, item.op)?;
            }
            if let Some(last) = last {
                drafts.following[last.index()] = Some(item.op);
            }
        }
        drafts.again = again;
        for draft in &mut drafts.of.list {
            if verdicts.has_judged(draft.node) {
                draft.placed = verdicts.places(memo, draft.node, None)?.new;
            }
        }
        Ok(drafts)
    }

    /// The operations of the batch on a drafted node, in canonical order.
    pub(super) fn ops(&self, draft: &Draft) -> impl Iterator<Item = OpIx> {
        let first = draft.ops.map(|(first, _)| first);
        std::iter::successors(first, |op| self.following[op.index()])
    }

    pub(super) fn get(&self, node: NodeIx) -> Option<&Draft> {
        self.of.place(node).map(|at| &self.of.list[at])
    }

    /// The draft of a node, begun if there is none.
    pub(super) fn at<S: Store>(
        &mut self,
        memo: &mut Memo<'_, S>,
        node: NodeIx,
    ) -> Result<&mut Draft, S::Error> {
        let at = match self.of.place(node) {
            Some(at) => at,
            None => {
                let old = memo.row(node)?;
                let draft = Draft {
                    node,
                    old,
                    placed: old.placed,
                    payload: old.payload,
                    inserted: old.inserted,
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
fn enlarge<S: Store>(memo: &mut Memo<'_, S>, draft: &mut Draft, op: OpIx) -> Result<(), S::Error> {
    let mut deletion = match memo.batch[op.index()].kind {
        OpKind::Delete => memo.store.known_state(memo.source(op))?,
        _ => VersionVector::default(),
    };
    deletion.insert(memo.dot(op));
    if let Some(deleted_at) = &mut draft.deleted_at {
        Rc::make_mut(deleted_at).union(&deletion);
        return Ok(());
    }
    if draft.old.deleted {
        let deleted_at = memo.store.deleted_at(memo.id(draft.node))?;
        if deleted_at.covers(&deletion) {
            return Ok(());
        }
        deletion.union(&deleted_at);
    }
    draft.deleted_at = Some(Rc::new(deletion));
    Ok(())
}
