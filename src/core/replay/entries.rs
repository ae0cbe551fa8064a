//! The operations that are to be caught up, and the keys of those and of the older ones that are met,
//! by number. A replica's id, which may be long, is kept once.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::numbers::OpIx;
use crate::model::{Entry, Key, Keyed, NodeId, OpKind, Replicas, Short};

/// An operation in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Its key.
    pub key: Key,
    /// Where it stands among the operations that were to be caught up; `None` if it is older.
    pub position: Option<usize>,
}

/// An [`Entry`], its replica by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Compact {
    lamport: u64,
    counter: u64,
    replica: u32,
    kind: OpKind,
    writes_payload: bool,
    node: NodeId,
    /// Something only where `kind` is structural.
    parent: NodeId,
}

impl Compact {
    fn key(&self) -> Short {
        Short { lamport: self.lamport, counter: self.counter, replica: self.replica }
    }
}

/// Operations without their bytes, by the places in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries {
    replicas: Replicas,
    list: Vec<Compact>,
}

impl Entries {
    /// None, with room for so many.
    pub fn with_room(count: usize) -> Self {
        Self { replicas: Replicas::default(), list: Vec::with_capacity(count) }
    }

    /// Adds an operation.
    pub fn push(&mut self, entry: &Entry) {
        let Entry { key, node, kind, parent, writes_payload } = *entry;
        let Short { lamport, counter, replica } = self.replicas.shorten(&key);
        let parent = parent.unwrap_or(NodeId::ROOT);
        self.list.push(Compact { lamport, counter, replica, kind, writes_payload, node, parent });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The operation at a place.
    pub(super) fn entry(&self, at: usize) -> Entry {
        let Compact { kind, node, parent, writes_payload, .. } = self.list[at];
        let is_structural = matches!(kind, OpKind::Insert | OpKind::Move);
        let parent = is_structural.then_some(parent);
        Entry { key: self.replicas.key(self.list[at].key()), node, kind, parent, writes_payload }
    }

    /// Their keys.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.list.iter().map(|it| self.replicas.key(it.key()))
    }
}

impl FromIterator<Entry> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut all = Self::default();
        entries.into_iter().for_each(|entry| all.push(&entry));
        all
    }
}

/// The keys of operations by number: those of a batch in canonical order, then the others as they are met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keys {
    entries: Entries,
    /// Where the operations of the batch stand among the entries; reserved ones are left out.
    positions: Vec<u32>,
    older: Vec<Short>,
    numbers: HashMap<Short, OpIx, Keyed>,
}

impl Keys {
    /// Those of a batch.
    pub(super) fn of(entries: Entries) -> Self {
        let is_reserved = |at: &u32| entries.entry(*at as usize).is_reserved();
        let mut positions: Vec<u32> =
            (0..entries.len() as u32).filter(|at| !is_reserved(at)).collect();
        let key = |at: u32| entries.list[at as usize].key();
        positions.sort_unstable_by(|&a, &b| entries.replicas.order(key(a), key(b)));
        Self { entries, positions, older: Vec::new(), numbers: HashMap::default() }
    }

    /// How many are of the batch.
    pub(super) fn in_batch(&self) -> usize {
        self.positions.len()
    }

    /// Whether an operation is of the batch.
    pub(super) fn is_new(&self, op: OpIx) -> bool {
        op.index() < self.positions.len()
    }

    /// An operation of the batch.
    pub(super) fn entry(&self, op: OpIx) -> Entry {
        self.entries.entry(self.positions[op.index()] as usize)
    }

    fn short(&self, op: OpIx) -> Short {
        match self.positions.get(op.index()) {
            Some(&at) => self.entries.list[at as usize].key(),
            None => self.older[op.index() - self.positions.len()],
        }
    }

    /// The key of an operation.
    pub(super) fn key(&self, op: OpIx) -> Key {
        self.entries.replicas.key(self.short(op))
    }

    /// An operation as the store knows it.
    pub(super) fn source(&self, op: OpIx) -> Source {
        Source { key: self.key(op), position: self.position(op) }
    }

    /// Where an operation stands among the entries.
    pub(super) fn position(&self, op: OpIx) -> Option<usize> {
        self.positions.get(op.index()).map(|&at| at as usize)
    }

    /// Whether `a` stands before `b`.
    pub(super) fn is_before(&self, a: OpIx, b: OpIx) -> bool {
        if self.is_new(a) && self.is_new(b) {
            return a < b;
        }
        self.entries.replicas.order(self.short(a), self.short(b)).is_lt()
    }

    /// Whether an operation stands before a key.
    pub(super) fn is_before_key(&self, op: OpIx, key: &Key) -> bool {
        match self.short(op).lamport.cmp(&key.lamport) {
            Ordering::Equal => self.key(op) < *key,
            order => order.is_lt(),
        }
    }

    /// The number of the operation of this key, which may be met for the first time.
    pub(super) fn number(&mut self, key: Key) -> OpIx {
        let short = self.entries.replicas.shorten(&key);
        if let Some(&known) = self.numbers.get(&short) {
            return known;
        }
        let entries = &self.entries;
        let order = |&at: &u32| entries.replicas.order(entries.list[at as usize].key(), short);
        if self.positions.first().is_some_and(|first| order(first).is_le())
            && let Ok(at) = self.positions.binary_search_by(order)
        {
            return OpIx::new(at);
        }
        let next = OpIx::new(self.positions.len() + self.older.len());
        self.older.push(short);
        self.numbers.insert(short, next);
        next
    }
}
