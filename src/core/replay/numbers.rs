//! Nodes and operations by number, what is known of them by numbers, and notes about them in flat lists.

use std::num::NonZeroU32;

use crate::model::OpKind;

/// A node by number. ROOT and TRASH come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeIx(NonZeroU32);

impl NodeIx {
    pub(super) const ROOT: NodeIx = NodeIx(NonZeroU32::MIN);
    pub(super) const TRASH: NodeIx = NodeIx(NonZeroU32::MIN.saturating_add(1));

    /// The node of this number.
    pub(super) fn new(index: usize) -> Self {
        Self(one_more(index))
    }

    /// Its number.
    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    /// Whether it is ROOT or TRASH.
    pub(super) fn is_reserved(self) -> bool {
        self <= Self::TRASH
    }
}

/// An operation by number: those of the batch come first, in canonical order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct OpIx(NonZeroU32);

impl OpIx {
    /// The operation of this number.
    pub(super) fn new(index: usize) -> Self {
        Self(one_more(index))
    }

    /// Its number.
    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    /// Its name in a patch.
    pub(super) fn in_patch(self) -> OpRef {
        OpRef(self)
    }
}

/// An operation of a patch, which can tell its key: a number, since a patch names many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpRef(pub(super) OpIx);

/// A number as it is kept: so that there is room for none.
fn one_more(index: usize) -> NonZeroU32 {
    u32::try_from(index + 1).ok().and_then(NonZeroU32::new).expect("memory ends before numbers do")
}

/// A parent, and the operation that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) op: OpIx,
    pub(super) parent: NodeIx,
}

/// An [`Entry`] by numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) op: OpIx,
    pub(super) node: NodeIx,
    pub(super) parent: Option<NodeIx>,
    pub(super) kind: OpKind,
    pub(super) writes_payload: bool,
}

/// A node's row before the batch, by numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    pub(super) exists: bool,
    pub(super) placed: Option<Place>,
    pub(super) payload: Option<OpIx>,
    /// The first insert.
    pub(super) inserted: Option<OpIx>,
    pub(super) deleted: bool,
    pub(super) tombstone: bool,
}

impl Row {
    pub(super) fn parent(&self) -> Option<NodeIx> {
        self.placed.map(|place| place.parent)
    }
}

/// As much of a node's row before the batch as ways up need, by numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Above {
    pub(super) parent: Option<NodeIx>,
    pub(super) deleted: bool,
    pub(super) tombstone: bool,
}

/// A note for each node, by number.
#[derive(Debug, Default)]
pub(super) struct PerNode<T>(Vec<T>);

impl<T: Clone + Default> PerNode<T> {
    pub(super) fn get(&self, node: NodeIx) -> T {
        self.0.get(node.index()).cloned().unwrap_or_default()
    }

    pub(super) fn set(&mut self, node: NodeIx, value: T) {
        let at = node.index();
        if self.0.len() <= at {
            self.0.resize(at + 1, T::default());
        }
        self.0[at] = value;
    }
}

/// Values for some of the nodes, in the order in which they came.
#[derive(Debug)]
pub(super) struct SomeNodes<T> {
    pub(super) list: Vec<T>,
    /// One more than a node's place in the list; 0 for none.
    places: PerNode<u32>,
}

impl<T> Default for SomeNodes<T> {
    fn default() -> Self {
        Self { list: Vec::new(), places: PerNode::default() }
    }
}

impl<T> SomeNodes<T> {
    /// None, with room for so many.
    pub(super) fn with_room(count: usize) -> Self {
        Self { list: Vec::with_capacity(count), places: PerNode::default() }
    }

    /// Where the value of a node stands in the list.
    pub(super) fn place(&self, node: NodeIx) -> Option<usize> {
        (self.places.get(node) as usize).checked_sub(1)
    }

    /// Adds the value of a node that has none, and tells its place.
    pub(super) fn add(&mut self, node: NodeIx, value: T) -> usize {
        self.list.push(value);
        self.places.set(node, self.list.len() as u32);
        self.list.len() - 1
    }
}
