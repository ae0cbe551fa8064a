//! Dropping a document, log and all.

use super::work::{Doc, Work, delete_all, work};
use super::{lock, permit};
use crate::error::{Error, short};
use crate::forest::Open;
use crate::forest::owner::acting_as;

/// Removes a document with its whole log. Gives how many operations it had.
///
/// # Errors
/// [`Error::Suppressed`] if a trigger of the owner's keeps a row, and [`Error::InUse`] in the midst
/// of a statement that appends to the document.
pub fn drop_doc(forest: &Open, doc: &str) -> Result<u64, Error> {
    acting_as(forest.owner, || {
        lock::take(forest, doc)?;
        work(forest, std::iter::once(doc), |work| {
            let Doc { datum, row, .. } = work.doc(doc.to_owned())?;
            let Work { reader, writer } = work;
            let mut is_new = false;
            let count = permit::permitting(forest.forest(), doc, || {
                delete_all(&mut reader.ops, writer, &datum, |row| {
                    is_new |= row.is_of_this_transaction();
                })
            })?;
            // Those that are not counted yet are about to be materialized.
            if is_new && count > row.op_count {
                return Err(Error::InUse { forest: forest.name.clone(), doc: short(doc) });
            }
            delete_all(&mut reader.nodes, writer, &datum, |_| {})?;
            delete_all(&mut reader.doc_refs, writer, &datum, |_| {})?;
            delete_all(&mut reader.doc_ignored, writer, &datum, |_| {})?;
            delete_all(&mut reader.waiting, writer, &datum, |_| {})?;
            delete_all(&mut reader.doc, writer, &datum, |_| {})?;
            Ok(count)
        })
    })
}
