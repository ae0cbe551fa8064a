//! From which length of the log, and from which lateness on, pg_treecrdt is ahead of each peer.

use super::approach::Approach;
use super::late::{Found, count, kind};
use crate::bench::Bench;
use crate::report::{Line, Side, Unit};

/// Where one curve gets below another, for good as far as was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Crossing {
    /// It is below at all points, of which this is the first.
    Always(f64),
    /// Between two points, by straight lines on logarithmic axes.
    At(f64),
    /// It is not below at the last point, which is this one.
    NotUpTo(f64),
}

/// Where `ours` gets below `theirs`; `None` if they have no point in common. Both go up in x.
pub fn crossing(ours: &[(f64, f64)], theirs: &[(f64, f64)]) -> Option<Crossing> {
    let advantage: Vec<(f64, f64)> = ours
        .iter()
        .filter_map(|&(x, y)| {
            let other = theirs.iter().find(|point| point.0 == x)?;
            Some((x, (other.1 / y).ln()))
        })
        .collect();
    let (first, last) = (advantage.first()?, advantage.last()?);
    if last.1 <= 0.0 {
        return Some(Crossing::NotUpTo(last.0));
    }
    let change = advantage.windows(2).rev().find(|pair| pair[0].1 <= 0.0);
    Some(change.map_or(Crossing::Always(first.0), |pair| {
        let ((x, behind), (next, ahead)) = (pair[0], pair[1]);
        let part = -behind / (ahead - behind);
        Crossing::At((x.ln() + part * (next.ln() - x.ln())).exp())
    }))
}

/// Adds a line for each peer, kind of operation and axis.
pub fn report(bench: &mut Bench, found: &Found) {
    let curve = |approach, is_move, by_length| {
        let curve = if by_length { Found::by_length } else { Found::by_lateness };
        curve(found, approach, is_move)
    };
    for by_length in [true, false] {
        for peer in Approach::PEERS {
            for is_move in [false, true] {
                let ours = curve(Approach::PgTreecrdt, is_move, by_length);
                let theirs = curve(peer, is_move, by_length);
                let Some(crossing) = crossing(&ours, &theirs) else { continue };
                let (x, note) = match crossing {
                    Crossing::Always(x) => (x, "at the least measured, too"),
                    Crossing::At(x) => (x, ""),
                    Crossing::NotUpTo(x) => (x, "not up to there"),
                };
                let axis = if by_length {
                    "in the log, all behind".to_owned()
                } else {
                    format!("behind, of {}", count(found.at_length))
                };
                bench.line(
                    Line::of(
                        format!("{}: ahead of {} from", kind(is_move), peer.name()),
                        Side::new(axis, Unit::Count, vec![x]),
                    )
                    .note(note),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_curve_crosses_a_rising_one_where_both_are_equal() {
        let flat = [(1.0, 10.0), (100.0, 10.0), (10_000.0, 10.0)];
        let rising = [(1.0, 1.0), (100.0, 100.0), (10_000.0, 10_000.0)];
        let Some(Crossing::At(x)) = crossing(&flat, &rising) else { panic!("they cross") };
        assert!((x - 10.0).abs() < 1e-9);
        assert_eq!(crossing(&rising, &flat), Some(Crossing::NotUpTo(10_000.0)));
    }

    #[test]
    fn one_that_is_always_below_crosses_nowhere() {
        let (low, high) = ([(5.0, 1.0), (50.0, 1.0)], [(5.0, 2.0), (50.0, 9.0)]);
        assert_eq!(crossing(&low, &high), Some(Crossing::Always(5.0)));
        assert_eq!(crossing(&low, &[(7.0, 1.0)]), None);
    }
}
