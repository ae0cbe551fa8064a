//! Dropping a document, log and all.

use super::work::{Doc, Work, delete_all, work};
use super::{accounted, lock, permit};
use crate::doc::DocName;
use crate::error::Error;
use crate::forest::Open;
use crate::forest::owner::acting_as;
use crate::storage::reader::each_row;

/// Removes a document with its whole log. Gives how many operations it had.
///
/// # Errors
/// [`Error::Suppressed`] if a trigger of the owner's keeps a row, and [`Error::InUse`] in the midst
/// of a statement that appends to the document.
pub fn drop_doc(forest: &Open, doc: &DocName<'static>) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        let locked = lock::take(forest, doc)?;
        work(forest, std::slice::from_ref(doc), |work| {
            let Doc { datum, row, .. } = work.doc(doc.clone(), locked)?;
            let Work { reader, writer, .. } = work;
            let (mut count, mut is_new) = (0, false);
            permit::permitting(forest.forest(), doc, || {
                each_row(&mut reader.ops, &[datum.arg()], &[], |row| {
                    count += 1;
                    is_new |= row.is_of_this_transaction();
                    writer.delete(row)
                })
            })?;
            // Those that are not counted yet are about to be materialized.
            if is_new && count > row.op_count {
                return Err(Error::in_use(&forest.name, doc));
            }
            accounted::forget(forest, doc);
            delete_all(&mut reader.nodes, writer, &datum)?;
            delete_all(&mut reader.doc_refs, writer, &datum)?;
            delete_all(&mut reader.doc_ignored, writer, &datum)?;
            delete_all(&mut reader.doc_reinserts, writer, &datum)?;
            delete_all(&mut reader.waiting, writer, &datum)?;
            delete_all(&mut reader.doc, writer, &datum)?;
            Ok(count)
        })
    })
}
