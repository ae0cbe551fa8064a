//! Which nodes of a document are parents, learned from an index while one walks through the tree.

use std::collections::HashSet;

use treecrdt::NodeId;

use super::scan::Probe;
use crate::datum::{Uuid, uuid};
use crate::doc::DocDatum;
use crate::error::Error;
use crate::forest::shape::{Column, Table};

/// The parents of a document, as far as they are known.
///
/// Most nodes are leaves, and to look for what is below one costs as much as to find the next parent
/// in the index. So each such look in vain goes on with the parents by one, until all are known: a
/// walk costs no more than twice what its leaves do, and, once it is long, a look for each parent.
#[derive(Debug)]
pub struct Parents {
    known: HashSet<NodeId>,
    /// The last of them: of nodes up to here it is known whether they are parents.
    last: NodeId,
}

impl Default for Parents {
    fn default() -> Self {
        // ROOT comes first, and is taken for a parent.
        Self { known: HashSet::from([NodeId::ROOT]), last: NodeId::ROOT }
    }
}

impl Parents {
    /// So many are remembered: 16 bytes each, and half as much again.
    const MOST: usize = 1 << 18;

    /// Whether it is known that a node is none.
    pub fn surely_not(&self, node: NodeId) -> bool {
        node <= self.last && !self.known.contains(&node)
    }

    /// Learns of the next one: from a probe that goes beyond a parent, which is in this column.
    ///
    /// # Errors
    /// Those of [`Probe::rows`].
    pub fn go_on<T: Table>(
        &mut self,
        probe: &mut Probe<'_, T>,
        column: Column<T, Uuid>,
        doc: &DocDatum,
    ) -> Result<(), Error> {
        if self.last == NodeId::TRASH || self.known.len() >= Self::MOST {
            return Ok(());
        }
        let last = self.last;
        let next = probe.find(&[doc.arg()], &[uuid(&last)])?;
        // There is nothing after TRASH.
        self.last = next.and_then(|row| row.get(column)).unwrap_or(NodeId::TRASH);
        self.known.insert(self.last);
        Ok(())
    }
}
