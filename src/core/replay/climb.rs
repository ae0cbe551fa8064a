//! Whether one node is above another at a moment, looked at from the lower one. A descent from the
//! upper one goes along: the nearer end decides.

use super::descent::{BatchChildren, Below, Descent};
use super::memo::Memo;
use super::numbers::{Item, NodeIx, OpIx, PerNode, Place};
use super::store::Store;
use super::verdicts::{self, Stand, Verdicts};

/// From how many operations on a batch is expected to share ancestors, so that a look up from a
/// parent is answered from what is read already, or soon pays.
const LARGE: usize = 64;
/// How far up such a look goes.
const SHORT: usize = 128;
/// So many questions to the store it has for each operation that was judged. What one leaves over is
/// for those to come.
const ALLOWANCE: usize = 2;
/// After so many questions to the store a climb is accompanied by a descent, a question each in turn.
const CLIMB: usize = 8;
/// So many steps up that need none count as one.
const KNOWN: usize = 32;

/// A structural operation to be judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) op: OpIx,
    pub(super) node: NodeIx,
    pub(super) parent: NodeIx,
}

impl Candidate {
    pub(super) fn of(item: &Item) -> Option<Self> {
        item.parent.map(|parent| Self { op: item.op, node: item.node, parent })
    }
}

/// What climbs note of the batch, as far as it was swept.
#[derive(Debug, Default)]
pub(super) struct Climbs {
    /// Nodes that an operation of the batch was put below.
    pub(super) new_parents: PerNode<bool>,
    /// So many questions looks up may ask.
    allowance: usize,
    batch_children: BatchChildren,
}

impl Climbs {
    /// Whether `op`, which puts `node` below `parent`, would put it below itself in the new world.
    pub(super) fn makes_cycle<S: Store>(
        &mut self,
        memo: &mut Memo<'_, S>,
        verdicts: &Verdicts,
        Candidate { op, node, parent }: Candidate,
    ) -> Result<bool, S::Error> {
        if node == parent {
            return Ok(true);
        }
        let is_new_parent = self.new_parents.get(node);
        if parent.is_reserved() || (!is_new_parent && memo.was_surely_not_named(node)) {
            return Ok(false);
        }
        let mut at = parent;
        if memo.batch.len() >= LARGE {
            self.allowance += ALLOWANCE;
        }
        for _ in 0..SHORT {
            let above = match known_parent(memo, verdicts, at, op) {
                Some(known) => known,
                None if self.allowance == 0 => break,
                None => {
                    self.allowance -= 1;
                    parent_of(memo, verdicts, at, op)?
                }
            };
            match above {
                None => return Ok(false),
                Some(above) if above == node => return Ok(true),
                Some(above) => at = above,
            }
        }
        // A node that nothing was put below by now is above nobody.
        if !is_new_parent && !memo.was_named(node)? {
            return Ok(false);
        }
        let (mut descent, mut may_descend) = (None, true);
        let (mut asked, mut cost) = (0, 0);
        for step in 0.. {
            let (above, takes) = match known_parent(memo, verdicts, at, op) {
                Some(known) => (known, 1),
                None => (parent_of(memo, verdicts, at, op)?, KNOWN),
            };
            match above {
                None => return Ok(false),
                Some(above) if above == node => return Ok(true),
                Some(above) => at = above,
            }
            memo.store.check()?;
            memo.must_end(step, at)?;
            cost += takes;
            if !may_descend || cost <= KNOWN * (CLIMB + asked) {
                continue;
            }
            asked += 1;
            let descent = descent.get_or_insert_with(|| Descent::new(node, parent));
            match descent.step(memo, &mut self.batch_children)? {
                Below::Nothing => return Ok(false),
                Below::Perhaps => may_descend = false,
                Below::Unknown => {}
            }
        }
        unreachable!("the way up ends")
    }
}

/// The parent of a node in the new world just before `op`.
fn parent_of<S: Store>(
    memo: &mut Memo<'_, S>,
    verdicts: &Verdicts,
    node: NodeIx,
    op: OpIx,
) -> Result<Option<NodeIx>, S::Error> {
    if stands_still(memo, verdicts, node, op) {
        return Ok(memo.above(node)?.parent);
    }
    Ok(verdicts::parent_of(verdicts.places(memo, node, Some(op))?.new))
}

/// Whether a node has been where it is from before the batch to the moment of `op`, as far as was
/// swept: then it need not be known which operation put it there.
fn stands_still<S: Store>(memo: &Memo<'_, S>, verdicts: &Verdicts, node: NodeIx, op: OpIx) -> bool {
    !node.is_reserved() && !memo.has_later(op) && !verdicts.has_judged(node)
}

/// The parent of a node in the new world just before `op`, where no look into storage is needed to
/// tell.
fn known_parent<S: Store>(
    memo: &mut Memo<'_, S>,
    verdicts: &Verdicts,
    node: NodeIx,
    op: OpIx,
) -> Option<Option<NodeIx>> {
    if stands_still(memo, verdicts, node, op) {
        return memo.known_parent(node);
    }
    let stand = verdicts.stands.get(node);
    let place = match stand {
        _ if node.is_reserved() => None,
        Some(stand) if stand.places.is_diverged() => stand.places.new,
        _ => memo.known_place(node, op)?,
    };
    let since = |place: &Place, stand: Stand| memo.is_before(stand.at, place.op);
    let place = match stand {
        Some(stand) if !place.is_some_and(|place| since(&place, stand)) => stand.places.new,
        _ => place,
    };
    Some(verdicts::parent_of(place))
}
