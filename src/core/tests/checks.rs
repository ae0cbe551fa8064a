//! The checks themselves: a store that does wrong is found out, and what it failed at is made small.

use treecrdt::reference::State;
use treecrdt::{Key, Op, OpKind};
use treecrdt_testing::doc::Doc;
use treecrdt_testing::replica::{Answer, Counts, MemoryReplica, Replica, Written};
use treecrdt_testing::script::{A, B, ROOT, at};
use treecrdt_testing::step::Step;
use treecrdt_testing::steps;

/// What a store can do wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    NoHead,
    ForgetsRefs,
    BuriesEverything,
    WritesTooMuch,
    ComplainsOfItself,
    LosesCount,
    MissesLateOnes,
    ForgetsWhatWaits,
    /// It passes over every move.
    Immovable,
}

/// The store in memory, with a fault.
struct Faulty(MemoryReplica, Fault);

impl Faulty {
    fn kept(&self, ops: &[Op]) -> Vec<Op> {
        let immovable = self.1 == Fault::Immovable;
        ops.iter().filter(|op| !immovable || op.kind() != OpKind::Move).cloned().collect()
    }

    fn written(&self, mut written: Written) -> Written {
        written.nodes += usize::from(self.1 == Fault::WritesTooMuch);
        written
    }
}

impl Replica for Faulty {
    fn next_document(&mut self) {
        self.0.next_document();
    }

    fn append(&mut self, ops: &[Op]) -> Answer<Written> {
        let written = self.0.append(&self.kept(ops))?;
        Ok(self.written(written))
    }

    fn defer(&mut self, ops: &[Op]) -> Answer<Written> {
        self.0.defer(ops)
    }

    fn ensure_materialized(&mut self) -> Answer<Written> {
        self.0.ensure_materialized()
    }

    fn rebuild(&mut self) -> Answer<Written> {
        self.0.rebuild()
    }

    fn state(&mut self) -> Answer<State> {
        let mut state = self.0.state()?;
        match self.1 {
            Fault::NoHead => state.head = None,
            Fault::ForgetsRefs => state.named.clear(),
            Fault::BuriesEverything => {
                state.nodes.values_mut().for_each(|node| node.tombstone = true);
            }
            _ => {}
        }
        Ok(state)
    }

    fn frontier(&mut self) -> Answer<Option<Key>> {
        let frontier = self.0.frontier()?;
        Ok(frontier.filter(|_| self.1 != Fault::ForgetsWhatWaits))
    }

    fn counts(&mut self) -> Answer<Counts> {
        let counts = self.0.counts()?;
        Ok(match self.1 {
            Fault::LosesCount => Counts { ops: 0, ..counts },
            Fault::MissesLateOnes => Counts { late: 0, ..counts },
            _ => counts,
        })
    }

    fn verify(&mut self) -> Answer<Vec<String>> {
        let complains = self.1 == Fault::ComplainsOfItself;
        Ok(complains.then(|| "something".to_string()).into_iter().collect())
    }
}

#[test]
fn a_store_that_does_wrong_is_found_out() {
    let faults = [
        (Fault::NoHead, "head: found None"),
        (Fault::ForgetsRefs, "missing"),
        (Fault::BuriesEverything, "tombstone: true"),
        (Fault::WritesTooMuch, "rows written"),
        (Fault::ComplainsOfItself, "verify complains"),
        (Fault::LosesCount, "0 ops are counted of 2"),
        (Fault::MissesLateOnes, "0 ops are counted as late, 1 are"),
        (Fault::ForgetsWhatWaits, "the frontier is None"),
        (Fault::Immovable, "the tables are not what the reference says"),
    ];
    let ops = [
        at(2, "a").insert(A, ROOT, "1"),
        at(3, "a").insert(B, ROOT, "1"),
        at(1, "a").payload(A, "x"),
        at(4, "a").moves(B, A, "1"),
    ];
    let story = [
        Step::Append(ops[..2].to_vec()),
        Step::Append(ops[2..3].to_vec()),
        Step::Append(ops[3..].to_vec()),
        Step::Defer(vec![at(5, "a").moves(B, ROOT, "1")]),
    ];
    for (fault, said) in faults {
        let failure = steps::run(&mut Faulty(MemoryReplica::default(), fault), &story);
        let failure = failure.expect_err(&format!("{fault:?} went unnoticed"));
        assert!(failure.contains(said), "{fault:?}: {failure}");
    }
    assert_eq!(steps::run(&mut MemoryReplica::default(), &story), Ok(()));
}

#[test]
#[should_panic = "rows of nodes written"]
fn an_outcome_worked_out_wrongly_is_found_out() {
    let mut replica = MemoryReplica::default();
    Doc::new(&mut replica).append(&[&at(1, "a").insert(A, ROOT, "1")]).node_rows(0);
}

#[test]
fn a_history_that_fails_is_made_small() {
    let mut faulty = Faulty(MemoryReplica::default(), Fault::Immovable);
    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        steps::check(&mut faulty, 50, 40, |_| true);
    }));
    let message = checked.expect_err("some history moves");
    let message = message.downcast_ref::<String>().expect("a message");
    let small = message.split_once("made small:\n").expect("the steps made small").1;
    assert_eq!(small.matches("append\n").count(), 1, "{small}");
    assert_eq!(small.matches("  Op {").count(), 1, "{small}");
}
