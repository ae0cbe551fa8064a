//! The functions that read the tree: tree, path, render, subtree_version, digest.

use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::{Uuid, name, pg_extern};
use treecrdt::NodeId;

use super::doc::read;
use super::nodes::{Visible, node_id, uuid};
use super::walk::Walk;
use super::{by_sql, render};
use crate::doc::DocName;
use crate::error::{EditProblem, Error, or_raise};
use crate::forest::shape::{Ignored, Nodes, Ops, OtherRefs, Reinserts, Waiting};
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
    let forest = or_raise(forest.ok_or(Error::NullForest));
    let doc = or_raise(doc.ok_or_else(|| EditProblem::Null { argument: "doc" }.into()));
    let nodes = Stretches {
        forest,
        doc: doc.to_owned(),
        root: node_id(root.unwrap_or(uuid(NodeId::ROOT))),
        max_depth,
        walk: None,
        file: None,
        read: Vec::new().into_iter(),
        most: FIRST,
    };
    TableIterator::new(nodes.map(|v| (v.depth, v.node, v.parent, v.order_key, v.payload)))
}

/// So many nodes are read at first, so that the first rows come soon.
const FIRST: usize = 16;
/// So many are read at a time later.
const MOST: usize = 1024;

/// The nodes of a tree, read a stretch at a time, as they are asked for. Calls come one by one:
/// between them nothing is kept open.
struct Stretches {
    forest: Oid,
    doc: String,
    root: NodeId,
    max_depth: Option<i32>,
    /// Where the walk is, once it has begun.
    walk: Option<Walk>,
    /// The file of `nodes` in which it walks.
    file: Option<Oid>,
    read: std::vec::IntoIter<Visible>,
    /// How many are read next; 0 when all were.
    most: usize,
}

impl Stretches {
    fn read_on(&mut self) -> Result<(), Error> {
        let forest = Open::new(Some(self.forest), Access::Read)?;
        let file = *self.file.get_or_insert(forest.file_of::<Nodes>());
        forest.must_be_in_file::<Nodes>(file)?;
        let doc = &forest.doc(&self.doc);
        let Self { root, max_depth, walk, .. } = self;
        let most = std::mem::take(&mut self.most);
        let has_begun = walk.is_some();
        let (nodes, is_over) = read(
            &forest,
            doc,
            &[forest.table::<Nodes>()],
            |reader| {
                let walk = match walk {
                    Some(walk) => walk,
                    None => walk.insert(Walk::begin(reader, *root, *max_depth)?),
                };
                let nodes = walk.stretch(reader, most)?;
                let is_over = nodes.len() < most;
                Ok((nodes, is_over))
            },
            || {
                if has_begun {
                    let needs = "what may be read has changed within the query";
                    return Err(Error::Denied { forest: forest.name.clone(), needs });
                }
                Ok((by_sql::visible(&forest, doc, uuid(*root), *max_depth)?, true))
            },
        )?;
        self.read = nodes.into_iter();
        self.most = if is_over { 0 } else { MOST.min(most * 8) };
        Ok(())
    }
}

impl Iterator for Stretches {
    type Item = Visible;

    fn next(&mut self) -> Option<Visible> {
        loop {
            if let Some(node) = self.read.next() {
                return Some(node);
            }
            if self.most == 0 {
                return None;
            }
            or_raise(self.read_on());
        }
    }
}

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
    read(
        forest,
        doc,
        &[forest.table::<Nodes>()],
        |reader| Walk::begin(reader, node_id(root), max_depth)?.stretch(reader, usize::MAX),
        || by_sql::visible(forest, doc, root, max_depth),
    )
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
