//! What the sweep has found: verdicts, and where nodes stand in both worlds.

use std::collections::BTreeMap;

use super::memo::Memo;
use super::numbers::{NodeIx, OpIx, PerNode, Place};
use super::store::{Store, Verdict};

/// Something in the old world, without the batch, and in the new one, with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Both<T> {
    pub(super) old: T,
    pub(super) new: T,
}

impl<T: Copy> Both<T> {
    /// The same in both.
    pub(super) fn same(value: T) -> Self {
        Self { old: value, new: value }
    }
}

impl Both<Option<Place>> {
    pub(super) fn parents(&self) -> Both<Option<NodeIx>> {
        Both { old: parent_of(self.old), new: parent_of(self.new) }
    }

    /// Whether a node that stands there is diverged.
    pub(super) fn is_diverged(&self) -> bool {
        parent_of(self.old) != parent_of(self.new)
    }
}

/// What became of an older structural operation that was judged again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judgement {
    pub(super) node: NodeIx,
    pub(super) verdict: Both<Verdict>,
}

/// Where a node stood when an operation on it was last judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stand {
    pub(super) at: OpIx,
    pub(super) places: Both<Option<Place>>,
}

pub(super) fn parent_of(place: Option<Place>) -> Option<NodeIx> {
    place.map(|place| place.parent)
}

/// The verdicts found.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    /// Those on the batch's structural operations, by their places in it.
    pub(super) in_batch: Vec<Option<Verdict>>,
    /// The older operations judged again.
    pub(super) older: BTreeMap<OpIx, Judgement>,
    pub(super) stands: PerNode<Option<Stand>>,
}

impl Verdicts {
    /// A node's places in the old and the new world just before `before`, or at the end. The sweep
    /// must have reached that moment.
    pub(super) fn places<S: Store>(
        &self,
        memo: &mut Memo<'_, S>,
        node: NodeIx,
        before: Option<OpIx>,
    ) -> Result<Both<Option<Place>>, S::Error> {
        if node.is_reserved() {
            return Ok(Both::default());
        }
        let stand = self.stands.get(node);
        if let Some(stand) = stand.filter(|stand| stand.places.is_diverged()) {
            return Ok(stand.places);
        }
        let later = memo.old_place(node, stand.map(|stand| stand.at), before)?;
        Ok(match (later, stand) {
            (None, Some(stand)) => stand.places,
            _ => Both::same(later),
        })
    }

    /// The verdict of a structural operation now that the batch is there.
    pub(super) fn verdict<S: Store>(
        &self,
        memo: &mut Memo<'_, S>,
        node: NodeIx,
        op: OpIx,
    ) -> Result<Verdict, S::Error> {
        if let Some(verdict) = self.in_batch.get(op.index()).copied().flatten() {
            return Ok(verdict);
        }
        match self.older.get(&op) {
            Some(judgement) => Ok(judgement.verdict.new),
            None => recorded(memo, node, op),
        }
    }

    /// Whether any structural operation on the node was judged.
    pub(super) fn has_judged(&self, node: NodeIx) -> bool {
        self.stands.get(node).is_some()
    }
}

/// The verdict on record from before the batch.
pub(super) fn recorded<S: Store>(
    memo: &mut Memo<'_, S>,
    node: NodeIx,
    op: OpIx,
) -> Result<Verdict, S::Error> {
    let ignored = memo.was_ignored(node, op)?;
    Ok(if ignored { Verdict::Ignored } else { Verdict::Effective })
}
