//! A document under test. After every step its tables are held against the reference, and what
//! was written against what changed; a scenario adds what it expects by hand.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;

use treecrdt::reference::{self, State};
use treecrdt::{Dot, Key, NodeId, Op};

use crate::replica::{Answer, Counts, Replica, Written};
use crate::step::Step;

/// What came of a step.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// Rows written.
    pub written: Written,
    /// Operations counted as late. Not asked of a rebuild.
    pub late: u64,
    /// Structural operations judged again. Not asked of a rebuild.
    pub reevaluated: u64,
}

impl Outcome {
    /// So many rows of `nodes` were written.
    #[track_caller]
    pub fn node_rows(self, count: usize) -> Self {
        assert_eq!(self.written.nodes, count, "rows of nodes written");
        self
    }

    /// So many op refs were written, those aside that name the parent.
    #[track_caller]
    pub fn ref_rows(self, count: usize) -> Self {
        assert_eq!(self.written.refs, count, "op refs written");
        self
    }

    /// So many operations came late.
    #[track_caller]
    pub fn late(self, count: u64) -> Self {
        assert_eq!(self.late, count, "operations that came late");
        self
    }

    /// So many structural operations were judged again.
    #[track_caller]
    pub fn reevaluated(self, count: u64) -> Self {
        assert_eq!(self.reevaluated, count, "operations judged again");
        self
    }
}

/// A document, and what must be in it.
pub struct Doc<'r> {
    replica: &'r mut dyn Replica,
    log: BTreeMap<Key, Op>,
    dots: HashMap<Dot, Key>,
    waiting: BTreeSet<Key>,
    /// Of what waits, how much was below the head.
    late: u64,
    counts: Counts,
    state: State,
}

impl<'r> Doc<'r> {
    /// A new document of this store.
    pub fn new(replica: &'r mut dyn Replica) -> Self {
        replica.next_document();
        Self {
            replica,
            log: BTreeMap::new(),
            dots: HashMap::new(),
            waiting: BTreeSet::new(),
            late: 0,
            counts: Counts::default(),
            state: State::default(),
        }
    }

    /// Turns to another document, an empty one.
    pub fn start_anew(&mut self) {
        let state = State::default();
        self.replica.next_document();
        (self.log, self.dots, self.waiting) = Default::default();
        (self.late, self.counts, self.state) = (0, Counts::default(), state);
    }

    /// These operations arrive in one statement.
    #[track_caller]
    pub fn append(&mut self, ops: &[&Op]) -> Outcome {
        self.expect_step(&Step::Append(ops.iter().map(|&op| op.clone()).collect()))
    }

    /// These operations arrive in a statement each.
    #[track_caller]
    pub fn append_each(&mut self, ops: &[&Op]) {
        for op in ops {
            self.append(&[op]);
        }
    }

    /// These operations arrive in one statement, and wait.
    #[track_caller]
    pub fn defer(&mut self, ops: &[&Op]) -> Outcome {
        self.expect_step(&Step::Defer(ops.iter().map(|&op| op.clone()).collect()))
    }

    /// What waits is caught up.
    #[track_caller]
    pub fn ensure_materialized(&mut self) -> Outcome {
        self.expect_step(&Step::Materialize)
    }

    /// Everything is made anew.
    #[track_caller]
    pub fn rebuild(&mut self) -> Outcome {
        self.expect_step(&Step::Rebuild)
    }

    #[track_caller]
    fn expect_step(&mut self, step: &Step) -> Outcome {
        match self.take(step) {
            Ok(outcome) => outcome,
            Err(failure) => {
                let log: Vec<String> = self.log.values().map(|op| format!("  {op:?}")).collect();
                panic!("{failure}\nafter {step:?}\nlog:\n{}", log.join("\n"))
            }
        }
    }

    /// Takes a step and checks all that is known of its outcome. An append that brings nothing new
    /// need not catch up what waits: that is done before it.
    ///
    /// # Errors
    /// What the store could not do, or did wrong.
    pub fn take(&mut self, step: &Step) -> Answer<Outcome> {
        if let Step::Append(ops) = step
            && !self.waiting.is_empty()
            && ops.iter().all(|op| self.dots.contains_key(&op.dot()))
        {
            self.take(&Step::Materialize)?;
        }
        let written = match step {
            Step::Append(ops) => self.replica.append(ops)?,
            Step::Defer(ops) => self.replica.defer(ops)?,
            Step::Materialize => self.replica.ensure_materialized()?,
            Step::Rebuild => self.replica.rebuild()?,
        };
        if let Step::Append(ops) | Step::Defer(ops) = step {
            self.remember(ops);
        }
        let before = self.state.clone();
        if !matches!(step, Step::Defer(_)) {
            self.waiting.clear();
            self.state = reference::replay(self.log.values());
        }
        let found = self.replica.state()?;
        if found != self.state {
            return Err(differences(&found, &self.state));
        }
        let changed = Written::between(&before, &self.state);
        if written != changed {
            return Err(format!("rows changed: {changed:?}, rows written: {written:?}"));
        }
        let (frontier, expected) = (self.replica.frontier()?, self.waiting.first().copied());
        if frontier != expected {
            return Err(format!("the frontier is {frontier:?}, not {expected:?}"));
        }
        let (late, reevaluated) = self.count(matches!(step, Step::Rebuild))?;
        Ok(Outcome { written, late, reevaluated })
    }

    fn remember(&mut self, ops: &[Op]) {
        let head = self.state.head;
        for op in ops {
            if let Some(known) = self.dots.insert(op.dot(), op.key) {
                assert_eq!(&self.log[&known], op, "one dot, two operations");
                continue;
            }
            self.log.insert(op.key, op.clone());
            self.waiting.insert(op.key);
            self.late += u64::from(head.is_some_and(|head| op.key < head));
        }
    }

    /// How many more have been counted late and judged again since nothing waited; once nothing
    /// waits, that must be how many came late, and all else must be in order too.
    fn count(&mut self, rebuilt: bool) -> Answer<(u64, u64)> {
        let counts = self.replica.counts()?;
        let (mut late, mut reevaluated) = (0, 0);
        if !rebuilt {
            late = counts.late - self.counts.late;
            reevaluated = counts.reevaluated - self.counts.reevaluated;
        }
        if self.waiting.is_empty() {
            if counts.ops != self.log.len() as u64 {
                return Err(format!("{} ops are counted of {}", counts.ops, self.log.len()));
            }
            if late != self.late && !rebuilt {
                return Err(format!("{late} ops are counted as late, {} are", self.late));
            }
            let complaints = self.replica.verify()?;
            if !complaints.is_empty() {
                return Err(format!("verify complains:\n  {}", complaints.join("\n  ")));
            }
            (self.late, self.counts) = (0, counts);
        }
        Ok((late, reevaluated))
    }

    /// The visible tree is drawn so: `a:x(b c)` is node a, with the payload x, above b and c.
    #[track_caller]
    pub fn shows(&self, drawing: &str) {
        assert_eq!(draw(&self.state, NodeId::ROOT), drawing, "the visible tree");
    }

    /// The parent of a node, visible or not.
    #[track_caller]
    pub fn parent(&self, node: NodeId, parent: Option<NodeId>) {
        let found = self.state.nodes.get(&node).and_then(|node| node.parent);
        assert_eq!(found, parent, "the parent of {}", name(node));
    }

    /// Exactly these nodes are tombstones.
    #[track_caller]
    pub fn tombstones(&self, expected: &[NodeId]) {
        let found = self.state.nodes.iter().filter(|(_, node)| node.tombstone);
        let found: Vec<NodeId> = found.map(|(&id, _)| id).collect();
        assert_eq!(found, expected, "the tombstones");
    }

    /// Exactly these operations are ignored because they would have made a cycle.
    #[track_caller]
    pub fn ignored(&self, expected: &[&Op]) {
        let expected: BTreeSet<_> = expected.iter().map(|op| (op.node, op.key)).collect();
        assert_eq!(self.state.ignored, expected, "the ignored operations");
    }

    /// The op refs of a node are exactly these operations.
    #[track_caller]
    pub fn refs(&self, parent: NodeId, expected: &[&Op]) {
        let refs = self.state.named.iter().chain(&self.state.refs);
        let found = refs.filter(|(of, _)| *of == parent);
        let found: BTreeSet<Key> = found.map(|(_, key)| *key).collect();
        let expected: BTreeSet<Key> = expected.iter().map(|op| op.key).collect();
        assert_eq!(found, expected, "the op refs of {}", name(parent));
    }

    /// Exactly these nodes have a row.
    #[track_caller]
    pub fn rows(&self, expected: &[NodeId]) {
        let found: Vec<NodeId> = self.state.nodes.keys().copied().collect();
        assert_eq!(found, expected, "the nodes that have a row");
    }

    /// The head is this operation's key.
    #[track_caller]
    pub fn head(&self, op: &Op) {
        assert_eq!(self.state.head, Some(op.key), "the head");
    }
}

/// What two states do not have in common, in lines.
pub fn differences(found: &State, expected: &State) -> String {
    let mut lines = vec!["the tables are not what the reference says".to_string()];
    if found.head != expected.head {
        lines.push(format!("head: found {:?}, expected {:?}", found.head, expected.head));
    }
    let ids: BTreeSet<_> = found.nodes.keys().chain(expected.nodes.keys()).collect();
    for id in ids {
        let (found, expected) = (found.nodes.get(id), expected.nodes.get(id));
        if found != expected {
            lines.push(format!("node {id}\n  found    {found:?}\n  expected {expected:?}"));
        }
    }
    lines.extend(rows_that_differ("oprefs", &found.named, &expected.named));
    lines.extend(rows_that_differ("oprefs", &found.refs, &expected.refs));
    lines.extend(rows_that_differ("ignored", &found.ignored, &expected.ignored));
    lines.extend(rows_that_differ("reinserts", &found.again, &expected.again));
    lines.join("\n")
}

fn rows_that_differ<'r, R: Ord + Debug>(
    table: &'r str,
    found: &'r BTreeSet<R>,
    expected: &'r BTreeSet<R>,
) -> impl Iterator<Item = String> + 'r {
    let surplus = found.difference(expected).map(move |row| format!("{table}: {row:?} too much"));
    surplus.chain(expected.difference(found).map(move |row| format!("{table}: {row:?} missing")))
}

/// Draws what is visible below a node, as [`Doc::shows`] has it.
pub fn draw(state: &State, parent: NodeId) -> String {
    let below = state.nodes.iter().filter(|(_, node)| node.parent == Some(parent));
    let mut children: Vec<_> = below.filter(|(_, node)| !node.tombstone).collect();
    children.sort_by_key(|&(id, node)| (node.order_key.as_deref(), *id));
    let drawn = children.into_iter().map(|(&id, node)| {
        let payload = node.payload.as_deref().map(String::from_utf8_lossy);
        let payload = payload.map(|text| format!(":{text}")).unwrap_or_default();
        match draw(state, id) {
            inner if inner.is_empty() => format!("{}{payload}", name(id)),
            inner => format!("{}{payload}({inner})", name(id)),
        }
    });
    drawn.collect::<Vec<_>>().join(" ")
}

/// A letter, if the node is named after one.
fn name(node: NodeId) -> String {
    match node.0[0] {
        letter if letter.is_ascii_lowercase() && node.0 == [letter; 16] => {
            char::from(letter).to_string()
        }
        _ => node.to_string(),
    }
}
