//! A walk through the visible nodes below a root, in document order. It can be left off after any
//! node and gone on with: what it keeps is in proportion to the depth, to a page of children, and to
//! how many nodes there are, up to a bound. Siblings whose order keys are too long for the index and begin alike belong to one page.

use std::ops::Range;

use treecrdt::NodeId;

use super::doc::DocReader;
use super::nodes::{Visible, node_id, uuid};
use crate::datum::{self, Varlena};
use crate::error::Error;
use crate::forest::shape::{Nodes, nodes};
use crate::memory;
use crate::storage::parents::Parents;
use crate::storage::row::Row;
use crate::storage::scan::{Probe, Rows};

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
    rest: Rest,
}

/// Children of a node that have not been read.
enum Rest {
    /// None.
    Nothing,
    /// Those that come after one in the index: after this beginning of an order key, and the node; all where there is none.
    After(Option<(Varlena, NodeId)>),
    /// Those whose rows lie at these of the places that are known.
    At(Range<u32>),
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
        let parents = Parents::below(root).with_places();
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
                None if level.has_more() => level.read_on(reader, &mut self.parents, depth)?,
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
        let rest = self.parents.places(parent).map_or(Rest::After(None), Rest::At);
        let mut level = Level { parent, read, rest };
        level.read_on(reader, &mut self.parents, depth)?;
        if level.read.is_empty() && !level.has_more() {
            self.spare.push(level.read);
            let DocReader { reader, doc, .. } = reader;
            return self.parents.go_on(&mut reader.later_parent, doc);
        }
        self.levels.push(level);
        Ok(())
    }
}

impl Level {
    fn has_more(&self) -> bool {
        !matches!(self.rest, Rest::Nothing)
    }

    /// Reads the next page of children.
    fn read_on(
        &mut self,
        reader: &mut DocReader<'_>,
        parents: &mut Parents,
        depth: i32,
    ) -> Result<(), Error> {
        let (doc, parent) = (reader.doc.arg(), datum::uuid(&self.parent));
        let rest = std::mem::replace(&mut self.rest, Rest::Nothing);
        let (probes, memory) = (&mut reader.reader, &mut reader.memory);
        let mut rows = match &rest {
            Rest::Nothing => return Ok(()),
            Rest::After(None) => Children::Next(probes.children.rows(&[doc, parent], &[])?),
            Rest::After(Some((key, node))) => {
                let place = [key.bytea(), datum::uuid(node)];
                Children::Next(probes.children_after.rows(&[doc, parent], &place)?)
            }
            Rest::At(places) => {
                let (probe, parent, places) = (&mut probes.child_at, self.parent, places.clone());
                Children::At { probe, parents, parent, places }
            }
        };
        let (mut count, mut is_long, mut is_sorted) = (0, false, true);
        let mut group = Vec::new();
        while (count < PAGE || is_long)
            && let Some((row, rest)) = rows.next()?
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
                self.rest = match rest {
                    Some(places) => Rest::At(places),
                    None => Rest::After(Some((Varlena::new(beginning), node))),
                };
            }
            if row.get(nodes::TOMBSTONE) == Some(false) {
                self.read.push(Visible {
                    depth,
                    node: uuid(node),
                    parent: uuid(self.parent),
                    order_key: order_key.to_vec(),
                    // SAFETY: a copy of our own is all that stays.
                    payload: unsafe { memory.read(|| row.get(nodes::PAYLOAD).map(<[u8]>::to_vec)) },
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

/// The rows of children: found in the index, or where they are known to lie.
enum Children<'p, 'o> {
    Next(Rows<'p, 'o, Nodes>),
    At {
        probe: &'p mut Probe<'o, Nodes>,
        parents: &'p mut Parents,
        parent: NodeId,
        places: Range<u32>,
    },
}

/// A row of a child, and of known places those that follow its own.
type Child<'r> = (Row<'r, Nodes>, Option<Range<u32>>);

impl Children<'_, '_> {
    /// The next row.
    fn next(&mut self) -> Result<Option<Child<'_>>, Error> {
        match self {
            Self::Next(rows) => Ok(rows.next().map(|row| (row, None))),
            Self::At { probe, parents, parent, places } => {
                while let Some(at) = places.next() {
                    if parents.go_to(probe, at, *parent)?.is_some() {
                        return Ok(Some((probe.found(), Some(places.clone()))));
                    }
                }
                Ok(None)
            }
        }
    }
}
