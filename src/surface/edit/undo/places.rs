//! Where nodes go when they go back together: so that none comes below itself, and none into what was deleted meanwhile.

use std::collections::HashMap;

use treecrdt::{Dot, Key, NodeId, VersionVector};

use super::deletions::Deletions;
use super::fate::{Fate, Placement};
use crate::datum;
use crate::error::Error;
use crate::forest::shape::nodes;
use crate::memory;
use crate::storage::rows::node_keys;
use crate::surface::edit::draft::Draft;
use crate::surface::edit::way::AtOrAbove;

/// A node as it is.
#[derive(Debug, Clone, Copy)]
struct Node {
    parent: Option<NodeId>,
    is_tombstone: bool,
    placed: Option<Dot>,
}

/// Which tree is asked about.
#[derive(Debug, Clone, Copy)]
enum Tree {
    Is,
    ToBe,
}

impl From<Tree> for usize {
    fn from(tree: Tree) -> Self {
        tree as usize
    }
}

/// The tree as it is, and as it is to be.
pub struct Places<'d, 'o, 'f> {
    draft: &'d mut Draft<'o>,
    fates: &'f mut [Fate],
    undone: &'f VersionVector,
    /// Where a node's fate is.
    at: HashMap<NodeId, usize>,
    /// What was read.
    nodes: HashMap<NodeId, Node>,
    /// The deletions of nodes.
    deletions: HashMap<NodeId, Deletions>,
    /// What is deleted and stays so: as the tree is, and as it is to be.
    hidden: [AtOrAbove; 2],
    /// How deep nodes will be.
    depths: HashMap<NodeId, usize>,
}

impl<'d, 'o, 'f> Places<'d, 'o, 'f> {
    /// Lets the nodes stay that can't go back with the others, and tells what stays deleted above each. Gives the order
    /// in which they go: those above first, so that each finds its parent where it will be.
    pub fn settle(
        draft: &'d mut Draft<'o>,
        fates: &'f mut [Fate],
        undone: &'f VersionVector,
    ) -> Result<Vec<usize>, Error> {
        let at = fates.iter().enumerate().map(|(at, fate)| (fate.node, at)).collect();
        let (nodes, deletions, depths) = (HashMap::new(), HashMap::new(), HashMap::new());
        let hidden = Default::default();
        let mut places = Self { draft, fates, undone, at, nodes, deletions, hidden, depths };
        while places.keep_out_of_themselves()? || places.keep_out_of_deleted()? {}
        let depth = |places: &Self, at: &usize| {
            places.depths.get(&places.fates[*at].node).copied().unwrap_or_default()
        };
        let mut order: Vec<usize> = (0..places.fates.len()).collect();
        order.sort_by_key(|at| depth(&places, at));
        Ok(order)
    }

    fn node(&mut self, node: NodeId) -> Result<Node, Error> {
        if let Some(&known) = self.nodes.get(&node) {
            return Ok(known);
        }
        let row = self.draft.reader.node.find(&[self.draft.doc.arg(), datum::uuid(&node)], &[])?;
        let found = match row {
            Some(row) => Node {
                parent: row.get(nodes::PARENT),
                is_tombstone: row.get(nodes::TOMBSTONE) == Some(true),
                placed: node_keys(&row)?.placed.map(|it| it.dot),
            },
            None => Node { parent: None, is_tombstone: false, placed: None },
        };
        self.nodes.insert(node, found);
        Ok(found)
    }

    /// The place that a node goes back to, the operation that had placed it there, and the first that is undone.
    fn goes_to(&self, node: NodeId) -> Option<(NodeId, Dot, Key)> {
        match &self.fates[*self.at.get(&node)?].placement {
            Placement::Back { place, by, since } => Some((place.0, by.dot, *since)),
            _ => None,
        }
    }

    /// Where a node will be.
    fn parent(&mut self, node: NodeId) -> Result<Option<NodeId>, Error> {
        match self.goes_to(node) {
            Some((parent, ..)) => Ok(Some(parent)),
            None => Ok(self.node(node)?.parent),
        }
    }

    /// Breaks circles: of the nodes in each that would move, the one whose operations are the oldest stays. Tells
    /// whether there were any.
    fn keep_out_of_themselves(&mut self) -> Result<bool, Error> {
        self.depths.clear();
        let mut is_changed = false;
        for at in 0..self.fates.len() {
            let (mut path, mut node) = (Vec::new(), self.fates[at].node);
            let mut steps = HashMap::new();
            let mut depth = loop {
                memory::check();
                if let Some(&depth) = self.depths.get(&node) {
                    break depth;
                }
                if let Some(&from) = steps.get(&node) {
                    self.break_circle(&path[from..])?;
                    is_changed = true;
                    break 0;
                }
                steps.insert(node, path.len());
                path.push(node);
                match self.parent(node)? {
                    Some(parent) if !node.is_reserved() => node = parent,
                    _ => break 0,
                }
            };
            for &node in path.iter().rev() {
                depth += 1;
                self.depths.insert(node, depth);
            }
        }
        Ok(is_changed)
    }

    /// Lets one of these nodes stay, each of which would be below the next, and the last below the first.
    fn break_circle(&mut self, circle: &[NodeId]) -> Result<(), Error> {
        let moved = (0..circle.len()).filter(|&at| self.goes_to(circle[at]).is_some());
        let oldest = moved.min_by_key(|&at| {
            let own = &self.fates[self.at[&circle[at]]].own;
            own.last().map(|(it, _)| it.key)
        });
        let Some(oldest) = oldest else {
            return Err(self.draft.corrupted(format!("node {} is below itself", circle[0])));
        };
        // Which would be right below it.
        let below = circle[oldest.checked_sub(1).unwrap_or(circle.len() - 1)];
        let by = match self.goes_to(below) {
            Some((_, by, _)) => Some(by),
            None => self.node(below)?.placed,
        };
        self.fates[self.at[&circle[oldest]]].placement = Placement::Superseded(by);
        Ok(())
    }

    /// Lets the nodes stay that would go into what was deleted after they had left it, and tells what is deleted above
    /// the others. Tells whether there were any, or what is deleted has become less.
    fn keep_out_of_deleted(&mut self) -> Result<bool, Error> {
        // They are let stay when all were looked at: until then there are no circles.
        let (mut late, mut is_changed) = (Vec::new(), false);
        self.hidden = Default::default();
        for at in 0..self.fates.len() {
            let node = self.fates[at].node;
            let mut goes_into = Vec::new();
            if let Some((parent, _, since)) = self.goes_to(node) {
                goes_into = self.tombstones(parent, Tree::ToBe)?;
                for &above in &goes_into {
                    if let Some(by) = self.deleted_since(above, since)? {
                        late.push((at, by));
                        break;
                    }
                    is_changed |= self.is_brought_back(above, node)?;
                }
            }
            let is_news = self.fates[at].moves_to().is_some() || self.fates[at].writes().is_some();
            let stays_in = match self.node(node)?.parent {
                Some(parent) if is_news => self.tombstones(parent, Tree::Is)?,
                _ => Vec::new(),
            };
            let fate = &mut self.fates[at];
            (fate.stays_in, fate.goes_into) =
                if is_news { (stays_in, goes_into) } else { Default::default() };
        }
        for &(at, by) in &late {
            self.fates[at].placement = Placement::Superseded(Some(by));
        }
        Ok(is_changed || !late.is_empty())
    }

    /// Whether a node that would stay deleted, for others have deleted all that is below it, comes back with what goes
    /// back there, which they had not seen.
    fn is_brought_back(&mut self, node: NodeId, by: NodeId) -> Result<bool, Error> {
        let Some(fate) = self.at.get(&node).map(|&at| &mut self.fates[at]) else {
            return Ok(false);
        };
        if !fate.stays_deleted() {
            return Ok(false);
        }
        let brought = self.draft.subtree_version(by)?.difference(self.undone);
        fate.comes_back_with(self.draft, &brought)
    }

    /// The deleted nodes from one upwards, but for those that are restored.
    fn tombstones(&mut self, from: NodeId, tree: Tree) -> Result<Vec<NodeId>, Error> {
        let mut hidden = std::mem::take(&mut self.hidden[usize::from(tree)]);
        let found = hidden.of(from, |node| {
            let Node { parent, is_tombstone, .. } = self.node(node)?;
            let is_restored = self.at.get(&node).is_some_and(|&at| self.fates[at].is_restored());
            let above = match tree {
                Tree::Is => parent,
                Tree::ToBe => self.parent(node)?,
            };
            Ok((above, is_tombstone && !is_restored))
        });
        self.hidden[usize::from(tree)] = hidden;
        found
    }

    fn deleted_since(&mut self, node: NodeId, key: Key) -> Result<Option<Dot>, Error> {
        if !self.deletions.contains_key(&node) {
            let found = Deletions::of(self.draft, node, self.undone)?;
            self.deletions.insert(node, found);
        }
        Ok(self.deletions[&node].since(key))
    }
}
