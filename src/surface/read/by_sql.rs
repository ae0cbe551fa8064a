//! Reading by plain queries in the caller's rights, so that grants on columns and policies hold: for
//! those who may not read everything. Runs inside [`super::query::by_index`].

use std::collections::HashMap;

use pgrx::Uuid;
use pgrx::datum::DatumWithOid;
use treecrdt::{Dot, NodeKeys, VersionVector};

use super::digest::digest_of;
use super::nodes::{Visible, WayUp};
use super::query::Query;
use super::version::range;
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Open;
use crate::memory;
use crate::storage::rows::read_vector;

/// The visible nodes below `root`, in document order: a query a level, then put in order.
pub fn visible(
    forest: &Open,
    doc: &DocName<'_>,
    root: Uuid,
    max_depth: Option<i32>,
) -> Result<Vec<Visible>, Error> {
    let mut level = Query::new(forest, include_str!("../../../sql/read/level.sql"));
    let mut children: HashMap<Uuid, Vec<Visible>> = HashMap::new();
    if way_up(forest, doc, root)?.is_none() {
        return Ok(Vec::new());
    }
    let mut parents = vec![root];
    let mut depth = 0;
    while !parents.is_empty() && max_depth.is_none_or(|max| depth < max) {
        memory::check();
        depth += 1;
        let mut next = Vec::new();
        let arguments = || [doc.param(), parents.into()];
        level.each(arguments, |row| {
            let Some((parent, node)) = row.get::<Uuid>(1)?.zip(row.get::<Uuid>(2)?) else {
                return Ok(());
            };
            if node == root {
                return Err(below_itself(forest, doc, node));
            }
            next.push(node);
            children.entry(parent).or_default().push(Visible {
                depth,
                node,
                parent,
                order_key: row.get(3)?.unwrap_or_default(),
                payload: row.get(4)?,
            });
            Ok(())
        })?;
        parents = next;
    }
    // They came in order, which takes one look each; but of a join SQL does not promise it.
    for siblings in children.values_mut() {
        siblings.sort_by(|a, b| a.place().cmp(&b.place()));
    }
    let mut ordered = Vec::new();
    let mut open: Vec<Visible> = children.remove(&root).into_iter().flatten().rev().collect();
    while let Some(visible) = open.pop() {
        memory::check();
        open.extend(children.remove(&visible.node).into_iter().flatten().rev());
        ordered.push(visible);
    }
    Ok(ordered)
}

/// The node and its ancestors up to ROOT's child; `None` if it is not visible.
///
/// # Errors
/// [`Error::Corrupted`] where nodes are below themselves.
pub fn way_up(forest: &Open, doc: &DocName<'_>, node: Uuid) -> Result<Option<Vec<Uuid>>, Error> {
    let mut step = Query::new(forest, include_str!("../../../sql/read/step_up.sql"));
    let mut way = WayUp::new(node);
    while let Some(at) = way.next(&forest.name, doc)? {
        let mut parent = None;
        step.each(
            || [doc.param(), at.into()],
            |row| {
                parent = row.get::<Uuid>(1)?;
                Ok(())
            },
        )?;
        match parent {
            Some(parent) => way.go(parent),
            None => return Ok(None),
        }
    }
    Ok(Some(way.path))
}

/// A node's payload.
///
/// # Errors
/// [`Error::Spi`].
pub fn payload(forest: &Open, doc: &DocName<'_>, node: Uuid) -> Result<Option<Vec<u8>>, Error> {
    let mut payload = None;
    Query::new(forest, include_str!("../../../sql/read/payload.sql")).each(
        || [doc.param(), node.into()],
        |row| {
            payload = row.get(1)?;
            Ok(())
        },
    )?;
    Ok(payload)
}

/// The dots that a deletion of the node must cover.
///
/// # Errors
/// [`Error::Corrupted`] where nodes are below themselves.
pub fn subtree_version(
    forest: &Open,
    doc: &DocName<'_>,
    node: Uuid,
) -> Result<VersionVector, Error> {
    let mut below = Query::new(forest, include_str!("../../../sql/read/below.sql"));
    let mut own_dots = Query::new(forest, include_str!("../../../sql/read/own_dots.sql"));
    let mut subtree = vec![node];
    let mut from = 0;
    while from < subtree.len() {
        memory::check();
        let level: Vec<Uuid> = subtree[from..].to_vec();
        from = subtree.len();
        let arguments = || [doc.param(), level.into()];
        below.each(arguments, |row| {
            let below = row.get::<Uuid>(1)?;
            if below == Some(node) {
                return Err(below_itself(forest, doc, node));
            }
            subtree.extend(below);
            Ok(())
        })?;
    }
    let (mut structure, mut winners) = (Vec::new(), Vec::new());
    let mut keys = Query::new(forest, include_str!("../../../sql/read/node_keys.sql"));
    keys.each(
        || [doc.param(), subtree.clone().into()],
        |row| {
            let keys = NodeKeys::from_bytes(&row.get::<Vec<u8>>(1)?.unwrap_or_default());
            let keys = keys.map_err(|problem| {
                Error::corrupted(&forest.name, doc, format!("nodes.keys: {problem}"))
            })?;
            structure.extend(keys.placed.into_iter().chain(keys.inserted).map(|key| key.dot));
            winners.extend(keys.payload.map(|key| key.dot));
            Ok(())
        },
    )?;
    structure.extend(dots(&mut own_dots, || [doc.param(), subtree.into()])?);
    let mut ignored = Query::new(forest, include_str!("../../../sql/read/ignored.sql"));
    let ignored: VersionVector = dots(&mut ignored, || [doc.param()])?.into_iter().collect();
    let structure: VersionVector = structure.into_iter().collect();
    let mut version = structure.difference(&ignored);
    version.union(&winners.into_iter().collect());
    // Operations that wait are in the log, but have not happened yet.
    Ok(version.difference(&waiting_dots(forest, doc)?))
}

/// The dots that a query gives.
fn dots<'a, const N: usize>(
    query: &mut Query,
    arguments: impl FnOnce() -> [DatumWithOid<'a>; N],
) -> Result<Vec<Dot>, Error> {
    let mut dots = Vec::new();
    query.each(arguments, |row| {
        let dot = range(row.get(1)?, row.get(2)?, row.get(2)?);
        dots.extend(dot.map(|(replica, counter, _)| Dot { replica, counter }));
        Ok(())
    })?;
    Ok(dots)
}

/// The dots of the operations that wait.
fn waiting_dots(forest: &Open, doc: &DocName<'_>) -> Result<VersionVector, Error> {
    let mut waiting = VersionVector::default();
    Query::new(forest, include_str!("../../../sql/read/waiting.sql")).each(
        || [doc.param()],
        |row| {
            if let Some(dots) = row.get::<Vec<u8>>(1)? {
                waiting.union(&read_vector(&dots)?);
            }
            Ok(())
        },
    )?;
    Ok(waiting)
}

/// The digest.
///
/// # Errors
/// [`Error::Spi`].
pub fn digest(forest: &Open, doc: &DocName<'_>) -> Result<Vec<u8>, Error> {
    let mut tables = Vec::new();
    Query::new(forest, include_str!("../../../sql/read/digest.sql")).each(
        || [doc.param()],
        |row| {
            for column in 1..=3 {
                tables.extend(row.get::<Vec<u8>>(column)?);
            }
            Ok(())
        },
    )?;
    Ok(digest_of(&tables, &waiting_dots(forest, doc)?))
}

fn below_itself(forest: &Open, doc: &DocName<'_>, node: Uuid) -> Error {
    Error::corrupted(&forest.name, doc, format!("node {node} is below itself"))
}
