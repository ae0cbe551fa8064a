//! The functions that read the tree: tree, path, render, subtree_version, digest.

use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::{Uuid, name, pg_extern};
use treecrdt::NodeId;

use super::doc::read;
use super::nodes::{Visible, uuid};
use super::{by_sql, render};
use crate::error::{Error, or_raise};
use crate::forest::shape::{Ignored, Nodes, Oprefs, Ops, Waiting};
use crate::forest::{Access, Open};

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

/// The visible nodes below `root`, in document order.
fn visible(
    forest: &Open,
    doc: &str,
    root: Uuid,
    max_depth: Option<i32>,
) -> Result<Vec<Visible>, Error> {
    read(
        forest,
        doc,
        &[forest.table::<Nodes>()],
        |reader| reader.visible(root, max_depth),
        || by_sql::visible(forest, doc, root, max_depth),
    )
}

#[pg_extern(sql = false)]
fn path(forest: Oid, doc: &str, node: Uuid) -> Option<Vec<Uuid>> {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let tables = [forest.table::<Nodes>()];
    let by_sql = || by_sql::way_up(&forest, doc, node);
    let mut path = or_raise(read(&forest, doc, &tables, |reader| reader.way_up(node), by_sql))?;
    path.reverse();
    Some(path)
}

#[pg_extern(sql = false)]
fn render(forest: Oid, doc: &str, root: Uuid) -> String {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
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
        forest.table::<Oprefs>(),
        forest.table::<Ignored>(),
        forest.table::<Waiting>(),
    ];
    let by_sql = || by_sql::subtree_version(&forest, doc, node);
    or_raise(read(&forest, doc, &tables, |reader| reader.subtree_version(node), by_sql)).to_cbor()
}

#[pg_extern(sql = false)]
fn digest(forest: Oid, doc: &str) -> Option<Vec<u8>> {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let tables = [forest.table::<Ops>(), forest.table::<Nodes>(), forest.table::<Oprefs>()];
    let by_sql = || by_sql::digest(&forest, doc);
    Some(or_raise(read(&forest, doc, &tables, |reader| reader.digest(), by_sql)))
}
