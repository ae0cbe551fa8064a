//! Where a node goes among its siblings: between which two, and who has to make room.

use treecrdt::{Action, MAX_ORDER_KEY, NodeId, order_key_between, order_keys_between};

use super::draft::{Draft, random};
use crate::datum::{self, Varlena};
use crate::error::{EditProblem, Error};
use crate::forest::shape::{Nodes, nodes};
use crate::memory;
use crate::storage::row::Row;

/// A key that is chosen has at most so many bytes, if any siblings can make room for that: what an index
/// takes, less what many keys take more than one.
const MOST: usize = MAX_ORDER_KEY - 6;

/// Where a node is to go, as the caller says it.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The sibling that it follows.
    pub after: Option<NodeId>,
    /// The sibling that it precedes.
    pub before: Option<NodeId>,
    /// `first` or `last`, where neither is given.
    pub place: &'a str,
}

/// A sibling.
#[derive(Debug, Clone)]
struct Sibling {
    key: Vec<u8>,
    node: NodeId,
    tombstone: bool,
}

/// The order key for `node` below a parent; operations that make room for it are minted.
///
/// # Errors
/// [`EditProblem::NotASibling`], [`EditProblem::Place`].
pub fn order_key(
    draft: &mut Draft<'_>,
    parent: NodeId,
    node: NodeId,
    wish: Wish<'_>,
) -> Result<Vec<u8>, Error> {
    let mut siblings = Siblings { draft, parent, node, behind: None };
    let after = wish.after.map(|it| siblings.visible(it)).transpose()?;
    let before = wish.before.map(|it| siblings.visible(it)).transpose()?;
    if let (Some(one), Some(two)) = (&after, &before)
        && one.node == two.node
    {
        return Err(EditProblem::NotASibling { node: one.node, parent }.into());
    }
    let (lower, upper) = match (after, before) {
        (Some(after), before) => {
            // Peers may have moved the one to the other side of the other: then it goes behind the node.
            siblings.behind = before
                .filter(|before| (&before.key, before.node) <= (&after.key, after.node))
                .map(|before| before.node);
            let upper = siblings.next(&after)?;
            (Some(after), upper)
        }
        (None, Some(before)) => (siblings.previous(&before)?, Some(before)),
        (None, None) => match wish.place {
            "first" => (None, siblings.end(false)?),
            "last" => (siblings.end(true)?, None),
            other => {
                return Err(EditProblem::Place { place: other.chars().take(100).collect() }.into());
            }
        },
    };
    siblings.make_room(lower, upper)
}

/// The children of a parent but for the node that is placed.
struct Siblings<'d, 'o> {
    draft: &'d mut Draft<'o>,
    parent: NodeId,
    node: NodeId,
    /// The sibling that is to go right behind the node.
    behind: Option<NodeId>,
}

impl Siblings<'_, '_> {
    /// A child that can be seen.
    fn visible(&mut self, node: NodeId) -> Result<Sibling, Error> {
        let Self { draft, parent, .. } = self;
        let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&node)], &[])?;
        let child = row.filter(|row| row.get(nodes::PARENT) == Some(*parent)).and_then(sibling);
        match child.filter(|it| !it.tombstone && node != self.node) {
            Some(child) => Ok(child),
            None => Err(EditProblem::NotASibling { node, parent: *parent }.into()),
        }
    }

    /// Whether it is neither the node nor the one that goes with it.
    fn stays(&self, it: &Sibling) -> bool {
        it.node != self.node && Some(it.node) != self.behind
    }

    fn next(&mut self, of: &Sibling) -> Result<Option<Sibling>, Error> {
        self.beside(of, true)
    }

    fn previous(&mut self, of: &Sibling) -> Result<Option<Sibling>, Error> {
        self.beside(of, false)
    }

    fn beside(&mut self, of: &Sibling, forward: bool) -> Result<Option<Sibling>, Error> {
        let mut of = of.clone();
        loop {
            memory::check();
            let key = Varlena::new(&of.key);
            let Draft { reader, doc, .. } = &mut *self.draft;
            let probe =
                if forward { &mut reader.children_after } else { &mut reader.children_before };
            let at = [doc.arg(), datum::uuid(&self.parent)];
            let found = probe.find(&at, &[key.bytea(), datum::uuid(&of.node)])?.and_then(sibling);
            match found {
                Some(found) if !self.stays(&found) => of = found,
                found => return Ok(found),
            }
        }
    }

    /// The first or the last child.
    fn end(&mut self, last: bool) -> Result<Option<Sibling>, Error> {
        let Draft { reader, doc, .. } = &mut *self.draft;
        let at = [doc.arg(), datum::uuid(&self.parent)];
        let probe = if last { &mut reader.last_child } else { &mut reader.children };
        match probe.find(&at, &[])?.and_then(sibling) {
            Some(found) if !self.stays(&found) => self.beside(&found, !last),
            found => Ok(found),
        }
    }

    /// The key between two siblings. Where there is none, or only long ones, as few of their
    /// neighbours as will do, on one side, get new keys too.
    fn make_room(
        mut self,
        lower: Option<Sibling>,
        upper: Option<Sibling>,
    ) -> Result<Vec<u8>, Error> {
        // Those that get new keys, from the node on outwards; tombstones stay where they are: to move one
        // would bring it back.
        let (mut down, mut up) = ((Vec::new(), lower.clone()), (Vec::new(), upper.clone()));
        let (below, above, (from, to)) = loop {
            memory::check();
            if fits(down.1.as_ref(), upper.as_ref()) {
                break (down.0, Vec::new(), (down.1, upper));
            }
            if fits(lower.as_ref(), up.1.as_ref()) {
                break (Vec::new(), up.0, (lower, up.1));
            }
            let (could_go_down, could_go_up) = (down.1.is_some(), up.1.is_some());
            for (side, forward) in [(&mut down, false), (&mut up, true)] {
                if let Some(it) = side.1.take() {
                    side.1 = self.beside(&it, forward)?;
                    if !it.tombstone {
                        side.0.push(it.node);
                    }
                }
            }
            if !could_go_down && !could_go_up {
                unreachable!("there is room where both ends are open");
            }
        };
        let behind: Vec<NodeId> = self.behind.into_iter().collect();
        let order = below.iter().rev().chain([&self.node]).chain(&behind).chain(&above);
        let (from, to) = (from.map(|it| it.key), to.map(|it| it.key));
        let count = below.len() + 1 + behind.len() + above.len();
        let keys = order_keys_between(from.as_deref(), to.as_deref(), count, &mut random);
        let keys = keys.map_err(|problem| self.draft.corrupted(problem.to_string()))?;
        let mut own = Vec::new();
        let parent = self.parent;
        for (&node, order_key) in order.zip(keys) {
            if node == self.node {
                own = order_key;
            } else {
                self.draft.mint(node, Action::Move { parent, order_key })?;
            }
        }
        Ok(own)
    }
}

/// Whether there is a key between two that is not too long.
fn fits(lower: Option<&Sibling>, upper: Option<&Sibling>) -> bool {
    let (lower, upper) = (lower.map(|it| it.key.as_slice()), upper.map(|it| it.key.as_slice()));
    order_key_between(lower, upper, &mut random).is_ok_and(|key| key.len() <= MOST)
}

fn sibling(row: Row<'_, Nodes>) -> Option<Sibling> {
    Some(Sibling {
        key: row.get(nodes::ORDER_KEY)?.to_vec(),
        node: row.get(nodes::NODE)?,
        tombstone: row.get(nodes::TOMBSTONE)?,
    })
}
