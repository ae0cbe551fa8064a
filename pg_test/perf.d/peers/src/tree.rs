//! The part of a tree that a batch has to do with, in memory: where nodes are at one moment.
//!
//! It holds the nodes that operations are about, and what is above the places they name. It reads
//! set-wise, three statements at most; it writes nothing.

use std::thread::LocalKey;

use crate::op::{Node, NodeMap, NodeSet, Op, Place, ROOT, TRASH};
use crate::spi::{Arg, Plan, Session};

/// The statement that [`Tree::read_nodes`] needs, for the tables of this schema.
macro_rules! nodes_sql {
    ($schema:literal) => {
        concat!(
            "SELECT b.node, n.node IS NOT NULL, n.parent, n.order_key, c.found IS NOT NULL
             FROM unnest($2) AS b (node)
             LEFT JOIN ",
            $schema,
            ".nodes AS n ON n.doc = $1 AND n.node = b.node
             LEFT JOIN LATERAL (SELECT true AS found FROM ",
            $schema,
            ".nodes AS c
                                WHERE c.doc = $1 AND c.parent = b.node LIMIT 1) AS c ON true"
        )
    };
}
pub(crate) use nodes_sql;

/// The statement that [`Tree::read_above`] needs, for the tables of this schema.
macro_rules! above_sql {
    ($schema:literal) => {
        concat!(
            "WITH RECURSIVE up (node, parent) AS (
                 SELECT n.node, n.parent FROM ",
            $schema,
            ".nodes AS n
                 WHERE n.doc = $1 AND n.node = ANY ($2)
                 UNION
                 SELECT n.node, n.parent FROM up
                 JOIN ",
            $schema,
            ".nodes AS n ON n.doc = $1 AND n.node = up.parent)
             SELECT node, parent FROM up"
        )
    };
}
pub(crate) use above_sql;

/// The statement that moves nodes which have a row, for the tables of this schema.
macro_rules! place_sql {
    ($schema:literal) => {
        concat!(
            "UPDATE ",
            $schema,
            ".nodes AS n SET parent = u.parent, order_key = u.order_key
             FROM unnest($2, $3, $4) AS u (node, parent, order_key)
             WHERE n.doc = $1 AND n.node = u.node"
        )
    };
}
pub(crate) use place_sql;

const NONE: u32 = u32::MAX;

/// What is known of a node.
#[derive(Debug, Clone, Copy)]
struct Known<'s> {
    node: Node,
    /// Whether it was read where it is; else it was only named.
    was_read: bool,
    /// Where it is, at the moment that the tree is of.
    place: Option<Place<'s>>,
    /// Where it is in the table, if it has a row and operations are about it.
    row: Option<Option<Place<'s>>>,
}

/// Part of a tree, at one moment. Nodes are numbered, to be looked up once.
#[derive(Debug, Default)]
pub struct Tree<'s> {
    numbers: NodeMap<u32>,
    known: Vec<Known<'s>>,
    /// The number of each node's parent. Apart, since walks upwards read nothing else.
    up: Vec<u32>,
    may_have_children: Vec<bool>,
    /// The nodes without a row that operations are about.
    new: Vec<u32>,
}

impl<'s> Tree<'s> {
    /// One with room for so many nodes.
    pub fn with_capacity(nodes: usize) -> Self {
        Self {
            numbers: NodeMap::with_capacity_and_hasher(nodes, Default::default()),
            known: Vec::with_capacity(nodes),
            up: Vec::with_capacity(nodes),
            may_have_children: Vec::with_capacity(nodes),
            new: Vec::new(),
        }
    }

    /// The number of a node.
    pub fn number(&mut self, node: Node) -> u32 {
        *self.numbers.entry(node).or_insert_with(|| {
            self.known.push(Known { node, was_read: false, place: None, row: None });
            self.up.push(NONE);
            self.may_have_children.push(false);
            self.known.len() as u32 - 1
        })
    }

    fn set_place(&mut self, at: u32, place: Option<Place<'s>>) {
        let up = place.map_or(NONE, |place| self.number(place.parent));
        let known = &mut self.known[at as usize];
        (known.was_read, known.place) = (true, place);
        self.up[at as usize] = up;
    }

    /// Undoes an operation on this node, after which it was at `after` and before which at `before`.
    /// The one with the greatest key comes first.
    pub fn undo(&mut self, at: u32, after: Option<Place<'s>>, before: Option<Place<'s>>) {
        self.known[at as usize].row.get_or_insert(after);
        self.may_have_children[at as usize] = true;
        self.set_place(at, before);
    }

    /// Ends the undoing: what the nodes are below has children.
    pub fn end_undo(&mut self) {
        for &up in self.up.iter().filter(|&&up| up != NONE) {
            self.may_have_children[up as usize] = true;
        }
    }

    /// Reads the nodes that these operations are about, as far as they are not known.
    pub fn read_nodes(
        &mut self,
        session: &'s Session,
        plan: &'static LocalKey<Plan>,
        doc: &str,
        batch: &[Op<'s>],
    ) {
        let mut unknown = Vec::new();
        for op in batch.iter().filter(|op| !op.is_reserved()) {
            let at = self.number(op.node) as usize;
            if !std::mem::replace(&mut self.known[at].was_read, true) {
                unknown.push(Some(op.node));
            }
        }
        if unknown.is_empty() {
            return;
        }
        let args = [Arg::of(doc), Arg::nodes(unknown.into_iter())];
        session.run(plan, &args, |row| {
            let at = self.number(row.node(0));
            let place =
                row.optional_node(2).map(|parent| Place { parent, order_key: row.bytes(3) });
            self.set_place(at, place);
            self.may_have_children[at as usize] |= row.bool(4);
            if row.bool(1) {
                self.known[at as usize].row = Some(place);
            } else {
                self.new.push(at);
            }
        });
    }

    /// Reads what is above all nodes that were named so far or are by these operations, if any of them
    /// can make a cycle or something was undone.
    pub fn read_above(
        &mut self,
        session: &'s Session,
        plan: &'static LocalKey<Plan>,
        doc: &str,
        batch: &[Op<'s>],
        undone: bool,
    ) {
        if !undone && !self.may_close(batch) {
            return;
        }
        for place in batch.iter().filter(|op| !op.is_reserved()).filter_map(|op| op.place) {
            self.number(place.parent);
        }
        let named = self.known.iter().filter(|known| !known.was_read).map(|known| known.node);
        let starts: Vec<_> =
            named.filter(|&node| node != ROOT && node != TRASH).map(Some).collect();
        if starts.is_empty() {
            return;
        }
        let args = [Arg::of(doc), Arg::nodes(starts.into_iter())];
        session.run(plan, &args, |row| {
            let at = self.number(row.node(0));
            if !self.known[at as usize].was_read {
                // The order key of a node that is only passed is never asked for.
                let place = row.optional_node(1).map(|parent| Place { parent, order_key: &[] });
                self.set_place(at, place);
            }
        });
    }

    /// Whether any of these operations is about a node that may have children by then.
    fn may_close(&self, batch: &[Op<'s>]) -> bool {
        let mut named = NodeSet::default();
        batch.iter().filter(|op| !op.is_reserved()).any(|op| {
            let Some(place) = op.place else { return false };
            let at = self.numbers.get(&op.node);
            let has_children = at.is_some_and(|&at| self.may_have_children[at as usize]);
            let may_close = has_children || named.contains(&op.node);
            named.insert(place.parent);
            may_close
        })
    }

    /// Puts a node below a parent, both by number, unless that would make a cycle. Gives where it was,
    /// and whether it was put.
    pub fn put(&mut self, at: u32, up: u32, place: Place<'s>) -> (Option<Place<'s>>, bool) {
        let closes = at == up || (self.may_have_children[at as usize] && self.is_above(at, up));
        self.may_have_children[up as usize] = true;
        let now = &mut self.known[at as usize].place;
        let old = *now;
        if !closes {
            *now = Some(place);
            self.up[at as usize] = up;
        }
        (old, !closes)
    }

    fn is_above(&self, at: u32, mut below: u32) -> bool {
        while below != NONE {
            pgrx::check_for_interrupts!();
            below = self.up[below as usize];
            if below == at {
                return true;
            }
        }
        false
    }

    /// The nodes that have no row, with their places now.
    pub fn new_nodes(&self) -> impl Iterator<Item = (Node, Option<Place<'s>>)> {
        self.new.iter().map(|&at| self.known[at as usize]).map(|known| (known.node, known.place))
    }

    /// Moves the rows of the nodes that are elsewhere now.
    pub fn write_places(&self, session: &'s Session, plan: &'static LocalKey<Plan>, doc: &str) {
        let moved =
            self.known.iter().filter(|known| known.row.is_some_and(|row| row != known.place));
        let moved: Vec<_> = moved.map(|known| (known.node, known.place)).collect();
        place_rows(session, plan, doc, &moved);
    }
}

/// Moves rows.
pub fn place_rows(
    session: &Session,
    plan: &'static LocalKey<Plan>,
    doc: &str,
    moved: &[(Node, Option<Place<'_>>)],
) {
    if moved.is_empty() {
        return;
    }
    let places = moved.iter().map(|&(_, place)| place);
    let args = [
        Arg::of(doc),
        Arg::nodes(moved.iter().map(|&(node, _)| Some(node))),
        Arg::nodes(places.clone().map(|place| place.map(|place| place.parent))),
        Arg::bytes(places.map(|place| place.map(|place| place.order_key))),
    ];
    session.run(plan, &args, |_| {});
}
