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

/// Part of a tree, at one moment.
#[derive(Debug, Default)]
pub struct Tree<'s> {
    /// Where nodes are; a node that was never placed, or not read, has no place.
    places: NodeMap<Option<Place<'s>>>,
    /// The rows of the nodes that operations are about, as the table has them.
    rows: NodeMap<Option<Place<'s>>>,
    /// The nodes that may have children.
    inner: NodeSet,
    /// The nodes without a row, in the order of their first operation.
    new: Vec<Node>,
}

impl<'s> Tree<'s> {
    /// Notes a node as it is in the table, and where it was at the moment that this tree is of.
    pub fn know(&mut self, node: Node, row: Option<Place<'s>>, then: Option<Place<'s>>) {
        self.rows.insert(node, row);
        self.places.insert(node, then);
        self.inner.insert(node);
        self.inner.extend(then.map(|place| place.parent));
    }

    /// Reads the nodes that these operations are about, as far as they are not known.
    pub fn read_nodes(
        &mut self,
        session: &'s Session,
        plan: &'static LocalKey<Plan>,
        doc: &str,
        batch: &[Op<'s>],
    ) {
        let mut asked = NodeSet::default();
        let unknown = batch
            .iter()
            .filter(|op| !op.is_reserved() && !self.rows.contains_key(&op.node))
            .filter(|op| asked.insert(op.node))
            .map(|op| Some(op.node));
        let unknown: Vec<Option<Node>> = unknown.collect();
        if unknown.is_empty() {
            return;
        }
        let args = [Arg::of(doc), Arg::nodes(unknown.into_iter())];
        session.run(plan, &args, |row| {
            let node = row.node(0);
            let place =
                row.optional_node(2).map(|parent| Place { parent, order_key: row.bytes(3) });
            self.places.insert(node, place);
            if row.bool(1) {
                self.rows.insert(node, place);
            } else {
                self.new.push(node);
            }
            if row.bool(4) {
                self.inner.insert(node);
            }
        });
    }

    /// Reads what is above the places that these operations name, and above `others`, if any of them
    /// can make a cycle or there are others.
    pub fn read_above(
        &mut self,
        session: &'s Session,
        plan: &'static LocalKey<Plan>,
        doc: &str,
        batch: &[Op<'s>],
        others: impl Iterator<Item = Node>,
    ) {
        let mut others = others.peekable();
        let mut named = NodeSet::default();
        let moves = || batch.iter().filter(|op| !op.is_reserved());
        let needed = moves().any(|op| {
            let Some(place) = op.place else { return false };
            let may_close = self.inner.contains(&op.node) || named.contains(&op.node);
            named.insert(place.parent);
            may_close
        });
        if !needed && others.peek().is_none() {
            return;
        }
        let mut asked = NodeSet::default();
        let starts = moves()
            .filter_map(|op| op.place)
            .chain(moves().filter_map(|op| self.places.get(&op.node).copied().flatten()))
            .map(|place| place.parent)
            .chain(others)
            .filter(|&node| node != ROOT && node != TRASH && !self.places.contains_key(&node))
            .filter(|&node| asked.insert(node))
            .map(Some)
            .collect::<Vec<Option<Node>>>();
        if starts.is_empty() {
            return;
        }
        let args = [Arg::of(doc), Arg::nodes(starts.into_iter())];
        session.run(plan, &args, |row| {
            // The order key of a node that is only passed is never asked for.
            let place = row.optional_node(1).map(|parent| Place { parent, order_key: &[] });
            self.places.entry(row.node(0)).or_insert(place);
        });
    }

    /// Puts a node somewhere, unless that would make a cycle. Gives where it was, and whether it was
    /// put.
    pub fn put(&mut self, node: Node, place: Place<'s>) -> (Option<Place<'s>>, bool) {
        let old = self.places.get(&node).copied().flatten();
        let closes = node == place.parent
            || (self.inner.contains(&node) && self.is_above(node, place.parent));
        self.inner.insert(place.parent);
        if !closes {
            self.places.insert(node, Some(place));
        }
        (old, !closes)
    }

    fn is_above(&self, node: Node, mut below: Node) -> bool {
        while let Some(place) = self.places.get(&below).copied().flatten() {
            pgrx::check_for_interrupts!();
            below = place.parent;
            if below == node {
                return true;
            }
        }
        false
    }

    /// Where a node is now.
    pub fn place(&self, node: Node) -> Option<Place<'s>> {
        self.places.get(&node).copied().flatten()
    }

    /// The nodes that have no row.
    pub fn new_nodes(&self) -> &[Node] {
        &self.new
    }

    /// Moves the rows of the nodes that are elsewhere now.
    pub fn write_places(&self, session: &'s Session, plan: &'static LocalKey<Plan>, doc: &str) {
        let moved: Vec<(Node, Option<Place<'_>>)> = self
            .rows
            .iter()
            .map(|(&node, &row)| (node, row, self.place(node)))
            .filter(|(_, row, now)| row != now)
            .map(|(node, _, now)| (node, now))
            .collect();
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
