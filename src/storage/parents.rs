//! Which nodes of a document are parents, learned from an index while one walks through the tree.

use std::collections::HashSet;

use treecrdt::NodeId;

use super::scan::Probe;
use crate::datum::uuid;
use crate::doc::DocDatum;
use crate::error::Error;
use crate::forest::shape::Table;

/// The parents of a document, as far as they are known.
///
/// Most nodes are leaves, and to look for what is below one costs as much as to read some dozens of
/// entries of the index, where the parents stand in order. So each such look in vain goes on with the
/// parents by a stretch, a longer one each time, until all are known: a small walk costs little more
/// than its looks do, and a long one a look for each parent.
#[derive(Debug)]
pub struct Parents {
    known: HashSet<NodeId>,
    /// The last of them: of nodes up to here it is known whether they are parents.
    last: NodeId,
    /// How many looks there were.
    looks: usize,
}

impl Default for Parents {
    fn default() -> Self {
        // ROOT comes first, and is taken for a parent.
        Self { known: HashSet::from([NodeId::ROOT]), last: NodeId::ROOT, looks: 0 }
    }
}

impl Parents {
    /// So many are remembered: 16 bytes each, and half as much again.
    const MOST: usize = 1 << 18;

    /// Whether it is known that a node is none.
    pub fn surely_not(&self, node: NodeId) -> bool {
        node <= self.last && !self.known.contains(&node)
    }

    /// Learns of the next ones: from a probe that reads the entries beyond a parent.
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
        let from = self.last;
        let mut entries = probe.rows(&[doc.arg()], &[uuid(&from)])?;
        for _ in 0..LEAST.max(self.looks / 2).min(LONGEST) {
            let next = entries.next_node();
            // There is nothing after TRASH.
            let next = next.unwrap_or(NodeId::TRASH);
            if next != self.last {
                self.last = next;
                self.known.insert(next);
            }
            if next == NodeId::TRASH {
                break;
            }
        }
        Ok(())
    }
}

/// How many entries are read at first, and how many at most.
const LEAST: usize = 16;
const LONGEST: usize = 256;
