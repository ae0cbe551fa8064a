//! The operations of a history, in canonical order: who minted each, and what each delete had seen.
//!
//! The history is linear, so one clock serves all: the lamport of an operation is its place in the
//! log, from 1. An author's counters follow from it without gaps.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use treecrdt::{Dot, Key, OpKind, ReplicaId};

use super::Result;
use super::ids::Ids;
use super::tree::{NameRef, NodeRef};

/// The number of an author.
pub type AuthorRef = u32;

/// What a delete records as seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownState {
    /// Every operation before it, as a client does. Its size grows with the number of authors.
    Full,
    /// Of those, what the authors who ever touched the deleted subtree had minted: enough to
    /// delete it, and small however many authors there are.
    Touched,
}

/// What an operation does.
pub enum Change {
    /// A new node, with its name as payload and order key.
    Insert {
        /// The directory.
        parent: NodeRef,
        /// The name.
        name: NameRef,
    },
    /// Another directory or another order key.
    Move {
        /// The directory.
        parent: NodeRef,
        /// The name.
        name: NameRef,
    },
    /// Another name.
    Payload(NameRef),
    /// The node is gone. Holds who touched what is deleted, if only that is recorded.
    Delete(Option<Box<[AuthorRef]>>),
}

/// An operation.
pub struct LoggedOp {
    /// Who minted it.
    pub author: AuthorRef,
    /// Its sequence number among its author's.
    pub counter: u64,
    /// What it is about.
    pub node: NodeRef,
    /// What it does.
    pub change: Change,
}

impl LoggedOp {
    /// Its kind.
    pub fn kind(&self) -> OpKind {
        match self.change {
            Change::Insert { .. } => OpKind::Insert,
            Change::Move { .. } => OpKind::Move,
            Change::Payload(_) => OpKind::Payload,
            Change::Delete(_) => OpKind::Delete,
        }
    }
}

/// A commit author, as a replica.
pub struct Author {
    /// The replica's id.
    pub replica: ReplicaId,
    /// The lamports of its operations; the one with counter n is at n - 1.
    pub lamports: Vec<u64>,
}

/// The operations, and who minted them.
pub struct OpLog {
    ops: Vec<LoggedOp>,
    authors: Vec<Author>,
    numbers: HashMap<Vec<u8>, AuthorRef>,
    known: KnownState,
    /// Who gave or took something from a node that is not deleted, itself or below it.
    touched: HashMap<NodeRef, BTreeSet<AuthorRef>>,
}

impl OpLog {
    /// An empty one.
    pub fn new(known: KnownState) -> Self {
        Self {
            ops: Vec::new(),
            authors: Vec::new(),
            numbers: HashMap::new(),
            known,
            touched: HashMap::new(),
        }
    }

    /// The author of this name and email.
    pub fn author(&mut self, ident: &[u8], ids: &mut Ids) -> Result<AuthorRef> {
        if let Some(&author) = self.numbers.get(ident) {
            return Ok(author);
        }
        let author = AuthorRef::try_from(self.authors.len()).expect("fewer than 2^32 authors");
        self.authors.push(Author { replica: ids.replica(ident)?, lamports: Vec::new() });
        self.numbers.insert(ident.to_vec(), author);
        Ok(author)
    }

    /// Mints an insert.
    pub fn insert(&mut self, author: AuthorRef, node: NodeRef, parent: NodeRef, name: NameRef) {
        self.touch(author, [node, parent]);
        self.push(author, node, Change::Insert { parent, name });
    }

    /// Mints a move away from `before`.
    pub fn place(
        &mut self,
        author: AuthorRef,
        node: NodeRef,
        before: NodeRef,
        (parent, name): (NodeRef, NameRef),
    ) {
        self.touch(author, [node, before, parent]);
        self.push(author, node, Change::Move { parent, name });
    }

    /// Mints a payload.
    pub fn rename(&mut self, author: AuthorRef, node: NodeRef, name: NameRef) {
        self.touch(author, [node]);
        self.push(author, node, Change::Payload(name));
    }

    /// Mints the delete of a node of this directory. Nothing may touch the node from now on.
    pub fn delete(&mut self, author: AuthorRef, node: NodeRef, parent: NodeRef) {
        let seen = (self.known == KnownState::Touched).then(|| {
            let seen = self.touched.remove(&node).unwrap_or_default();
            // Deleted or not, it stays part of the directory's subtree.
            self.touched.entry(parent).or_default().extend(&seen);
            seen.into_iter().collect()
        });
        self.push(author, node, Change::Delete(seen));
    }

    fn touch<const N: usize>(&mut self, author: AuthorRef, nodes: [NodeRef; N]) {
        if self.known == KnownState::Touched {
            for node in nodes {
                self.touched.entry(node).or_default().insert(author);
            }
        }
    }

    fn push(&mut self, author: AuthorRef, node: NodeRef, change: Change) {
        let lamport = self.ops.len() as u64 + 1;
        let lamports = &mut self.authors[author as usize].lamports;
        lamports.push(lamport);
        self.ops.push(LoggedOp { author, counter: lamports.len() as u64, node, change });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// The operation with this lamport.
    pub fn op(&self, lamport: u64) -> &LoggedOp {
        &self.ops[lamport as usize - 1]
    }

    /// The operations, in canonical order.
    pub fn ops(&self) -> &[LoggedOp] {
        &self.ops
    }

    /// The authors, in the order of their first commit.
    pub fn authors(&self) -> &[Author] {
        &self.authors
    }

    /// The operations, by lamport, in the order and the batches they are delivered in, which is as
    /// unkind as peers can make it: the newest alone, so that every other one is late; then author
    /// by author, as if each came online with all of their work, those active last going first.
    /// The newest comes again with its author's.
    pub fn deliveries(&self, batch: usize) -> impl Iterator<Item = &[u64]> {
        let mut authors: Vec<&[u64]> = self.authors.iter().map(|a| &a.lamports[..]).collect();
        authors.sort_by_key(|lamports| Reverse(lamports.last().copied()));
        let newest = authors.first().and_then(|lamports| lamports.last()).map(std::slice::from_ref);
        newest.into_iter().chain(authors.into_iter().flat_map(move |all| all.chunks(batch)))
    }

    /// The key of the operation with this lamport.
    pub fn key(&self, lamport: u64) -> Key {
        let op = self.op(lamport);
        let replica = self.authors[op.author as usize].replica;
        Key { lamport, dot: Dot { replica, counter: op.counter } }
    }

    /// What the operation with this lamport had seen, if it is a delete: per replica the greatest
    /// counter, all smaller ones being part of it.
    pub fn known_state(&self, lamport: u64) -> Option<Vec<(ReplicaId, u64)>> {
        let Change::Delete(touched) = &self.op(lamport).change else { return None };
        let seen = |author: &Author| {
            let count = author.lamports.partition_point(|&at| at < lamport) as u64;
            (count > 0).then_some((author.replica, count))
        };
        Some(match touched {
            None => self.authors.iter().filter_map(seen).collect(),
            Some(touched) => {
                touched.iter().filter_map(|&author| seen(&self.authors[author as usize])).collect()
            }
        })
    }
}

/// The text form of a version vector without gaps.
pub fn vector_text(seen: &[(ReplicaId, u64)]) -> String {
    let ranges: Vec<String> =
        seen.iter().map(|(replica, last)| format!("\"{replica}\":[[1,{last}]]")).collect();
    format!("{{{}}}", ranges.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(known: KnownState) -> OpLog {
        let (mut log, mut ids) = (OpLog::new(known), Ids::default());
        let [a, b, c] = ["A <a@x>", "B <b@x>", "C <c@x>"]
            .map(|who| log.author(who.as_bytes(), &mut ids).unwrap());
        log.insert(a, 1, 0, 0);
        log.insert(b, 2, 1, 0);
        log.insert(c, 3, 0, 0);
        log.delete(c, 2, 1);
        log.delete(c, 1, 0);
        log
    }

    fn counts(log: &OpLog, lamport: u64) -> Vec<u64> {
        log.known_state(lamport).unwrap().into_iter().map(|(_, count)| count).collect()
    }

    #[test]
    fn a_delete_has_seen_all_before_it() {
        let log = log(KnownState::Full);
        assert_eq!(log.known_state(3), None);
        assert_eq!(counts(&log, 4), [1, 1, 1]);
        assert_eq!(counts(&log, 5), [1, 1, 2]);
        assert_eq!(log.key(5).dot.counter, 3);
    }

    #[test]
    fn or_all_of_those_who_touched_the_subtree() {
        let log = log(KnownState::Touched);
        assert_eq!(counts(&log, 4), [1]);
        assert_eq!(counts(&log, 5), [1, 1], "the deleted file stays part of its directory");
    }

    #[test]
    fn the_newest_operation_comes_first_and_again_with_its_author() {
        let log = log(KnownState::Full);
        let deliveries: Vec<&[u64]> = log.deliveries(2).collect();
        assert_eq!(deliveries, [&[5][..], &[3, 4], &[5], &[2], &[1]]);
        assert_eq!(OpLog::new(KnownState::Full).deliveries(2).count(), 0);
    }

    #[test]
    fn a_vector_is_written_as_json() {
        let replica = ReplicaId::new(b"\xaa\x01").unwrap();
        assert_eq!(vector_text(&[(replica, 9)]), r#"{"aa01":[[1,9]]}"#);
        assert_eq!(vector_text(&[]), "{}");
    }
}
