//! Minting operations: replicas with their clocks, and a tree that grows by what they do.
//!
//! What is minted here is a history in canonical order. Everything comes from the seed.

use std::collections::HashMap;

use treecrdt::{Action, Dot, Key, NodeId, Op, ReplicaId, VersionVector};
use treecrdt_testing::history::Random;

/// A history as it grows.
#[derive(Debug, Clone)]
pub struct History {
    /// What chance decides by.
    pub random: Random,
    /// The operations, in canonical order.
    pub ops: Vec<Op>,
    /// Those who mint, with the counter of each.
    replicas: Vec<(ReplicaId, u64)>,
    /// Whose turn it is.
    turn: usize,
    lamport: u64,
    step: u64,
    /// What all others have minted before.
    before: VersionVector,
}

impl History {
    /// An empty one, of so many replicas that take turns, lamports 1 apart.
    pub fn new(seed: u64, replicas: usize) -> Self {
        let mut random = Random::new(seed);
        let replicas = (0..replicas).map(|_| (replica(&mut random), 0)).collect();
        let (ops, before) = (Vec::new(), VersionVector::default());
        Self { random, ops, replicas, turn: 0, lamport: 0, step: 1, before }
    }

    /// The same with lamports so far apart, for late operations to find room.
    pub fn spaced(self, step: u64) -> Self {
        Self { step, ..self }
    }

    /// What others do who have seen all of this: replicas of their own, the same clock, no
    /// operations yet.
    pub fn fork(&self, seed: u64, replicas: usize) -> Self {
        let mut before = self.before.clone();
        before.union(&self.seen(0, 0));
        let (lamport, step) = (self.lamport, self.step);
        Self { lamport, step, before, ..Self::new(seed, replicas) }
    }

    /// The clock.
    pub fn lamport(&self) -> u64 {
        self.lamport
    }

    /// A node id, random as of a v4 uuid.
    pub fn node(&mut self) -> NodeId {
        let mut id = bytes(&mut self.random);
        id[6] = id[6] & 0x0f | 0x40;
        id[8] = id[8] & 0x3f | 0x80;
        NodeId(id)
    }

    /// A payload of so many bytes.
    pub fn payload(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.random.bits() as u8).collect()
    }

    /// The order key after all that came before: 8 bytes.
    pub fn order_key(&self) -> Vec<u8> {
        (self.lamport + self.step).to_be_bytes().to_vec()
    }

    /// Mints an operation of the replica whose turn it is.
    pub fn mint(&mut self, node: NodeId, action: Action) {
        self.lamport += self.step;
        let (replica, counter) = &mut self.replicas[self.turn];
        *counter += 1;
        let dot = Dot { replica: *replica, counter: *counter };
        self.turn = (self.turn + 1) % self.replicas.len();
        self.ops.push(Op { key: Key { lamport: self.lamport, dot }, node, action });
    }

    /// Mints the insert of a new node behind its siblings.
    pub fn insert(&mut self, parent: NodeId, payload: usize) -> NodeId {
        let node = self.node();
        let payload = (payload > 0).then(|| self.payload(payload));
        let order_key = self.order_key();
        self.mint(node, Action::Insert { parent, order_key, payload });
        node
    }

    /// Mints a move behind the siblings there.
    pub fn place(&mut self, node: NodeId, parent: NodeId) {
        let order_key = self.order_key();
        self.mint(node, Action::Move { parent, order_key });
    }

    /// Mints a payload.
    pub fn write(&mut self, node: NodeId, payload: usize) {
        let payload = self.payload(payload);
        self.mint(node, Action::Payload(Some(payload)));
    }

    /// Mints a delete by one who has seen all of its own operations, and all but the last few of
    /// the others'.
    pub fn delete(&mut self, node: NodeId) {
        let lag = self.random.below(4) as u64;
        let mut known_state = self.seen(self.turn, lag);
        known_state.union(&self.before);
        self.mint(node, Action::Delete { known_state });
    }

    /// All of one replica's operations, all but the last `lag` of each other's.
    fn seen(&self, own: usize, lag: u64) -> VersionVector {
        let ranges = self.replicas.iter().enumerate().filter_map(|(at, &(replica, counter))| {
            let last = counter.saturating_sub(if at == own { 0 } else { lag });
            (last > 0).then_some((replica, 1, last))
        });
        VersionVector::from_ranges(ranges).expect("from 1 to a counter")
    }
}

/// The nodes that are in sight, and how many children each has.
#[derive(Debug, Clone)]
pub struct Nodes {
    /// From how many of the last is chosen.
    window: usize,
    alive: Vec<NodeId>,
    children: HashMap<NodeId, u32>,
    parents: HashMap<NodeId, NodeId>,
}

impl Nodes {
    /// Nothing but ROOT.
    pub fn new() -> Self {
        Self::recent(usize::MAX)
    }

    /// The same, of which only so many of the most recent are ever chosen: a tree that grows deep.
    pub fn recent(window: usize) -> Self {
        Self { window, alive: Vec::new(), children: HashMap::new(), parents: HashMap::new() }
    }

    /// One of them, ROOT if there is none.
    pub fn pick(&self, random: &mut Random) -> NodeId {
        let recent = &self.alive[self.alive.len().saturating_sub(self.window)..];
        if recent.is_empty() { NodeId::ROOT } else { random.pick(recent) }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.alive.len()
    }

    /// A new one below this parent.
    pub fn add(&mut self, node: NodeId, parent: NodeId) {
        self.alive.push(node);
        self.attach(node, parent);
    }

    /// Puts one below another parent, as far as this book-keeping cares: a cycle is not noticed.
    pub fn attach(&mut self, node: NodeId, parent: NodeId) {
        if let Some(before) = self.parents.insert(node, parent) {
            self.children.entry(before).and_modify(|count| *count -= 1);
        }
        *self.children.entry(parent).or_default() += 1;
    }

    /// Takes one without children out. `None` if a few tries found none.
    pub fn take_leaf(&mut self, random: &mut Random) -> Option<NodeId> {
        let before = self.alive.len().saturating_sub(self.window);
        for _ in 0..8 {
            let at = before + random.below((self.alive.len() - before).max(1));
            let leaf = *self.alive.get(at)?;
            if self.children.get(&leaf).is_none_or(|&count| count == 0) {
                self.alive.swap_remove(at);
                if let Some(parent) = self.parents.remove(&leaf) {
                    self.children.entry(parent).and_modify(|count| *count -= 1);
                }
                return Some(leaf);
            }
        }
        None
    }
}

impl Default for Nodes {
    fn default() -> Self {
        Self::new()
    }
}

/// A replica id of 16 random bytes.
pub fn replica(random: &mut Random) -> ReplicaId {
    ReplicaId::new(&bytes(random)).expect("16 bytes")
}

fn bytes(random: &mut Random) -> [u8; 16] {
    (u128::from(random.bits()) << 64 | u128::from(random.bits())).to_be_bytes()
}
