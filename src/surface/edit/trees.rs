//! Whole trees: import_json, copy_tree.

use std::collections::HashSet;

use pgrx::pg_sys::{Datum, FunctionCallInfo, Oid};
use pgrx::{IntoDatum, Uuid, pg_extern};
use treecrdt::{Action, NodeId, order_key_between};

use super::draft::{Draft, edit};
use super::functions::{given, ordinary, visible};
use super::place::{Wish, order_key};
use super::random::{random, random_node};
use crate::datum;
use crate::error::{EditProblem, Error};
use crate::memory;
use crate::surface::function::c_function;
use crate::surface::json::{items, payload};
use crate::surface::read::{self, node_id};

c_function!(
    /// `treecrdt.import_json(regnamespace, text, uuid, jsonb)`.
    import_json_wrapper, pg_finfo_import_json_wrapper, import_json);

unsafe fn import_json(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: the server passes arguments of these types, or NULL.
    let (forest, doc, parent, tree) = unsafe {
        (
            pgrx::fcinfo::pg_getarg::<Oid>(fcinfo, 0),
            pgrx::fcinfo::pg_getarg::<&str>(fcinfo, 1),
            pgrx::fcinfo::pg_getarg::<Uuid>(fcinfo, 2),
            pgrx::fcinfo::pg_getarg_datum(fcinfo, 3),
        )
    };
    let count = edit(c"treecrdt.import_json()", forest, doc, |draft| {
        let parent = node_id(given(parent, "parent")?);
        visible(draft, parent)?;
        // SAFETY: the argument is a jsonb.
        let items = unsafe { items(given(tree, "tree")?)? };
        let (mut planting, mut new) = (Planting::below(parent), HashSet::new());
        let count = items.len();
        for item in items {
            let node = ordinary(Some(item.node.map_or_else(random_node, read::uuid)))?;
            let at = [draft.doc.arg(), datum::uuid(&node)];
            if !new.insert(node) || draft.reader.node.find(&at, &[])?.is_some() {
                return Err(EditProblem::There { node }.into());
            }
            planting.plant(draft, item.depth, node, payload(item.payload))?;
        }
        Ok(count as i64)
    });
    count.into_datum().expect("a number")
}

#[pg_extern(sql = false)]
fn copy_tree(
    forest: Option<Oid>,
    doc: Option<&str>,
    node: Option<Uuid>,
    to_doc: Option<&str>,
    parent: Option<Uuid>,
) -> Uuid {
    let from = doc;
    edit(c"treecrdt.copy_tree()", forest, to_doc, |draft| {
        let (node, parent) = (ordinary(node)?, node_id(given(parent, "parent")?));
        visible(draft, parent)?;
        // Read with the caller's rights.
        let from = draft.forest.doc(given(from, "doc")?);
        let (tree, own) =
            read::tree_of(draft.forest, &from, read::uuid(node))?.ok_or_else(|| Error::Edit {
                doc: Some(from.short()),
                problem: EditProblem::Unknown { node },
            })?;
        let mut planting = Planting::below(parent);
        let copy = random_node();
        planting.plant(draft, 0, node_id(copy), own)?;
        for it in tree {
            planting.plant(draft, it.depth as usize, node_id(random_node()), it.payload)?;
        }
        Ok(copy)
    })
}

/// A tree that is made below a parent, node by node in document order.
struct Planting {
    /// The parents on the way to the last node, and the order key of the last child of each.
    way: Vec<(NodeId, Option<Vec<u8>>)>,
}

impl Planting {
    fn below(parent: NodeId) -> Self {
        Self { way: vec![(parent, None)] }
    }

    /// Mints the insert of a new node, so deep below the parent, which is 0 for its children. They go last there.
    fn plant(
        &mut self,
        draft: &mut Draft<'_>,
        depth: usize,
        node: NodeId,
        payload: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        memory::check();
        self.way.truncate(depth + 1);
        let (parent, last) = self.way.last_mut().expect("the parent of all");
        let key = match &*last {
            None if depth == 0 => {
                order_key(draft, *parent, node, Wish { after: None, before: None, place: "last" })?
            }
            last => {
                order_key_between(last.as_deref(), None, &mut random).map_err(EditProblem::Key)?
            }
        };
        *last = Some(key.clone());
        let parent = *parent;
        self.way.push((node, None));
        draft.mint(node, Action::Insert { parent, order_key: key, payload })?;
        Ok(())
    }
}
