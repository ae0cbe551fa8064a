//! The core's questions, answered from the tables of a forest: a reader bound to one document.

use treecrdt::{
    Above, Entry, Key, NodeId, NodeMap, OpKind, Range, Row, Source, Store, Track, VersionVector,
};

use super::accounted;
use super::ancestry::Ways;
use super::ties::{Ties, Which};
use crate::catch_up::batch::{Batch, Bytes};
use crate::datum::{self, Arg, KeyDatums, Type, Varlena, uuid};
use crate::doc::{DocDatum, DocName};
use crate::error::Error;
use crate::forest::Forest;
use crate::forest::shape::{Nodes, OtherRefs, Reinserts, Table, nodes};
use crate::memory;
use crate::storage::parents::Parents;
use crate::storage::reader::{Reader, each_row, find_pair};
use crate::storage::row::{self, Place};
use crate::storage::rows::{OpRow, node_keys, read_vector, vector_of};
use crate::storage::scan::Probe;

/// How many op refs are read at a time.
const REFS: usize = 256;

/// The reader, bound to one document.
pub struct DocStore<'r, 'f> {
    pub(super) reader: &'r mut Reader<'f>,
    doc: &'r DocName<'static>,
    pub(super) doc_datum: &'r DocDatum,
    head: Option<Key>,
    batch: &'r Batch,
    /// The operations that wait, for who only reads.
    waiting: Option<&'r VersionVector>,
    /// The operations that are to be materialized later in the statement.
    pub(super) pending: Option<&'r VersionVector>,
    /// Whether the document has ignored operations, once that was asked.
    any_ignored: Option<bool>,
    /// Whether it has inserts that are not the first of their nodes, once that was asked.
    pub(super) any_reinserts: Option<bool>,
    /// The nodes that operations name as a parent, for who asks many.
    parents: Option<Parents>,
    /// The nodes that operations are about which are no inserts.
    unmoved: Option<Parents>,
    /// The nodes that have any below them, and where these lie.
    below: Option<Parents>,
    pub(super) ties: Ties,
    look: Look,
    learned: Learned,
}

/// Where rows of nodes lie.
pub type Places = NodeMap<Place>;

/// What was learned of the rows of nodes that were asked for.
#[derive(Debug, Default)]
pub struct Learned {
    /// Where whole rows lie.
    pub places: Places,
    /// The steps of ways up.
    pub ways: Ways,
}

impl<'r, 'f> DocStore<'r, 'f> {
    /// The document that is at this head, for a catch-up with this batch.
    pub fn new(
        reader: &'r mut Reader<'f>,
        doc: &'r DocName<'static>,
        doc_datum: &'r DocDatum,
        head: Option<Key>,
        batch: &'r Batch,
    ) -> Self {
        Self {
            reader,
            doc,
            doc_datum,
            head,
            batch,
            waiting: None,
            pending: None,
            any_ignored: None,
            any_reinserts: None,
            parents: None,
            unmoved: None,
            below: None,
            ties: Ties::default(),
            look: Look { parent: Box::new(NodeId::ROOT), given: None, is_over: false },
            learned: Learned::default(),
        }
    }

    /// It, where steps of ways up are known.
    pub fn knowing(self, ways: Ways) -> Self {
        Self { learned: Learned { ways, ..Learned::default() }, ..self }
    }

    /// It, as if these operations were not in the log yet.
    pub fn without(self, pending: Option<&'r VersionVector>) -> Self {
        Self { pending, ..self }
    }

    /// What was learned of the rows that were asked for.
    pub fn into_learned(self) -> Learned {
        self.learned
    }

    /// It, for who only reads, while these operations wait, and asks the nodes below one.
    pub fn for_reading_below(self, root: NodeId, waiting: &'r VersionVector) -> Self {
        let [parents, unmoved] = [(); 2].map(|()| Some(Parents::below(root)));
        let below = Some(Parents::below(root).with_places());
        Self { waiting: Some(waiting), parents, unmoved, below, ..self }
    }

    fn node<'s>(&'s mut self, node: &'s NodeId) -> Result<Option<row::Row<'s, Nodes>>, Error> {
        self.reader.node.find(&[self.doc_datum.arg(), uuid(node)], &[])
    }

    /// Reads an operation of the log.
    fn on_op<T>(
        &mut self,
        key: Key,
        read: impl FnOnce(&OpRow<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let columns = KeyDatums::new(&key);
        let [_, replica, counter] = columns.args();
        match self.reader.op.find(&[self.doc_datum.arg(), replica, counter], &[])? {
            Some(row) => read(&OpRow::of_log(row)?),
            None => Err(self.corrupted(format!("operation {key} is not in ops"))),
        }
    }

    /// Ends the statement at an operation of one that has not ended.
    pub(super) fn must_be_accounted(&self, entry: &Entry, is_ours: bool) -> Result<(), Error> {
        if !is_ours || self.waiting.is_some() {
            return Ok(());
        }
        accounted::must_have(self.reader.forest, self.doc, entry.key.dot)
    }

    fn corrupted(&self, problem: String) -> Error {
        Error::corrupted(&self.reader.forest.name, self.doc, problem)
    }
}

/// A look through the operations that name a parent.
#[derive(Debug)]
struct Look {
    /// The parent, where the scan can point at it.
    parent: Box<NodeId>,
    /// How many were given out; `None` before there was any look.
    given: Option<usize>,
    is_over: bool,
}

/// Whether a document has any row in a table, once that was asked.
pub(super) fn any<T: Table>(
    known: &mut Option<bool>,
    probe: &mut Probe<'_, T>,
    doc: &DocDatum,
) -> Result<bool, Error> {
    if known.is_none() {
        *known = Some(probe.find(&[doc.arg()], &[])?.is_some());
    }
    Ok(*known == Some(true))
}

/// A row of `nodes` as the core has it.
fn node_row(row: &row::Row<'_, Nodes>, forest: &Forest, doc: &DocName<'_>) -> Result<Row, Error> {
    let (parent, keys) = (row.get(nodes::PARENT), node_keys(row)?);
    if parent.is_some() != keys.placed.is_some() {
        let node = row.get(nodes::NODE).unwrap_or(NodeId::ROOT);
        let problem = format!(
            "node {node} has a parent and no operation that placed it, or the other way round"
        );
        return Err(Error::corrupted(&forest.name, doc, problem));
    }
    Ok(Row {
        placed: keys.placed.zip(parent),
        payload: keys.payload,
        inserted: keys.inserted,
        deleted: row.has(nodes::DELETED_AT),
        tombstone: row.get(nodes::TOMBSTONE) == Some(true),
    })
}

impl Store for DocStore<'_, '_> {
    type Error = Error;

    fn contradiction(&self, problem: String) -> Error {
        self.corrupted(problem)
    }

    fn head(&self) -> Option<Key> {
        self.head
    }

    fn row(&mut self, node: NodeId) -> Result<Option<Row>, Error> {
        let (forest, doc) = (self.reader.forest, self.doc);
        let Some(row) = self.node(&node)? else { return Ok(None) };
        let (place, row) = (row.place(), node_row(&row, forest, doc)?);
        self.learned.places.insert(node, place);
        Ok(Some(row))
    }

    fn above(&mut self, node: NodeId) -> Result<Above, Error> {
        if let Some(above) = self.known_above(node) {
            return Ok(above);
        }
        let row = self.node(&node)?;
        let above = row.map_or(Above::default(), |row| Above {
            parent: row.get(nodes::PARENT),
            deleted: row.has(nodes::DELETED_AT),
            tombstone: row.get(nodes::TOMBSTONE) == Some(true),
        });
        self.learned.ways.insert(node, above);
        Ok(above)
    }

    fn known_above(&mut self, node: NodeId) -> Option<Above> {
        self.learned.ways.get(node)
    }

    fn deleted_at(&mut self, node: NodeId) -> Result<VersionVector, Error> {
        let Some(row) = self.node(&node)? else { return Ok(VersionVector::default()) };
        Ok(vector_of(&row, nodes::DELETED_AT)?.unwrap_or_default())
    }

    fn any_deleted(&mut self) -> Result<bool, Error> {
        Ok(self.reader.deleted.find(&[self.doc_datum.arg()], &[])?.is_some())
    }

    fn children(&mut self, node: NodeId) -> Result<Vec<NodeId>, Error> {
        let mut children = Vec::new();
        let at = [self.doc_datum.arg(), uuid(&node)];
        let mut rows = self.reader.children.rows(&at, &[])?;
        while let Some(row) = rows.next() {
            memory::check();
            children.extend(row.get(nodes::NODE));
        }
        Ok(children)
    }

    fn rows_below(
        &mut self,
        node: NodeId,
        visit: &mut dyn FnMut(NodeId, Row),
    ) -> Result<(), Error> {
        let (forest, doc) = (self.reader.forest, self.doc);
        let mut take = |row: row::Row<'_, Nodes>| -> Result<(), Error> {
            if let Some(child) = row.get(nodes::NODE) {
                visit(child, node_row(&row, forest, doc)?);
            }
            Ok(())
        };
        if let Some(below) = &mut self.below
            && let Some(places) = below.places(node)
        {
            for at in places {
                if let Some(row) = below.go_to(&mut self.reader.child_at, at, node)? {
                    take(row)?;
                }
            }
            return Ok(());
        }
        let at = [self.doc_datum.arg(), uuid(&node)];
        each_row(&mut self.reader.children, &at, &[], take)?;
        if let Some(below) = &mut self.below {
            below.go_on(&mut self.reader.later_parent, self.doc_datum)?;
        }
        Ok(())
    }

    fn steps(&mut self, node: NodeId) -> Result<Vec<Entry>, Error> {
        let mut steps = Vec::new();
        if !self.unmoved.as_ref().is_some_and(|others| others.surely_not(node)) {
            let label = self.reader.forest.label(OpKind::Move);
            let equals = [self.doc_datum.arg(), uuid(&node), Arg::kind(label)];
            let mut rows = self.reader.of_kind.rows(&equals, &[])?;
            let mut any = false;
            while let Some(row) = rows.next() {
                memory::check();
                any = true;
                let entry = OpRow::of_log(row)?.entry()?;
                if !self.waiting.is_some_and(|waiting| waiting.contains(entry.key.dot)) {
                    steps.push(entry);
                }
            }
            if let Some(others) = self.unmoved.as_mut().filter(|_| !any) {
                others.go_on(&mut self.reader.later_timeline, self.doc_datum)?;
            }
        }
        if self.any_reinserts()? {
            let mut keys = Vec::new();
            for with_payload in [true, false] {
                let equals = [self.doc_datum.arg(), uuid(&node), Arg::bool(with_payload)];
                each_row(&mut self.reader.reinserts, &equals, &[], |row| {
                    keys.extend(row.key(Reinserts::KEY));
                    Ok(())
                })?;
            }
            for key in keys {
                steps.push(self.entry(key)?);
            }
        }
        Ok(steps)
    }

    fn next(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Error> {
        self.nearest(node, track, key, Which::Next)
    }

    fn prev(&mut self, node: NodeId, track: Track, key: Key) -> Result<Option<Entry>, Error> {
        self.nearest(node, track, key, Which::Prev)
    }

    fn entry(&mut self, key: Key) -> Result<Entry, Error> {
        self.on_op(key, |row| row.entry())
    }

    fn known_state(&mut self, delete: Source) -> Result<VersionVector, Error> {
        if let Bytes::Kept(kept) = self.batch.contents(delete.position) {
            let Some(kept) = kept else { return Ok(VersionVector::default()) };
            // SAFETY: a `version_vector`, kept by the batch.
            if let Ok(known) = read_vector(unsafe { datum::bytes(kept.datum(Type::Vector)) }) {
                return Ok(known);
            }
        }
        // Whoever reads it from the log can say what is wrong with it.
        self.on_op(delete.key, |row| row.known_state())
    }

    fn deletions_in(&mut self, range: Range, most: usize) -> Result<Option<usize>, Error> {
        let replica = Varlena::new(range.replica.as_bytes());
        let equals = [self.doc_datum.arg(), replica.bytea()];
        let bound = [Arg::int8(range.first), Arg::int8(range.last)];
        let mut rows = self.reader.op_range.rows(&equals, &bound)?;
        let mut count = 0;
        while let Some(row) = rows.next() {
            count += 1;
            if count > most || !OpRow::of_log(row)?.entry()?.is_deletion() {
                return Ok(None);
            }
        }
        Ok(Some(count))
    }

    fn is_ignored(&mut self, node: NodeId, key: Key) -> Result<bool, Error> {
        if !any(&mut self.any_ignored, &mut self.reader.doc_ignored, self.doc_datum)? {
            return Ok(false);
        }
        let key = KeyDatums::new(&key);
        Ok(find_pair(&mut self.reader.ignored, self.doc_datum, &node, &key)?.is_some())
    }

    fn naming(&mut self, parent: NodeId, from: usize, most: usize) -> Result<Vec<Entry>, Error> {
        let goes_on = *self.look.parent == parent && self.look.given == Some(from);
        if goes_on && self.look.is_over {
            return Ok(Vec::new());
        }
        let (mut entries, mut skip) = (Vec::new(), 0);
        let mut ours = Vec::new();
        let mut rows = if goes_on {
            // SAFETY: aimed below, with what the store holds; and it is not over.
            unsafe { self.reader.naming.go_on() }
        } else {
            skip = from;
            self.look.given = None;
            *self.look.parent = parent;
            let at = [self.doc_datum.arg(), uuid(&self.look.parent)];
            self.reader.naming.rows(&at, &[])?
        };
        let mut is_over = false;
        while entries.len() < most {
            let Some(row) = rows.next() else {
                is_over = true;
                break;
            };
            memory::check();
            let entry = OpRow::of_log(row)?.entry()?;
            let is_to_come = |dots: &VersionVector| dots.contains(entry.key.dot);
            if self.waiting.is_some_and(is_to_come) || self.pending.is_some_and(is_to_come) {
                continue;
            }
            if skip > 0 {
                skip -= 1;
                continue;
            }
            if row.is_of_this_transaction() {
                ours.push(entry);
            }
            entries.push(entry);
        }
        (self.look.given, self.look.is_over) = (Some(from + entries.len()), is_over);
        for entry in &ours {
            self.must_be_accounted(entry, true)?;
        }
        Ok(entries)
    }

    fn named(&mut self, parent: NodeId) -> Result<usize, Error> {
        if self.parents.as_ref().is_some_and(|parents| parents.surely_not(parent)) {
            return Ok(0);
        }
        if let Some(count) = self.parents.as_ref().and_then(|parents| parents.count(parent)) {
            return Ok(count);
        }
        let at = [self.doc_datum.arg(), uuid(&parent)];
        let mut entries = self.reader.named.rows(&at, &[])?;
        let mut count = 0;
        while entries.next_entry() {
            memory::check();
            count += 1;
        }
        if let Some(parents) = self.parents.as_mut().filter(|_| count == 0) {
            parents.go_on(&mut self.reader.later_named, self.doc_datum)?;
        }
        Ok(count)
    }

    fn has_ref(&mut self, parent: NodeId, key: Key) -> Result<bool, Error> {
        let key = KeyDatums::new(&key);
        Ok(find_pair(&mut self.reader.reference, self.doc_datum, &parent, &key)?.is_some())
    }

    fn check(&mut self) -> Result<(), Error> {
        memory::check();
        Ok(())
    }

    fn refs(&mut self, parent: NodeId, after: Key) -> Result<Vec<Key>, Error> {
        let after = KeyDatums::new(&after);
        let at = [self.doc_datum.arg(), uuid(&parent)];
        let mut rows = self.reader.refs_after.rows(&at, &after.args())?;
        let mut refs = Vec::new();
        while refs.len() < REFS
            && let Some(row) = rows.next()
        {
            refs.extend(row.key(OtherRefs::KEY));
        }
        Ok(refs)
    }
}
