//! Reading trees: plain queries in the caller's rights, so that grants and policies hold.

mod plan;
mod since;
mod version;

use std::collections::HashMap;

use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::{PgBuiltInOids, Spi, Uuid, name, pg_extern};
use treecrdt::{Dot, NodeId, VersionVector};

use self::plan::{by_index, just, prepare};
use self::version::range;
use crate::error::{Error, or_raise};
use crate::forest::Forest;

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
    let forest = or_raise(Forest::of_schema(forest));
    let root = root.unwrap_or(uuid(NodeId::ROOT));
    let visible = or_raise(visible(&forest, doc, root, max_depth));
    TableIterator::new(
        visible.into_iter().map(|v| (v.depth, v.node, v.parent, v.order_key, v.payload)),
    )
}

/// The visible nodes below `root`, in document order: a query a level, then put in order.
fn visible(
    forest: &Forest,
    doc: &str,
    root: Uuid,
    max_depth: Option<i32>,
) -> Result<Vec<Visible>, Error> {
    // The LATERAL subquery with its own order is not merged into the query around it. So for each
    // parent there is one index range to read, and nothing to join or to sort.
    let level = format!(
        "SELECT p.parent, n.node, n.order_key, n.payload
         FROM pg_catalog.unnest($2) p (parent) CROSS JOIN LATERAL (
             SELECT node, order_key, payload FROM {}.nodes
             WHERE doc OPERATOR(pg_catalog.=) $1 AND parent OPERATOR(pg_catalog.=) p.parent
               AND NOT tombstone
             ORDER BY order_key, node) n",
        forest.name
    );
    let mut children: HashMap<Uuid, Vec<Visible>> = HashMap::new();
    by_index(|| {
        if way_up(forest, doc, root)?.is_none() {
            return Ok(());
        }
        let types = [PgBuiltInOids::TEXTOID.oid(), PgBuiltInOids::UUIDARRAYOID.oid()];
        let level = prepare(&level, &types)?;
        let mut parents = vec![root];
        let mut depth = 0;
        while !parents.is_empty() && max_depth.is_none_or(|max| depth < max) {
            pgrx::check_for_interrupts!();
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
        pgrx::check_for_interrupts!();
        open.extend(children.remove(&visible.node).into_iter().flatten().rev());
        ordered.push(visible);
    }
    Ok(ordered)
}

#[pg_extern(sql = false)]
fn path(forest: Oid, doc: &str, node: Uuid) -> Option<Vec<Uuid>> {
    let forest = or_raise(Forest::of_schema(forest));
    let mut path = or_raise(by_index(|| way_up(&forest, doc, node)))?;
    path.reverse();
    Some(path)
}

/// The node and its ancestors up to ROOT's child; `None` if it is not visible.
fn way_up(forest: &Forest, doc: &str, node: Uuid) -> Result<Option<Vec<Uuid>>, Error> {
    let step = format!(
        "SELECT parent FROM {}.nodes
         WHERE doc OPERATOR(pg_catalog.=) $1 AND {} AND NOT tombstone ORDER BY node",
        forest.name,
        just("node", "$2")
    );
    let step = prepare(&step, &[PgBuiltInOids::TEXTOID.oid(), PgBuiltInOids::UUIDOID.oid()])?;
    let mut path = Vec::new();
    let mut at = node;
    while at != uuid(NodeId::ROOT) {
        pgrx::check_for_interrupts!();
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
    let forest = or_raise(Forest::of_schema(forest));
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

fn root_label(forest: &Forest, doc: &str, root: Uuid) -> Result<String, Error> {
    let sql = format!(
        "SELECT payload FROM {}.nodes WHERE doc OPERATOR(pg_catalog.=) $1 AND node OPERATOR(pg_catalog.=) $2",
        forest.name
    );
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
    let forest = or_raise(Forest::of_schema(forest));
    let name = &forest.name;
    let below = format!(
        "SELECT n.node FROM pg_catalog.unnest($2) p (parent) CROSS JOIN LATERAL (
             SELECT node FROM {name}.nodes
             WHERE doc OPERATOR(pg_catalog.=) $1 AND parent OPERATOR(pg_catalog.=) p.parent
             ORDER BY order_key, node) n"
    );
    let waiting = format!(
        "SELECT treecrdt.version_vector_send(dots) FROM {name}.waiting
         WHERE doc OPERATOR(pg_catalog.=) $1"
    );
    let effective = format!(
        "NOT EXISTS (SELECT FROM {name}.ignored i WHERE i.doc OPERATOR(pg_catalog.=) o.doc
           AND i.node OPERATOR(pg_catalog.=) o.node AND i.lamport OPERATOR(pg_catalog.=) o.lamport
           AND i.replica OPERATOR(pg_catalog.=) o.replica AND i.counter OPERATOR(pg_catalog.=) o.counter)"
    );
    let placed = just("node", "s.node");
    let dots = format!(
        "WITH s AS (SELECT pg_catalog.unnest($2) AS node)
         SELECT o.replica, o.counter FROM s CROSS JOIN LATERAL (
             SELECT * FROM {name}.ops WHERE doc OPERATOR(pg_catalog.=) $1 AND {placed} ORDER BY node) o
         WHERE (o.kind OPERATOR(pg_catalog.=) 'insert' OR o.kind OPERATOR(pg_catalog.=) 'move')
           AND o.node OPERATOR(pg_catalog.<>) '00000000-0000-0000-0000-000000000000'
           AND o.node OPERATOR(pg_catalog.<>) 'ffffffff-ffff-ffff-ffff-ffffffffffff' AND {effective}
         UNION ALL SELECT o.replica, o.counter FROM s JOIN {name}.oprefs r
             ON r.doc OPERATOR(pg_catalog.=) $1 AND r.parent OPERATOR(pg_catalog.=) s.node
         CROSS JOIN LATERAL (
             SELECT * FROM {name}.ops WHERE doc OPERATOR(pg_catalog.=) $1
               AND replica OPERATOR(pg_catalog.=) r.replica AND {referred} ORDER BY counter) o
         WHERE (o.kind OPERATOR(pg_catalog.=) 'move'
             OR (o.kind OPERATOR(pg_catalog.=) 'insert' AND o.parent OPERATOR(pg_catalog.=) s.node)) AND {effective}
         UNION ALL SELECT n.payload_replica, n.payload_counter FROM s CROSS JOIN LATERAL (
             SELECT * FROM {name}.nodes WHERE doc OPERATOR(pg_catalog.=) $1 AND {placed} ORDER BY node) n
         WHERE n.payload_replica IS NOT NULL",
        referred = just("counter", "r.counter"),
    );
    let read = || {
        let types = [PgBuiltInOids::TEXTOID.oid(), PgBuiltInOids::UUIDARRAYOID.oid()];
        let below = prepare(&below, &types)?;
        let mut subtree = vec![node];
        let mut from = 0;
        while from < subtree.len() {
            pgrx::check_for_interrupts!();
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
    or_raise(by_index(read))
}

#[pg_extern(sql = false)]
fn digest(forest: Oid, doc: &str) -> Option<Vec<u8>> {
    let forest = or_raise(Forest::of_schema(forest));
    let sql = include_str!("../../sql/digest.sql").replace("@forest@", &forest.name);
    or_raise(Spi::get_one_with_args(&sql, &[doc.into()]).map_err(Error::from))
}
