//! Which nodes of a document are parents, and where what is below them lies, learned from an index while one
//! walks through the tree.

use std::ops::Range;

use treecrdt::{NodeId, NodeMap};

use super::row::{Place, Row};
use super::scan::Probe;
use crate::datum::uuid;
use crate::doc::DocDatum;
use crate::error::Error;
use crate::forest::shape::{Nodes, Table, nodes};

/// The parents of a document, as far as they are known.
///
/// To look for what is below a node costs as much as to read some dozens of entries of the index, where the
/// parents stand in order; and most nodes are leaves. So looks, those in vain for instance, earn entries to be
/// read on, each more than the one before, until all is known. A walk through the whole document
/// is soon left with hardly any looks. One through a part of it, of which nobody knows how large
/// a part, begins late and slowly: it pays little more than for its looks, and for a few thousand of
/// them at most.
#[derive(Debug)]
pub struct Parents {
    /// The parents, and of those that were read to the end which entries are theirs, by number.
    known: NodeMap<Range<u32>>,
    /// Where entries point to, by number, as far as that is remembered.
    places: Vec<Place>,
    /// So many are remembered.
    most_places: usize,
    /// How many places were gone to, and how many of them have led nowhere.
    gone: usize,
    astray: usize,
    /// So many entries have a number.
    read: u32,
    /// The last of them. Of nodes up to it it is known whether they are parents.
    last: NodeId,
    /// How many looks there were that earn.
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
        Self {
            known,
            places,
            most_places,
            gone: 0,
            astray: 0,
            read: 0,
            last: NodeId::ROOT,
            looks: 0,
            credit,
            slowness,
        }
    }

    /// The same, and it remembers where the rows of children lie, which saves the look for them: up to 12 MB.
    pub fn with_places(self) -> Self {
        Self { most_places: Self::MOST, ..self }
    }

    /// How many entries of the index a parent has, if that is known; those of rows which nobody sees any more too.
    pub fn count(&self, parent: NodeId) -> Option<usize> {
        Some(self.known.get(&parent)?.len()).filter(|&count| count > 0)
    }

    /// Which places are those of what is below a parent, in the order of the index, if that is known. Of a
    /// row which nobody sees any more there is one too.
    pub fn places(&self, parent: NodeId) -> Option<Range<u32>> {
        if self.astray > Self::STRETCH && self.astray > self.gone / 2 {
            return None; // who looks through the index tells it which entries are of no use any more
        }
        let places = self.known.get(&parent)?.clone();
        (!places.is_empty() && places.end as usize <= self.places.len()).then_some(places)
    }

    /// Goes to one of the places: the row of a child of `parent`, if the snapshot sees one there.
    ///
    /// # Errors
    /// As for [`Probe::rows`].
    pub fn go_to<'p>(
        &mut self,
        probe: &'p mut Probe<'_, Nodes>,
        at: u32,
        parent: NodeId,
    ) -> Result<Option<Row<'p, Nodes>>, Error> {
        // Another row that has taken the place is seen by nobody who has known it.
        let is_there = probe.go_to(self.places[at as usize])?
            && probe.found().get(nodes::PARENT) == Some(parent);
        self.gone += 1;
        self.astray += usize::from(!is_there);
        Ok(is_there.then(|| probe.found()))
    }

    /// Whether it is known that a node is none.
    pub fn surely_not(&self, node: NodeId) -> bool {
        node <= self.last && !self.known.contains_key(&node)
    }

    /// Learns of the next ones, after a look: from a probe that reads the entries beyond a
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
        let (mut first, mut end) = (self.read, self.read);
        for _ in 0..std::mem::take(&mut self.credit) {
            let next = entries.next_node();
            // There is nothing after TRASH.
            let next = next.unwrap_or(NodeId::TRASH);
            if next != self.last {
                // Only now it is known that there are no more of the last.
                self.known.insert(self.last, first..end);
                self.known.insert(next, 0..0);
                (self.last, first) = (next, end);
            }
            if next == NodeId::TRASH {
                break;
            }
            if self.places.len() < self.most_places {
                self.places.push(entries.place());
            }
            end += 1;
        }
        self.read = first;
        self.places.truncate(first as usize);
        Ok(())
    }
}
