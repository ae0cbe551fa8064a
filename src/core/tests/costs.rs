//! What catching up costs, counted in questions to the store: a measure without a clock.

use std::convert::Infallible;

use treecrdt::{
    Action, Dot, Entry, Key, MemoryStore, NodeId, Op, Range, ReplicaId, Row, Source, Store, Track,
    VersionVector, catch_up,
};

/// A store that counts what it is asked, long walks over what is known already included.
struct Counting<'a> {
    store: &'a mut MemoryStore,
    questions: u64,
}

impl Counting<'_> {
    fn ask(&mut self) -> &mut MemoryStore {
        self.questions += 1;
        self.store
    }
}

impl Store for Counting<'_> {
    type Error = Infallible;

    fn contradiction(&self, problem: String) -> Self::Error {
        self.store.contradiction(problem)
    }

    fn head(&self) -> Option<Key> {
        self.store.head()
    }
    fn row(&mut self, node: NodeId) -> Result<Option<Row>, Infallible> {
        self.ask().row(node)
    }
    fn deleted_at(&mut self, node: NodeId) -> Result<VersionVector, Infallible> {
        self.ask().deleted_at(node)
    }
    fn any_deleted(&mut self) -> Result<bool, Infallible> {
        self.ask().any_deleted()
    }
    fn children(&mut self, node: NodeId) -> Result<Vec<NodeId>, Infallible> {
        self.ask().children(node)
    }
    fn rows_below(
        &mut self,
        node: NodeId,
        visit: &mut dyn FnMut(NodeId, Row),
    ) -> Result<(), Infallible> {
        self.ask().rows_below(node, visit)
    }
    fn steps(&mut self, node: NodeId) -> Result<Vec<Entry>, Infallible> {
        self.ask().steps(node)
    }
    fn next(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Infallible> {
        self.ask().next(node, track, key)
    }
    fn prev(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Infallible> {
        self.ask().prev(node, track, key)
    }
    fn entry(&mut self, key: Key) -> Result<Entry, Infallible> {
        self.ask().entry(key)
    }
    fn known_state(&mut self, delete: Source) -> Result<VersionVector, Infallible> {
        self.ask().known_state(delete)
    }
    fn deletions_in(&mut self, range: Range, most: usize) -> Result<Option<usize>, Infallible> {
        self.ask().deletions_in(range, most)
    }
    fn is_ignored(&mut self, node: NodeId, key: Key) -> Result<bool, Infallible> {
        self.ask().is_ignored(node, key)
    }
    fn has_ref(&mut self, parent: NodeId, key: Key) -> Result<bool, Infallible> {
        self.ask().has_ref(parent, key)
    }
    fn naming(
        &mut self,
        parent: NodeId,
        from: usize,
        most: usize,
    ) -> Result<Vec<Entry>, Infallible> {
        self.ask().naming(parent, from, most)
    }
    fn named(&mut self, parent: NodeId) -> Result<usize, Infallible> {
        self.ask().named(parent)
    }
    fn check(&mut self) -> Result<(), Infallible> {
        self.questions += 1;
        Ok(())
    }
    fn refs(&mut self, parent: NodeId, after: Key) -> Result<Vec<Key>, Infallible> {
        self.ask().refs(parent, after)
    }
}

/// How many questions it takes to catch up with these operations. The store stays as it is, but
/// for its log.
fn questions(store: &mut MemoryStore, ops: &[Op]) -> u64 {
    store.defer(ops);
    let mut counting = Counting { store, questions: 0 };
    let Ok(_) = catch_up(&mut counting, ops.iter().map(Op::entry).collect());
    counting.questions
}

fn node(number: u64) -> NodeId {
    NodeId(u128::from(number).to_be_bytes())
}

fn op(replica: &[u8], counter: u64, lamport: u64, subject: u64, action: Action) -> Op {
    let replica = ReplicaId::new(replica).expect("1 to 64 bytes");
    Op { key: Key { lamport, dot: Dot { replica, counter } }, node: node(subject), action }
}

fn insert(parent: u64) -> Action {
    Action::Insert { parent: node(parent), order_key: vec![1], payload: Some(vec![1]) }
}

/// A tree of fan-out 10 in canonical order, lamports ten apart.
fn bushy(count: u64) -> Vec<Op> {
    (1..=count).map(|n| op(b"a", n, n * 10, n, insert((n - 1) / 10))).collect()
}

#[test]
fn a_late_op_takes_as_many_questions_in_a_long_log_as_in_a_short_one() {
    let mut costs = Vec::new();
    for count in [1_000, 100_000] {
        let mut store = MemoryStore::default();
        store.append(&bushy(count));
        let moved = Action::Move { parent: node(3), order_key: vec![2] };
        let late = [
            op(b"l", 1, 5, count + 1, insert(1)),
            op(b"l", 2, 15, 50, moved.clone()),
            op(b"l", 3, 15, 50, Action::Payload(None)),
            op(b"l", 4, 15, 50, Action::Tombstone),
            op(b"l", 5, count * 10 - 5, 20, moved),
        ];
        costs.push(late.map(|late| questions(&mut store.clone(), &[late])));
    }
    for (short, long) in costs[0].iter().zip(&costs[1]) {
        assert!(*long <= short + 2, "{costs:?}");
        assert!(*long < 60, "{costs:?}");
    }
}

/// Doubling these must at most double the questions, give or take.
fn is_linear(cost: impl Fn(u64) -> u64) {
    let (single, double) = (cost(5_000), cost(10_000));
    assert!(double <= single * 2 + single / 10, "{single} questions, then {double}");
}

#[test]
fn a_chain_in_one_batch_is_linear_in_either_order() {
    is_linear(|count| {
        let chain: Vec<Op> = (1..=count).map(|n| op(b"a", n, n, n, insert(n - 1))).collect();
        questions(&mut MemoryStore::default(), &chain)
    });
    is_linear(|count| {
        let lamport = |n| count + 1 - n;
        let chain: Vec<Op> =
            (1..=count).map(|n| op(b"a", n, lamport(n), n, insert(n - 1))).collect();
        questions(&mut MemoryStore::default(), &chain)
    });
}

#[test]
fn many_operations_on_one_node_or_parent_are_linear() {
    is_linear(|count| {
        let fan: Vec<Op> = (1..=count).map(|n| op(b"a", n, n, n, insert(0))).collect();
        questions(&mut MemoryStore::default(), &fan)
    });
    is_linear(|count| {
        let moves = |replica: &'static [u8], first: u64| -> Vec<Op> {
            let moved = |n| Action::Move { parent: node(2 + n % 7), order_key: vec![n as u8] };
            (1..=count).map(|n| op(replica, n, first + n * 2, 1, moved(n))).collect()
        };
        let mut store = MemoryStore::default();
        store.append(&moves(b"a", 10));
        // Between those that are there, one each.
        questions(&mut store, &moves(b"b", 11))
    });
    is_linear(|count| {
        let payloads = |replica: &'static [u8], first: u64| -> Vec<Op> {
            (1..=count)
                .map(|n| op(replica, n, first + n * 2, 1, Action::Payload(Some(vec![n as u8]))))
                .collect()
        };
        let mut store = MemoryStore::default();
        store.append(&[op(b"a", 1, 1, 1, insert(0))]);
        store.append(&payloads(b"b", 10));
        questions(&mut store, &payloads(b"c", 11))
    });
}

/// Where late moves go below nodes that have been moved since, it is asked a few times where each of
/// these was, and not by each operation.
#[test]
fn late_moves_below_nodes_that_moved_since_do_not_each_ask_for_all_of_these() {
    let (depth, moves) = (40, 1_000);
    let costs = [1, 1_000_000].map(|moved_at| {
        let (mut ops, mut counter) = (Vec::new(), 0);
        let mut add = |lamport, subject, action| {
            counter += 1;
            ops.push(op(b"a", counter, lamport, subject, action));
        };
        for n in 1..=depth {
            add(n, n, insert(n - 1));
            let parent = node(n - 1);
            add(moved_at + n, n, Action::Move { parent, order_key: vec![2] });
        }
        // Each with a child, and a move that is older than all of the batch.
        for n in (1..=moves).map(|n| 1_000 + n * 2) {
            add(100, n, insert(0));
            add(101, n + 1, insert(n));
        }
        let mut store = MemoryStore::default();
        store.append(&ops);
        let moved = |_| Action::Move { parent: node(depth), order_key: vec![3] };
        let late = (1..=moves).map(|n| op(b"b", n, 200 + n, 1_000 + n * 2, moved(n)));
        questions(&mut store, &late.collect::<Vec<_>>())
    });
    // The older moves are judged again themselves, each with a climb.
    assert!(costs[1] < costs[0] + 10 * moves, "{costs:?}");
}

/// Nor do they look back over all the moves of such a node that were ignored.
#[test]
fn late_moves_below_a_node_whose_moves_were_ignored_are_linear() {
    is_linear(|count| {
        let (mut ops, mut counter) = (Vec::new(), 0);
        let mut add = |lamport, subject, action| {
            counter += 1;
            ops.push(op(b"a", counter, lamport, subject, action));
        };
        let (above, below) = (1, 2);
        add(1, above, insert(0));
        add(2, below, insert(above));
        let to = |parent| Action::Move { parent: node(parent), order_key: vec![2] };
        for n in 1..=count {
            // With a child, so that a look at what is above pays.
            add(3, 10 + 2 * n, insert(below));
            add(4, 11 + 2 * n, insert(10 + 2 * n));
            add(100 + 2 * n, above, to(below));
        }
        add(200 + 2 * count, above, to(0));
        let mut store = MemoryStore::default();
        store.append(&ops);
        let late = (1..=count).map(|n| op(b"b", n, 101 + 2 * n, 10 + 2 * n, to(below)));
        questions(&mut store, &late.collect::<Vec<_>>())
    });
}

/// Far down in a chain a move of a small subtree must not climb up to the root, late or not.
#[test]
fn a_move_of_a_small_subtree_takes_as_many_questions_in_a_deep_chain_as_in_a_shallow_one() {
    let costs = [500, 50_000].map(|depth| {
        let mut ops: Vec<Op> = (1..=depth).map(|n| op(b"a", n, n * 10, n, insert(n - 1))).collect();
        // Two nodes near the tip, and one with a child to be moved from the one to the other.
        let (left, right, subject) = (depth + 1, depth + 2, depth + 3);
        let tip = [(left, depth), (right, depth), (subject, left), (depth + 4, subject)];
        for (at, (node, parent)) in (1..).zip(tip) {
            ops.push(op(b"b", at, depth * 10 + at * 10, node, insert(parent)));
        }
        let mut store = MemoryStore::default();
        store.append(&ops);
        let moved = Action::Move { parent: node(right), order_key: vec![2] };
        [depth * 10 + 1000, depth * 10 + 45].map(|lamport| {
            questions(&mut store.clone(), &[op(b"l", lamport, lamport, subject, moved.clone())])
        })
    });
    assert_eq!(costs[0], costs[1]);
    assert!(costs[0].iter().all(|&cost| cost < 100), "{costs:?}");
}

#[test]
fn nested_deletions_bottom_up_are_linear() {
    is_linear(|count| {
        let mut ops: Vec<Op> = (1..=count).map(|n| op(b"a", n, n, n, insert(n - 1))).collect();
        for n in (1..=count).rev() {
            let seen = ReplicaId::new(b"a").expect("1 to 64 bytes");
            let counter = count + 1 + (count - n);
            let known_state = VersionVector::from_ranges([(seen, 1, counter - 1)]).expect("from 1");
            ops.push(op(b"a", counter, counter, n, Action::Delete { known_state }));
        }
        questions(&mut MemoryStore::default(), &ops)
    });
}

/// A chain of which every node is deleted, all by authors who have seen the same: its inserts. The
/// order says which are deleted first.
fn shared_deletions(count: u64, order: impl Fn(u64) -> u64) -> (Vec<Op>, Vec<Op>) {
    let chain = (1..=count).map(|n| op(b"a", n, n, n, insert(n - 1))).collect();
    let seen = ReplicaId::new(b"a").expect("1 to 64 bytes");
    let known_state = VersionVector::from_ranges([(seen, 1, count)]).expect("from 1");
    let delete = || Action::Delete { known_state: known_state.clone() };
    let deletes =
        (1..=count).map(|n| op(b"b", n, count + n, order(n - 1) % count + 1, delete())).collect();
    (chain, deletes)
}

#[test]
fn deletions_along_a_chain_that_share_what_they_have_seen_are_linear() {
    type Order = fn(u64, u64) -> u64;
    let from_the_top: Order = |n, _| n;
    let from_the_bottom: Order = |n, count| count - 1 - n;
    let here_and_there: Order = |n, _| n * 7_919;
    let orders = [
        ("from the top", from_the_top),
        ("from the bottom", from_the_bottom),
        ("here and there", here_and_there),
    ];
    for (name, order) in orders {
        for one_by_one in [false, true] {
            let cost = |count: u64| {
                let (chain, deletes) = shared_deletions(count, |n| order(n, count));
                let mut store = MemoryStore::default();
                store.append(&chain);
                let parts = if one_by_one { 1 } else { deletes.len() };
                let mut asked = 0;
                for part in deletes.chunks(parts) {
                    asked += questions(&mut store, part);
                    store.ensure_materialized();
                }
                assert!(store.state().nodes.values().all(|node| node.tombstone), "{name}");
                asked
            };
            let (single, double) = (cost(1_000), cost(2_000));
            assert!(
                double <= single * 5 / 2,
                "{name}, one by one: {one_by_one}: {single} questions, then {double}"
            );
        }
    }
}
