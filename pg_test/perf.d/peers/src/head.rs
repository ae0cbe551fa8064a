//! The head of a document, for those peers that keep one: its lock, and how it moves on.

use std::thread::LocalKey;

use crate::op::{Key, Op};
use crate::spi::{Arg, Plan, Session};

/// A statement of a peer.
type Statement = &'static LocalKey<Plan>;

/// Locks a document, so that no two writers miss what the other does, and gives its head.
pub fn lock<'s>(
    session: &'s Session,
    (lock, begin): (Statement, Statement),
    doc: &str,
) -> Option<Key<'s>> {
    let mut head = None;
    let read = |head: &mut Option<Key<'s>>| {
        session.run(lock, &[Arg::of(doc)], |row| {
            *head = Some(Key { lamport: row.int8(0), replica: row.bytes(1), counter: row.int8(2) });
        });
    };
    read(&mut head);
    if head.is_none() {
        session.run(begin, &[Arg::of(doc)], |_| {});
        read(&mut head);
    }
    head.filter(|head| head.lamport > 0)
}

/// Moves the head on to the last operation of a batch, unless it is beyond already.
pub fn advance(
    session: &Session,
    advance: Statement,
    doc: &str,
    head: Option<Key<'_>>,
    last: &Op<'_>,
) {
    if head.is_none_or(|head| head < last.key) {
        let [lamport, replica, counter] = Arg::key(last.key);
        session.run(advance, &[Arg::of(doc), lamport, replica, counter], |_| {});
    }
}
