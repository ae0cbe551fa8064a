//! Reading by plain queries in the caller's rights, so that grants on columns and policies hold: for
//! those who may not read everything. Runs inside [`super::plan::by_index`].

use std::collections::HashMap;

use pgrx::{PgBuiltInOids, Spi, Uuid};
use treecrdt::{Dot, VersionVector};

use super::plan::prepare;
use super::version::range;
use super::{Visible, WayUp};
use crate::error::Error;
use crate::forest::{Open, names};
use crate::memory;

/// The visible nodes below `root`, in document order: a query a level, then put in order.
pub fn visible(
    forest: &Open,
    doc: &str,
    root: Uuid,
    max_depth: Option<i32>,
) -> Result<Vec<Visible>, Error> {
    let level = names::sql(forest, include_str!("../../../sql/read/level.sql"));
    let mut children: HashMap<Uuid, Vec<Visible>> = HashMap::new();
    if way_up(forest, doc, root)?.is_none() {
        return Ok(Vec::new());
    }
    let types = [PgBuiltInOids::TEXTOID.oid(), PgBuiltInOids::UUIDARRAYOID.oid()];
    let level = prepare(&level, &types)?;
    let mut parents = vec![root];
    let mut depth = 0;
    while !parents.is_empty() && max_depth.is_none_or(|max| depth < max) {
        memory::check();
        depth += 1;
        let mut next = Vec::new();
        Spi::connect(|client| -> Result<(), Error> {
            for row in client.select(&level, None, &[doc.into(), parents.into()])? {
                let (Some(parent), Some(node)) = (row.get::<Uuid>(1)?, row.get::<Uuid>(2)?) else {
                    continue;
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
            }
            Ok(())
        })?;
        parents = next;
    }
    // They came in order, which takes one look each; but of a join SQL does not promise it.
    for siblings in children.values_mut() {
        siblings.sort_by(|a, b| {
            (&a.order_key, a.node.as_bytes()).cmp(&(&b.order_key, b.node.as_bytes()))
        });
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
pub fn way_up(forest: &Open, doc: &str, node: Uuid) -> Result<Option<Vec<Uuid>>, Error> {
    let step = names::sql(forest, include_str!("../../../sql/read/step_up.sql"));
    let step = prepare(&step, &[PgBuiltInOids::TEXTOID.oid(), PgBuiltInOids::UUIDOID.oid()])?;
    let mut way = WayUp::new(node);
    while let Some(at) = way.next(&forest.name, doc)? {
        memory::check();
        let parent = Spi::connect(|client| -> Result<_, Error> {
            let mut rows = client.select(&step, Some(1), &[doc.into(), at.into()])?;
            Ok(rows.next().map(|row| row.get::<Uuid>(1)).transpose()?.flatten())
        })?;
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
pub fn payload(forest: &Open, doc: &str, node: Uuid) -> Result<Option<Vec<u8>>, Error> {
    let sql = names::sql(forest, include_str!("../../../sql/read/payload.sql"));
    Spi::connect(|client| {
        let rows = client.select(&sql, Some(1), &[doc.into(), node.into()])?;
        let payload = rows.into_iter().next().map(|row| row.get::<Vec<u8>>(1)).transpose()?;
        Ok(payload.flatten())
    })
}

/// The dots that a deletion of the node must cover.
///
/// # Errors
/// [`Error::Corrupted`] where nodes are below themselves.
pub fn subtree_version(forest: &Open, doc: &str, node: Uuid) -> Result<VersionVector, Error> {
    let below = names::sql(forest, include_str!("../../../sql/read/below.sql"));
    let waiting = names::sql(forest, include_str!("../../../sql/read/waiting.sql"));
    let dots = names::sql(forest, include_str!("../../../sql/read/own_dots.sql"));
    let types = [PgBuiltInOids::TEXTOID.oid(), PgBuiltInOids::UUIDARRAYOID.oid()];
    let below = prepare(&below, &types)?;
    let mut subtree = vec![node];
    let mut from = 0;
    while from < subtree.len() {
        memory::check();
        let level: Vec<Uuid> = subtree[from..].to_vec();
        from = subtree.len();
        Spi::connect(|client| -> Result<(), Error> {
            for row in client.select(&below, None, &[doc.into(), level.into()])? {
                let below = row.get::<Uuid>(1)?;
                if below == Some(node) {
                    return Err(below_itself(forest, doc, node));
                }
                subtree.extend(below);
            }
            Ok(())
        })?;
    }
    Spi::connect(|client| {
        let mut version = Vec::new();
        for row in client.select(&dots, None, &[doc.into(), subtree.into()])? {
            let dot = range(row.get(1)?, row.get(2)?, row.get(2)?);
            version.extend(dot.map(|(replica, counter, _)| Dot { replica, counter }));
        }
        let mut version: VersionVector = version.into_iter().collect();
        // Operations that wait are in the log, but have not happened yet.
        for row in client.select(&waiting, None, &[doc.into()])? {
            if let Some(dots) = row.get::<Vec<u8>>(1)? {
                version = version.difference(&VersionVector::from_cbor(&dots)?);
            }
        }
        Ok(version)
    })
}

/// The digest.
///
/// # Errors
/// [`Error::Spi`].
pub fn digest(forest: &Open, doc: &str) -> Result<Vec<u8>, Error> {
    let sql = names::sql(forest, include_str!("../../../sql/read/digest.sql"));
    Spi::connect(|client| {
        let digest = client.select(&sql, Some(1), &[doc.into()])?.first().get_one::<Vec<u8>>()?;
        Ok(digest.unwrap_or_default())
    })
}

fn below_itself(forest: &Open, doc: &str, node: Uuid) -> Error {
    Error::corrupted(&forest.name, doc, format!("node {node} is below itself"))
}
