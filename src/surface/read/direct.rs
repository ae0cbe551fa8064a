//! The tree, read directly.

use pgrx::Uuid;
use treecrdt::{Key, NodeId, VersionVector};

use super::doc::DocReader;
use super::nodes::{Visible, WayUp, uuid};
use crate::catch_up::batch::Batch;
use crate::catch_up::store::DocStore;
use crate::datum;
use crate::error::Error;
use crate::forest::shape::nodes;
use crate::memory;
use crate::storage::reader::each_row;

impl DocReader<'_> {
    /// The node and its ancestors up to ROOT's child; `None` if it is not visible.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn way_up(&mut self, node: Uuid) -> Result<Option<Vec<Uuid>>, Error> {
        let mut way = WayUp::new(node);
        while let Some(at) = way.next(&self.reader.forest.name, self.name)? {
            memory::check();
            let at = NodeId(*at.as_bytes());
            let row = self.reader.node.find(&[self.doc.text(), datum::uuid(&at)], &[])?;
            let parent = row
                .filter(|row| row.get(nodes::TOMBSTONE) == Some(false))
                .and_then(|row| row.get(nodes::PARENT));
            match parent {
                Some(parent) => way.go(uuid(parent)),
                None => return Ok(None),
            }
        }
        Ok(Some(way.path))
    }

    /// The visible nodes below `root`, in document order.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn visible(&mut self, root: Uuid, max_depth: Option<i32>) -> Result<Vec<Visible>, Error> {
        let mut ordered: Vec<Visible> = Vec::new();
        if self.way_up(root)?.is_none() || max_depth.is_some_and(|max| max < 1) {
            return Ok(ordered);
        }
        let mut open = self.children(root, 1)?;
        while let Some(visible) = open.pop() {
            if visible.node == root {
                return Err(self.corrupted(format!("node {} is below itself", visible.node)));
            }
            if max_depth.is_none_or(|max| visible.depth < max) {
                open.append(&mut self.children(visible.node, visible.depth + 1)?);
            }
            ordered.push(visible);
        }
        Ok(ordered)
    }

    /// The children of a node that are no tombstones, the last first.
    fn children(&mut self, parent: Uuid, depth: i32) -> Result<Vec<Visible>, Error> {
        let mut children = Vec::new();
        let at = NodeId(*parent.as_bytes());
        each_row(&mut self.reader.children, &[self.doc.text(), datum::uuid(&at)], &[], |row| {
            if row.get(nodes::TOMBSTONE) == Some(false)
                && let Some(node) = row.get(nodes::NODE)
            {
                children.push(Visible {
                    depth,
                    node: uuid(node),
                    parent,
                    order_key: row.get(nodes::ORDER_KEY).unwrap_or_default().to_vec(),
                    payload: row.get(nodes::PAYLOAD).map(<[u8]>::to_vec),
                });
            }
            Ok(())
        })?;
        children.reverse();
        Ok(children)
    }

    /// A node's payload.
    ///
    /// # Errors
    /// Those of reading.
    pub fn payload(&mut self, node: Uuid) -> Result<Option<Vec<u8>>, Error> {
        let at = NodeId(*node.as_bytes());
        let row = self.reader.node.find(&[self.doc.text(), datum::uuid(&at)], &[])?;
        Ok(row.and_then(|row| row.get(nodes::PAYLOAD)).map(<[u8]>::to_vec))
    }

    /// The dots that a deletion of the node must cover.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn subtree_version(&mut self, node: Uuid) -> Result<VersionVector, Error> {
        let waiting = self.reader.waiting_dots(&self.doc)?;
        let batch = Batch::default();
        let head = Some(Key::MIN); // something is materialized: the core asks
        let mut store = DocStore::new(&mut self.reader, self.name, &self.doc, head, &batch);
        let version = treecrdt::subtree_version(&mut store, NodeId(*node.as_bytes()))?;
        // Operations that wait are in the log, but have not happened yet.
        Ok(version.difference(&waiting))
    }
}
