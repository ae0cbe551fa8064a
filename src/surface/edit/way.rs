//! The way from a node up to ROOT, and what is in the way.

use std::collections::HashMap;

use treecrdt::NodeId;

use super::draft::Draft;
use crate::datum;
use crate::error::{EditProblem, Error};
use crate::forest::shape::nodes;
use crate::memory;
use crate::surface::read::{WayUp, node_id, uuid};

/// A node and its ancestors, as far as there are any.
pub struct Way {
    /// The nodes, and whether each is a tombstone; neither ROOT nor TRASH.
    pub steps: Vec<(NodeId, bool)>,
    /// Where it ends.
    end: End,
}

enum End {
    Root,
    Trash,
    /// At a node that is not there, or was never placed.
    Nowhere(NodeId),
}

impl Way {
    /// The way from a node, which is the first step.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn from(draft: &mut Draft<'_>, node: NodeId) -> Result<Self, Error> {
        let (mut way, mut steps) = (WayUp::new(uuid(node)), Vec::new());
        let end = loop {
            let Some(at) = way.next(&draft.forest.name, draft.name)? else { break End::Root };
            let at = node_id(at);
            if at == NodeId::TRASH {
                break End::Trash;
            }
            memory::check();
            let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&at)], &[])?;
            let Some((parent, tombstone)) =
                row.and_then(|row| row.get(nodes::PARENT).zip(row.get(nodes::TOMBSTONE)))
            else {
                break End::Nowhere(at);
            };
            steps.push((at, tombstone));
            way.go(uuid(parent));
        };
        Ok(Self { steps, end })
    }

    /// What keeps the first node from being visible, but for a tombstone among the first `but`; the tombstone that is
    /// nearest to ROOT, if there are several.
    pub fn obstacle(&self, but: usize) -> Option<EditProblem> {
        let hidden = self.steps.first().map(|&(node, _)| node);
        let tombstone = self.steps.iter().skip(but).rev().find(|(_, tombstone)| *tombstone);
        match (&self.end, tombstone) {
            (End::Trash, _) => Some(EditProblem::InTrash { node: hidden.unwrap_or(NodeId::TRASH) }),
            (&End::Nowhere(at), _) => match hidden {
                Some(node) => Some(EditProblem::Orphan { node, parent: at }),
                None => Some(EditProblem::Unknown { node: at }),
            },
            (End::Root, Some(&(by, _))) => {
                Some(EditProblem::Deleted { node: hidden.unwrap_or(by), by })
            }
            (End::Root, None) => None,
        }
    }

    /// The tombstones above the first node.
    pub fn tombstones_above(&self) -> impl Iterator<Item = NodeId> {
        self.steps.iter().skip(1).filter(|(_, tombstone)| *tombstone).map(|&(node, _)| node)
    }
}

/// The nodes of some kind at or above others, by what they are and whether each is a tombstone. No step up is taken twice.
pub struct AtOrAbove<W> {
    is_wanted: W,
    /// The nearest one.
    nearest: HashMap<NodeId, Option<NodeId>>,
    /// Of those: what is above them, and whether they are tombstones.
    found: HashMap<NodeId, (Option<NodeId>, bool)>,
}

impl<W: Fn(NodeId, bool) -> bool> AtOrAbove<W> {
    /// Those that are wanted.
    pub fn new(is_wanted: W) -> Self {
        Self { is_wanted, nearest: HashMap::new(), found: HashMap::new() }
    }

    /// All that are at or above a node, the nearest first.
    pub fn of(&mut self, draft: &mut Draft<'_>, node: NodeId) -> Result<Vec<NodeId>, Error> {
        let (mut all, mut from) = (Vec::new(), Some(node));
        while let Some(node) = from {
            let Some(nearest) = self.nearest(draft, node)? else { break };
            all.push(nearest);
            from = self.found[&nearest].0;
        }
        Ok(all)
    }

    /// Whether one that was found is a tombstone.
    pub fn is_tombstone(&self, node: NodeId) -> bool {
        self.found.get(&node).is_some_and(|it| it.1)
    }

    fn nearest(&mut self, draft: &mut Draft<'_>, node: NodeId) -> Result<Option<NodeId>, Error> {
        let (mut path, mut next) = (Vec::new(), Some(node));
        let found = loop {
            memory::check();
            let Some(node) = next.filter(|node| !node.is_reserved()) else { break None };
            if let Some(&known) = self.nearest.get(&node) {
                break known;
            }
            // Whoever is below itself is met again here.
            self.nearest.insert(node, None);
            path.push(node);
            let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&node)], &[])?;
            let Some(row) = row else { break None };
            let (parent, is_tombstone) =
                (row.get(nodes::PARENT), row.get(nodes::TOMBSTONE) == Some(true));
            if (self.is_wanted)(node, is_tombstone) {
                self.found.insert(node, (parent, is_tombstone));
                break Some(node);
            }
            next = parent;
        };
        self.nearest.extend(path.into_iter().map(|node| (node, found)));
        Ok(found)
    }
}
