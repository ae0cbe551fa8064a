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

/// What is known of a node.
#[derive(Debug, Clone, Copy, Default)]
struct Known<'s> {
    /// Whether `place` was read; else only `may_have_children` means anything.
    was_read: bool,
    /// Where it is, at the moment that the tree is of.
    place: Option<Place<'s>>,
    /// Where it is in the table, if it has a row and operations are about it.
    row: Option<Option<Place<'s>>>,
    may_have_children: bool,
}

/// Part of a tree, at one moment.
#[derive(Debug, Default)]
pub struct Tree<'s> {
    nodes: NodeMap<Known<'s>>,
    /// The nodes without a row that operations are about.
    new: Vec<Node>,
}

impl<'s> Tree<'s> {
    /// Undoes an operation on this node, after which it was at `after` and before which at `before`.
    /// The one with the greatest key comes first.
    pub fn undo(&mut self, node: Node, after: Option<Place<'s>>, before: Option<Place<'s>>) {
        let known = self.nodes.entry(node).or_default();
        known.row.get_or_insert(after);
        (known.was_read, known.place, known.may_have_children) = (true, before, true);
    }

    /// Ends the undoing: what the nodes were below may have children.
    pub fn end_undo(&mut self) {
        let places = self.nodes.values().filter_map(|known| known.place);
        let parents: Vec<Node> = places.map(|place| place.parent).collect();
        for parent in parents {
            self.nodes.entry(parent).or_default().may_have_children = true;
        }
    }

    fn was_read(&self, node: Node) -> bool {
        self.nodes.get(&node).is_some_and(|known| known.was_read)
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
        let unknown: Vec<Option<Node>> = batch
            .iter()
            .filter(|op| !op.is_reserved() && !self.was_read(op.node))
            .filter(|op| asked.insert(op.node))
            .map(|op| Some(op.node))
            .collect();
        if unknown.is_empty() {
            return;
        }
        let args = [Arg::of(doc), Arg::nodes(unknown.into_iter())];
        session.run(plan, &args, |row| {
            let node = row.node(0);
            let place =
                row.optional_node(2).map(|parent| Place { parent, order_key: row.bytes(3) });
            let known = self.nodes.entry(node).or_default();
            (known.was_read, known.place) = (true, place);
            known.may_have_children |= row.bool(4);
            if row.bool(1) {
                known.row = Some(place);
            } else {
                self.new.push(node);
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
        if others.peek().is_none() && !self.may_close(batch) {
            return;
        }
        let moves = || batch.iter().filter(|op| !op.is_reserved());
        let mut asked = NodeSet::default();
        let starts: Vec<Option<Node>> = moves()
            .filter_map(|op| op.place)
            .chain(moves().filter_map(|op| self.place(op.node)))
            .map(|place| place.parent)
            .chain(others)
            .filter(|&node| node != ROOT && node != TRASH && !self.was_read(node))
            .filter(|&node| asked.insert(node))
            .map(Some)
            .collect();
        if starts.is_empty() {
            return;
        }
        let args = [Arg::of(doc), Arg::nodes(starts.into_iter())];
        session.run(plan, &args, |row| {
            let known = self.nodes.entry(row.node(0)).or_default();
            if !known.was_read {
                // The order key of a node that is only passed is never asked for.
                let place = row.optional_node(1).map(|parent| Place { parent, order_key: &[] });
                (known.was_read, known.place) = (true, place);
            }
        });
    }

    /// Whether any of these operations is about a node that may have children by then.
    fn may_close(&self, batch: &[Op<'s>]) -> bool {
        let mut named = NodeSet::default();
        batch.iter().filter(|op| !op.is_reserved()).any(|op| {
            let Some(place) = op.place else { return false };
            let has_children =
                self.nodes.get(&op.node).is_some_and(|known| known.may_have_children);
            let may_close = has_children || named.contains(&op.node);
            named.insert(place.parent);
            may_close
        })
    }

    /// Puts a node somewhere, unless that would make a cycle. Gives where it was, and whether it was
    /// put.
    pub fn put(&mut self, node: Node, place: Place<'s>) -> (Option<Place<'s>>, bool) {
        let known = self.nodes.get(&node).copied().unwrap_or_default();
        let closes =
            node == place.parent || (known.may_have_children && self.is_above(node, place.parent));
        self.nodes.entry(place.parent).or_default().may_have_children = true;
        if !closes {
            self.nodes.entry(node).or_default().place = Some(place);
        }
        (known.place, !closes)
    }

    fn is_above(&self, node: Node, mut below: Node) -> bool {
        while let Some(place) = self.place(below) {
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
        self.nodes.get(&node).and_then(|known| known.place)
    }

    /// The nodes that have no row.
    pub fn new_nodes(&self) -> &[Node] {
        &self.new
    }

    /// Moves the rows of the nodes that are elsewhere now.
    pub fn write_places(&self, session: &'s Session, plan: &'static LocalKey<Plan>, doc: &str) {
        let moved = self.nodes.iter().filter(|(_, k)| k.row.is_some_and(|row| row != k.place));
        let moved: Vec<_> = moved.map(|(&node, known)| (node, known.place)).collect();
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
