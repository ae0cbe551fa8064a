//! Writing one row of `nodes`.

use treecrdt::{NodePatch, Source};

use super::{Doc, Work};
use crate::batch::{Batch, Bytes};
use crate::codec::{KeyDatums, Varlena, uuid};
use crate::error::Error;
use crate::forest::shape::{Nodes, Ops, Table, nodes, ops};
use crate::reader::Reader;
use crate::rows::NodeKeys;
use crate::scan::{Arg, Probe, Row};
use crate::write::Field;

impl Work<'_> {
    /// Writes what a patch says of a node's row. With `replacing`, the row is there, the patch is
    /// one that makes it from nothing, and the row is written only if it is not like that already.
    pub(super) fn write_node(
        &mut self,
        doc: &Doc,
        batch: &Batch,
        patch: &NodePatch,
        replacing: bool,
    ) -> Result<(), Error> {
        let (mut old, mut stored_payload) = (NodeKeys::default(), None);
        let exists = patch.exists || replacing;
        let at = [doc.datum.text(), uuid(&patch.node)];
        if exists {
            let Some(row) = self.reader.node.find(&at, &[])? else {
                return Err(self.corrupted(&doc.name, format!("node {} is gone", patch.node)));
            };
            old = NodeKeys::read(&row);
            stored_payload = old.stored_payload();
        }
        let forest = &self.reader.forest.name;
        let mut keys = if replacing { NodeKeys::default() } else { old };
        // What fields point at stands here, or in the batch, or under the probe on `ops`.
        let (mut placed, mut written) = (KeyDatums::default(), KeyDatums::default());
        let mut key = KeyDatums::default();
        let order_key;
        let mut fields: Vec<Field<'_, Nodes>> = Vec::with_capacity(Nodes::SHAPE.columns.len());
        if let Some(Some(placement)) = &patch.placement {
            keys.placed = Some(placement.source.key);
            placed.set(&placement.source.key);
            let bytes = match batch.order_key(&placement.source) {
                Bytes::Kept(bytes) => bytes,
                Bytes::InTheLog => {
                    let key = KeyDatums::new(&placement.source.key);
                    let op = &mut self.reader.op;
                    let logged = logged(op, forest, doc, &placement.source, &key)?;
                    order_key = Varlena::new(logged.get(ops::ORDER_KEY).unwrap_or_default());
                    Some(order_key.bytea())
                }
            };
            fields.push(nodes::PARENT.set(Some(uuid(&placement.parent))));
            fields.push(nodes::ORDER_KEY.set(bytes));
            fields.extend(Nodes::PLACED.set(Some(&placed)));
        } else if patch.placement.is_some() || replacing {
            keys.placed = None;
            fields.push(nodes::PARENT.set(None));
            fields.push(nodes::ORDER_KEY.set(None));
            fields.extend(Nodes::PLACED.set(None));
        }
        let deleted_at = patch.deleted_at.as_ref().map(|vector| Varlena::new(&vector.to_cbor()));
        if deleted_at.is_some() || replacing {
            fields.push(nodes::DELETED_AT.set(deleted_at.as_ref().map(Varlena::vector)));
        }
        if let Some(flag) = patch.tombstone.or((!patch.exists).then_some(false)) {
            fields.push(nodes::TOMBSTONE.set(Some(Arg::bool(flag))));
        }
        let in_log = patch.payload.as_ref().filter(|source| {
            keys.payload = Some(source.key);
            matches!(batch.contents(source), Bytes::InTheLog)
        });
        let payload_key = keys.stored_payload();
        if payload_key != stored_payload || replacing {
            written.set(&payload_key.unwrap_or(treecrdt::Key::MIN));
            fields.extend(Nodes::WRITTEN.set(payload_key.map(|_| &written)));
        }
        let Reader { op, node, .. } = &mut self.reader;
        if let Some(source) = in_log {
            key.set(&source.key);
            let logged = logged(op, forest, doc, source, &key)?;
            fields.push(nodes::PAYLOAD.set(logged.arg(ops::PAYLOAD)));
        } else if let Some(source) = &patch.payload {
            if let Bytes::Kept(bytes) = batch.contents(source) {
                fields.push(nodes::PAYLOAD.set(bytes));
            }
        } else if replacing {
            fields.push(nodes::PAYLOAD.set(None));
        }

        if !exists {
            fields.push(nodes::DOC.set(Some(doc.datum.text())));
            fields.push(nodes::NODE.set(Some(uuid(&patch.node))));
            return self.writer.insert(&fields);
        }
        let row = node.found();
        if !replacing || !fields.iter().all(|field| field.is_in(&row)) {
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
    source: &Source,
    key: &'p KeyDatums,
) -> Result<Row<'p, Ops>, Error> {
    let [_, replica, counter] = key.args();
    op.find(&[doc.datum.text(), replica, counter], &[])?.ok_or_else(|| {
        Error::corrupted(forest, &doc.name, format!("operation {} is not in ops", source.key))
    })
}
