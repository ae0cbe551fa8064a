//! Reading the tables of a forest under one snapshot.
//!
//! A [`Reader`] keeps one open [`Probe`] per kind of question for as long as a statement works.

use pgrx::pg_sys::{self, Datum, Oid};
use treecrdt::{Key, NodeId, VersionVector};

use crate::codec::{KeyDatums, Varlena, int8_datum, uuid_datum};
use crate::error::Error;
use crate::forest::Forest;
use crate::rows::{OpRow, read_key, read_u64};
use crate::scan::{Aim, Column, Probe};

/// The kinds of question, each with a probe of its own.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Question {
    Doc,
    Node,
    Nodes,
    Children,
    Deleted,
    Next,
    Prev,
    Op,
    OpRange,
    Ops,
    Ref,
    Refs,
    RefsAfter,
    DocRefs,
    Ignored,
    DocIgnored,
    Waiting,
}

const QUESTIONS: usize = Question::Waiting as usize + 1;

/// Reads one forest under one snapshot.
pub struct Reader<'f> {
    /// The forest.
    pub forest: &'f Forest,
    snapshot: pg_sys::Snapshot,
    probes: [Option<Probe>; QUESTIONS],
}

impl<'f> Reader<'f> {
    /// A reader that sees all that this transaction may see by now, its own writes included.
    pub fn open(forest: &'f Forest) -> Self {
        // SAFETY: makes earlier writes of this statement visible, then takes the transaction's
        // snapshot: a new one at READ COMMITTED, the first one otherwise.
        let snapshot = unsafe {
            pg_sys::CommandCounterIncrement();
            let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetTransactionSnapshot());
            pg_sys::PushActiveSnapshot(snapshot);
            snapshot
        };
        Self { forest, snapshot, probes: [const { None }; QUESTIONS] }
    }

    /// Closes what is open.
    pub fn close(self) {
        self.probes.into_iter().flatten().for_each(Probe::close);
        // SAFETY: the snapshot was pushed and registered by `open`.
        unsafe {
            pg_sys::PopActiveSnapshot();
            pg_sys::UnregisterSnapshot(self.snapshot);
        }
    }

    /// The probe for a kind of question, opened when first asked for.
    pub fn probe(&mut self, question: Question) -> &mut Probe {
        use Column::{Bool, Bytea, Int8, Text, Uuid};
        const TIMELINE: [Column; 4] = [Text, Uuid, Bool, Bool];
        let (forest, snapshot) = (self.forest, self.snapshot);
        self.probes[question as usize].get_or_insert_with(|| {
            let i = &forest.indexes;
            let (heap, index, equals, aim): (Oid, Oid, &[Column], Aim) = match question {
                Question::Doc => (forest.docs.oid, i.docs_pkey, &[Text], Aim::All),
                Question::Node => (forest.nodes.oid, i.nodes_pkey, &[Text, Uuid], Aim::All),
                Question::Nodes => (forest.nodes.oid, i.nodes_pkey, &[Text], Aim::All),
                Question::Children => (forest.nodes.oid, i.nodes_children, &[Text, Uuid], Aim::All),
                Question::Deleted => (forest.nodes.oid, i.nodes_deleted, &[Text], Aim::All),
                Question::Next => (forest.ops.oid, i.ops_timeline, &TIMELINE, Aim::After),
                Question::Prev => (forest.ops.oid, i.ops_timeline, &TIMELINE, Aim::Before),
                Question::Op => (forest.ops.oid, i.ops_pkey, &[Text, Bytea, Int8], Aim::All),
                Question::OpRange => (forest.ops.oid, i.ops_pkey, &[Text, Bytea], Aim::Between),
                Question::Ops => (forest.ops.oid, i.ops_pkey, &[Text], Aim::All),
                Question::Ref => {
                    (forest.oprefs.oid, i.oprefs_pkey, &[Text, Uuid, Int8, Bytea, Int8], Aim::All)
                }
                Question::Refs => (forest.oprefs.oid, i.oprefs_pkey, &[Text, Uuid], Aim::All),
                Question::RefsAfter => {
                    (forest.oprefs.oid, i.oprefs_pkey, &[Text, Uuid], Aim::After)
                }
                Question::DocRefs => (forest.oprefs.oid, i.oprefs_pkey, &[Text], Aim::All),
                Question::Ignored => {
                    (forest.ignored.oid, i.ignored_pkey, &[Text, Uuid, Int8, Bytea, Int8], Aim::All)
                }
                Question::DocIgnored => (forest.ignored.oid, i.ignored_pkey, &[Text], Aim::All),
                Question::Waiting => (forest.waiting.oid, i.waiting_pkey, &[Text], Aim::All),
            };
            // SAFETY: the indexes are those of sql/forest.sql, with these leading columns; the
            // snapshot is registered until `close`.
            unsafe { Probe::open(heap, index, equals, aim, snapshot) }
        })
    }

    /// The probe for a kind of question, where the last search has left it.
    pub fn found(&self, question: Question) -> Option<&Probe> {
        self.probes[question as usize].as_ref()
    }

    /// The row of a document in `docs`.
    pub fn doc(&mut self, doc: &Varlena) -> Option<DocRow> {
        let columns = self.forest.docs.columns;
        let probe = self.probe(Question::Doc);
        probe.find(&[doc.datum()], &[]).then(|| DocRow {
            head: read_key(probe, [columns[1], columns[2], columns[3]]),
            op_count: read_u64(probe, columns[4]),
            frontier: read_key(probe, [columns[5], columns[6], columns[7]]),
            late_count: read_u64(probe, columns[8]),
            reevaluated_count: read_u64(probe, columns[9]),
        })
    }

    /// Finds the row that a patch is about, to be written over.
    pub fn row_of(&mut self, row: RowOf<'_>) -> Option<&Probe> {
        let none = Datum::from(0usize);
        let by_key = |doc: &Varlena, node: &NodeId, key: &KeyDatums| {
            let [lamport, replica, counter] = key.datums();
            [doc.datum(), uuid_datum(node), lamport, replica, counter]
        };
        let (question, at, columns) = match row {
            RowOf::Doc(doc) => (Question::Doc, [doc.datum(), none, none, none, none], 1),
            RowOf::Node(doc, node) => {
                (Question::Node, [doc.datum(), uuid_datum(node), none, none, none], 2)
            }
            RowOf::Ref(doc, node, key) => (Question::Ref, by_key(doc, node, key), 5),
            RowOf::Ignored(doc, node, key) => (Question::Ignored, by_key(doc, node, key), 5),
        };
        let probe = self.probe(question);
        probe.find(&at[..columns], &[]).then_some(&*probe)
    }

    /// Visits every row of a document in one of the derived tables.
    pub fn each_row(&mut self, doc: &Varlena, table: Derived, mut visit: impl FnMut(&Probe)) {
        let probe = self.probe(match table {
            Derived::Nodes => Question::Nodes,
            Derived::Oprefs => Question::DocRefs,
            Derived::Ignored => Question::DocIgnored,
            Derived::Waiting => Question::Waiting,
        });
        probe.aim(&[doc.datum()], &[]);
        while probe.next() {
            pgrx::check_for_interrupts!();
            visit(probe);
        }
    }

    /// Visits all operations of a document.
    ///
    /// # Errors
    /// [`Error::NullColumn`] for a row that slipped past the checks, and those of `visit`.
    pub fn each_op(
        &mut self,
        doc: &Varlena,
        visit: impl FnMut(OpRow<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let forest = self.forest;
        let probe = self.probe(Question::Ops);
        probe.aim(&[doc.datum()], &[]);
        // SAFETY: the probe is aimed at rows of `ops`.
        unsafe { each_op(probe, forest, visit) }
    }

    /// Visits the operations of a document that have these dots.
    ///
    /// # Errors
    /// As for [`Reader::each_op`].
    pub fn each_op_of(
        &mut self,
        doc: &Varlena,
        dots: &VersionVector,
        mut visit: impl FnMut(OpRow<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let forest = self.forest;
        let probe = self.probe(Question::OpRange);
        for (replica, ranges) in dots.by_replica() {
            let replica = Varlena::new(replica);
            for &(first, last) in ranges {
                probe.aim(&[doc.datum(), replica.datum()], &[int8_datum(first), int8_datum(last)]);
                // SAFETY: the probe is aimed at rows of `ops`.
                unsafe { each_op(probe, forest, &mut visit) }?;
            }
        }
        Ok(())
    }

    /// The probe on the operation that has this key, if it is there.
    pub fn op(&mut self, doc: &Varlena, key: &Key) -> Option<&Probe> {
        let columns = KeyDatums::new(key);
        let [_, replica, counter] = columns.datums();
        let probe = self.probe(Question::Op);
        probe.find(&[doc.datum(), replica, counter], &[]).then_some(&*probe)
    }
}

/// Visits the operations that a probe is aimed at.
///
/// # Safety
/// They are rows of the forest's `ops`.
unsafe fn each_op(
    probe: &mut Probe,
    forest: &Forest,
    mut visit: impl FnMut(OpRow<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    while probe.next() {
        pgrx::check_for_interrupts!();
        // SAFETY: by the caller's promise.
        visit(unsafe { OpRow::read(probe.slot(), forest) }?)?;
    }
    Ok(())
}

/// A row to be written over or removed, by its primary key.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub enum RowOf<'a> {
    Doc(&'a Varlena),
    Node(&'a Varlena, &'a NodeId),
    Ref(&'a Varlena, &'a NodeId, &'a KeyDatums),
    Ignored(&'a Varlena, &'a NodeId, &'a KeyDatums),
}

/// The derived tables that hold rows per document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Derived {
    Nodes,
    Oprefs,
    Ignored,
    Waiting,
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
