//! Reading trees: plain queries in the caller's rights, so that grants and policies hold.

mod plan;
mod since;
mod version;

use std::collections::HashMap;

use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::{PgBuiltInOids, Spi, Uuid, name, pg_extern};
use treecrdt::{Dot, NodeId, VersionVector};

use self::plan::{by_index, prepare};
use self::version::range;
use crate::error::{Error, or_raise};
use crate::forest::{Access, Open, names};
use crate::memory;

/// A visible node.
struct Visible {
    depth: i32,
    node: Uuid,
    parent: Uuid,
    order_key: Vec<u8>,
    payload: Option<Vec<u8>>,
}

fn uuid(node: NodeId) -> Uuid {
    Uuid::from_bytes(node.0)
}

#[pg_extern(sql = false)]
#[allow(clippy::type_complexity)]
fn tree(
    forest: Option<Oid>,
    doc: Option<&str>,
    root: Option<Uuid>,
    max_depth: Option<i32>,
) -> TableIterator<
    'static,
    (
        name!(depth, i32),
        name!(node, Uuid),
        name!(parent, Uuid),
        name!(order_key, Vec<u8>),
        name!(payload, Option<Vec<u8>>),
    ),
> {
    let (Some(forest), Some(doc)) = (forest, doc) else { return TableIterator::empty() };
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let root = root.unwrap_or(uuid(NodeId::ROOT));
    let visible = or_raise(visible(&forest, doc, root, max_depth));
    TableIterator::new(
        visible.into_iter().map(|v| (v.depth, v.node, v.parent, v.order_key, v.payload)),
    )
}

/// The visible nodes below `root`, in document order: a query a level, then put in order.
fn visible(
    forest: &Open,
    doc: &str,
    root: Uuid,
    max_depth: Option<i32>,
) -> Result<Vec<Visible>, Error> {
    let level = names::sql(forest, include_str!("../../sql/read/level.sql"));
    let mut children: HashMap<Uuid, Vec<Visible>> = HashMap::new();
    by_index(forest, || {
        if way_up(forest, doc, root)?.is_none() {
            return Ok(());
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
                    let (Some(parent), Some(node)) = (row.get::<Uuid>(1)?, row.get::<Uuid>(2)?)
                    else {
                        continue;
                    };
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
        Ok(())
    })?;
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

#[pg_extern(sql = false)]
fn path(forest: Oid, doc: &str, node: Uuid) -> Option<Vec<Uuid>> {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let mut path = or_raise(by_index(&forest, || way_up(&forest, doc, node)))?;
    path.reverse();
    Some(path)
}

/// The node and its ancestors up to ROOT's child; `None` if it is not visible.
fn way_up(forest: &Open, doc: &str, node: Uuid) -> Result<Option<Vec<Uuid>>, Error> {
    let step = names::sql(forest, include_str!("../../sql/read/step_up.sql"));
    let step = prepare(&step, &[PgBuiltInOids::TEXTOID.oid(), PgBuiltInOids::UUIDOID.oid()])?;
    let mut path = Vec::new();
    let mut at = node;
    while at != uuid(NodeId::ROOT) {
        memory::check();
        path.push(at);
        let parent = Spi::connect(|client| -> Result<_, Error> {
            let mut rows = client.select(&step, Some(1), &[doc.into(), at.into()])?;
            Ok(rows.next().map(|row| row.get::<Uuid>(1)).transpose()?.flatten())
        })?;
        match parent {
            Some(parent) => at = parent,
            None => return Ok(None),
        }
    }
    Ok(Some(path))
}

#[pg_extern(sql = false)]
fn render(forest: Oid, doc: &str, root: Uuid) -> String {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let visible = or_raise(visible(&forest, doc, root, None));
    let mut drawing = String::from(if root == uuid(NodeId::ROOT) { "." } else { "" });
    if drawing.is_empty() {
        drawing = or_raise(root_label(&forest, doc, root));
    }
    // Whether a later sibling follows, read from the end: at each depth, the last seen so far.
    let mut follows = vec![false; visible.len()];
    let mut open: Vec<bool> = Vec::new();
    for (at, node) in visible.iter().enumerate().rev() {
        let depth = node.depth as usize;
        follows[at] = open.len() >= depth && open[depth - 1];
        open.resize(depth, false);
        open[depth - 1] = true;
    }
    let mut rails: Vec<bool> = Vec::new();
    for (node, follows) in visible.iter().zip(follows) {
        rails.truncate(node.depth as usize - 1);
        drawing.push('\n');
        for &rail in &rails {
            drawing.push_str(if rail { "│  " } else { "   " });
        }
        drawing.push_str(if follows { "├─ " } else { "└─ " });
        drawing.push_str(&label(node.payload.as_deref(), node.node));
        rails.push(follows);
    }
    drawing
}

fn root_label(forest: &Open, doc: &str, root: Uuid) -> Result<String, Error> {
    let sql = names::sql(forest, include_str!("../../sql/read/payload.sql"));
    Spi::connect(|client| {
        let rows = client.select(&sql, Some(1), &[doc.into(), root.into()])?;
        let payload = rows.into_iter().next().map(|row| row.get::<Vec<u8>>(1)).transpose()?;
        Ok(label(payload.flatten().as_deref(), root))
    })
}

/// A payload that is UTF-8, on one line; else the uuid.
fn label(payload: Option<&[u8]>, node: Uuid) -> String {
    match payload.map(std::str::from_utf8) {
        Some(Ok(text)) if !text.is_empty() => text
            .chars()
            .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
            .collect(),
        _ => node.to_string(),
    }
}

#[pg_extern(sql = false)]
fn subtree_version(forest: Oid, doc: &str, node: Uuid) -> Vec<u8> {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let below = names::sql(&forest, include_str!("../../sql/read/below.sql"));
    let waiting = names::sql(&forest, include_str!("../../sql/read/waiting.sql"));
    let dots = names::sql(&forest, include_str!("../../sql/read/own_dots.sql"));
    let read = || {
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
                    subtree.extend(row.get::<Uuid>(1)?);
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
            Ok::<_, Error>(version.to_cbor())
        })
    };
    or_raise(by_index(&forest, read))
}

#[pg_extern(sql = false)]
fn digest(forest: Oid, doc: &str) -> Option<Vec<u8>> {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let sql = names::sql(&forest, include_str!("../../sql/read/digest.sql"));
    let read = names::naming(forest.forest(), || {
        Spi::connect(|client| {
            client.select(&sql, Some(1), &[doc.into()])?.first().get_one::<Vec<u8>>()
        })
    });
    or_raise(read.map_err(Error::from))
}
