//! One late operation, by the length of the log and by how late it is.
//!
//! Its cost should follow from what it touches. So what is touched is alike in all docs: they are
//! made of departments, a node with 10 below it that have 10 leaves each, and only their number
//! grows. Nor is there a checkpoint after the load: else the first write to a page after it would
//! log the whole page, and the larger a table, the more such first writes there are.

use postgres::{Client, Statement};
use treecrdt::{Action, Dot, Key, NodeId, Op, VersionVector};
use treecrdt_testing::history::Random;

use crate::bench::Bench;
use crate::history::{History, replica};
use crate::measure::median;
use crate::report::{Chart, Goal, Line, Series, Side, Unit};
use crate::row;
use crate::stage::Stage;
use crate::{Result, check, forest};

/// Room between two operations of a log.
pub const STEP: u64 = 1000;
/// Nodes below ROOT that a department has, itself included.
const DEPARTMENT: usize = 111;
/// Late operations of a kind, a lateness and a doc.
const SAMPLES: usize = 40;
/// Further ones before them, which warm up.
const WARM: usize = 5;

/// How late an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// Only the head comes after it.
    One,
    /// Half of the log does.
    Half,
    /// All of the log does.
    All,
}

impl Behind {
    /// From the least to the most.
    pub const EACH: [Behind; 3] = [Self::One, Self::Half, Self::All];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "behind by 1 op",
            Self::Half => "behind by N/2",
            Self::All => "behind by N",
        }
    }

    /// How many operations of a log of `length` come before it.
    pub fn after(self, length: usize) -> usize {
        match self {
            Self::One => length - 1,
            Self::Half => length / 2,
            Self::All => 0,
        }
    }
}

/// What a late operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Inserts a leaf.
    Leaf,
    /// Moves a leaf.
    Move,
    /// Writes the payload of a leaf.
    Payload,
    /// Deletes a leaf.
    Delete,
}

impl Kind {
    /// All of them.
    pub const EACH: [Kind; 4] = [Self::Leaf, Self::Move, Self::Payload, Self::Delete];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leaf => "insert of a leaf",
            Self::Move => "move of a leaf",
            Self::Payload => "payload of a leaf",
            Self::Delete => "delete of a leaf",
        }
    }
}

/// A doc of departments.
pub struct Company {
    /// Its log.
    pub ops: Vec<Op>,
    /// The nodes that have leaves below them.
    offices: Vec<NodeId>,
    /// Leaves that no late operation has been about, in any order.
    leaves: Vec<NodeId>,
    random: Random,
    late: (treecrdt::ReplicaId, u64),
}

impl Company {
    /// One whose log has this length; at least one department long.
    pub fn new(seed: u64, length: usize) -> Self {
        let mut history = History::new(seed, crate::workload::REPLICAS).spaced(STEP);
        let (mut offices, mut leaves) = (Vec::new(), Vec::new());
        let mut department = [NodeId::ROOT; DEPARTMENT];
        for at in 0..length {
            let place = at % DEPARTMENT;
            let parent = if place == 0 { NodeId::ROOT } else { department[(place - 1) / 10] };
            department[place] = history.insert(parent, crate::workload::PAYLOAD);
            match place {
                0 => {}
                1..=10 => offices.push(department[place]),
                _ => leaves.push(department[place]),
            }
        }
        let mut random = Random::new(!seed);
        random.shuffle(&mut leaves);
        let late = (replica(&mut random), 0);
        Self { ops: history.ops, offices, leaves, random, late }
    }

    /// Mints a late operation.
    ///
    /// # Panics
    /// If no leaf is left.
    pub fn late(&mut self, kind: Kind, behind: Behind) -> Op {
        let after = behind.after(self.ops.len());
        let (replica, counter) = &mut self.late;
        *counter += 1;
        let lamport = after as u64 * STEP + STEP / 2;
        let key = Key { lamport, dot: Dot { replica: *replica, counter: *counter } };
        let parent = self.random.pick(&self.offices);
        let order_key = lamport.to_be_bytes().to_vec();
        let mut leaf = || self.leaves.pop().expect("a leaf is left");
        let (node, action) = match kind {
            Kind::Leaf => {
                let id = u128::from(self.random.bits()) << 64 | u128::from(self.random.bits());
                let payload = Some(vec![7; crate::workload::PAYLOAD]);
                (NodeId(id.to_be_bytes()), Action::Insert { parent, order_key, payload })
            }
            Kind::Move => (leaf(), Action::Move { parent, order_key }),
            Kind::Payload => (leaf(), Action::Payload(Some(vec![7; crate::workload::PAYLOAD]))),
            Kind::Delete => {
                let known_state = seen(&self.ops[..after]);
                (leaf(), Action::Delete { known_state })
            }
        };
        Op { key, node, action }
    }
}

/// All dots of a log whose replicas took turns.
fn seen(ops: &[Op]) -> VersionVector {
    let last = ops.iter().rev().take(crate::workload::REPLICAS).map(Op::dot);
    let ranges = last.map(|dot| (dot.replica, 1, dot.counter));
    VersionVector::from_ranges(ranges).expect("from 1 to a counter")
}

/// The docs, and a session's statement to append to them.
struct Docs {
    companies: Vec<(String, Company)>,
    append: Statement,
}

impl Docs {
    /// Executes a late operation on one of them; gives the seconds that took.
    fn late(&mut self, client: &mut Client, at: usize, kind: Kind, behind: Behind) -> Result<f64> {
        let (doc, company) = &mut self.companies[at];
        row::append(client, &self.append, doc, &company.late(kind, behind))
    }
}

/// All kinds, latenesses and lengths, with and without waiting for the disk.
pub fn run(bench: &mut Bench) -> Result<()> {
    let lengths = [1_000, 10_000, 100_000, 1_000_000];
    let lengths = &lengths[..bench.size(3, 4)];
    forest::create(bench, "f")?;
    bench.run("CHECKPOINT")?;
    let mut companies = Vec::new();
    for &length in lengths {
        let (doc, seed) = (format!("d{length}"), bench.seed(&format!("late {length}")));
        let company = Company::new(seed, length);
        let stage = Stage::load(bench, "late", &doc, &company.ops)?;
        bench.run(&stage.append("f"))?;
        stage.drop(bench)?;
        companies.push((doc, company));
    }
    forest::settle(bench, "f")?;
    let append = bench.client.prepare(&row::insert("f"))?;
    let mut docs = Docs { companies, append };
    for durable in [true, false] {
        bench.durable(durable)?;
        let samples = measure(bench, &mut docs)?;
        report(bench, lengths, &samples, durable);
    }
    bench.durable(true)?;
    let total = lengths.iter().sum::<usize>()
        + 2 * (SAMPLES + WARM) * lengths.len() * Kind::EACH.len() * Behind::EACH.len();
    check::forest(bench, "f", total)?;
    for doc in ["d1000", "d10000"] {
        check::doc(bench, "f", doc)?;
    }
    forest::drop(bench, "f")
}

/// Samples by kind, lateness and doc.
type Samples = Vec<[Vec<Vec<f64>>; 3]>;

/// The docs take turns; so do kinds and latenesses.
fn measure(bench: &mut Bench, docs: &mut Docs) -> Result<Samples> {
    let count = docs.companies.len();
    let cells = || std::array::from_fn(|_| vec![Vec::new(); count]);
    let mut samples: Samples = Kind::EACH.map(|_| cells()).into();
    for sample in 0..WARM + SAMPLES {
        for (of_kind, kind) in samples.iter_mut().zip(Kind::EACH) {
            for (of_behind, behind) in of_kind.iter_mut().zip(Behind::EACH) {
                // Another doc begins each time: the first pays for what the others have evicted.
                for turn in 0..count {
                    let at = (turn + sample) % count;
                    let took = docs.late(&mut bench.client, at, kind, behind)?;
                    if sample >= WARM {
                        of_behind[at].push(took);
                    }
                }
            }
        }
    }
    Ok(samples)
}

fn report(bench: &mut Bench, lengths: &[usize], samples: &Samples, durable: bool) {
    let how = if durable { "" } else { ", synchronous_commit = off" };
    for (of_kind, kind) in samples.iter().zip(Kind::EACH) {
        let base = || Side::latencies("N = 1k, by 1", &of_kind[0][0]);
        let mut series = Vec::new();
        for (of_behind, behind) in of_kind.iter().zip(Behind::EACH) {
            let points = lengths.iter().zip(of_behind).map(|(&n, s)| (n as f64, median(s)));
            let label = behind.name().into();
            series.push(Series { label, points: points.collect(), yardstick: false });
            // The table has the dearest length, the results all of them.
            let worst = (0..lengths.len()).max_by(|&one, &other| {
                median(&of_behind[one]).total_cmp(&median(&of_behind[other]))
            });
            for (at, samples) in of_behind.iter().enumerate() {
                let n = Unit::Count.show(lengths[at] as f64);
                let is_worst = Some(at) == worst;
                let label = if is_worst { "dearest, N = " } else { "N = " };
                let line = Line::compared(
                    format!("late {}, {}{how}", kind.name(), behind.name()),
                    Side::latencies(format!("{label}{n}"), samples),
                    base(),
                )
                .goal(Goal::AtMost(1.5));
                bench.line(if is_worst { line } else { line.unlisted() });
            }
        }
        if !durable {
            let name = kind.name().split(' ').next().unwrap_or_default();
            bench.report.charts.push(Chart {
                file: format!("late-{name}"),
                title: format!("A late {}, without waiting for the disk", kind.name()),
                x: "operations in the log".into(),
                y: "time a transaction".into(),
                unit: Unit::Seconds,
                series,
            });
        }
    }
}
