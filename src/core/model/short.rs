//! Keys in little space: the id of a replica, which may be long, is kept once.

use std::cmp::Ordering;

use super::id::{Dot, Key, ReplicaId};
use super::names::Names;

/// A key, its replica by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Short {
    pub lamport: u64,
    pub counter: u64,
    pub replica: u32,
}

/// The replicas of short keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replicas(Names<ReplicaId>);

impl Replicas {
    /// A key in short.
    pub fn shorten(&mut self, key: &Key) -> Short {
        let Key { lamport, dot: Dot { replica, counter } } = *key;
        let replica = self.0.number(|it| *it == replica, || replica);
        Short { lamport, counter, replica }
    }

    /// The key.
    pub fn key(&self, Short { lamport, counter, replica }: Short) -> Key {
        Key { lamport, dot: Dot { replica: *self.0.name(replica), counter } }
    }

    /// The canonical order of two.
    pub fn order(&self, a: Short, b: Short) -> Ordering {
        let replicas = || match a.replica == b.replica {
            true => Ordering::Equal,
            false => self.0.name(a.replica).cmp(self.0.name(b.replica)),
        };
        a.lamport.cmp(&b.lamport).then_with(replicas).then(a.counter.cmp(&b.counter))
    }
}
