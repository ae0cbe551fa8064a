//! The functions that read the tree at once: path, render, subtree_version, digest; and what others read of it.

use pgrx::pg_sys::Oid;
use pgrx::{Uuid, pg_extern};
use treecrdt::NodeId;

use super::doc::{DocReader, read};
use super::nodes::{Visible, node_id, uuid};
use super::walk::Walk;
use super::{by_sql, render};
use crate::doc::DocName;
use crate::error::{Error, or_raise};
use crate::forest::shape::{Ignored, Nodes, Ops, OtherRefs, Reinserts, Waiting};
use crate::forest::{Access, Open};

/// A node's payload and what is visible below it, in document order; `None` if it is not visible itself.
///
/// # Errors
/// Those of reading.
#[allow(clippy::type_complexity)]
pub fn tree_of(
    forest: &Open,
    doc: &DocName<'static>,
    node: Uuid,
) -> Result<Option<(Vec<Visible>, Option<Vec<u8>>)>, Error> {
    let tables = [forest.table::<Nodes>()];
    let by_sql = || by_sql::way_up(forest, doc, node);
    if read(forest, doc, &tables, |reader| reader.way_up(node), by_sql)?.is_none() {
        return Ok(None);
    }
    let by_sql = || by_sql::payload(forest, doc, node);
    let payload = read(forest, doc, &tables, |reader| reader.payload(node), by_sql)?;
    Ok(Some((visible(forest, doc, node, None)?, payload)))
}

/// The visible nodes below `root`, in document order.
///
/// # Errors
/// Those of reading.
pub fn visible(
    forest: &Open,
    doc: &DocName<'static>,
    root: Uuid,
    max_depth: Option<i32>,
) -> Result<Vec<Visible>, Error> {
    let mut nodes = Vec::new();
    each_visible(forest, doc, root, max_depth, |node| nodes.push(node))?;
    Ok(nodes)
}

/// Visits the visible nodes below `root`, in document order.
///
/// # Errors
/// Those of reading.
pub fn each_visible(
    forest: &Open,
    doc: &DocName<'static>,
    root: Uuid,
    max_depth: Option<i32>,
    mut visit: impl FnMut(Visible),
) -> Result<(), Error> {
    let directly = |reader: &mut DocReader<'_>| {
        let mut walk = Walk::begin(reader, node_id(root), max_depth)?;
        while let Some(node) = walk.next(reader)? {
            visit(node);
        }
        Ok(Vec::new())
    };
    let by_sql = || by_sql::visible(forest, doc, root, max_depth);
    let nodes = read(forest, doc, &[forest.table::<Nodes>()], directly, by_sql)?;
    nodes.into_iter().for_each(visit);
    Ok(())
}

#[pg_extern(sql = false)]
fn path(forest: Oid, doc: &str, node: Uuid) -> Option<Vec<Uuid>> {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let doc = &forest.doc(doc);
    let tables = [forest.table::<Nodes>()];
    let by_sql = || by_sql::way_up(&forest, doc, node);
    let mut path = or_raise(read(&forest, doc, &tables, |reader| reader.way_up(node), by_sql))?;
    path.reverse();
    Some(path)
}

#[pg_extern(sql = false)]
fn render(forest: Oid, doc: &str, root: Uuid) -> String {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let doc = &forest.doc(doc);
    let visible = or_raise(visible(&forest, doc, root, None));
    let label = if root == uuid(NodeId::ROOT) {
        ".".into()
    } else {
        let tables = [forest.table::<Nodes>()];
        let by_sql = || by_sql::payload(&forest, doc, root);
        let payload = read(&forest, doc, &tables, |reader| reader.payload(root), by_sql);
        render::label(or_raise(payload).as_deref(), root)
    };
    or_raise(render::draw(label, &visible))
}

#[pg_extern(sql = false)]
fn subtree_version(forest: Oid, doc: &str, node: Uuid) -> Vec<u8> {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let tables = [
        forest.table::<Ops>(),
        forest.table::<Nodes>(),
        forest.table::<OtherRefs>(),
        forest.table::<Ignored>(),
        forest.table::<Reinserts>(),
        forest.table::<Waiting>(),
    ];
    let doc = &forest.doc(doc);
    let by_sql = || by_sql::subtree_version(&forest, doc, node);
    or_raise(read(&forest, doc, &tables, |reader| reader.subtree_version(node), by_sql)).to_cbor()
}

#[pg_extern(sql = false)]
fn digest(forest: Oid, doc: &str) -> Option<Vec<u8>> {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let tables = [
        forest.table::<Ops>(),
        forest.table::<Nodes>(),
        forest.table::<OtherRefs>(),
        forest.table::<Waiting>(),
    ];
    let doc = &forest.doc(doc);
    let by_sql = || by_sql::digest(&forest, doc);
    Some(or_raise(read(&forest, doc, &tables, |reader| reader.digest(), by_sql)))
}
