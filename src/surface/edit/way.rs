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

/// The parent of a node, and whether it is a tombstone.
pub fn step(draft: &mut Draft<'_>, node: NodeId) -> Result<(Option<NodeId>, bool), Error> {
    let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&node)], &[])?;
    Ok(row.map_or((None, false), |row| {
        (row.get(nodes::PARENT), row.get(nodes::TOMBSTONE) == Some(true))
    }))
}

/// The nodes of some kind at or above others. No step up is taken twice.
#[derive(Debug, Default)]
pub struct AtOrAbove {
    /// The nearest one.
    nearest: HashMap<NodeId, Option<NodeId>>,
    /// What is above those.
    above: HashMap<NodeId, Option<NodeId>>,
}

impl AtOrAbove {
    /// All that are at or above a node, the nearest first; `look` gives what is above a node, and whether it is one of
    /// them, always the same. Where nodes are below themselves, each comes once.
    pub fn of(
        &mut self,
        node: NodeId,
        mut look: impl FnMut(NodeId) -> Result<(Option<NodeId>, bool), Error>,
    ) -> Result<Vec<NodeId>, Error> {
        let (mut all, mut from) = (Vec::new(), Some(node));
        while let Some(node) = from {
            let Some(nearest) = self.nearest(node, &mut look)? else { break };
            if all.len() == self.above.len() {
                break;
            }
            all.push(nearest);
            from = self.above[&nearest];
        }
        Ok(all)
    }

    fn nearest(
        &mut self,
        node: NodeId,
        look: &mut impl FnMut(NodeId) -> Result<(Option<NodeId>, bool), Error>,
    ) -> Result<Option<NodeId>, Error> {
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
            let (above, is_one) = look(node)?;
            if is_one {
                self.above.insert(node, above);
                break Some(node);
            }
            next = above;
        };
        self.nearest.extend(path.into_iter().map(|node| (node, found)));
        Ok(found)
    }
}
