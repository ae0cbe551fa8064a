//! The tree, read directly.

use pgrx::Uuid;
use treecrdt::{Key, VersionVector};

use super::doc::DocReader;
use super::nodes::{WayUp, node_id, uuid};
use crate::catch_up::batch::Batch;
use crate::catch_up::store::DocStore;
use crate::datum;
use crate::error::Error;
use crate::forest::shape::nodes;
use crate::memory;

impl DocReader<'_> {
    /// The node and its ancestors up to ROOT's child; `None` if it is not visible.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn way_up(&mut self, node: Uuid) -> Result<Option<Vec<Uuid>>, Error> {
        let mut way = WayUp::new(node);
        while let Some(at) = way.next(&self.reader.forest.name, self.name)? {
            memory::check();
            let at = node_id(at);
            let row = self.reader.node.find(&[self.doc.arg(), datum::uuid(&at)], &[])?;
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

    /// A node's payload.
    ///
    /// # Errors
    /// Those of reading.
    pub fn payload(&mut self, node: Uuid) -> Result<Option<Vec<u8>>, Error> {
        let at = node_id(node);
        let row = self.reader.node.find(&[self.doc.arg(), datum::uuid(&at)], &[])?;
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
        let store = DocStore::new(&mut self.reader, self.name, &self.doc, head, &batch);
        let mut store = store.for_reading_below(node_id(node), &waiting);
        let version = treecrdt::subtree_version(&mut store, node_id(node))?;
        // Operations that wait are in the log, but have not happened yet.
        Ok(version.difference(&waiting))
    }
}
