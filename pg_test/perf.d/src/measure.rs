//! Timing: repetitions of two sides in turn, and what is made of their samples.
//!
//! The machine's speed drifts while a run lasts. So the two sides alternate, each repetition gives a
//! ratio of its own, and the median of those ratios is what counts. This file knows no database.

use std::time::Instant;

use crate::Result;

/// Repetitions that count, at least; one more before them warms up.
pub const REPETITIONS: usize = 5;

/// What two sides took, repetition by repetition.
#[derive(Debug, Clone, Default)]
pub struct Pairs {
    /// The side that is measured.
    pub a: Vec<f64>,
    /// What it is compared with.
    pub b: Vec<f64>,
}

/// Ratios of the pairs: of the first side to the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Their median, which is compared with goals.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Pairs {
    /// The paired ratios. `None` without a pair.
    pub fn ratio(&self) -> Option<Ratio> {
        ratio(&self.a, &self.b)
    }

    /// Adds a repetition.
    pub fn push(&mut self, (a, b): (f64, f64)) {
        self.a.push(a);
        self.b.push(b);
    }
}

/// The ratios of samples that were taken in turn. `None` without a pair.
pub fn ratio(a: &[f64], b: &[f64]) -> Option<Ratio> {
    let ratios: Vec<f64> = a.iter().zip(b).map(|(a, b)| a / b).collect();
    (!ratios.is_empty()).then(|| Ratio {
        median: median(&ratios),
        min: ratios.iter().copied().fold(f64::INFINITY, f64::min),
        max: ratios.iter().copied().fold(0.0, f64::max),
    })
}

/// Measures both sides so many times in turn, after one repetition that does not count. `once` gets
/// the number of the repetition, 0 for the warm-up, and gives what each side took.
pub fn interleaved(
    repetitions: usize,
    mut once: impl FnMut(usize) -> Result<(f64, f64)>,
) -> Result<Pairs> {
    let mut pairs = Pairs::default();
    once(0)?;
    for repetition in 1..=repetitions {
        pairs.push(once(repetition)?);
    }
    Ok(pairs)
}

/// What `work` gives, and the seconds that it took.
pub fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let started = Instant::now();
    let done = work()?;
    Ok((started.elapsed().as_secs_f64(), done))
}

/// The median; NaN of nothing.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which such a part of the values lies, between two of them by proportion.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = part * last as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

/// The medians of so many rounds of consecutive samples: single latencies as repetitions.
pub fn rounds(samples: &[f64], rounds: usize) -> Vec<f64> {
    let bounds = |round: usize| round * samples.len() / rounds;
    (0..rounds)
        .map(|round| &samples[bounds(round)..bounds(round + 1)])
        .filter(|part| !part.is_empty())
        .map(median)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_the_pairs() {
        let pairs = Pairs { a: vec![2.0, 9.0, 4.0], b: vec![1.0, 3.0, 4.0] };
        assert_eq!(pairs.ratio(), Some(Ratio { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(Pairs::default().ratio(), None);
    }

    #[test]
    fn quantiles_lie_between_values() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(quantile(&[1.0, 2.0, 3.0], 1.0), 3.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn rounds_are_cut_evenly() {
        assert_eq!(rounds(&[1.0, 1.0, 5.0, 2.0, 2.0, 2.0], 2), [1.0, 2.0]);
        assert_eq!(rounds(&[1.0], 5), [1.0]);
    }

    #[test]
    fn the_warm_up_does_not_count() {
        let pairs = interleaved(2, |repetition| Ok((repetition as f64, 1.0))).unwrap();
        assert_eq!(pairs.a, [1.0, 2.0]);
    }
}
