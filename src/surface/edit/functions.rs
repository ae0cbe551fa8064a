//! The functions that edit. Each does what its name says to a person, or raises.

use pgrx::pg_sys::Oid;
use std::num::NonZeroUsize;

use pgrx::heap_tuple::PgHeapTuple;
use pgrx::{Uuid, pg_extern};
use treecrdt::{Action, Dot, NodeId, VersionVector};

use super::draft::{Draft, edit};
use super::place::{Wish, order_key};
use super::random::random_node;
use super::way::Way;
use crate::datum;
use crate::error::{EditProblem, Error, or_raise};
use crate::forest::dot_type;
use crate::forest::shape::nodes;
use crate::surface::read::{node_id, uuid};

/// An argument that must not be NULL.
pub(super) fn given<T>(argument: Option<T>, name: &'static str) -> Result<T, Error> {
    argument.ok_or(EditProblem::Null { argument: name }.into())
}

/// A node that operations can be about.
pub(super) fn ordinary(node: Option<Uuid>) -> Result<NodeId, Error> {
    let node = node_id(given(node, "node")?);
    if node.is_reserved() { Err(EditProblem::Reserved { node }.into()) } else { Ok(node) }
}

fn wish<'a>(after: Option<Uuid>, before: Option<Uuid>, place: Option<&'a str>) -> Wish<'a> {
    Wish { after: after.map(node_id), before: before.map(node_id), place: place.unwrap_or("last") }
}

/// The way up from a node that is visible.
pub(super) fn visible(draft: &mut Draft<'_>, node: NodeId) -> Result<Way, Error> {
    let way = Way::from(draft, node)?;
    match way.obstacle(0) {
        Some(problem) => Err(problem.into()),
        None => Ok(way),
    }
}

/// The way up from a node that is there and was placed.
fn placed(draft: &mut Draft<'_>, node: NodeId) -> Result<Way, Error> {
    let way = Way::from(draft, node)?;
    if way.steps.is_empty() { Err(EditProblem::Unknown { node }.into()) } else { Ok(way) }
}

#[pg_extern(sql = false)]
#[allow(clippy::too_many_arguments)]
fn insert_node(
    forest: Option<Oid>,
    doc: Option<&str>,
    parent: Option<Uuid>,
    payload: Option<&[u8]>,
    after: Option<Uuid>,
    before: Option<Uuid>,
    place: Option<&str>,
    node: Option<Uuid>,
) -> Uuid {
    edit(c"treecrdt.insert_node()", forest, doc, |draft| {
        let parent = node_id(given(parent, "parent")?);
        let node = ordinary(Some(node.unwrap_or_else(random_node)))?;
        let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&node)], &[])?;
        if row.as_ref().is_some_and(|row| row.has(nodes::PARENT)) {
            return Err(EditProblem::There { node }.into());
        }
        // Of one that was never placed there may be a payload all the same, and deletions.
        let had_payload = row.is_some_and(|row| row.has(nodes::PAYLOAD));
        draft.must_be_news(node)?;
        visible(draft, parent)?;
        let order_key = order_key(draft, parent, node, wish(after, before, place))?;
        draft.mint(
            node,
            Action::Insert { parent, order_key, payload: payload.map(<[u8]>::to_vec) },
        )?;
        if had_payload && payload.is_none() {
            draft.mint(node, Action::Payload(None))?;
        }
        Ok(uuid(node))
    })
}

#[pg_extern(sql = false)]
fn move_node(
    forest: Option<Oid>,
    doc: Option<&str>,
    node: Option<Uuid>,
    parent: Option<Uuid>,
    after: Option<Uuid>,
    before: Option<Uuid>,
    place: Option<&str>,
) -> pgrx::composite_type!('static, "treecrdt.dot") {
    as_composite(edit(c"treecrdt.move_node()", forest, doc, |draft| {
        let (node, parent) = (ordinary(node)?, node_id(given(parent, "parent")?));
        draft.must_be_news(node)?;
        let was = placed(draft, node)?;
        let way = visible(draft, parent)?;
        if way.steps.iter().any(|&(step, _)| step == node) {
            return Err(EditProblem::Cycle { node, parent }.into());
        }
        let order_key = order_key(draft, parent, node, wish(after, before, place))?;
        let dot = draft.mint(node, Action::Move { parent, order_key })?;
        // What was deleted above it would come back, as the move is news to it: it is deleted again, by one
        // who has seen that.
        let known_state = VersionVector::from_iter([dot]);
        for above in was.tombstones_above() {
            draft.mint(above, Action::Delete { known_state: known_state.clone() })?;
        }
        Ok(dot)
    }))
}

#[pg_extern(sql = false)]
fn set_payload(
    forest: Option<Oid>,
    doc: Option<&str>,
    node: Option<Uuid>,
    payload: Option<&[u8]>,
) -> pgrx::composite_type!('static, "treecrdt.dot") {
    as_composite(edit(c"treecrdt.set_payload()", forest, doc, |draft| {
        let node = node_id(given(node, "node")?);
        // What it replaces may be all that keeps it, or what it is below, from having been deleted.
        for (above, _) in visible(draft, node)?.steps {
            draft.must_be_news(above)?;
        }
        draft.mint(node, Action::Payload(payload.map(<[u8]>::to_vec)))
    }))
}

#[pg_extern(sql = false)]
fn delete_node(
    forest: Option<Oid>,
    doc: Option<&str>,
    node: Option<Uuid>,
) -> pgrx::composite_type!('static, "treecrdt.dot") {
    as_composite(edit(c"treecrdt.delete_node()", forest, doc, |draft| {
        let node = ordinary(node)?;
        let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&node)], &[])?;
        if row.is_none() {
            return Err(EditProblem::Unknown { node }.into());
        }
        let known_state = draft.subtree_version(node)?;
        draft.mint(node, Action::Delete { known_state })
    }))
}

#[pg_extern(sql = false)]
fn restore_node(
    forest: Option<Oid>,
    doc: Option<&str>,
    node: Option<Uuid>,
) -> pgrx::composite_type!('static, "treecrdt.dot") {
    as_composite(edit(c"treecrdt.restore_node()", forest, doc, |draft| {
        let node = ordinary(node)?;
        let way = placed(draft, node)?;
        if let Some(problem) = way.obstacle(1) {
            return Err(problem.into());
        }
        if !way.steps[0].1 {
            return Err(EditProblem::NotDeleted { node }.into());
        }
        // To be placed where it is: news, which no delete of it has seen.
        draft.must_be_news(node)?;
        let row = draft.reader.node.find(&[draft.doc.arg(), datum::uuid(&node)], &[])?;
        let place = row
            .and_then(|row| Some((row.get(nodes::PARENT)?, row.get(nodes::ORDER_KEY)?.to_vec())));
        let (parent, order_key) = place.ok_or(EditProblem::Unknown { node })?;
        draft.mint(node, Action::Move { parent, order_key })
    }))
}

/// A dot as SQL has it.
pub(super) fn as_composite(dot: Dot) -> pgrx::composite_type!('static, "treecrdt.dot") {
    let build = || {
        let of = dot_type()?;
        let mut tuple = PgHeapTuple::new_composite_type_by_oid(of).ok()?;
        tuple.set_by_index(NonZeroUsize::MIN, dot.replica.as_bytes().to_vec()).ok()?;
        tuple.set_by_index(NonZeroUsize::MIN.saturating_add(1), dot.counter as i64).ok()?;
        Some(tuple)
    };
    or_raise(
        build().ok_or_else(|| Error::Unexpected { what: "type treecrdt.dot is missing".into() }),
    )
}
