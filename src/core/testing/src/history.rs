//! Random histories: several replicas that know part of each other's work, and some hostility.
//!
//! Everything comes from one seed, so a failure is replayed by its number.

use treecrdt::{Action, Dot, Key, NodeId, Op, ReplicaId, VersionVector};

/// A small generator of numbers (splitmix64), the same on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator that this seed gives.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the items.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Puts the items in any order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// The character of a history.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How many operations are minted.
    pub ops: usize,
    /// How many replicas mint them.
    pub replicas: usize,
    /// From how many nodes they choose.
    pub nodes: usize,
    /// Of a hundred operations, how many delete.
    pub deletes: usize,
    /// Of a hundred operations, how many move.
    pub moves: usize,
    /// Of a hundred operations, how many disregard all good manners.
    pub hostile: usize,
}

impl Shape {
    /// A shape of at most `ops` operations, drawn at random.
    pub fn random(random: &mut Random, ops: usize) -> Self {
        Self {
            ops: 1 + random.below(ops),
            replicas: 1 + random.below(5),
            nodes: 2 + random.below(12),
            deletes: random.pick(&[0, 5, 20, 40]),
            moves: random.pick(&[10, 30, 60]),
            hostile: random.pick(&[0, 0, 10, 50]),
        }
    }
}

/// A node by its number: 0 is ROOT, 1 is TRASH.
pub fn node(number: usize) -> NodeId {
    match number {
        0 => NodeId::ROOT,
        1 => NodeId::TRASH,
        _ => NodeId((number as u128).to_be_bytes()),
    }
}

/// A replica by its number. Some ids are prefixes of others.
pub fn replica(number: usize) -> ReplicaId {
    let ids: [&[u8]; 6] = [b"a", b"aa", b"a\x00", b"b", b"\xff", b"aaa"];
    ReplicaId::new(ids[number % ids.len()]).expect("1 to 64 bytes")
}

struct Replica {
    id: ReplicaId,
    counter: u64,
    lamport: u64,
    known: VersionVector,
}

/// The operations of a history, in the order they were minted.
pub fn history(random: &mut Random, shape: Shape) -> Vec<Op> {
    let mut replicas: Vec<Replica> = (0..shape.replicas)
        .map(|number| Replica {
            id: replica(number),
            counter: 0,
            lamport: 0,
            known: VersionVector::default(),
        })
        .collect();
    let mut ops: Vec<Op> = Vec::with_capacity(shape.ops);
    for _ in 0..shape.ops {
        let me = random.below(replicas.len());
        hear_of_some(random, &mut replicas[me], &ops);
        let hostile = random.chance(shape.hostile);
        let me = &mut replicas[me];
        me.counter += if hostile && random.chance(20) { 1 + random.below(3) as u64 } else { 1 };
        me.lamport = if hostile { 1 + random.below(6) as u64 } else { me.lamport + 1 };
        let dot = Dot { replica: me.id, counter: me.counter };
        let action = action(random, shape, hostile, &me.known);
        let first = if hostile { 0 } else { 2 };
        let node = node(first + random.below(shape.nodes));
        me.known.insert(dot);
        ops.push(Op { key: Key { lamport: me.lamport, dot }, node, action });
    }
    ops
}

/// Tells a replica of some of the operations there are: of late ones mostly, with gaps.
fn hear_of_some(random: &mut Random, replica: &mut Replica, ops: &[Op]) {
    if ops.is_empty() || !random.chance(60) {
        return;
    }
    let from = if random.chance(30) { 0 } else { ops.len().saturating_sub(6) };
    let losses = random.pick(&[0, 0, 30]);
    for op in &ops[from..] {
        if !random.chance(losses) {
            replica.known.insert(op.dot());
            replica.lamport = replica.lamport.max(op.key.lamport);
        }
    }
}

fn action(random: &mut Random, shape: Shape, hostile: bool, known: &VersionVector) -> Action {
    let parent = match random.below(10) {
        0 if random.chance(30) => NodeId::TRASH,
        0 | 1 => NodeId::ROOT,
        _ => node(2 + random.below(shape.nodes)),
    };
    let order_key = vec![b'a' + random.below(4) as u8; random.below(3)];
    let kind = random.below(100);
    if kind < shape.deletes {
        return match random.below(10) {
            0 => Action::Tombstone,
            1 if hostile => Action::Delete { known_state: VersionVector::default() },
            _ => Action::Delete { known_state: known.clone() },
        };
    }
    if kind < shape.deletes + shape.moves {
        return Action::Move { parent, order_key };
    }
    match random.below(3) {
        0 => Action::Payload(Some(vec![random.below(256) as u8])),
        1 if random.chance(30) => Action::Payload(None),
        _ => {
            let payload = random.chance(60).then(|| vec![random.below(256) as u8; 2]);
            Action::Insert { parent, order_key, payload }
        }
    }
}

/// How the operations of a history reach a replica: some get lost, some come twice, in any order
/// from sorted to shuffled, in batches.
pub fn delivery(random: &mut Random, mut ops: Vec<Op>) -> Vec<Vec<Op>> {
    if random.chance(30) {
        ops.retain(|_| !random.chance(15));
    }
    match random.below(5) {
        0 => {}
        1 => ops.sort_by_key(|op| std::cmp::Reverse(op.key)),
        2 => ops.sort_by_key(|op| (op.key.dot.replica, op.key)),
        3 => {
            ops.sort_by_key(|op| op.key);
            for _ in 0..1 + ops.len() / 10 {
                let (a, b) = (random.below(ops.len().max(1)), random.below(ops.len().max(1)));
                if a < ops.len() && b < ops.len() {
                    ops.swap(a, b);
                }
            }
        }
        _ => random.shuffle(&mut ops),
    }
    let largest = random.pick(&[1, 3, 10, 1000]);
    let mut batches = Vec::new();
    let mut rest = ops.as_slice();
    while !rest.is_empty() {
        let (batch, later) = rest.split_at((1 + random.below(largest)).min(rest.len()));
        let mut batch = batch.to_vec();
        if random.chance(10) {
            batch.push(ops[random.below(ops.len())].clone());
        }
        batches.push(batch);
        rest = later;
    }
    batches
}
