//! The function `tree`: for who takes all its rows, which FROM does, all at once; for others row by row.

use pgrx::iter::TableIterator;
use pgrx::pg_sys::{self, Datum, FunctionCallInfo, Oid, SetFunctionReturnMode as Mode};
use pgrx::{Uuid, fcinfo::pg_getarg, name, pg_extern};
use treecrdt::NodeId;

use super::by_sql;
use super::doc::read;
use super::functions::each_visible;
use super::nodes::{Visible, node_id, uuid};
use super::walk::Walk;
use crate::datum::{self, Type, Varlena};
use crate::error::{EditProblem, Error, or_raise};
use crate::forest::shape::Nodes;
use crate::forest::{Access, Open};
use crate::surface::function::c_function;

c_function!(
    /// `treecrdt.tree(regnamespace, text, uuid, int)`.
    tree_wrapper, pg_finfo_tree_wrapper, tree);

/// What is asked for.
pub struct Asked {
    forest: Oid,
    doc: String,
    root: NodeId,
    max_depth: Option<i32>,
}

impl Asked {
    fn new(
        forest: Option<Oid>,
        doc: Option<&str>,
        root: Option<Uuid>,
        max_depth: Option<i32>,
    ) -> Result<Self, Error> {
        let forest = forest.ok_or(Error::NullForest)?;
        let doc = doc.ok_or_else(|| Error::from(EditProblem::Null { argument: "doc" }))?.to_owned();
        let root = node_id(root.unwrap_or(uuid(NodeId::ROOT)));
        Ok(Self { forest, doc, root, max_depth })
    }

    /// What a call with these four arguments asks for.
    ///
    /// # Errors
    /// [`Error::NullForest`] or [`EditProblem::Null`].
    ///
    /// # Safety
    /// The server calls with arguments of these types, or NULL.
    pub unsafe fn of(fcinfo: FunctionCallInfo) -> Result<Self, Error> {
        // SAFETY: by the caller's promise.
        unsafe {
            Self::new(
                pg_getarg(fcinfo, 0),
                pg_getarg(fcinfo, 1),
                pg_getarg(fcinfo, 2),
                pg_getarg(fcinfo, 3),
            )
        }
    }

    /// Visits all the nodes, in document order.
    ///
    /// # Errors
    /// Those of reading.
    pub fn each(&self, visit: impl FnMut(Visible)) -> Result<(), Error> {
        let forest = Open::new(Some(self.forest), Access::Read)?;
        let doc = forest.doc(&self.doc);
        each_visible(&forest, &doc, uuid(self.root), self.max_depth, visit)
    }

    /// Puts all rows into a store of that shape.
    ///
    /// # Safety
    /// The shape is that of the rows of `tree`.
    unsafe fn put_into(
        &self,
        store: *mut pg_sys::Tuplestorestate,
        shape: pg_sys::TupleDesc,
    ) -> Result<(), Error> {
        let (mut order_key, mut payload) = (Varlena::default(), Varlena::default());
        let put = |visible: Visible| {
            order_key.set(&visible.order_key);
            payload.set(visible.payload.as_deref().unwrap_or_default());
            let (node, parent) = (node_id(visible.node), node_id(visible.parent));
            let mut values = [
                Datum::from(visible.depth),
                datum::uuid(&node).datum(Type::Uuid),
                datum::uuid(&parent).datum(Type::Uuid),
                order_key.bytea().datum(Type::Bytea),
                payload.bytea().datum(Type::Bytea),
            ];
            let mut nulls = [false, false, false, false, visible.payload.is_none()];
            // SAFETY: by the caller's promise; the store copies the values.
            unsafe {
                pg_sys::tuplestore_putvalues(store, shape, values.as_mut_ptr(), nulls.as_mut_ptr());
            }
        };
        self.each(put)
    }
}

unsafe fn tree(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: the server passes arguments of these types, or NULL, and says how it takes rows.
    unsafe {
        let info = (*fcinfo).resultinfo.cast::<pg_sys::ReturnSetInfo>();
        let takes_all = !info.is_null()
            && (*info).type_ == pg_sys::NodeTag::T_ReturnSetInfo
            && (*info).allowedModes & Mode::SFRM_Materialize_Preferred as i32 != 0;
        if !takes_all {
            return tree_by_rows_wrapper(fcinfo);
        }
        let of = or_raise(Asked::of(fcinfo));
        pg_sys::InitMaterializedSRF(fcinfo, 0);
        or_raise(of.put_into((*info).setResult, (*info).setDesc));
        Datum::from(0usize)
    }
}

#[pg_extern(sql = false)]
#[allow(clippy::type_complexity)]
fn tree_by_rows(
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
    let nodes = Stretches {
        of: or_raise(Asked::new(forest, doc, root, max_depth)),
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
    of: Asked,
    /// Where the walk is, once it has begun.
    walk: Option<Walk>,
    /// The file of `nodes` in which it walks, and its pages.
    file: Option<(Oid, u32)>,
    read: std::vec::IntoIter<Visible>,
    /// How many are read next; 0 when all were.
    most: usize,
}

impl Stretches {
    fn read_on(&mut self) -> Result<(), Error> {
        let forest = Open::new(Some(self.of.forest), Access::Read)?;
        let file = *self.file.get_or_insert(forest.extent_of::<Nodes>());
        forest.must_be_in_file::<Nodes>(file)?;
        let doc = &forest.doc(&self.of.doc);
        let Self { of: Asked { root, max_depth, .. }, walk, .. } = self;
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
