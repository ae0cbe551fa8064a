//! A forest at work: reading and writing it for the length of a statement, a document at a time.

use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;

use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::Oid;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::PgTryBuilder;
use treecrdt::{Key, NodeId, OpRef, Patch, VersionVector};

use super::ancestry::{self, Ways};
use super::batch::Batch;
use super::lock::Locked;
use super::store::{DocStore, Learned, Places};
use crate::datum::{Arg, KeyDatums, Varlena, uuid};
use crate::doc::{DocDatum, DocName};
use crate::error::Error;
use crate::forest::shape::{
    Docs, Ignored, Index, Nodes, OtherRefs, PairTable, Reinserts, Table, Waiting, docs, reinserts,
};
use crate::forest::{Open, index_name};
use crate::storage::reader::{DocRow, Reader, each_row, find_pair};
use crate::storage::row::Version;
use crate::storage::scan::Probe;
use crate::storage::writer::{Writer, is_inserting};

/// Reads and writes documents of a forest, and fires what triggers there are when that is done. A row
/// that is to be new and is there already means that the tables contradict each other.
pub(super) fn work<'o, T>(
    forest: &'o Open,
    docs: &[DocName<'static>],
    work: impl FnOnce(&mut Work<'o>) -> Result<T, Error>,
) -> Result<T, Error> {
    work_in(forest, Some(AtWork::begin(forest, docs)?), work)
}

/// The same where `at_work` says which documents are. Without it the caller has them at work, while
/// triggers fire too.
pub(super) fn work_in<'o, T>(
    forest: &'o Open,
    at_work: Option<AtWork>,
    work: impl FnOnce(&mut Work<'o>) -> Result<T, Error>,
) -> Result<T, Error> {
    let all = || {
        let mut tables = Work::begin(forest)?;
        let result = work(&mut tables)?;
        tables.writer.flush();
        drop(at_work);
        tables.end();
        Ok(result)
    };
    PgTryBuilder::new(AssertUnwindSafe(all))
        .catch_when(PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION, |error| {
            if let CaughtError::PostgresError(report) = &error
                && is_inserting()
                && is_about_primary_key(forest, report.message())
            {
                let row = report.detail().unwrap_or(report.message()).to_owned();
                Error::AlreadyThere { forest: forest.name.clone(), row }.raise();
            }
            error.rethrow()
        })
        .execute()
}

thread_local! {
    /// The documents at work, forest by forest: of the work that is done, and of that within which a
    /// trigger has begun it.
    static AT_WORK: RefCell<Vec<(Oid, HashSet<DocName<'static>>)>> = const { RefCell::new(Vec::new()) };
}

/// Documents that are being written: a trigger that would write one of them again, before what is
/// known of it has been written, would leave tables that match neither.
pub(super) struct AtWork(());

impl AtWork {
    /// Begins with these documents, until it goes.
    ///
    /// # Errors
    /// [`Error::InUse`] if one of them is at work already.
    pub(super) fn begin<'d>(
        forest: &Open,
        docs: impl IntoIterator<Item = &'d DocName<'static>>,
    ) -> Result<Self, Error> {
        let table = forest.table::<Docs>();
        AT_WORK.with_borrow_mut(|works| {
            let mut begun = HashSet::new();
            for doc in docs {
                if works.iter().any(|(of, names)| *of == table && names.contains(doc)) {
                    return Err(Error::in_use(&forest.name, doc));
                }
                begun.insert(doc.clone());
            }
            works.push((table, begun));
            Ok(Self(()))
        })
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.with_borrow_mut(Vec::pop);
    }
}

/// Whether a message of the server's has the name of the primary key of a derived table. It may be
/// translated, and quoted in more than one way.
fn is_about_primary_key(forest: &Open, message: &str) -> bool {
    let keys = [
        forest.index(Index::<Nodes>::PRIMARY),
        forest.index(Index::<OtherRefs>::PRIMARY),
        forest.index(Index::<Ignored>::PRIMARY),
        forest.index(Index::<Reinserts>::PRIMARY),
        forest.index(Index::<Waiting>::PRIMARY),
    ];
    keys.into_iter().filter_map(index_name).any(|name| message.contains(&name))
}

/// A document at work.
pub(super) struct Doc {
    pub(super) name: DocName<'static>,
    pub(super) datum: DocDatum,
    pub(super) row: DocRow,
    /// Which version its row is, if it is still the one that was locked.
    version: Option<Version>,
    /// What is known of the ways up in it.
    pub(super) ways: Ways,
    /// The dots of operations in the log that come after those that are being materialized.
    pub(super) pending: Option<VersionVector>,
}

/// A reader and a writer on one forest, for the length of a statement.
pub(super) struct Work<'o> {
    pub(super) reader: Reader<'o>,
    pub(super) writer: Writer<'o>,
    pub(super) scratch: Scratch,
}

/// Memory for the keys of a row of nodes, used again for each.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) bytes: Vec<u8>,
    pub(super) packed: Varlena,
}

impl<'o> Work<'o> {
    fn begin(forest: &'o Open) -> Result<Self, Error> {
        let (reader, writer) = (Reader::open(forest)?, Writer::new(forest));
        Ok(Self { reader, writer, scratch: Scratch::default() })
    }

    /// Fires what triggers there are, and closes.
    fn end(self) {
        self.writer.finish();
    }

    /// A document that was locked.
    ///
    /// # Errors
    /// [`Error::Corrupted`] if its row is gone.
    pub(super) fn doc(&mut self, name: DocName<'static>, locked: Locked) -> Result<Doc, Error> {
        let datum = DocDatum::new(&name);
        let Locked { row, version } = locked;
        if self.reader.doc_at.find(version.place).is_some() {
            let mut ways = ancestry::recall(self.reader.forest, &name, version);
            if row.head.is_none() {
                ways = Ways::default(); // nothing is anywhere, whatever was before
            }
            return Ok(Doc { name, datum, row, version: Some(version), ways, pending: None });
        }
        // A trigger of the owner's has written it since.
        match self.reader.doc_row(&datum)? {
            Some(row) => {
                Ok(Doc { name, datum, row, version: None, ways: Ways::default(), pending: None })
            }
            None => Err(self.corrupted(&name, "its row in docs is gone".into())),
        }
    }

    pub(super) fn corrupted(&self, doc: &DocName<'_>, problem: String) -> Error {
        Error::corrupted(&self.reader.forest.name, doc, problem)
    }

    /// Materializes operations, with all that waited.
    pub(super) fn catch_up(&mut self, doc: &mut Doc, mut batch: Batch) -> Result<(), Error> {
        if doc.row.frontier.take().is_some() {
            let dots = self.take_waiting(doc)?;
            self.reader.each_op_of(&doc.datum, &dots, |row| batch.push(&row))?;
        }
        let (patch, Learned { places, mut ways }) = self.replay(doc, doc.row.head, &mut batch)?;
        self.apply(doc, &batch, &patch, &places)?;
        ways.follow(&patch);
        doc.ways = ways;
        doc.row.head = patch.head;
        doc.row.late_count = doc.row.late_count.saturating_add(patch.late);
        doc.row.reevaluated_count = doc.row.reevaluated_count.saturating_add(patch.reevaluated);
        Ok(())
    }

    /// What the core makes of a batch where everything up to `head` is materialized, and what was
    /// learned of the rows that it has asked for. The patch takes the entries.
    pub(super) fn replay(
        &mut self,
        doc: &mut Doc,
        head: Option<Key>,
        batch: &mut Batch,
    ) -> Result<(Patch, Learned), Error> {
        let entries = std::mem::take(&mut batch.entries);
        let mut ways = std::mem::take(&mut doc.ways);
        if doc.pending.is_some() {
            ways.allow_pieces();
        }
        let store = DocStore::new(&mut self.reader, &doc.name, &doc.datum, head, batch);
        let mut store = store.knowing(ways).without(doc.pending.as_ref());
        let patch = treecrdt::catch_up(&mut store, entries)?;
        Ok((patch, store.into_learned()))
    }

    /// The dots that waited. Their rows are deleted.
    pub(super) fn take_waiting(&mut self, doc: &Doc) -> Result<VersionVector, Error> {
        let dots = self.reader.waiting_dots(&doc.datum)?;
        delete_all(&mut self.reader.waiting, &mut self.writer, &doc.datum)?;
        Ok(dots)
    }

    /// Writes what a patch says.
    pub(super) fn apply(
        &mut self,
        doc: &Doc,
        batch: &Batch,
        patch: &Patch,
        places: &Places,
    ) -> Result<(), Error> {
        for node in &patch.nodes {
            self.change_node(doc, batch, patch, node, places.get(&node.node).copied())?;
        }
        let Self { reader, writer, .. } = self;
        remove_pairs(&mut reader.reference, writer, doc, patch, &patch.refs_removed)?;
        remove_pairs(&mut reader.ignored, writer, doc, patch, &patch.ignored_removed)?;
        add_pairs::<OtherRefs>(writer, doc, patch, &patch.refs_added)?;
        add_pairs::<Ignored>(writer, doc, patch, &patch.ignored_added)?;
        let mut columns = KeyDatums::default();
        for (node, op, with_payload) in &patch.again {
            columns.set(&patch.key(*op));
            let [lamport, replica, counter] = Reinserts::KEY.set(Some(&columns));
            let of = reinserts::DOC.set_doc(&doc.datum);
            let node = reinserts::NODE.set(Some(uuid(node)));
            let payload = reinserts::PAYLOAD.set(Some(Arg::bool(*with_payload)));
            writer.insert(&[of, node, payload, lamport, replica, counter])?;
        }
        Ok(())
    }

    /// Writes the document's row in `docs`: always, since that is what tells a transaction with an
    /// older snapshot that it came too late. Gives the dots of operations that are yet to be materialized.
    pub(super) fn write_doc(&mut self, doc: Doc) -> Result<Option<VersionVector>, Error> {
        let head = doc.row.head.as_ref().map(KeyDatums::new);
        let frontier = doc.row.frontier.as_ref().map(KeyDatums::new);
        let mut fields = vec![
            docs::OP_COUNT.set(Some(Arg::int8(doc.row.op_count))),
            docs::LATE_COUNT.set(Some(Arg::int8(doc.row.late_count))),
            docs::REEVALUATED_COUNT.set(Some(Arg::int8(doc.row.reevaluated_count))),
        ];
        fields.extend(Docs::HEAD.set(head.as_ref()));
        fields.extend(Docs::FRONTIER.set(frontier.as_ref()));
        let place = doc.version.map(|version| version.place);
        let row = match place.and_then(|place| self.reader.doc_at.find(place)) {
            Some(row) => Some(row),
            None => self.reader.doc.find(&[doc.datum.arg()], &[])?,
        };
        if let Some(row) = row {
            let version = self.writer.update(row, &fields)?;
            let goes_on = doc.pending.is_some();
            ancestry::keep(self.reader.forest, &doc.name, version, doc.ways, goes_on);
        }
        Ok(doc.pending)
    }
}

/// Deletes a document's rows of a table.
pub(super) fn delete_all<T: Table>(
    probe: &mut Probe<'_, T>,
    writer: &mut Writer<'_>,
    doc: &DocDatum,
) -> Result<(), Error> {
    each_row(probe, &[doc.arg()], &[], |row| writer.delete(row))
}

fn remove_pairs<T: PairTable>(
    probe: &mut Probe<'_, T>,
    writer: &mut Writer<'_>,
    doc: &Doc,
    patch: &Patch,
    pairs: &[(NodeId, OpRef)],
) -> Result<(), Error> {
    for (node, op) in pairs {
        let key = KeyDatums::new(&patch.key(*op));
        if let Some(row) = find_pair(probe, &doc.datum, node, &key)? {
            writer.delete(row)?;
        }
    }
    Ok(())
}

fn add_pairs<T: PairTable>(
    writer: &mut Writer<'_>,
    doc: &Doc,
    patch: &Patch,
    pairs: &[(NodeId, OpRef)],
) -> Result<(), Error> {
    let mut columns = KeyDatums::default();
    for (node, op) in pairs {
        columns.set(&patch.key(*op));
        let [lamport, replica, counter] = T::PAIR_KEY.set(Some(&columns));
        let (of, node) = (T::DOC.set_doc(&doc.datum), T::PAIR_NODE.set(Some(uuid(node))));
        let row = [of, node, lamport, replica, counter];
        writer.insert(&row)?;
    }
    Ok(())
}
