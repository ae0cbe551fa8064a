//! The version of a subtree: what a deletion has to cover (`sql/README.md`, "Defensive deletion").

use super::store::Store;
use crate::model::{Key, NodeId, OpKind, VersionVector, VersionVectorBuilder};

/// The dots of the structural history and the winning payload of a node and of all below it,
/// tombstones too.
///
/// A node is asked for its timeline, its op refs and its children, once each. What its op refs name
/// is as a rule an operation on a node below it, whose own timeline has it: only what is left at the
/// end is looked up.
///
/// # Errors
/// Those of the store.
pub fn subtree_version<S: Store>(store: &mut S, root: NodeId) -> Result<VersionVector, S::Error> {
    let mut dots = VersionVectorBuilder::default();
    let mut refs = Refs::default();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        store.check()?;
        add_own(store, node, &mut dots)?;
        let mut last = Key::MIN;
        let mut is_leaf = true;
        loop {
            let page = store.refs(node, last)?;
            let Some(&end) = page.last() else { break };
            (last, is_leaf) = (end, false);
            refs.add(node, page, &dots);
        }
        // TRASH has children and no op refs.
        if is_leaf && node != NodeId::TRASH {
            continue;
        }
        for child in store.children(node)? {
            // A node has one parent, so only a way back to the root of the search is a circle.
            if child == root {
                return Err(store.contradiction(format!("node {root} is below itself")));
            }
            open.push(child);
        }
    }
    let version = dots.build();
    for (node, key) in refs.keys {
        store.check()?;
        if version.contains(key.dot) {
            continue;
        }
        let op = store.entry(key)?;
        let counts =
            op.kind == OpKind::Move || (op.kind == OpKind::Insert && op.parent == Some(node));
        if counts && !store.is_ignored(op.node, key)? {
            dots.push(key.dot);
        }
    }
    Ok(dots.build())
}

/// Adds what a node's own timeline says.
fn add_own<S: Store>(
    store: &mut S,
    node: NodeId,
    dots: &mut VersionVectorBuilder,
) -> Result<(), S::Error> {
    let mut winner: Option<Key> = None;
    for op in store.timeline(node)? {
        if op.is_reserved() {
            continue;
        }
        if op.parent.is_some() && !store.is_ignored(node, op.key)? {
            dots.push(op.key.dot);
        }
        if op.writes_payload {
            winner = winner.max(Some(op.key));
        }
    }
    if let Some(winner) = winner {
        dots.push(winner.dot);
    }
    Ok(())
}

/// Op refs whose operations are to be looked up.
#[derive(Default)]
struct Refs {
    keys: Vec<(NodeId, Key)>,
    /// How many were added, and how many were left when those known were last dropped.
    added: usize,
    left: usize,
}

impl Refs {
    /// Adds those of a node. Now and then, each time after as many again, it drops those that need
    /// no look-up.
    fn add(&mut self, node: NodeId, keys: Vec<Key>, dots: &VersionVectorBuilder) {
        /// So many at least are gathered before.
        const FEW: usize = 65_536;
        self.added += keys.len();
        self.keys.extend(keys.into_iter().map(|key| (node, key)));
        if self.keys.len() >= FEW.max(2 * self.left).max(self.added / 4) {
            let version = dots.build();
            self.keys.retain(|(_, key)| !version.contains(key.dot));
            self.left = self.keys.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryStore;
    use crate::model::{Action, Dot, Op, ReplicaId};
    use crate::reference;

    /// A small random history, some of which waits: inserts, moves, payloads and deletions of eight
    /// nodes, ROOT and TRASH.
    fn history(seed: u64) -> Vec<Op> {
        let mut state = seed;
        let mut below = |most: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        let node = |number: u64| match number {
            0 => NodeId::ROOT,
            9 => NodeId::TRASH,
            number => NodeId(u128::from(number).to_be_bytes()),
        };
        let mut ops = Vec::new();
        for counter in 1..=30 {
            let (subject, parent) = (node(below(10)), node(below(10)));
            let action = match below(8) {
                0..=2 => Action::Insert {
                    parent,
                    order_key: Vec::new(),
                    payload: (below(2) == 0).then(Vec::new),
                },
                3..=5 => Action::Move { parent, order_key: Vec::new() },
                6 => Action::Payload(None),
                _ => Action::Tombstone,
            };
            let replica = ReplicaId::new(&[below(3) as u8]).expect("1 byte");
            let key = Key { lamport: 1 + below(20), dot: Dot { replica, counter } };
            ops.push(Op { key, node: subject, action });
        }
        ops
    }

    #[test]
    fn it_is_what_the_reference_says_of_every_node_and_waiting_operations_are_not_in_it() {
        for seed in 0..2_000 {
            let ops = history(seed);
            let (done, waiting) = ops.split_at(20);
            let mut store = MemoryStore::default();
            store.append(done);
            store.defer(waiting);
            let state = reference::replay(done);
            let nodes = ops.iter().map(|op| op.node).chain([NodeId::ROOT, NodeId::TRASH]);
            for node in nodes {
                let Ok(found) = subtree_version(&mut store, node);
                assert_eq!(found, state.subtree_version(node), "seed {seed}, node {node}");
            }
        }
    }
}
