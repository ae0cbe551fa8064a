//! Version vectors: sets of dots, per replica a list of disjoint inclusive counter ranges.
//!
//! Gaps are kept: having seen 7 says nothing of 1 to 6. The representation is canonical (ranges
//! sorted, never touching, no replica without a range), so equal sets are equal values. The text
//! and binary forms are in [`codec`](super::codec).

use std::cmp::Ordering;
use std::collections::HashMap;

use super::error::MalformedVector;
use super::id::{Dot, ReplicaId, prefix};
use super::limits::MAX_COUNTER;

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
///
/// Small, since a batch of deletes holds one for each of them: ids are kept without padding, and
/// what is looked at to find a replica lies side by side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionVector {
    /// Sorted by id; none without a range.
    replicas: Vec<Replica>,
    /// The ids, one after the other.
    ids: Vec<u8>,
    /// The ranges of counters, replica by replica; sorted, with a gap between any two.
    counters: Vec<(u64, u64)>,
}

/// Where a replica's id and ranges end; they begin where those of the one before end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Replica {
    prefix: u64,
    id: u32,
    counters: u32,
}

impl VersionVector {
    /// Makes a vector of ranges in any order, overlapping or not.
    ///
    /// # Errors
    /// [`MalformedVector::Range`] for a range that is empty, begins at 0 or ends beyond `bigint`.
    pub fn from_ranges(
        ranges: impl IntoIterator<Item: Into<Range>>,
    ) -> Result<Self, MalformedVector> {
        let mut gathered = Gathered::default();
        for range in ranges {
            gathered.push(range.into())?;
        }
        Ok(gathered.build())
    }

    /// Sorts ranges and joins those that overlap or touch.
    fn normalized(mut ranges: Vec<Range>) -> Self {
        ranges.sort_unstable();
        let mut vector = Self::default();
        for Range { replica, first, last } in ranges {
            vector.push(replica.as_bytes(), first, last);
        }
        vector
    }

    /// The dots of both.
    fn merged(&self, other: &Self) -> Self {
        let mut merged = Self::default();
        let (mut ours, mut theirs) = (self.flat().peekable(), other.flat().peekable());
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some(a), Some(b)) if b < a => theirs.next(),
                (Some(_), _) => ours.next(),
                (None, _) => theirs.next(),
            };
            let Some((id, (first, last))) = next else { return merged };
            merged.push(id, first, last);
        }
    }

    /// All ranges with the ids of their replicas, in order.
    fn flat(&self) -> impl Iterator<Item = (&[u8], (u64, u64))> {
        self.by_replica().flat_map(|(id, counters)| counters.iter().map(move |&range| (id, range)))
    }

    /// Adds a range that does not begin before the last one.
    fn push(&mut self, id: &[u8], first: u64, last: u64) {
        let same = self.replicas.len().checked_sub(1).filter(|&at| self.id(at) == id);
        if same.is_some()
            && let Some(end) = self.counters.last_mut()
            && first <= end.1 + 1
        {
            end.1 = end.1.max(last);
            return;
        }
        self.counters.push((first, last));
        let counters = end(self.counters.len());
        if let Some(at) = same {
            self.replicas[at].counters = counters;
        } else {
            self.ids.extend_from_slice(id);
            let id = Replica { prefix: prefix(id), id: end(self.ids.len()), counters };
            self.replicas.push(id);
        }
    }

    /// Whether a range that begins here can be added at the end.
    fn ends_before(&self, id: &[u8], first: u64) -> bool {
        let Some(at) = self.replicas.len().checked_sub(1) else { return true };
        match self.id(at).cmp(id) {
            Ordering::Less => true,
            Ordering::Equal => self.counters.last().is_some_and(|range| range.0 <= first),
            Ordering::Greater => false,
        }
    }

    /// Whether it holds no dot.
    pub fn is_empty(&self) -> bool {
        self.replicas.is_empty()
    }

    /// The ranges of all replicas, in order.
    pub fn ranges(&self) -> impl Iterator<Item = Range> {
        self.by_replica().flat_map(|(id, counters)| {
            let replica = ReplicaId::new(id).expect("it was one before");
            counters.iter().map(move |&(first, last)| Range { replica, first, last })
        })
    }

    /// Bytes, so many that a written form seldom takes more.
    pub(super) fn size(&self) -> usize {
        self.ids.len() + 3 * self.replicas.len() + 8 * self.counters.len() + 8
    }

    /// How many ranges it takes: a measure of its size.
    pub fn range_count(&self) -> usize {
        self.counters.len()
    }

    /// Each replica's id and its ranges of counters, in order.
    pub fn by_replica(&self) -> impl ExactSizeIterator<Item = (&[u8], &[(u64, u64)])> {
        (0..self.replicas.len()).map(|at| (self.id(at), self.counters(at)))
    }

    /// The id of the replica at this place.
    fn id(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.replicas[at - 1].id };
        &self.ids[start as usize..self.replicas[at].id as usize]
    }

    /// The ranges of the replica at this place.
    fn counters(&self, at: usize) -> &[(u64, u64)] {
        let start = if at == 0 { 0 } else { self.replicas[at - 1].counters };
        &self.counters[start as usize..self.replicas[at].counters as usize]
    }

    /// Where a replica is, or would be, at or after `from`.
    fn find(&self, id: &[u8], from: usize) -> Result<usize, usize> {
        let wanted = prefix(id);
        let (mut low, mut high) = (from, self.replicas.len());
        while low < high {
            let middle = low.midpoint(high);
            let order = self.replicas[middle].prefix.cmp(&wanted);
            match order.then_with(|| self.id(middle).cmp(id)) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// The ranges of a replica.
    fn of(&self, id: &[u8]) -> &[(u64, u64)] {
        self.find(id, 0).map_or(&[], |at| self.counters(at))
    }

    /// Whether the dot is in the set.
    pub fn contains(&self, dot: Dot) -> bool {
        hold(self.of(dot.replica.as_bytes()), dot.counter)
    }

    /// The greatest counter of a replica.
    pub fn last_of(&self, replica: ReplicaId) -> Option<u64> {
        self.of(replica.as_bytes()).last().map(|range| range.1)
    }

    /// Whether every dot of `other` is in this set.
    pub fn covers(&self, other: &Self) -> bool {
        let mut at = 0;
        other.by_replica().all(|(id, theirs)| {
            let Ok(found) = self.find(id, at) else { return false };
            at = found + 1;
            let mut ours = self.counters(found);
            theirs.iter().all(|&(first, last)| {
                ours = since(ours, first);
                ours.first().is_some_and(|range| range.0 <= first && last <= range.1)
            })
        })
    }

    /// Adds one dot.
    pub fn insert(&mut self, dot: Dot) {
        let Dot { replica, counter } = dot;
        if let Ok(at) = self.find(replica.as_bytes(), 0) {
            if hold(self.counters(at), counter) {
                return;
            }
            // The next one of its replica, as a rule.
            let last = &mut self.counters[self.replicas[at].counters as usize - 1].1;
            if *last + 1 == counter {
                *last = counter;
                return;
            }
        }
        self.union(&Self::normalized(vec![Range { replica, first: counter, last: counter }]));
    }

    /// Adds all dots of `other`.
    pub fn union(&mut self, other: &Self) {
        *self = self.merged(other);
    }

    /// The dots of this set that are not in `other`.
    pub fn difference(&self, other: &Self) -> Self {
        let mut left = Self::default();
        for (id, ours) in self.by_replica() {
            let mut theirs = other.of(id);
            for &(mut first, last) in ours {
                theirs = since(theirs, first);
                while let Some(&(from, to)) = theirs.first().filter(|range| range.0 <= last) {
                    if first < from {
                        left.push(id, first, from - 1);
                    }
                    first = to + 1;
                    if first > last {
                        break;
                    }
                    theirs = &theirs[1..];
                }
                if first <= last {
                    left.push(id, first, last);
                }
            }
        }
        left
    }
}

/// Ranges in any order on their way into a vector. They are merged as they come, so memory is in
/// proportion to the vector, not to what was written.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// Of those that came in order.
    vector: VersionVector,
    /// Those that did not, not merged yet.
    others: Vec<Range>,
}

impl Gathered {
    /// Makes room for as many replicas as there may be, as a rule with one range each; not for more than a few, for
    /// whoever writes a vector may claim anything.
    pub(crate) fn reserve(&mut self, replicas: usize) {
        const FEW: usize = 64;
        let replicas = replicas.min(FEW);
        self.vector.replicas.reserve(replicas);
        self.vector.ids.reserve(16 * replicas);
        self.vector.counters.reserve(replicas);
    }

    /// Adds a range.
    pub(crate) fn push(&mut self, range: Range) -> Result<(), MalformedVector> {
        /// So many at least wait to be merged.
        const FEW: usize = 4096;
        let Range { replica, first, last } = range;
        if first < 1 || first > last || last > MAX_COUNTER {
            return Err(MalformedVector::Range(first, last));
        }
        if self.vector.ends_before(replica.as_bytes(), first) {
            self.vector.push(replica.as_bytes(), first, last);
            return Ok(());
        }
        self.others.push(range);
        if self.others.len() > FEW.max(self.vector.counters.len() / 8) {
            self.merge();
        }
        Ok(())
    }

    fn merge(&mut self) {
        let others = VersionVector::normalized(std::mem::take(&mut self.others));
        self.vector = self.vector.merged(&others);
    }

    /// The vector of what was added.
    pub(crate) fn build(mut self) -> VersionVector {
        if !self.others.is_empty() {
            self.merge();
        }
        self.vector
    }
}

/// A place in a list as it is stored: a vector that comes from SQL has less than 1 GB.
fn end(length: usize) -> u32 {
    u32::try_from(length).expect("a vector of less than 4 GB")
}

/// Whether a counter is in one of the ranges.
fn hold(ranges: &[(u64, u64)], counter: u64) -> bool {
    since(ranges, counter).first().is_some_and(|range| range.0 <= counter)
}

/// The ranges that do not end before a counter.
fn since(ranges: &[(u64, u64)], counter: u64) -> &[(u64, u64)] {
    &ranges[ranges.partition_point(|range| range.1 < counter)..]
}

impl FromIterator<Dot> for VersionVector {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut builder = VersionVectorBuilder::default();
        dots.into_iter().for_each(|dot| builder.push(dot));
        builder.build()
    }
}

/// Collects dots in any order and makes the vector of them, in `O(n log n)`.
#[derive(Debug, Default)]
pub struct VersionVectorBuilder {
    /// Where each replica stands.
    places: HashMap<ReplicaId, usize>,
    replicas: Vec<(ReplicaId, Vec<(u64, u64)>)>,
    /// Some of them, those looked for most recently: a few replicas take turns, as a rule.
    recent: [usize; 4],
    /// Which of these is the next to go.
    oldest: usize,
}

impl VersionVectorBuilder {
    /// Adds a dot; counters are expected to be 1 or more.
    pub fn push(&mut self, dot: Dot) {
        let Dot { replica, counter } = dot;
        let is_it = |&&at: &&usize| self.replicas.get(at).is_some_and(|it| it.0 == replica);
        let at = match self.recent.iter().find(is_it) {
            Some(&at) => at,
            None => {
                let at = *self.places.entry(replica).or_insert(self.replicas.len());
                if at == self.replicas.len() {
                    self.replicas.push((replica, Vec::new()));
                }
                self.recent[self.oldest] = at;
                self.oldest = (self.oldest + 1) % self.recent.len();
                at
            }
        };
        let ranges = &mut self.replicas[at].1;
        match ranges.last_mut() {
            Some(last) if last.1 + 1 == counter => last.1 = counter,
            _ => ranges.push((counter, counter)),
        }
    }

    /// The vector of what was added.
    pub fn build(&mut self) -> VersionVector {
        let mut order: Vec<_> = self.replicas.iter_mut().collect();
        order.sort_unstable_by_key(|it| it.0);
        let mut vector = VersionVector::default();
        for (replica, ranges) in order {
            // What was sorted before need not be sorted again.
            ranges.sort();
            ranges.dedup_by(|next, last| {
                let touches = next.0 <= last.1.saturating_add(1);
                last.1 = if touches { last.1.max(next.1) } else { last.1 };
                touches
            });
            ranges.iter().for_each(|&(first, last)| vector.push(replica.as_bytes(), first, last));
        }
        vector
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A dot of one of the replicas `00` and `0000`, whose order only their lengths tell.
    fn dot(replica: u8, counter: u64) -> Dot {
        Dot { replica: ReplicaId::new(&[0, 0][..=replica.into()]).unwrap(), counter }
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
        assert_eq!(vector.ranges().collect::<Vec<_>>(), [range(1, 10), range(12, 12)]);
        for (first, last) in [(0, 3), (4, 3), (1, MAX_COUNTER + 1)] {
            assert_eq!(
                VersionVector::from_ranges([range(first, last)]),
                Err(MalformedVector::Range(first, last))
            );
        }
    }
}
