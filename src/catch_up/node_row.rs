//! A row of `nodes` as a patch has it.

use treecrdt::{Key, NodeKeys, NodePatch, OpRef, Patch, Placement, VersionVector};

use super::batch::{Batch, Bytes};
use super::work::{Doc, Scratch, Work};
use crate::datum::{Arg, KeyDatums, Varlena, uuid};
use crate::error::Error;
use crate::forest::shape::{Nodes, Ops, Table, nodes, ops};
use crate::storage::field::Field;
use crate::storage::reader::Reader;
use crate::storage::row::{Place, Row};
use crate::storage::rows::node_keys;
use crate::storage::scan::Probe;

/// What a row is to hold. A field that is `None` stays as it is; one that is `Some(None)` is NULL.
struct NewRow<'p> {
    patch: &'p Patch,
    placement: Option<Option<Placement>>,
    payload: Option<Option<OpRef>>,
    inserted: Option<Option<OpRef>>,
    deleted_at: Option<Option<&'p VersionVector>>,
    tombstone: Option<bool>,
    /// Whether nothing of the row stays as it is.
    is_whole: bool,
}

impl<'p> NewRow<'p> {
    /// The fields that a patch names, and in a new row all that may not be NULL.
    fn changed(whole: &'p Patch, patch: &'p NodePatch) -> Self {
        Self {
            patch: whole,
            placement: patch.placement,
            payload: patch.payload.map(Some),
            inserted: patch.inserted.map(Some),
            deleted_at: patch.deleted_at.as_deref().map(Some),
            tombstone: patch.tombstone.or((!patch.exists).then_some(false)),
            is_whole: false,
        }
    }

    /// The row that a patch makes from nothing.
    fn whole(whole: &'p Patch, patch: &'p NodePatch) -> Self {
        Self {
            patch: whole,
            placement: Some(patch.placement.flatten()),
            payload: Some(patch.payload),
            inserted: Some(patch.inserted),
            deleted_at: Some(patch.deleted_at.as_deref()),
            tombstone: Some(patch.tombstone == Some(true)),
            is_whole: true,
        }
    }

    /// The keys of the row that was like `old`.
    fn keys(&self, old: NodeKeys) -> NodeKeys {
        let placed = self.placement.map(|it| it.map(|it| (it.op, self.patch.key(it.op))));
        // As a rule it has brought the payload, too.
        let key = |op: OpRef| match placed {
            Some(Some((same, key))) if same == op => key,
            _ => self.patch.key(op),
        };
        NodeKeys {
            placed: placed.map_or(old.placed, |it| it.map(|(_, key)| key)),
            payload: self.payload.map_or(old.payload, |op| op.map(key)),
            inserted: self.inserted.map_or(old.inserted, |op| op.map(key)),
        }
    }
}

impl Work<'_> {
    /// Writes what a patch changes of a node's row, which may be known to lie at a place, or the row if
    /// there is none.
    pub(super) fn change_node(
        &mut self,
        doc: &Doc,
        batch: &Batch,
        whole: &Patch,
        patch: &NodePatch,
        place: Option<Place>,
    ) -> Result<(), Error> {
        self.write_node(doc, batch, patch, &NewRow::changed(whole, patch), patch.exists, place)
    }

    /// Writes the row that a patch makes from nothing over the one that is there, unless it is like
    /// that already.
    pub(super) fn replace_node(
        &mut self,
        doc: &Doc,
        batch: &Batch,
        whole: &Patch,
        patch: &NodePatch,
    ) -> Result<(), Error> {
        self.write_node(doc, batch, patch, &NewRow::whole(whole, patch), true, None)
    }

    fn write_node(
        &mut self,
        doc: &Doc,
        batch: &Batch,
        patch: &NodePatch,
        new: &NewRow<'_>,
        exists: bool,
        place: Option<Place>,
    ) -> Result<(), Error> {
        let at = [doc.datum.arg(), uuid(&patch.node)];
        let mut old = NodeKeys::default();
        let mut is_fetched = false;
        if exists {
            let fetched = place.and_then(|place| self.reader.node_at.find(place));
            is_fetched = fetched.is_some();
            let row = match fetched {
                Some(row) => Some(row),
                None => self.reader.node.find(&at, &[])?,
            };
            match row {
                // What is replaced need not even be legible.
                Some(_) if new.is_whole => {}
                Some(row) => old = node_keys(&row)?,
                None => {
                    return Err(self.corrupted(&doc.name, format!("node {} is gone", patch.node)));
                }
            }
        }
        let keys = new.keys(old);
        let forest = &self.reader.forest.name;
        // What fields point at stands here, or in the batch, or under the probe on `ops`.
        let (mut placed, mut logged_key) = (KeyDatums::default(), KeyDatums::default());
        let (order_key, parent);
        let mut fields: Vec<Field<'_, Nodes>> = Vec::with_capacity(Nodes::SHAPE.columns.len());
        match new.placement {
            None => {}
            Some(None) => {
                fields.push(nodes::PARENT.set(None));
                fields.push(nodes::ORDER_KEY.set(None));
            }
            Some(Some(placement)) => {
                let bytes = match batch.order_key(new.patch.position(placement.op)) {
                    Bytes::Kept(bytes) => bytes,
                    Bytes::InTheLog => {
                        let (op, key) = (&mut self.reader.op, new.patch.key(placement.op));
                        placed.set(&key);
                        let logged = logged(op, forest, doc, &key, &placed)?;
                        order_key = logged.arg(ops::ORDER_KEY).map(Varlena::of);
                        order_key.as_ref().map(Varlena::bytea)
                    }
                };
                parent = placement.parent;
                fields.push(nodes::PARENT.set(Some(uuid(&parent))));
                fields.push(nodes::ORDER_KEY.set(bytes));
            }
        }
        let deleted_at = new.deleted_at.map(|it| it.map(|it| Varlena::new(&it.to_cbor())));
        if let Some(deleted_at) = &deleted_at {
            fields.push(nodes::DELETED_AT.set(deleted_at.as_ref().map(Varlena::vector)));
        }
        if let Some(tombstone) = new.tombstone {
            fields.push(nodes::TOMBSTONE.set(Some(Arg::bool(tombstone))));
        }
        if new.is_whole || keys != old {
            let Scratch { bytes, packed } = &mut self.scratch;
            keys.write_to(bytes);
            packed.set(bytes);
            fields.push(nodes::KEYS.set((!bytes.is_empty()).then(|| packed.bytea())));
        }
        let Reader { op, node, node_at, .. } = &mut self.reader;
        match new.payload {
            None => {}
            Some(None) => fields.push(nodes::PAYLOAD.set(None)),
            Some(Some(written)) => {
                let bytes = match batch.contents(new.patch.position(written)) {
                    Bytes::Kept(bytes) => bytes,
                    Bytes::InTheLog => {
                        let key = new.patch.key(written);
                        logged_key.set(&key);
                        logged(op, forest, doc, &key, &logged_key)?.arg(ops::PAYLOAD)
                    }
                };
                fields.push(nodes::PAYLOAD.set(bytes));
            }
        }
        if !exists {
            fields.push(nodes::DOC.set_doc(&doc.datum));
            fields.push(nodes::NODE.set(Some(uuid(&patch.node))));
            return self.writer.insert(&fields);
        }
        let row = if is_fetched { node_at.found() } else { node.found() };
        if !new.is_whole || !fields.iter().all(|field| field.is_in(&row)) {
            self.writer.update(row, &fields)?;
        }
        Ok(())
    }
}

/// The operation that has bytes for us.
fn logged<'p>(
    op: &'p mut Probe<'_, Ops>,
    forest: &str,
    doc: &'p Doc,
    key: &Key,
    columns: &'p KeyDatums,
) -> Result<Row<'p, Ops>, Error> {
    let [_, replica, counter] = columns.args();
    op.find(&[doc.datum.arg(), replica, counter], &[])?.ok_or_else(|| {
        Error::corrupted(forest, &doc.name, format!("operation {key} is not in ops"))
    })
}
