//! Where a node goes among its siblings: between which two, and who has to make room.

use treecrdt::{Action, NodeId, order_key_between, order_keys_between};

use super::draft::Draft;
use super::random::random;
use crate::datum::{self, Varlena};
use crate::error::{EditProblem, Error};
use crate::forest::shape::{Nodes, nodes};
use crate::memory;
use crate::storage::row::Row;

/// So many siblings are read at a time by who goes on and on.
const AHEAD: usize = 64;

/// Many keys between two take so many bytes more than one.
const MANY: usize = 6;

impl Sibling {
    fn place(&self) -> (&[u8], NodeId) {
        (&self.key, self.node)
    }
}

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
    let mut siblings = Siblings {
        draft,
        parent,
        node,
        behind: None,
        groups: Default::default(),
        ahead: Default::default(),
    };
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
            siblings.behind =
                before.filter(|before| before.place() <= after.place()).map(|before| before.node);
            let upper = siblings.next(&after)?;
            (Some(after), upper)
        }
        (None, Some(before)) => (siblings.previous(&before)?, Some(before)),
        (None, None) => match wish.place {
            "first" => (None, siblings.nearest(None, true)?),
            "last" => (siblings.nearest(None, false)?, None),
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
    /// Siblings with long keys that begin alike, which the index has in no order: those last looked at backwards and
    /// forwards, in order.
    groups: [Vec<Sibling>; 2],
    /// What was read ahead, backwards and forwards.
    ahead: [Ahead; 2],
}

/// Siblings that were read ahead.
#[derive(Debug, Default)]
struct Ahead {
    /// The place of the one that they follow.
    of: Option<(Vec<u8>, NodeId)>,
    /// The next one last.
    rows: Vec<Sibling>,
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

    fn next(&mut self, of: &Sibling) -> Result<Option<Sibling>, Error> {
        self.nearest(Some(of), true)
    }

    fn previous(&mut self, of: &Sibling) -> Result<Option<Sibling>, Error> {
        self.nearest(Some(of), false)
    }

    /// Whether it is neither the node nor the one that goes with it.
    fn stays(&self, it: &Sibling) -> bool {
        it.node != self.node && Some(it.node) != self.behind
    }

    /// The first sibling that comes after one, or the last that comes before it; the first or the last of all.
    fn nearest(&mut self, of: Option<&Sibling>, forward: bool) -> Result<Option<Sibling>, Error> {
        let far_end = if forward { NodeId::TRASH } else { NodeId::ROOT };
        let mut from = of.map(|of| (of.key.clone(), of.node));
        let forest = self.draft.forest;
        if let Some(of) = of.filter(|of| !forest.has_whole(&of.key)) {
            let found = self.in_group(&of.key, Some(of), forward)?;
            if found.is_some() {
                return Ok(found);
            }
            from = Some((forest.beginning(&of.key).to_vec(), far_end));
        }
        loop {
            memory::check();
            let Some(found) = self.beyond(from.as_ref(), forward)? else { return Ok(None) };
            if forest.has_whole(&found.key) {
                if self.stays(&found) {
                    return Ok(Some(found));
                }
                from = Some((found.key, found.node));
                continue;
            }
            let first = self.in_group(&found.key, None, forward)?;
            if first.is_some() {
                return Ok(first);
            }
            from = Some((forest.beginning(&found.key).to_vec(), far_end));
        }
    }

    /// The next one in the index.
    fn beyond(
        &mut self,
        from: Option<&(Vec<u8>, NodeId)>,
        forward: bool,
    ) -> Result<Option<Sibling>, Error> {
        let way = usize::from(forward);
        let goes_on = from.is_some() && from == self.ahead[way].of.as_ref();
        if !goes_on || self.ahead[way].rows.is_empty() {
            self.ahead[way].rows = self.read(from, forward, if goes_on { AHEAD } else { 1 })?;
        }
        let ahead = &mut self.ahead[way];
        let found = ahead.rows.pop();
        ahead.of = found.as_ref().map(|it| (it.key.clone(), it.node));
        Ok(found)
    }

    /// Up to so many that come next in the index, the first last.
    fn read(
        &mut self,
        from: Option<&(Vec<u8>, NodeId)>,
        forward: bool,
        most: usize,
    ) -> Result<Vec<Sibling>, Error> {
        let Draft { reader, doc, .. } = &mut *self.draft;
        let at = [doc.arg(), datum::uuid(&self.parent)];
        let from = from.map(|(key, node)| (Varlena::new(key), node));
        let mut rows = match (&from, forward) {
            (None, true) => reader.children.rows(&at, &[])?,
            (None, false) => reader.last_child.rows(&at, &[])?,
            (Some((key, node)), true) => {
                reader.children_after.rows(&at, &[key.bytea(), datum::uuid(node)])?
            }
            (Some((key, node)), false) => {
                reader.children_before.rows(&at, &[key.bytea(), datum::uuid(node)])?
            }
        };
        let mut read = Vec::new();
        while read.len() < most
            && let Some(found) = rows.next().and_then(sibling)
        {
            read.push(found);
        }
        read.reverse();
        Ok(read)
    }

    /// The nearest one among those whose keys begin like a long one.
    fn in_group(
        &mut self,
        key: &[u8],
        of: Option<&Sibling>,
        forward: bool,
    ) -> Result<Option<Sibling>, Error> {
        let (way, forest) = (usize::from(forward), self.draft.forest);
        let start = forest.beginning(key);
        if self.groups[way].first().is_none_or(|it| forest.beginning(&it.key) != start) {
            self.groups[way] = self.read_group(start)?;
        }
        let group = &self.groups[way];
        Ok(if forward {
            let from = group.partition_point(|it| of.is_some_and(|of| it.place() <= of.place()));
            group[from..].iter().find(|it| self.stays(it)).cloned()
        } else {
            let to = group.partition_point(|it| of.is_none_or(|of| it.place() < of.place()));
            group[..to].iter().rev().find(|it| self.stays(it)).cloned()
        })
    }

    /// The siblings whose keys begin so, in order.
    fn read_group(&mut self, start: &[u8]) -> Result<Vec<Sibling>, Error> {
        let Draft { reader, doc, forest, .. } = &mut *self.draft;
        let (at, key) = ([doc.arg(), datum::uuid(&self.parent)], Varlena::new(start));
        let from = [key.bytea(), datum::uuid(&NodeId::ROOT)];
        let mut rows = reader.children_after.rows(&at, &from)?;
        let mut group = Vec::new();
        while let Some(found) = rows.next().and_then(sibling)
            && forest.beginning(&found.key) == start
        {
            memory::check();
            group.push(found);
        }
        group.sort_unstable_by(|a, b| a.place().cmp(&b.place()));
        Ok(group)
    }

    /// Whether there is a key between two that is not too long for the forest.
    fn fits(&self, lower: Option<&Sibling>, upper: Option<&Sibling>) -> bool {
        let (lower, upper) = (lower.map(|it| it.key.as_slice()), upper.map(|it| it.key.as_slice()));
        let most = self.draft.forest.max_order_key() - MANY;
        order_key_between(lower, upper, &mut random).is_ok_and(|key| key.len() <= most)
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
            if self.fits(down.1.as_ref(), upper.as_ref()) {
                break (down.0, Vec::new(), (down.1, upper));
            }
            if self.fits(lower.as_ref(), up.1.as_ref()) {
                break (Vec::new(), up.0, (lower, up.1));
            }
            // On, on the side where fewer move so far, past tombstones that have the same key.
            let is_down = down.1.is_some() && (up.1.is_none() || down.0.len() <= up.0.len());
            let side = if is_down { &mut down } else { &mut up };
            let Some(mut at) = side.1.take() else {
                unreachable!("there is room where both ends are open");
            };
            loop {
                memory::check();
                let next = self.nearest(Some(&at), !is_down)?;
                let is_same = next.as_ref().is_some_and(|next| next.key == at.key);
                if !at.tombstone {
                    side.0.push(at.node);
                }
                match next {
                    Some(next) if is_same && at.tombstone => at = next,
                    next => {
                        side.1 = next;
                        break;
                    }
                }
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

fn sibling(row: Row<'_, Nodes>) -> Option<Sibling> {
    Some(Sibling {
        key: row.get(nodes::ORDER_KEY)?.to_vec(),
        node: row.get(nodes::NODE)?,
        tombstone: row.get(nodes::TOMBSTONE)?,
    })
}
