//! One late operation in a statement of its own: by the length of the log with all of it behind, and
//! by how much is behind.
//!
//! All approaches take turns. One whose sample would take too long is left out, and a line says so.

use std::collections::HashMap;

use super::approach::{Approach, Contender};
use super::check::same_trees;
use super::story::{Away, Story};
use crate::Result;
use crate::bench::Bench;
use crate::measure::median;
use crate::report::{Line, Side, Unit};
use crate::stage::Stage;

/// Seconds that one operation may take, by what it took on a shorter log.
const LONGEST: f64 = 20.0;
/// Operations of the small doc that warms up.
const SMALL: usize = 10;
/// Operations a statement, when the log is laid.
const BATCH: usize = 10_000;

/// What a point is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point {
    /// Operations in the log, those that all know aside.
    pub length: usize,
    /// How many of them are behind.
    pub behind: usize,
    /// Whether the late operation is a move; else it inserts a leaf.
    pub is_move: bool,
}

impl Point {
    fn workload(self) -> String {
        let (length, behind) = (count(self.length), count(self.behind));
        let behind = if self.behind == self.length { "all".into() } else { behind };
        format!("{} behind {behind} of {length}", kind(self.is_move))
    }
}

/// What a late operation is called.
pub fn kind(is_move: bool) -> &'static str {
    if is_move { "late move" } else { "late insert" }
}

/// A number of operations, shortly.
pub fn count(number: usize) -> String {
    Unit::Count.show(number as f64).replace(".00", "").replace(".0", "").replace(' ', "")
}

/// The samples, and which points belong to which curve.
#[derive(Debug, Default)]
pub struct Found {
    /// Seconds, by approach and point.
    pub samples: HashMap<(&'static str, Point), Vec<f64>>,
    /// The lengths that were measured.
    pub lengths: Vec<usize>,
    /// The length at which lateness was measured.
    pub at_length: usize,
    /// The latenesses that were measured there, the greatest first.
    pub behinds: Vec<usize>,
}

impl Found {
    /// The curve of an approach over the length of the log, all of it behind.
    pub fn by_length(&self, approach: Approach, is_move: bool) -> Vec<(f64, f64)> {
        let points = self.lengths.iter().map(|&n| (n, Point { length: n, behind: n, is_move }));
        self.curve(approach, points)
    }

    /// The curve of an approach over how much is behind.
    pub fn by_lateness(&self, approach: Approach, is_move: bool) -> Vec<(f64, f64)> {
        let length = self.at_length;
        let points = self.behinds.iter().rev().map(|&k| (k, Point { length, behind: k, is_move }));
        self.curve(approach, points)
    }

    fn curve(
        &self,
        approach: Approach,
        points: impl Iterator<Item = (usize, Point)>,
    ) -> Vec<(f64, f64)> {
        points
            .filter_map(|(x, point)| {
                let samples = self.samples.get(&(approach.name(), point))?;
                Some((x as f64, median(samples)))
            })
            .collect()
    }
}

/// Measures all points.
///
/// # Errors
/// The approaches come to different trees.
pub fn measure(bench: &mut Bench, contenders: &mut [Contender]) -> Result<Found> {
    let quick = bench.options.quick;
    let lengths: &[usize] = if quick {
        &[10, 100, 1_000, 10_000]
    } else {
        &[10, 100, 1_000, 10_000, 100_000, 1_000_000]
    };
    let at_length = bench.size(10_000, 100_000);
    let decades = (0..).map(|decade| at_length / 10_usize.pow(decade));
    let behinds: Vec<usize> = decades.take_while(|&behind| behind > 0).collect();
    let mut found = Found { lengths: lengths.to_vec(), at_length, behinds, ..Found::default() };
    for &length in lengths {
        let behinds = if length == at_length { found.behinds.clone() } else { vec![length] };
        one_length(bench, contenders, &mut found, length, &behinds)?;
    }
    Ok(found)
}

fn one_length(
    bench: &mut Bench,
    contenders: &mut [Contender],
    found: &mut Found,
    length: usize,
    behinds: &[usize],
) -> Result<()> {
    let expected = |contender: &Contender| {
        let kinds = [false, true].into_iter();
        let longest =
            kinds.filter_map(|is_move| found.by_length(contender.approach, is_move).pop());
        longest.map(|(n, seconds)| seconds * length as f64 / n).fold(0.0, f64::max)
    };
    let (mut chosen, left_out): (Vec<&mut Contender>, Vec<&mut Contender>) =
        contenders.iter_mut().partition(|contender| {
            contender.approach == Approach::PgTreecrdt || expected(contender) < LONGEST
        });
    for contender in left_out {
        let seconds = expected(contender);
        let side =
            Side::seconds(format!("{} (not measured)", contender.approach.name()), &[seconds]);
        let workload = format!("late operation behind all of {}", count(length));
        bench.line(Line::of(workload, side).note("left out: expected from the shorter log"));
    }
    bench.say(&format!("late operations: laying a log of {} and {length}", super::story::COMMON));
    let ground = Ground {
        story: Story::new(bench.seed("peers late"), length),
        doc: format!("late {length}"),
        small: Story::new(bench.seed("peers small"), SMALL),
        small_doc: format!("small {length}"),
    };
    let stage = Stage::load(bench, "peers", "", &ground.story.ops)?;
    stage.index(bench)?;
    for contender in &mut chosen {
        let slice = contender.prepare_slice(&stage.table, &ground.doc)?;
        contender.append_slices(&slice, 0, stage.count, BATCH)?;
        contender.append(ground.small.ops.iter().map(|op| (ground.small_doc.as_str(), op)))?;
        contender.settle()?;
    }
    stage.drop(bench)?;
    same_trees(&mut chosen, &ground.doc)?;
    bench.say("late operations: measuring");
    let away = Away::new(bench.seed("peers away"));
    let entrant = |contender| Entrant { contender, away: away.clone(), warm: away.clone() };
    let mut entrants: Vec<Entrant<'_>> = chosen.into_iter().map(entrant).collect();
    // From the latest to the least late: what was measured before is not behind.
    for &behind in behinds {
        for is_move in [false, true] {
            let point = Point { length, behind, is_move };
            let samples = one_point(bench, &mut entrants, &ground, point)?;
            report(bench, &entrants, &samples, point);
            for (entrant, samples) in entrants.iter().zip(samples) {
                found.samples.insert((entrant.name(), point), samples);
            }
        }
    }
    // Those who were given the same must agree; who took long has got fewer.
    let most = entrants.iter().map(|entrant| entrant.away.minted()).max();
    let whole = entrants.iter_mut().filter(|entrant| Some(entrant.away.minted()) == most);
    same_trees(&mut whole.map(|entrant| &mut *entrant.contender).collect::<Vec<_>>(), &ground.doc)
}

/// What is delivered late to what.
struct Ground {
    story: Story,
    doc: String,
    /// For the operation that goes before each that is measured.
    small: Story,
    small_doc: String,
}

/// An approach, with its own copies of those who mint late operations: all get the same ones.
struct Entrant<'c> {
    contender: &'c mut Contender,
    away: Away,
    warm: Away,
}

impl Entrant<'_> {
    fn name(&self) -> &'static str {
        self.contender.approach.name()
    }

    /// One late operation; gives the seconds that it took.
    fn sample(&mut self, ground: &Ground, point: Point) -> Result<f64> {
        // The longer the others' turns, the colder the caches would be.
        let warm = ground.small.late(&mut self.warm, SMALL, point.is_move);
        self.contender.append_one(&ground.small_doc, &warm)?;
        let op = ground.story.late(&mut self.away, point.behind, point.is_move);
        let seconds = self.contender.append_one(&ground.doc, &op)?;
        if seconds > 0.1 {
            self.contender.vacuum()?;
        }
        Ok(seconds)
    }
}

/// Samples of all approaches in turn, each until it has enough or has taken long enough.
fn one_point(
    bench: &Bench,
    entrants: &mut [Entrant<'_>],
    ground: &Ground,
    point: Point,
) -> Result<Vec<Vec<f64>>> {
    let (rounds, patience) = if bench.options.quick { (11, 0.7) } else { (25, 5.0) };
    let mut samples: Vec<Vec<f64>> = vec![Vec::new(); entrants.len()];
    for _ in 0..rounds {
        for (entrant, samples) in entrants.iter_mut().zip(&mut samples) {
            if samples.iter().sum::<f64>() < patience {
                samples.push(entrant.sample(ground, point)?);
            }
        }
    }
    // The first one warms up, where there are others.
    for samples in samples.iter_mut().filter(|samples| samples.len() > 3) {
        samples.remove(0);
    }
    Ok(samples)
}

fn report(bench: &mut Bench, entrants: &[Entrant<'_>], samples: &[Vec<f64>], point: Point) {
    let sides = entrants.iter().zip(samples);
    let mut sides = sides.map(|(entrant, samples)| Side::seconds(entrant.name(), samples));
    let Some(ours) = sides.next() else { return };
    if entrants.len() == 1 {
        bench.line(Line::of(point.workload(), ours.clone()));
    }
    for peer in sides {
        let taken = peer.values.len();
        let line = Line::compared(point.workload(), peer, ours.clone());
        bench.line(if taken < 5 { line.note(format!("{taken} samples")) } else { line });
    }
}
