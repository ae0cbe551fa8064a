//! The version of a subtree: what a deletion has to cover (`sql/README.md`, "Defensive deletion").

use super::store::{Row, Store};
use crate::model::{Key, NodeId, OpKind, VersionVector, VersionVectorBuilder};

/// The dots of the structural history and the winning payload of a node and of all below it,
/// tombstones too.
///
/// A node is asked for the rows of its children, the operations that name it, its other op refs, and
/// what else there is on its structural track, once each. What names it is as a rule an operation that put a
/// child there, which their numbers tell; what else is left at the end is looked at closer.
///
/// # Errors
/// Those of the store.
pub fn subtree_version<S: Store>(store: &mut S, root: NodeId) -> Result<VersionVector, S::Error> {
    let mut dots = VersionVectorBuilder::default();
    let mut others = Others::default();
    let mut open = vec![root];
    if let Some(row) = store.row(root)? {
        others.add_row(root, &row, &mut dots);
    }
    while let Some(node) = open.pop() {
        store.check()?;
        for step in store.steps(node)? {
            if !step.is_reserved() && !store.is_ignored(node, step.key)? {
                dots.push(step.key.dot);
            }
        }
        // What nothing was ever put below is a leaf, and nothing has left it.
        let named = if node == NodeId::TRASH { None } else { Some(store.named(node)?) };
        if named == Some(0) {
            continue;
        }
        let (mut is_circle, mut below) = (false, 0);
        store.rows_below(node, &mut |child, row| {
            // A node has one parent, so only a way back to the root of the search is a circle.
            is_circle |= child == root;
            below += 1;
            others.add_row(child, &row, &mut dots);
            open.push(child);
        })?;
        if is_circle {
            return Err(store.contradiction(format!("node {root} is below itself")));
        }
        // TRASH has children, and collects nothing.
        let Some(named) = named else { continue };
        // Each child was put there by an operation that names the node: if there are no more of these, all are known.
        if named != below {
            let mut from = 0;
            loop {
                let page = store.naming(node, from, PAGE)?;
                if page.is_empty() {
                    break;
                }
                from += page.len();
                others.add(page.iter().map(|op| (op.node, op.key)), &mut dots, |it| &mut it.naming);
            }
        }
        let mut last = Key::MIN;
        loop {
            let page = store.refs(node, last)?;
            let Some(&end) = page.last() else { break };
            last = end;
            others.add(page.into_iter().map(|key| (node, key)), &mut dots, |it| &mut it.left);
        }
    }
    let mut version = dots.build();
    let mut more = VersionVectorBuilder::default();
    for (node, key) in others.naming {
        store.check()?;
        if !version.contains(key.dot) && !store.is_ignored(node, key)? {
            more.push(key.dot);
        }
    }
    for (_, key) in others.left {
        store.check()?;
        if version.contains(key.dot) {
            continue;
        }
        let op = store.entry(key)?;
        if op.kind == OpKind::Move && !store.is_ignored(op.node, key)? {
            more.push(key.dot);
        }
    }
    version.union(&more.build());
    Ok(version)
}

/// So many operations that name a node are read at a time.
const PAGE: usize = 256;

/// Operations on nodes that may be elsewhere, to be looked at in the end.
#[derive(Default)]
struct Others {
    /// Those that name a node of the subtree, and first inserts, with the nodes they are about.
    naming: Vec<(NodeId, Key)>,
    /// Other op refs of nodes of the subtree: the moves among them have left it.
    left: Vec<(NodeId, Key)>,
    /// How many were added, and how many were left when those known were last dropped.
    added: usize,
    kept: usize,
}

impl Others {
    /// Adds what a node's row says. Whether a first insert that did not place it took effect is to be
    /// seen, as with those that name a node.
    fn add_row(&mut self, node: NodeId, row: &Row, dots: &mut VersionVectorBuilder) {
        let placed = row.placed.map(|(key, _)| key);
        for key in placed.into_iter().chain(row.payload) {
            dots.push(key.dot);
        }
        if let Some(inserted) = row.inserted.filter(|_| row.inserted != placed) {
            self.naming.push((node, inserted));
            self.added += 1;
        }
    }

    /// Adds some to one of the lists. Now and then, each time after as many again, it drops those
    /// whose dots are known.
    fn add(
        &mut self,
        ops: impl Iterator<Item = (NodeId, Key)>,
        dots: &mut VersionVectorBuilder,
        list: impl FnOnce(&mut Self) -> &mut Vec<(NodeId, Key)>,
    ) {
        /// So many at least are gathered before.
        const FEW: usize = 65_536;
        let before = self.naming.len() + self.left.len();
        list(self).extend(ops);
        let held = self.naming.len() + self.left.len();
        self.added += held - before;
        if held >= FEW.max(2 * self.kept).max(self.added / 4) {
            let version = dots.build();
            for list in [&mut self.naming, &mut self.left] {
                list.retain(|(_, key)| !version.contains(key.dot));
            }
            self.kept = self.naming.len() + self.left.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryStore;
    use crate::model::{Action, Dot, Op, ReplicaId};
    use crate::reference::Replay;

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
            let replay = Replay::of(done, &mut || {});
            let nodes = ops.iter().map(|op| op.node).chain([NodeId::ROOT, NodeId::TRASH]);
            for node in nodes {
                let Ok(found) = subtree_version(&mut store, node);
                assert_eq!(found, replay.subtree_version(node), "seed {seed}, node {node}");
            }
        }
    }
}
