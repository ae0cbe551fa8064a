//! Reading the tables of a forest under one snapshot: a [`Probe`] for each kind of question.

use std::collections::BTreeSet;

use pgrx::pg_sys;
use treecrdt::{Key, NodeId, VersionVector};

use crate::datum::{Arg, KeyDatums, Varlena, uuid};
use crate::doc::{DocDatum, DocName};
use crate::error::Error;
use crate::forest::Open;
use crate::forest::shape::{
    Docs, Ignored, Index, Nodes, Ops, OtherRefs, PairTable, Reinserts, Table, Waiting, docs,
    ignored, nodes, ops, other_refs, reinserts, waiting,
};
use crate::memory;
use crate::storage::aim::Aim;
use crate::storage::fetch::Fetch;
use crate::storage::row::Row;
use crate::storage::rows::{OpRow, vector_of};
use crate::storage::scan::Probe;

/// Reads one forest under one snapshot. Closes itself.
pub struct Reader<'o> {
    /// The forest.
    pub forest: &'o Open,
    /// A document.
    pub doc: Probe<'o, Docs>,
    /// A document by where its row lies.
    pub doc_at: Fetch<'o, Docs>,
    /// A node of a document.
    pub node: Probe<'o, Nodes>,
    /// A node by where its row lies.
    pub node_at: Fetch<'o, Nodes>,
    /// The nodes of a document.
    pub nodes: Probe<'o, Nodes>,
    /// The nodes below a parent, in order.
    pub children: Probe<'o, Nodes>,
    /// One of them, where the index said that it lies.
    pub child_at: Probe<'o, Nodes>,
    /// Those after one of them.
    pub children_after: Probe<'o, Nodes>,
    /// Those before one of them, the last first.
    pub children_before: Probe<'o, Nodes>,
    /// The nodes below a parent, the last first.
    pub last_child: Probe<'o, Nodes>,
    /// Those below the parents that come after one, as entries of the index.
    pub later_parent: Probe<'o, Nodes>,
    /// The nodes of a document that have a `deleted_at`.
    pub deleted: Probe<'o, Nodes>,
    /// The operations on a node of one kind, not `insert`.
    pub of_kind: Probe<'o, Ops>,
    /// Those on the nodes after one, of any kind but `insert`, as entries of the index.
    pub later_timeline: Probe<'o, Ops>,
    /// Those on a node of one kind from a lamport on.
    pub next: Probe<'o, Ops>,
    /// Those up to a lamport, the last first.
    pub prev: Probe<'o, Ops>,
    /// An operation.
    pub op: Probe<'o, Ops>,
    /// The operations of a replica between two counters.
    pub op_range: Probe<'o, Ops>,
    /// The operations of a document.
    pub ops: Probe<'o, Ops>,
    /// The operations of the replicas that come after one.
    pub later_replica: Probe<'o, Ops>,
    /// Those of the replicas that come before one, the last first.
    pub replica_before: Probe<'o, Ops>,
    /// The operations of a replica, the last first.
    pub last_of_replica: Probe<'o, Ops>,
    /// The operations that name a parent.
    pub naming: Probe<'o, Ops>,
    /// They, as entries of the index.
    pub named: Probe<'o, Ops>,
    /// Those that name the parents which come after one, as entries of the index.
    pub later_named: Probe<'o, Ops>,
    /// An op ref that does not name the parent.
    pub reference: Probe<'o, OtherRefs>,
    /// Those of a parent after a key.
    pub refs_after: Probe<'o, OtherRefs>,
    /// Those of a document.
    pub doc_refs: Probe<'o, OtherRefs>,
    /// An ignored operation.
    pub ignored: Probe<'o, Ignored>,
    /// The ignored operations of a document.
    pub doc_ignored: Probe<'o, Ignored>,
    /// The later inserts of a node, those with or those without a payload.
    pub reinserts: Probe<'o, Reinserts>,
    /// Those after a key.
    pub reinserts_after: Probe<'o, Reinserts>,
    /// Those before a key, the last first.
    pub reinserts_before: Probe<'o, Reinserts>,
    /// Those of a document.
    pub doc_reinserts: Probe<'o, Reinserts>,
    /// What waits of a document.
    pub waiting: Probe<'o, Waiting>,
    /// Last, so that it goes last.
    snapshot: Snapshot,
}

/// A snapshot in use; given back when it goes.
struct Snapshot {
    snapshot: pg_sys::Snapshot,
    is_pushed: bool,
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // the server gives back what an error leaves
        }
        // SAFETY: registered, and pushed or not, by the reader.
        unsafe {
            if self.is_pushed {
                pg_sys::PopActiveSnapshot();
            }
            pg_sys::UnregisterSnapshot(self.snapshot);
        }
    }
}

impl<'o> Reader<'o> {
    /// A reader that sees all that this transaction may see by now, its own writes included. The
    /// forest is locked, so what others did to its tables before is seen, or known to be missed.
    ///
    /// # Errors
    /// [`Error::Rewritten`] if the transaction's snapshot is older than a rewritten table.
    pub fn open(forest: &'o Open) -> Result<Self, Error> {
        // SAFETY: makes earlier writes of this statement visible, then takes the transaction's
        // snapshot: a new one at READ COMMITTED, the first one otherwise.
        let snapshot = unsafe {
            pg_sys::CommandCounterIncrement();
            let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetTransactionSnapshot());
            pg_sys::PushActiveSnapshot(snapshot);
            snapshot
        };
        Self::under(forest, Snapshot { snapshot, is_pushed: true })
    }

    /// A reader that sees what the query that is running sees.
    ///
    /// # Errors
    /// As for [`Reader::open`].
    pub fn of_query(forest: &'o Open) -> Result<Self, Error> {
        // SAFETY: a query is running, so a snapshot is active.
        let snapshot = unsafe { pg_sys::RegisterSnapshot(pg_sys::GetActiveSnapshot()) };
        Self::under(forest, Snapshot { snapshot, is_pushed: false })
    }

    fn under(forest: &'o Open, guard: Snapshot) -> Result<Self, Error> {
        let snapshot = guard.snapshot;
        // SAFETY: the snapshot is registered, and goes after the probes.
        unsafe {
            forest.must_be_as_seen_by(snapshot)?;
            Ok(Self {
                forest,
                doc: Probe::new(forest, docs::PKEY, 1, Aim::All, snapshot),
                doc_at: Fetch::new(forest, snapshot),
                node_at: Fetch::new(forest, snapshot),
                node: Probe::new(forest, nodes::PKEY, 2, Aim::All, snapshot),
                nodes: Probe::new(forest, nodes::PKEY, 1, Aim::All, snapshot),
                children: Probe::new(forest, nodes::CHILDREN, 2, Aim::All, snapshot),
                child_at: Probe::new(forest, nodes::CHILDREN, 2, Aim::All, snapshot),
                children_after: Probe::new(forest, nodes::CHILDREN, 2, Aim::After, snapshot),
                children_before: Probe::new(forest, nodes::CHILDREN, 2, Aim::Before, snapshot),
                last_child: Probe::new(forest, nodes::CHILDREN, 2, Aim::FromTheEnd, snapshot),
                later_parent: Probe::new(forest, nodes::CHILDREN, 1, Aim::Beyond, snapshot)
                    .of_entries(),
                deleted: Probe::new(forest, nodes::DELETED, 1, Aim::All, snapshot),
                of_kind: Probe::new(forest, ops::TIMELINE, 3, Aim::All, snapshot),
                later_timeline: Probe::new(forest, ops::TIMELINE, 1, Aim::Beyond, snapshot)
                    .of_entries(),
                next: Probe::new(forest, ops::TIMELINE, 3, Aim::From, snapshot),
                prev: Probe::new(forest, ops::TIMELINE, 3, Aim::UpTo, snapshot),
                op: Probe::new(forest, ops::PKEY, 3, Aim::All, snapshot),
                op_range: Probe::new(forest, ops::PKEY, 2, Aim::Between, snapshot),
                ops: Probe::new(forest, ops::PKEY, 1, Aim::All, snapshot),
                later_replica: Probe::new(forest, ops::PKEY, 1, Aim::Beyond, snapshot),
                replica_before: Probe::new(forest, ops::PKEY, 1, Aim::Before, snapshot),
                last_of_replica: Probe::new(forest, ops::PKEY, 2, Aim::FromTheEnd, snapshot),
                naming: Probe::new(forest, ops::NAMING, 2, Aim::All, snapshot),
                named: Probe::new(forest, ops::NAMING, 2, Aim::All, snapshot).of_entries(),
                later_named: Probe::new(forest, ops::NAMING, 1, Aim::Beyond, snapshot).of_entries(),
                reference: Probe::new(forest, other_refs::PKEY, 5, Aim::All, snapshot),
                refs_after: Probe::new(forest, other_refs::PKEY, 2, Aim::After, snapshot),
                doc_refs: Probe::new(forest, other_refs::PKEY, 1, Aim::All, snapshot),
                ignored: Probe::new(forest, ignored::PKEY, 5, Aim::All, snapshot),
                doc_ignored: Probe::new(forest, ignored::PKEY, 1, Aim::All, snapshot),
                reinserts: Probe::new(forest, reinserts::PKEY, 3, Aim::All, snapshot),
                reinserts_after: Probe::new(forest, reinserts::PKEY, 3, Aim::After, snapshot),
                reinserts_before: Probe::new(forest, reinserts::PKEY, 3, Aim::Before, snapshot),
                doc_reinserts: Probe::new(forest, reinserts::PKEY, 1, Aim::All, snapshot),
                waiting: Probe::new(forest, waiting::PKEY, 1, Aim::All, snapshot),
                snapshot: guard,
            })
        }
    }

    /// The row of a document in `docs`.
    ///
    /// # Errors
    /// Those of [`Probe::rows`].
    pub fn doc_row(&mut self, doc: &DocDatum) -> Result<Option<DocRow>, Error> {
        let row = self.doc.find(&[doc.arg()], &[])?;
        Ok(row.map(|row| DocRow::read(&row)))
    }

    /// The documents that any table knows of, or the one that is named if it is among them.
    ///
    /// # Errors
    /// Those of [`Probe::rows`].
    pub fn docs(&self, doc: Option<&DocName<'_>>) -> Result<Vec<DocName<'static>>, Error> {
        let mut found = BTreeSet::new();
        self.docs_of::<Ops>(doc, &mut found)?;
        self.docs_of::<Nodes>(doc, &mut found)?;
        self.docs_of::<OtherRefs>(doc, &mut found)?;
        self.docs_of::<Ignored>(doc, &mut found)?;
        self.docs_of::<Reinserts>(doc, &mut found)?;
        self.docs_of::<Waiting>(doc, &mut found)?;
        self.docs_of::<Docs>(doc, &mut found)?;
        Ok(found.into_iter().collect())
    }

    /// The documents that have operations which wait, or the one that is named if it has.
    ///
    /// # Errors
    /// Those of [`Probe::rows`].
    pub fn waiting_docs(&self, doc: Option<&DocName<'_>>) -> Result<Vec<DocName<'static>>, Error> {
        let mut docs = BTreeSet::new();
        self.docs_of::<Waiting>(doc, &mut docs)?;
        Ok(docs.into_iter().collect())
    }

    /// The documents that a table knows of, by an index look-up for each.
    fn docs_of<T: Table>(
        &self,
        doc: Option<&DocName<'_>>,
        docs: &mut BTreeSet<DocName<'static>>,
    ) -> Result<(), Error> {
        let (forest, snapshot) = (self.forest, self.snapshot.snapshot);
        if let Some(doc) = doc {
            // SAFETY: the snapshot is ours, and registered.
            let mut probe =
                unsafe { Probe::new(forest, Index::<T>::PRIMARY, 1, Aim::All, snapshot) };
            if probe.find(&[DocDatum::new(doc).arg()], &[])?.is_some() {
                docs.insert(doc.clone().into_owned());
            }
            return Ok(());
        }
        // SAFETY: as above.
        let mut first = unsafe { Probe::new(forest, Index::<T>::PRIMARY, 0, Aim::All, snapshot) };
        // SAFETY: as above.
        let mut later =
            unsafe { Probe::new(forest, Index::<T>::PRIMARY, 0, Aim::Beyond, snapshot) };
        let name = |row: Row<'_, T>| row.doc().map(DocName::into_owned);
        let mut next = first.find(&[], &[])?.and_then(name);
        while let Some(doc) = next {
            let last = DocDatum::new(&doc);
            next = later.find(&[], &[last.arg()])?.and_then(name);
            docs.insert(doc);
        }
        Ok(())
    }

    /// Visits all operations of a document.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a row that slipped past the checks, and those of `visit`.
    pub fn each_op(
        &mut self,
        doc: &DocDatum,
        mut visit: impl FnMut(OpRow<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        each_row(&mut self.ops, &[doc.arg()], &[], |row| visit(OpRow::of_log(row)?))
    }

    /// Visits the operations of a document that have these dots.
    ///
    /// # Errors
    /// As for [`Reader::each_op`].
    pub fn each_op_of(
        &mut self,
        doc: &DocDatum,
        dots: &VersionVector,
        mut visit: impl FnMut(OpRow<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for (replica, ranges) in dots.by_replica() {
            let replica = Varlena::new(replica);
            for &(first, last) in ranges {
                let (equals, bound) =
                    ([doc.arg(), replica.bytea()], [Arg::int8(first), Arg::int8(last)]);
                each_row(&mut self.op_range, &equals, &bound, |row| visit(OpRow::of_log(row)?))?;
            }
        }
        Ok(())
    }

    /// The dots of a document's operations that wait.
    ///
    /// # Errors
    /// [`Error::Corrupted`] for a row that cannot be read.
    pub fn waiting_dots(&mut self, doc: &DocDatum) -> Result<VersionVector, Error> {
        let mut ranges = Vec::new();
        each_row(&mut self.waiting, &[doc.arg()], &[], |row| {
            ranges.extend(vector_of(&row, waiting::DOTS)?.unwrap_or_default().ranges());
            Ok(())
        })?;
        Ok(VersionVector::from_ranges(ranges)?)
    }
}

/// Visits the rows that a probe finds.
///
/// # Errors
/// Those of [`Probe::rows`], and of `visit`.
pub fn each_row<'p, T: Table>(
    probe: &'p mut Probe<'_, T>,
    equals: &[Arg<'p>],
    bound: &[Arg<'p>],
    mut visit: impl FnMut(Row<'_, T>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut rows = probe.rows(equals, bound)?;
    while let Some(row) = rows.next() {
        memory::check();
        visit(row)?;
    }
    Ok(())
}

/// The pair in a row.
pub fn pair<T: PairTable>(row: &Row<'_, T>) -> Option<(NodeId, Key)> {
    row.get(T::PAIR_NODE).zip(row.key(T::PAIR_KEY))
}

/// What a row of `reinserts` says: node and operation, and whether that carries a payload.
pub fn reinsert(row: &Row<'_, Reinserts>) -> Option<(NodeId, Key, bool)> {
    let node = row.get(reinserts::NODE)?;
    Some((node, row.key(Reinserts::KEY)?, row.get(reinserts::PAYLOAD)?))
}

/// Finds the row of a pair.
///
/// # Errors
/// Those of [`Probe::rows`].
pub fn find_pair<'p, T: PairTable>(
    probe: &'p mut Probe<'_, T>,
    doc: &'p DocDatum,
    node: &'p NodeId,
    key: &'p KeyDatums,
) -> Result<Option<Row<'p, T>>, Error> {
    let [lamport, replica, counter] = key.args();
    probe.find(&[doc.arg(), uuid(node), lamport, replica, counter], &[])
}

/// A row of `docs`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocRow {
    /// The greatest key materialized.
    pub head: Option<Key>,
    /// Operations in the log.
    pub op_count: u64,
    /// The least key that waits.
    pub frontier: Option<Key>,
    /// Operations that were below the head when materialized.
    pub late_count: u64,
    /// Older structural operations judged again.
    pub reevaluated_count: u64,
}

impl DocRow {
    /// Reads it.
    pub fn read(row: &Row<'_, Docs>) -> Self {
        Self {
            head: row.key(Docs::HEAD),
            op_count: row.count(docs::OP_COUNT),
            frontier: row.key(Docs::FRONTIER),
            late_count: row.count(docs::LATE_COUNT),
            reevaluated_count: row.count(docs::REEVALUATED_COUNT),
        }
    }
}
