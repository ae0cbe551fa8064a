//! Operations written by hand: `at(3, "a").insert(A, ROOT, "1")` is what replica "a" minted at
//! lamport 3, as its third operation.

use treecrdt::{Action, Dot, Key, NodeId, Op, ReplicaId, VersionVector};

/// Where the visible tree begins.
pub const ROOT: NodeId = NodeId::ROOT;
/// Where nodes go that nobody wants.
pub const TRASH: NodeId = NodeId::TRASH;
/// A node, drawn as `a`.
pub const A: NodeId = letter(b'a');
/// A node, drawn as `b`.
pub const B: NodeId = letter(b'b');
/// A node, drawn as `c`.
pub const C: NodeId = letter(b'c');
/// A node, drawn as `d`.
pub const D: NodeId = letter(b'd');
/// A node, drawn as `e`.
pub const E: NodeId = letter(b'e');

/// The node that is drawn as this letter.
pub const fn letter(letter: u8) -> NodeId {
    NodeId([letter; 16])
}

/// The moment at which a replica mints an operation.
#[derive(Debug, Clone, Copy)]
pub struct Moment(Key);

/// The moment of this lamport, at which the replica's counter is the same number.
pub fn at(lamport: u64, replica: impl AsRef<[u8]>) -> Moment {
    let replica = ReplicaId::new(replica.as_ref()).expect("1 to 64 bytes");
    Moment(Key { lamport, dot: Dot { replica, counter: lamport } })
}

impl Moment {
    /// The same moment with another counter.
    pub fn counter(self, counter: u64) -> Self {
        Self(Key { dot: Dot { counter, ..self.0.dot }, ..self.0 })
    }

    /// Attaches a node.
    pub fn insert(self, node: NodeId, parent: NodeId, order_key: impl AsRef<[u8]>) -> Op {
        let order_key = order_key.as_ref().to_vec();
        self.op(node, Action::Insert { parent, order_key, payload: None })
    }

    /// Attaches a node and sets its payload.
    pub fn insert_with(self, node: NodeId, parent: NodeId, order_key: &str, payload: &str) -> Op {
        let (order_key, payload) = (order_key.into(), Some(payload.into()));
        self.op(node, Action::Insert { parent, order_key, payload })
    }

    /// Attaches a node elsewhere.
    pub fn moves(self, node: NodeId, parent: NodeId, order_key: &str) -> Op {
        self.op(node, Action::Move { parent, order_key: order_key.into() })
    }

    /// Sets a payload.
    pub fn payload(self, node: NodeId, payload: &str) -> Op {
        self.op(node, Action::Payload(Some(payload.into())))
    }

    /// Clears a payload.
    pub fn clear(self, node: NodeId) -> Op {
        self.op(node, Action::Payload(None))
    }

    /// Deletes a node, having seen these operations.
    pub fn delete(self, node: NodeId, seen: &[&Op]) -> Op {
        let known_state: VersionVector = seen.iter().map(|op| op.dot()).collect();
        self.op(node, Action::Delete { known_state })
    }

    /// Deletes a node, having seen nothing.
    pub fn tombstone(self, node: NodeId) -> Op {
        self.op(node, Action::Tombstone)
    }

    fn op(self, node: NodeId, action: Action) -> Op {
        Op { key: self.0, node, action }
    }
}

/// Every order of these items (Heap's algorithm).
pub fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    fn visit<T: Clone>(items: &mut [T], count: usize, found: &mut Vec<Vec<T>>) {
        if count <= 1 {
            return found.push(items.to_vec());
        }
        for at in 0..count {
            visit(items, count - 1, found);
            let other = if count.is_multiple_of(2) { at } else { 0 };
            items.swap(other, count - 1);
        }
    }
    let mut found = Vec::new();
    visit(&mut items.to_vec(), items.len(), &mut found);
    found
}
