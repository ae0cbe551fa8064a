//! What a run found: lines with samples and goals, charts, facts; and the table that is printed.
//!
//! JSON is made in `json.rs`, pictures in `plot.rs`.

use crate::measure::{REPETITIONS, Ratio, median, ratio, rounds};
pub use crate::unit::Unit;

/// The samples of one side.
#[derive(Debug, Clone)]
pub struct Side {
    /// What was measured, in a few words.
    pub label: String,
    /// What the values count.
    pub unit: Unit,
    /// A value a repetition, in the order in which they were taken.
    pub values: Vec<f64>,
    /// Of what the values are medians, if they are.
    pub raw: Vec<f64>,
}

impl Side {
    /// Samples of this kind.
    pub fn new(label: impl Into<String>, unit: Unit, values: Vec<f64>) -> Self {
        Self { label: label.into(), unit, values, raw: Vec::new() }
    }

    /// Latencies, many of them: cut into rounds, the median of each being a repetition.
    pub fn latencies(label: impl Into<String>, samples: &[f64]) -> Self {
        let values = rounds(samples, REPETITIONS);
        Self { raw: samples.to_vec(), ..Self::new(label, Unit::Seconds, values) }
    }

    /// Seconds.
    pub fn seconds(label: impl Into<String>, values: &[f64]) -> Self {
        Self::new(label, Unit::Seconds, values.to_vec())
    }

    /// A rate, of so many operations in so many seconds.
    pub fn rate(label: impl Into<String>, ops: usize, seconds: &[f64]) -> Self {
        Self::new(label, Unit::Rate, seconds.iter().map(|s| ops as f64 / s).collect())
    }

    /// The median, as text.
    pub fn show(&self) -> String {
        self.unit.show(median(&self.values))
    }
}

/// What a ratio should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// This much or less.
    AtMost(f64),
    /// This much or more.
    AtLeast(f64),
}

impl Goal {
    /// Whether a ratio is as it should be.
    pub fn met(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most,
            Self::AtLeast(least) => ratio >= least,
        }
    }

    /// As text.
    pub fn show(self) -> String {
        match self {
            Self::AtMost(most) => format!("≤ {most}"),
            Self::AtLeast(least) => format!("≥ {least}"),
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Line {
    /// The topic it belongs to: filled in by [`Report::add`].
    pub topic: String,
    /// What was done.
    pub workload: String,
    /// The side that is measured.
    pub a: Side,
    /// What it is compared with.
    pub b: Option<Side>,
    /// What the ratio should be; `None` if the line only informs.
    pub goal: Option<Goal>,
    /// What else there is to say.
    pub note: String,
    /// Whether the table has it; else only the results do.
    pub listed: bool,
}

impl Line {
    /// Two sides, compared.
    pub fn compared(workload: impl Into<String>, a: Side, b: Side) -> Self {
        Self { b: Some(b), ..Self::of(workload, a) }
    }

    /// One side, which stands for itself.
    pub fn of(workload: impl Into<String>, a: Side) -> Self {
        let (topic, workload, note) = (String::new(), workload.into(), String::new());
        Self { topic, workload, a, b: None, goal: None, note, listed: true }
    }

    /// Only for the results, not for the table.
    pub fn unlisted(self) -> Self {
        Self { listed: false, ..self }
    }

    /// With a goal.
    pub fn goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// With a note.
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// The paired ratios of the sides.
    pub fn ratio(&self) -> Option<Ratio> {
        self.b.as_ref().and_then(|b| ratio(&self.a.values, &b.values))
    }

    /// Whether the goal is met, if there is one.
    pub fn met(&self) -> Option<bool> {
        Some(self.goal?.met(self.ratio()?.median))
    }

    /// The cells of the table.
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        let ratio = self.ratio();
        let number = |value: Option<f64>| value.map(|v| format!("{v:.2}")).unwrap_or_default();
        [
            self.workload.clone(),
            format!("{} {}", self.a.show(), self.a.label),
            self.b.as_ref().map(|b| format!("{} {}", b.show(), b.label)).unwrap_or_default(),
            number(ratio.map(|r| r.median)),
            ratio.map(|r| format!("{:.2}–{:.2}", r.min, r.max)).unwrap_or_default(),
            self.goal.map_or_else(|| "-".into(), Goal::show),
            self.met().map_or("-", |met| if met { "met" } else { "not met" }).into(),
            self.note.clone(),
        ]
    }
}

/// The heads of the table's columns.
pub const COLUMNS: [&str; 8] =
    ["workload", "measured", "against", "ratio", "min–max", "goal", "", "note"];

/// A curve.
#[derive(Debug, Clone)]
pub struct Series {
    /// What the legend calls it.
    pub label: String,
    /// Its points.
    pub points: Vec<(f64, f64)>,
    /// Whether it is what others are compared with: drawn thinner.
    pub yardstick: bool,
}

/// A picture of curves; both axes are logarithmic.
#[derive(Debug, Clone)]
pub struct Chart {
    /// The file's name, without `.svg`.
    pub file: String,
    /// Above it.
    pub title: String,
    /// What runs to the right, with its unit.
    pub x: String,
    /// What runs upwards, with its unit.
    pub y: String,
    /// What the numbers on the right-hand axis count.
    pub unit: Unit,
    /// The curves.
    pub series: Vec<Series>,
}

/// All that a run found.
#[derive(Debug, Default)]
pub struct Report {
    /// Where it was measured: name and value.
    pub facts: Vec<(String, String)>,
    /// The lines, by topic.
    pub lines: Vec<Line>,
    /// The pictures.
    pub charts: Vec<Chart>,
}

impl Report {
    /// Adds a line, and prints it.
    pub fn add(&mut self, topic: &str, line: Line) {
        let [workload, measured, against, ratio, spread, goal, met, note] = line.cells();
        let against = if against.is_empty() { against } else { format!(" against {against}") };
        let ratio = if ratio.is_empty() { ratio } else { format!(": {ratio} ({spread})") };
        let goal = if goal == "-" { String::new() } else { format!(", goal {goal}, {met}") };
        let note = if note.is_empty() { note } else { format!("; {note}") };
        if line.listed {
            println!("   {workload}: {measured}{against}{ratio}{goal}{note}");
        }
        self.lines.push(Line { topic: topic.into(), ..line });
    }

    fn listed(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.listed)
    }

    /// The table in aligned plain text, a block a topic.
    pub fn table(&self) -> String {
        let rows: Vec<[String; COLUMNS.len()]> = self.listed().map(Line::cells).collect();
        let mut widths = COLUMNS.map(|head| head.chars().count());
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let aligned = |cells: &[String]| {
            let padded = cells
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.chars().count())));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        let mut text = aligned(&COLUMNS.map(str::to_owned));
        let mut topic = "";
        for (line, row) in self.listed().zip(&rows) {
            if line.topic != topic {
                topic = &line.topic;
                text.push_str(&format!("\n{topic}\n"));
            }
            text.push_str(&aligned(row));
        }
        text
    }

    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = row(&COLUMNS.map(str::to_owned));
        text.push_str(&row(&COLUMNS.map(|_| "---".to_owned())));
        text.extend(self.listed().map(|line| row(&line.cells())));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_to_be_at_least_its_goal() {
        let line = Line::compared("w", Side::rate("a", 10, &[1.0]), Side::rate("b", 10, &[0.5]));
        assert_eq!(line.met(), None);
        assert_eq!(line.clone().goal(Goal::AtLeast(0.5)).met(), Some(true));
        assert_eq!(line.goal(Goal::AtLeast(0.7)).met(), Some(false));
    }
}
