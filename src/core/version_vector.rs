//! Version vectors: sets of dots, per replica a list of disjoint inclusive counter ranges.
//!
//! Gaps are kept: having seen 7 says nothing of 1 to 6. The representation is canonical (ranges
//! sorted, never touching, no replica without a range), so equal sets are equal values. The text
//! and binary forms are in `vector_codec`.

use std::collections::HashMap;

use crate::error::MalformedVector;
use crate::id::{Dot, MAX_COUNTER, ReplicaId};

/// Consecutive dots of one replica, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// Whose dots.
    pub replica: ReplicaId,
    /// The least counter.
    pub first: u64,
    /// The greatest counter.
    pub last: u64,
}

impl From<(ReplicaId, u64, u64)> for Range {
    fn from((replica, first, last): (ReplicaId, u64, u64)) -> Self {
        Self { replica, first, last }
    }
}

/// A set of dots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionVector {
    /// Sorted, with a gap between any two of a replica.
    ranges: Vec<Range>,
}

impl VersionVector {
    /// Makes a vector of ranges in any order, overlapping or not.
    ///
    /// # Errors
    /// [`MalformedVector::Range`] for a range that is empty, begins at 0 or ends beyond `bigint`.
    pub fn from_ranges(
        ranges: impl IntoIterator<Item: Into<Range>>,
    ) -> Result<Self, MalformedVector> {
        let ranges: Vec<Range> = ranges.into_iter().map(Into::into).collect();
        for &Range { first, last, .. } in &ranges {
            if first < 1 || first > last || last > MAX_COUNTER {
                return Err(MalformedVector::Range(first, last));
            }
        }
        Ok(Self::normalized(ranges))
    }

    /// Sorts ranges and joins those that overlap or touch.
    fn normalized(mut ranges: Vec<Range>) -> Self {
        ranges.sort();
        ranges.dedup_by(|next, kept| {
            let joins = next.replica == kept.replica && next.first <= kept.last + 1;
            if joins {
                kept.last = kept.last.max(next.last);
            }
            joins
        });
        Self { ranges }
    }

    /// Whether it holds no dot.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The ranges of all replicas, in order.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// Where the first range is that ends at this dot or, of the same replica, after it.
    fn place(&self, replica: ReplicaId, counter: u64) -> usize {
        self.ranges.partition_point(|range| (range.replica, range.last) < (replica, counter))
    }

    /// The range at this place, if it is of this replica.
    fn of(&self, replica: ReplicaId, at: usize) -> Option<&Range> {
        self.ranges.get(at).filter(|range| range.replica == replica)
    }

    /// Whether the dot is in the set.
    pub fn contains(&self, dot: Dot) -> bool {
        let range = self.of(dot.replica, self.place(dot.replica, dot.counter));
        range.is_some_and(|range| range.first <= dot.counter)
    }

    /// Whether every dot of `other` is in this set.
    pub fn covers(&self, other: &Self) -> bool {
        other.ranges.iter().all(|theirs| {
            let ours = self.of(theirs.replica, self.place(theirs.replica, theirs.first));
            ours.is_some_and(|ours| ours.first <= theirs.first && theirs.last <= ours.last)
        })
    }

    /// Adds one dot.
    pub fn insert(&mut self, dot: Dot) {
        let Dot { replica, counter } = dot;
        let at = self.place(replica, counter);
        if self.of(replica, at).is_some_and(|range| range.first <= counter) {
            return;
        }
        let joins_left =
            at > 0 && self.of(replica, at - 1).is_some_and(|left| left.last + 1 == counter);
        let joins_right = self.of(replica, at).is_some_and(|right| right.first == counter + 1);
        match (joins_left, joins_right) {
            (true, true) => {
                self.ranges[at - 1].last = self.ranges[at].last;
                self.ranges.remove(at);
            }
            (true, false) => self.ranges[at - 1].last = counter,
            (false, true) => self.ranges[at].first = counter,
            (false, false) => {
                self.ranges.insert(at, Range { replica, first: counter, last: counter });
            }
        }
    }

    /// Adds all dots of `other`.
    pub fn union(&mut self, other: &Self) {
        let mut ranges = std::mem::take(&mut self.ranges);
        ranges.extend_from_slice(&other.ranges);
        *self = Self::normalized(ranges);
    }

    /// The dots of this set that are not in `other`.
    pub fn difference(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        for &Range { replica, mut first, last } in &self.ranges {
            let mut at = other.place(replica, first);
            while let Some(theirs) = other.of(replica, at).filter(|theirs| theirs.first <= last) {
                if first < theirs.first {
                    left.push(Range { replica, first, last: theirs.first - 1 });
                }
                first = theirs.last + 1;
                at += 1;
            }
            if first <= last {
                left.push(Range { replica, first, last });
            }
        }
        Self { ranges: left }
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
    /// Where the last range of each replica is.
    last: HashMap<ReplicaId, usize>,
    ranges: Vec<Range>,
}

impl VersionVectorBuilder {
    /// Adds a dot; counters are expected to be 1 or more.
    pub fn push(&mut self, dot: Dot) {
        let Dot { replica, counter } = dot;
        if let Some(&at) = self.last.get(&replica)
            && self.ranges[at].last + 1 == counter
        {
            self.ranges[at].last = counter;
            return;
        }
        self.last.insert(replica, self.ranges.len());
        self.ranges.push(Range { replica, first: counter, last: counter });
    }

    /// The vector of what was added.
    pub fn build(&self) -> VersionVector {
        VersionVector::normalized(self.ranges.clone())
    }
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
        let replica = ReplicaId::new(b"a").unwrap();
        let range = |first, last| Range { replica, first, last };
        let vector =
            VersionVector::from_ranges([range(12, 12), range(3, 9), range(1, 4), range(10, 10)])
                .unwrap();
        assert_eq!(vector.ranges(), [range(1, 10), range(12, 12)]);
        for (first, last) in [(0, 3), (4, 3), (1, MAX_COUNTER + 1)] {
            assert_eq!(
                VersionVector::from_ranges([range(first, last)]),
                Err(MalformedVector::Range(first, last))
            );
        }
    }
}
