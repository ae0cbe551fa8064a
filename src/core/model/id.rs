//! Identities: nodes, replicas, dots, and the key that orders operations.

use std::cmp::Ordering;
use std::fmt;

use super::error::MalformedOp;
use super::limits::MAX_REPLICA;

/// A node of a tree: 16 bytes, a `uuid` in SQL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(pub [u8; 16]);

/// Without a length, which is always the same.
impl std::hash::Hash for NodeId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

impl NodeId {
    /// The node every visible node descends from.
    pub const ROOT: NodeId = NodeId([0; 16]);
    /// Where nodes are moved to be out of sight; it collects nothing.
    pub const TRASH: NodeId = NodeId([0xff; 16]);

    /// Whether this is ROOT or TRASH, which have no parent and never move.
    pub fn is_reserved(self) -> bool {
        self == Self::ROOT || self == Self::TRASH
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(36);
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whoever mints operations: 1 to 64 opaque bytes, ordered bytewise (a prefix comes first).
#[derive(Clone, Copy)]
pub struct ReplicaId {
    len: u8,
    bytes: [u8; MAX_REPLICA],
}

impl ReplicaId {
    /// The replica of these bytes.
    ///
    /// # Errors
    /// [`MalformedOp::ReplicaLength`] unless there are 1 to 64 of them.
    pub fn new(id: &[u8]) -> Result<Self, MalformedOp> {
        if id.is_empty() || id.len() > MAX_REPLICA {
            return Err(MalformedOp::ReplicaLength { length: id.len() });
        }
        let mut bytes = [0; MAX_REPLICA];
        bytes[..id.len()].copy_from_slice(id);
        Ok(Self { len: id.len() as u8, bytes })
    }

    /// The bytes of the id.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The first bytes of an id as a number, absent ones as zeros: where these differ, they tell the
/// order.
pub(crate) fn prefix(id: &[u8]) -> u64 {
    let mut first = [0; 8];
    let length = id.len().min(first.len());
    first[..length].copy_from_slice(&id[..length]);
    u64::from_be_bytes(first)
}

impl Ord for ReplicaId {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = prefix(&self.bytes).cmp(&prefix(&other.bytes));
        order.then_with(|| self.as_bytes().cmp(other.as_bytes()))
    }
}

impl PartialOrd for ReplicaId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ReplicaId {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for ReplicaId {}

impl std::hash::Hash for ReplicaId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Display for ReplicaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ReplicaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The identity of an operation within its document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dot {
    /// Who minted the operation.
    pub replica: ReplicaId,
    /// The sequence number of that replica's, from 1.
    pub counter: u64,
}

impl Dot {
    /// Before every dot there is.
    pub const MIN: Dot = Dot { replica: ReplicaId { len: 0, bytes: [0; MAX_REPLICA] }, counter: 0 };
}

impl fmt::Display for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.replica, self.counter)
    }
}

impl fmt::Debug for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An operation's place in the canonical order: by lamport, then replica, then counter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The logical time at which the operation was minted, from 1.
    pub lamport: u64,
    /// The operation's identity, which settles ties.
    pub dot: Dot,
}

impl Key {
    /// Before every key there is.
    pub const MIN: Key = Key { lamport: 0, dot: Dot::MIN };
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.dot, self.lamport)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
