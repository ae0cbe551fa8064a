//! The way from a node up to ROOT, and what is in the way.

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
