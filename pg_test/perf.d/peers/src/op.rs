//! Operations as the peers see them: borrowed from the rows they were read from.
//!
//! The kind of an operation need not be looked at: one with a parent says where its node is, and one
//! with a payload, or without a parent, writes the payload. Nothing is checked.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A node: the bytes of its uuid, the first one in front.
pub type Node = u128;
/// The node that all visible nodes are below.
pub const ROOT: Node = 0;
/// The node below which nodes are out of sight.
pub const TRASH: Node = Node::MAX;

/// A place in the canonical order: fields are compared from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<'s> {
    /// Logical time.
    pub lamport: i64,
    /// Who minted the operation.
    pub replica: &'s [u8],
    /// Its sequence number there.
    pub counter: i64,
}

/// Where a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'s> {
    /// Below what.
    pub parent: Node,
    /// Where among its siblings.
    pub order_key: &'s [u8],
}

/// A row of a log.
#[derive(Debug, Clone, Copy)]
pub struct Op<'s> {
    /// Its place in the canonical order.
    pub key: Key<'s>,
    /// What it is about.
    pub node: Node,
    /// Where it puts the node, if it is an insert or move.
    pub place: Option<Place<'s>>,
    /// The column `payload`.
    pub payload: Option<&'s [u8]>,
}

impl<'s> Op<'s> {
    /// Whether it writes its node's payload.
    pub fn writes_payload(&self) -> bool {
        self.place.is_none() || self.payload.is_some()
    }

    /// Whether it changes nothing: any on TRASH, and any on ROOT but a payload.
    pub fn is_reserved(&self) -> bool {
        self.node == TRASH || (self.node == ROOT && self.place.is_some())
    }
}

/// A map by node.
pub type NodeMap<T> = HashMap<Node, T, BuildHasherDefault<Mixer>>;
/// A set of nodes.
pub type NodeSet = HashSet<Node, BuildHasherDefault<Mixer>>;

/// Hashes nodes in a few instructions; the tables are no place for an attack here.
#[derive(Debug, Default)]
pub struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u128(byte.into()));
    }

    fn write_u128(&mut self, node: u128) {
        let folded = self.0 ^ node as u64 ^ ((node >> 64) as u64).rotate_left(32);
        let mixed = u128::from(folded) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (mixed >> 64) as u64 ^ mixed as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
