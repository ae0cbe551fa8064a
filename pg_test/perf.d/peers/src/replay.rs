//! A whole log replayed in memory, once without a batch and once with it: what the batch changes.
//!
//! Nodes are numbered, so that the two replays cost little beside reading the log. No database here.

use crate::op::{Key, Node, NodeMap, Op, Place, ROOT, TRASH};

const NONE: u32 = u32::MAX;

/// A node whose row has to be made or changed.
#[derive(Debug)]
pub struct Change<'s> {
    /// Which.
    pub node: Node,
    /// Where it is now.
    pub place: Option<Place<'s>>,
    /// Its payload now.
    pub payload: Option<&'s [u8]>,
    /// Whether it has no row.
    pub is_new: bool,
    /// Whether it was elsewhere.
    pub moved: bool,
    /// Whether it had another payload.
    pub rewritten: bool,
}

/// A tree, by the numbers of nodes; operations are told by their number in the log.
#[derive(Debug, Clone)]
struct World {
    parent: Vec<u32>,
    placed: Vec<u32>,
    written: Vec<u32>,
    known: Vec<bool>,
}

impl World {
    fn of(nodes: usize) -> Self {
        let none = || vec![NONE; nodes];
        Self { parent: none(), placed: none(), written: none(), known: vec![false; nodes] }
    }

    fn apply(&mut self, number: usize, op: &Op<'_>, node: u32, parent: u32) {
        let at = node as usize;
        self.known[at] = true;
        if op.writes_payload() {
            self.written[at] = number as u32;
        }
        if op.place.is_some() && !self.is_above_or_same(node, parent) {
            self.parent[at] = parent;
            self.placed[at] = number as u32;
        }
    }

    fn is_above_or_same(&self, node: u32, mut below: u32) -> bool {
        while below != NONE {
            if below == node {
                return true;
            }
            below = self.parent[below as usize];
        }
        false
    }
}

/// What the operations `batch`, in canonical order, change in the tree that the rest of `log` makes.
/// The log holds them too.
pub fn changes<'s>(mut log: Vec<Op<'s>>, batch: &[Op<'s>]) -> Vec<Change<'s>> {
    // Most of a log came in order, and a sort that looks for runs is quick about it.
    log.sort_by_key(|op| op.key);
    let mut nodes: Vec<Node> = vec![ROOT, TRASH];
    let mut numbers: NodeMap<u32> = NodeMap::default();
    numbers.extend([(ROOT, 0), (TRASH, 1)]);
    let mut number_of = |node: Node| {
        *numbers.entry(node).or_insert_with(|| {
            nodes.push(node);
            nodes.len() as u32 - 1
        })
    };
    let numbered: Vec<(u32, u32)> = log
        .iter()
        .map(|op| (number_of(op.node), op.place.map_or(NONE, |place| number_of(place.parent))))
        .collect();

    let (mut old, mut new) = (World::of(nodes.len()), World::of(nodes.len()));
    let mut coming = batch.iter().map(|op| op.key).peekable();
    let mut is_coming = |key: Key<'_>| coming.next_if(|&next| next == key).is_some();
    for (number, (op, &(node, parent))) in log.iter().zip(&numbered).enumerate() {
        pgrx::check_for_interrupts!();
        let is_new = is_coming(op.key);
        if op.is_reserved() {
            continue;
        }
        if !is_new {
            old.apply(number, op, node, parent);
        }
        new.apply(number, op, node, parent);
    }

    let place =
        |world: &World, at: usize| log.get(world.placed[at] as usize).and_then(|op| op.place);
    let payload =
        |world: &World, at: usize| log.get(world.written[at] as usize).and_then(|op| op.payload);
    let same = |at: usize| {
        old.known[at] == new.known[at]
            && old.placed[at] == new.placed[at]
            && old.written[at] == new.written[at]
    };
    (0..nodes.len())
        .filter(|&at| new.known[at] && !same(at))
        .map(|at| Change {
            node: nodes[at],
            place: place(&new, at),
            payload: payload(&new, at),
            is_new: !old.known[at],
            moved: place(&new, at) != place(&old, at),
            rewritten: payload(&new, at) != payload(&old, at),
        })
        .collect()
}
