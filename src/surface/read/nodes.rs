//! Nodes as reading functions see them, and the way from one up to ROOT.

use pgrx::Uuid;
use treecrdt::NodeId;

use crate::doc::DocName;
use crate::error::Error;

/// A visible node.
pub struct Visible {
    /// How far below the root of the search, from 1.
    pub depth: i32,
    /// The node.
    pub node: Uuid,
    /// Its parent.
    pub parent: Uuid,
    /// Its place among its siblings.
    pub order_key: Vec<u8>,
    /// Its payload.
    pub payload: Option<Vec<u8>>,
}

impl Visible {
    /// What siblings are in order of.
    pub fn place(&self) -> (&[u8], &[u8; 16]) {
        (&self.order_key, self.node.as_bytes())
    }
}

/// A node as pgrx has it.
pub fn uuid(node: NodeId) -> Uuid {
    Uuid::from_bytes(node.0)
}

/// A node as the core has it.
pub fn node_id(node: Uuid) -> NodeId {
    NodeId(*node.as_bytes())
}

/// A way from a node up to ROOT, which must not come back to where it was.
pub struct WayUp {
    /// The nodes passed.
    pub path: Vec<Uuid>,
    at: Uuid,
    /// A node passed before, and how many steps it stays the one to be compared with: twice as many
    /// each time, so that a circle is found within three times its length (Brent 1980).
    mark: Uuid,
    left: usize,
}

impl WayUp {
    /// A way that begins at a node.
    pub fn new(node: Uuid) -> Self {
        Self { path: Vec::new(), at: node, mark: node, left: 1 }
    }

    /// The next node whose parent is to be looked up; none at ROOT.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn next(&mut self, forest: &str, doc: &DocName<'_>) -> Result<Option<Uuid>, Error> {
        if self.at == uuid(NodeId::ROOT) {
            return Ok(None);
        }
        if !self.path.is_empty() && self.at == self.mark {
            return Err(Error::corrupted(forest, doc, format!("node {} is below itself", self.at)));
        }
        if self.left == 0 {
            (self.mark, self.left) = (self.at, self.path.len());
        }
        self.left -= 1;
        self.path.push(self.at);
        Ok(Some(self.at))
    }

    /// Goes on to the parent that was found.
    pub fn go(&mut self, parent: Uuid) {
        self.at = parent;
    }
}
