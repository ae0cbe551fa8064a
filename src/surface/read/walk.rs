//! A walk through the visible nodes below a root, in document order. It can be left off after any
//! node and gone on with: what it keeps is in proportion to the depth, to a page of children, and to
//! how many nodes have any, up to a bound. Siblings whose order keys are too long for the index and begin alike belong to one page.

use treecrdt::NodeId;

use super::doc::DocReader;
use super::nodes::{Visible, node_id, uuid};
use crate::datum::{self, Varlena};
use crate::error::Error;
use crate::forest::shape::nodes;
use crate::memory;
use crate::storage::parents::Parents;

/// So many children of a node are read at a time.
const PAGE: usize = 256;

/// Where a walk is.
pub struct Walk {
    root: NodeId,
    max_depth: Option<i32>,
    /// The nodes whose children are being visited, the root first.
    levels: Vec<Level>,
    /// Memory for children, used again.
    spare: Vec<Vec<Visible>>,
    /// The nodes that have children.
    parents: Parents,
}

/// A node's children, as far as they have not been visited.
struct Level {
    parent: NodeId,
    /// Those that were read, the last first.
    read: Vec<Visible>,
    /// Where the last one that was read stands in the index, if there may be more: the beginning of its order key, and
    /// the node.
    last: Option<(Varlena, NodeId)>,
}

impl Walk {
    /// A walk below `root`, down to this depth.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn begin(
        reader: &mut DocReader<'_>,
        root: NodeId,
        max_depth: Option<i32>,
    ) -> Result<Self, Error> {
        let parents = Parents::below(root);
        let mut walk = Self { root, max_depth, levels: Vec::new(), spare: Vec::new(), parents };
        if reader.way_up(uuid(root))?.is_some() {
            walk.enter(reader, root)?;
        }
        Ok(walk)
    }

    /// The next nodes, up to so many; fewer only at the end.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn stretch(
        &mut self,
        reader: &mut DocReader<'_>,
        most: usize,
    ) -> Result<Vec<Visible>, Error> {
        let mut nodes = Vec::new();
        while nodes.len() < most
            && let Some(node) = self.next(reader)?
        {
            nodes.push(node);
        }
        Ok(nodes)
    }

    /// The next node.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn next(&mut self, reader: &mut DocReader<'_>) -> Result<Option<Visible>, Error> {
        loop {
            memory::check();
            let depth = self.levels.len() as i32;
            let Some(level) = self.levels.last_mut() else { return Ok(None) };
            match level.read.pop() {
                Some(visible) => {
                    let node = node_id(visible.node);
                    if node == self.root {
                        return Err(reader.corrupted(format!("node {node} is below itself")));
                    }
                    self.enter(reader, node)?;
                    return Ok(Some(visible));
                }
                None if level.last.is_some() => level.read_on(reader, depth)?,
                None => self.spare.extend(self.levels.pop().map(|level| level.read)),
            }
        }
    }

    /// Begins with the children of a node, unless they are too deep.
    fn enter(&mut self, reader: &mut DocReader<'_>, parent: NodeId) -> Result<(), Error> {
        let depth = self.levels.len() as i32 + 1;
        let is_too_deep = self.max_depth.is_some_and(|max| depth > max);
        if is_too_deep || (parent != NodeId::ROOT && self.parents.surely_not(parent)) {
            return Ok(());
        }
        let read = self.spare.pop().unwrap_or_default();
        let mut level = Level { parent, read, last: None };
        level.read_on(reader, depth)?;
        if level.read.is_empty() && level.last.is_none() {
            self.spare.push(level.read);
            let DocReader { reader, doc, .. } = reader;
            return self.parents.go_on(&mut reader.later_parent, doc);
        }
        self.levels.push(level);
        Ok(())
    }
}

impl Level {
    /// Reads the next page of children.
    fn read_on(&mut self, reader: &mut DocReader<'_>, depth: i32) -> Result<(), Error> {
        let at = [reader.doc.arg(), datum::uuid(&self.parent)];
        let last = self.last.take();
        let mut rows = match &last {
            None => reader.reader.children.rows(&at, &[])?,
            Some((key, node)) => {
                let place = [key.bytea(), datum::uuid(node)];
                reader.reader.children_after.rows(&at, &place)?
            }
        };
        let (mut count, mut is_long, mut is_sorted) = (0, false, true);
        let mut group = Vec::new();
        while (count < PAGE || is_long)
            && let Some(row) = rows.next()
        {
            memory::check();
            let Some(node) = row.get(nodes::NODE) else { continue };
            let Some(order_key) = row.get(nodes::ORDER_KEY) else {
                let problem = format!("node {node} has a parent and no order_key");
                return Err(Error::corrupted(&row.forest().name, reader.name, problem));
            };
            // The index does not tell apart those that begin alike: they are of one page.
            let beginning = row.forest().beginning(order_key);
            if count >= PAGE && beginning != group {
                break;
            }
            count += 1;
            is_long = !row.forest().has_whole(order_key);
            if is_long {
                (group, is_sorted) = (beginning.to_vec(), false);
            }
            if count >= PAGE {
                self.last = Some((Varlena::new(beginning), node));
            }
            if row.get(nodes::TOMBSTONE) == Some(false) {
                self.read.push(Visible {
                    depth,
                    node: uuid(node),
                    parent: uuid(self.parent),
                    order_key: order_key.to_vec(),
                    payload: row.get(nodes::PAYLOAD).map(<[u8]>::to_vec),
                });
            }
        }
        if !is_sorted {
            self.read.sort_unstable_by(|a, b| a.place().cmp(&b.place()));
        }
        self.read.reverse();
        Ok(())
    }
}
