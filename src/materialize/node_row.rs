//! Writing one row of `nodes`.

use pgrx::pg_sys::{AttrNumber, Datum};
use treecrdt::{NodePatch, Source, VersionVector};

use super::{Doc, Work};
use crate::batch::{Batch, Bytes};
use crate::codec::{self, KeyDatums, Varlena, uuid_datum};
use crate::error::Error;
use crate::reader::{Question, RowOf};
use crate::rows::NodeKeys;
use crate::scan::Probe;
use crate::write::Target;

type Values = Vec<(AttrNumber, Option<Datum>)>;

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
        let c = self.reader.forest.nodes.columns;
        let (mut old, mut stored_payload) = (NodeKeys::default(), None);
        if patch.exists || replacing {
            let Some(probe) = self.reader.row_of(RowOf::Node(&doc.datum, &patch.node)) else {
                return Err(self.corrupted(&doc.name, &format!("node {} is gone", patch.node)));
            };
            old = NodeKeys::read(probe, &c);
            stored_payload = old.stored_payload();
        }
        let mut values = Values::with_capacity(c.len());
        let mut keys = if replacing { NodeKeys::default() } else { old };

        // What values point at stands here, or in the batch, or under the probe on `ops`.
        let (mut placed, mut written) = (KeyDatums::default(), KeyDatums::default());
        let order_key;
        if let Some(Some(placement)) = &patch.placement {
            keys.placed = Some(placement.source.key);
            placed.set(&placement.source.key);
            values.push((c[2], Some(uuid_datum(&placement.parent))));
            let bytes = match batch.order_key(&placement.source) {
                Bytes::Kept(bytes) => bytes,
                Bytes::InTheLog => {
                    let column = self.reader.forest.ops.columns[7];
                    let logged = self.logged(doc, &placement.source)?.column(column);
                    // SAFETY: a `bytea` column.
                    let logged = logged.map(|datum| unsafe { codec::bytes(datum) });
                    order_key = Varlena::new(logged.unwrap_or_default());
                    Some(order_key.datum())
                }
            };
            values.push((c[3], bytes));
            values.extend((0..3).map(|at| (c[6 + at], Some(placed.datums()[at]))));
        } else if patch.placement.is_some() || replacing {
            keys.placed = None;
            values.extend([c[2], c[3], c[6], c[7], c[8]].map(|column| (column, None)));
        }
        if let Some(source) = &patch.payload {
            keys.payload = Some(source.key);
            let bytes = match batch.contents(source) {
                Bytes::Kept(bytes) => bytes,
                Bytes::InTheLog => {
                    let column = self.reader.forest.ops.columns[8];
                    self.logged(doc, source)?.column(column)
                }
            };
            values.push((c[5], bytes));
        } else if replacing {
            values.push((c[5], None));
        }
        let payload = keys.stored_payload();
        if payload != stored_payload || replacing {
            written.set(&payload.unwrap_or(treecrdt::Key::MIN));
            let datum = |at: usize| payload.map(|_| written.datums()[at]);
            values.extend((0..3).map(|at| (c[9 + at], datum(at))));
        }
        let deleted_at = patch.deleted_at.as_ref().map(|vector| Varlena::new(&vector.to_cbor()));
        if deleted_at.is_some() || replacing {
            values.push((c[12], deleted_at.as_ref().map(Varlena::datum)));
        }
        if let Some(flag) = patch.tombstone.or((!patch.exists).then_some(false)) {
            values.push((c[4], Some(Datum::from(flag))));
        }

        if !patch.exists && !replacing {
            values.push((c[0], Some(doc.datum.datum())));
            values.push((c[1], Some(uuid_datum(&patch.node))));
            self.writer.insert(Target::Nodes, &values);
            return Ok(());
        }
        let probe = self.reader.found(Question::Node).expect("found above");
        if !replacing || differs(probe, &c, &values, patch.deleted_at.as_ref()) {
            self.writer.update(Target::Nodes, probe, &values);
        }
        Ok(())
    }

    /// The probe on the operation that has bytes for us.
    fn logged(&mut self, doc: &Doc, source: &Source) -> Result<&Probe, Error> {
        let missing = format!("operation {} is not in ops", source.key);
        let error = self.corrupted(&doc.name, &missing);
        self.reader.op(&doc.datum, &source.key).ok_or(error)
    }
}

/// Whether the row a probe stands on has other values.
fn differs(
    probe: &Probe,
    c: &[AttrNumber; 13],
    values: &Values,
    deleted_at: Option<&VersionVector>,
) -> bool {
    values.iter().any(|&(column, value)| match (probe.column(column), value) {
        (None, None) => false,
        (Some(found), Some(value)) => {
            // SAFETY: columns of the types of sql/forest.sql, on both sides.
            unsafe {
                if column == c[2] {
                    codec::node(found) != codec::node(value)
                } else if [c[3], c[5], c[7], c[10]].contains(&column) {
                    codec::bytes(found) != codec::bytes(value)
                } else if column == c[12] {
                    VersionVector::from_cbor(codec::bytes(found)).ok().as_ref() != deleted_at
                } else if column == c[4] {
                    (found.value() != 0) != (value.value() != 0)
                } else {
                    found.value() != value.value()
                }
            }
        }
        _ => true,
    })
}
