//! Version vectors: sets of dots, per replica a list of disjoint inclusive counter ranges.
//!
//! Gaps are kept: having seen 7 says nothing of 1 to 6. The representation is canonical (ranges
//! sorted, never touching, no replica without a range), so equal sets are equal values. The text
//! and binary forms are in `vector_codec`.

use std::collections::{BTreeMap, HashMap};

use crate::error::MalformedVector;
use crate::id::{Dot, MAX_COUNTER, ReplicaId};

/// Inclusive counter ranges, sorted, with a gap between any two.
type Ranges = Vec<(u64, u64)>;

/// A set of dots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionVector {
    replicas: BTreeMap<ReplicaId, Ranges>,
}

impl VersionVector {
    /// Makes a vector of ranges in any order, overlapping or not.
    ///
    /// # Errors
    /// [`MalformedVector::Range`] for a range that is empty, begins at 0 or ends beyond `bigint`.
    pub fn from_ranges(
        ranges: impl IntoIterator<Item = (ReplicaId, u64, u64)>,
    ) -> Result<Self, MalformedVector> {
        let mut replicas: BTreeMap<ReplicaId, Ranges> = BTreeMap::new();
        for (replica, first, last) in ranges {
            if first < 1 || first > last || last > MAX_COUNTER {
                return Err(MalformedVector::Range(first, last));
            }
            replicas.entry(replica).or_default().push((first, last));
        }
        replicas.values_mut().for_each(normalize);
        Ok(Self { replicas })
    }

    /// Whether it holds no dot.
    pub fn is_empty(&self) -> bool {
        self.replicas.is_empty()
    }

    /// The ranges of all replicas, in order.
    pub fn ranges(&self) -> impl Iterator<Item = (&ReplicaId, &[(u64, u64)])> {
        self.replicas.iter().map(|(replica, ranges)| (replica, ranges.as_slice()))
    }

    /// Whether the dot is in the set.
    pub fn contains(&self, dot: Dot) -> bool {
        self.replicas.get(&dot.replica).is_some_and(|ranges| {
            let at = ranges.partition_point(|&(_, last)| last < dot.counter);
            ranges.get(at).is_some_and(|&(first, _)| first <= dot.counter)
        })
    }

    /// Whether every dot of `other` is in this set.
    pub fn covers(&self, other: &Self) -> bool {
        other.replicas.iter().all(|(replica, theirs)| {
            self.replicas.get(replica).is_some_and(|ours| {
                theirs.iter().all(|&(first, last)| {
                    let at = ours.partition_point(|range| range.1 < first);
                    ours.get(at).is_some_and(|range| range.0 <= first && last <= range.1)
                })
            })
        })
    }

    /// Adds one dot.
    pub fn insert(&mut self, dot: Dot) {
        let Dot { replica, counter } = dot;
        let ranges = self.replicas.entry(replica).or_default();
        let at = ranges.partition_point(|&(_, last)| last < counter);
        if ranges.get(at).is_some_and(|&(first, _)| first <= counter) {
            return;
        }
        let joins_left = at > 0 && ranges[at - 1].1 + 1 == counter;
        let joins_right = ranges.get(at).is_some_and(|&(first, _)| first == counter + 1);
        match (joins_left, joins_right) {
            (true, true) => {
                ranges[at - 1].1 = ranges[at].1;
                ranges.remove(at);
            }
            (true, false) => ranges[at - 1].1 = counter,
            (false, true) => ranges[at].0 = counter,
            (false, false) => ranges.insert(at, (counter, counter)),
        }
    }

    /// Adds all dots of `other`.
    pub fn union(&mut self, other: &Self) {
        for (replica, theirs) in &other.replicas {
            let ours = self.replicas.entry(*replica).or_default();
            ours.extend_from_slice(theirs);
            normalize(ours);
        }
    }

    /// The dots of this set that are not in `other`.
    pub fn difference(&self, other: &Self) -> Self {
        let mut replicas = BTreeMap::new();
        for (replica, ours) in &self.replicas {
            let theirs = other.replicas.get(replica).map_or(&[][..], Vec::as_slice);
            let mut left = Ranges::new();
            let mut at = 0;
            for &(mut first, last) in ours {
                while at < theirs.len() && theirs[at].1 < first {
                    at += 1;
                }
                let mut next = at;
                while first <= last && next < theirs.len() && theirs[next].0 <= last {
                    if first < theirs[next].0 {
                        left.push((first, theirs[next].0 - 1));
                    }
                    first = theirs[next].1 + 1;
                    next += 1;
                }
                if first <= last {
                    left.push((first, last));
                }
                at = next.saturating_sub(1).max(at);
            }
            if !left.is_empty() {
                replicas.insert(*replica, left);
            }
        }
        Self { replicas }
    }
}

impl FromIterator<Dot> for VersionVector {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut builder = VersionVectorBuilder::default();
        dots.into_iter().for_each(|dot| builder.push(dot));
        builder.build()
    }
}

/// Collects dots in any order and makes the vector once, in `O(n log n)`.
#[derive(Debug, Default)]
pub struct VersionVectorBuilder {
    replicas: HashMap<ReplicaId, Ranges>,
}

impl VersionVectorBuilder {
    /// Adds a dot; counters are expected to be 1 or more.
    pub fn push(&mut self, dot: Dot) {
        let ranges = self.replicas.entry(dot.replica).or_default();
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == dot.counter => *last = dot.counter,
            _ => ranges.push((dot.counter, dot.counter)),
        }
    }

    /// The vector of what was added.
    pub fn build(&self) -> VersionVector {
        let mut replicas: BTreeMap<_, _> =
            self.replicas.iter().map(|(replica, ranges)| (*replica, ranges.clone())).collect();
        replicas.values_mut().for_each(normalize);
        VersionVector { replicas }
    }
}

/// Sorts ranges and joins those that overlap or touch.
fn normalize(ranges: &mut Ranges) {
    ranges.sort();
    ranges.dedup_by(|next, kept| {
        let joins = next.0 <= kept.1 + 1;
        if joins {
            kept.1 = kept.1.max(next.1);
        }
        joins
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn dot(replica: u8, counter: u64) -> Dot {
        Dot { replica: ReplicaId::new(&[replica]).unwrap(), counter }
    }

    /// All dots of the sets over 2 replicas and 5 counters, by the bits of a number.
    fn dots(bits: u32) -> BTreeSet<Dot> {
        (0..10u8)
            .filter(|i| bits & (1 << i) != 0)
            .map(|i| dot(i / 5, u64::from(i % 5) + 1))
            .collect()
    }

    #[test]
    fn every_small_set_behaves_as_a_set() {
        let all: Vec<_> = (0..1024u32)
            .map(|bits| (dots(bits), dots(bits).into_iter().collect::<VersionVector>()))
            .collect();
        for (set, vector) in &all {
            let mut inserted = VersionVector::default();
            set.iter().rev().for_each(|&d| inserted.insert(d));
            assert_eq!(&inserted, vector);
            for d in dots(1023) {
                assert_eq!(vector.contains(d), set.contains(&d));
            }
        }
        for (a, va) in all.iter().step_by(7) {
            for (b, vb) in &all {
                let mut union = va.clone();
                union.union(vb);
                assert_eq!(union, a.union(b).copied().collect());
                assert_eq!(va.difference(vb), a.difference(b).copied().collect());
                assert_eq!(va.covers(vb), b.is_subset(a));
            }
        }
    }

    #[test]
    fn ranges_are_normalized_and_bad_ones_refused() {
        let a = ReplicaId::new(b"a").unwrap();
        let vector =
            VersionVector::from_ranges([(a, 12, 12), (a, 3, 9), (a, 1, 4), (a, 10, 10)]).unwrap();
        assert_eq!(vector.ranges().collect::<Vec<_>>(), [(&a, &[(1, 10), (12, 12)][..])]);
        for (first, last) in [(0, 3), (4, 3), (1, MAX_COUNTER + 1)] {
            assert_eq!(
                VersionVector::from_ranges([(a, first, last)]),
                Err(MalformedVector::Range(first, last))
            );
        }
    }
}
