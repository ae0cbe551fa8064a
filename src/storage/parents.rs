//! Which nodes of a document are parents, learned from an index while one walks through the tree.

use std::ops::Range;

use treecrdt::{NodeId, NodeMap};

use super::row::Place;
use super::scan::Probe;
use crate::datum::uuid;
use crate::doc::DocDatum;
use crate::error::Error;
use crate::forest::shape::Table;

/// The parents of a document, as far as they are known.
///
/// Most nodes are leaves, and to look for what is below one costs as much as to read some dozens of
/// entries of the index, where the parents stand in order. So looks in vain earn entries to be read
/// on, each more than the one before, until all parents are known. A walk through the whole document
/// is soon left with a look for each parent. One through a part of it, of which nobody knows how large
/// a part, begins late and slowly: it pays little more than for its looks, and for a few thousand of
/// them at most.
#[derive(Debug)]
pub struct Parents {
    /// The parents, each with where its entries stand among `places`, if they do.
    known: NodeMap<Range<u32>>,
    /// Where the entries of the index point to, in its order.
    places: Vec<Place>,
    /// So many are remembered.
    most_places: usize,
    /// The last of them. Of nodes up to it it is known whether they are parents.
    last: NodeId,
    /// How many looks in vain there were.
    looks: usize,
    /// How many entries these have earned.
    credit: usize,
    /// By how many looks more one earns an entry more.
    slowness: usize,
}

impl Parents {
    /// So many are remembered, at some 42 bytes each.
    const MOST: usize = 1 << 21;
    /// So many entries are read at least: the index gives a page of them at a time.
    const STRETCH: usize = 64;
    /// A look earns no more than these.
    const MOST_A_LOOK: usize = 256;

    /// None is known yet; the walk is through what is below this node.
    pub fn below(root: NodeId) -> Self {
        let slowness = if root == NodeId::ROOT { 2 } else { 128 };
        // A few looks earn the first stretch, which tells where there are hardly any parents.
        let credit = Self::STRETCH - 4;
        // ROOT is taken for a parent.
        let known = NodeMap::from_iter([(NodeId::ROOT, 0..0)]);
        let (places, most_places) = (Vec::new(), 0);
        Self { known, places, most_places, last: NodeId::ROOT, looks: 0, credit, slowness }
    }

    /// The same, and it remembers where the rows of children lie, which saves the look for them: up to 12 MB.
    pub fn with_places(self) -> Self {
        Self { most_places: Self::MOST, ..self }
    }

    /// Which of the places are those of the children of a node, in the order of the index; `None` if it is not known.
    /// Of a row that the snapshot does not see there is one too.
    pub fn children(&self, node: NodeId) -> Option<Range<u32>> {
        self.known.get(&node).filter(|places| !places.is_empty()).cloned()
    }

    /// One of the places.
    pub fn place(&self, at: u32) -> Place {
        self.places[at as usize]
    }

    /// Whether it is known that a node is none.
    pub fn surely_not(&self, node: NodeId) -> bool {
        node <= self.last && !self.known.contains_key(&node)
    }

    /// Learns of the next ones, after a look in vain: from a probe that reads the entries beyond a
    /// parent.
    ///
    /// # Errors
    /// Those of [`Probe::rows`].
    pub fn go_on<T: Table>(
        &mut self,
        probe: &mut Probe<'_, T>,
        doc: &DocDatum,
    ) -> Result<(), Error> {
        if self.last == NodeId::TRASH || self.known.len() >= Self::MOST {
            return Ok(());
        }
        self.looks += 1;
        self.credit += (1 + self.looks / self.slowness).min(Self::MOST_A_LOOK);
        if self.credit < Self::STRETCH {
            return Ok(());
        }
        let from = self.last;
        let mut entries = probe.rows(&[doc.arg()], &[uuid(&from)])?;
        let mut first = self.places.len() as u32;
        for _ in 0..std::mem::take(&mut self.credit) {
            let next = entries.next_node();
            // There is nothing after TRASH.
            let next = next.unwrap_or(NodeId::TRASH);
            if next != self.last {
                // Only now it is known that there are no more of the last.
                if self.places.len() < self.most_places {
                    let end = self.places.len() as u32;
                    self.known.insert(self.last, first..end);
                    first = end;
                }
                self.known.insert(next, 0..0);
                self.last = next;
            }
            if next == NodeId::TRASH {
                break;
            }
            if self.places.len() < self.most_places {
                self.places.push(entries.place());
            }
        }
        self.places.truncate(first as usize);
        Ok(())
    }
}
