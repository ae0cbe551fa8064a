//! Reading without a query, for those who may read every row: nothing of the forest's owner is run,
//! no policy, rule or index expression, and no plan depends on the caller's settings.

use pgrx::Uuid;
use pgrx::pg_sys;
use treecrdt::{Key, NodeId, VersionVector, VersionVectorBuilder};

use super::since::{Missing, OpFields};
use super::version::Spans;
use super::{Visible, uuid};
use crate::api::rights::{Reading, may_read};
use crate::batch::Batch;
use crate::codec::{self, Varlena};
use crate::error::Error;
use crate::forest::Open;
use crate::forest::shape::{
    Bytea, Column, Docs, Nodes, Oprefs, Ops, Table, Vector, docs, nodes, oprefs, ops,
};
use crate::memory;
use crate::reader::{Reader, each_row};
use crate::scan::{Arg, Probe, Row};
use crate::store::DocStore;

/// A reader of a document, as the query that is running sees it.
pub struct DocReader<'o> {
    reader: Reader<'o>,
    doc: Varlena,
    name: &'o str,
}

impl<'o> DocReader<'o> {
    /// Opens it.
    ///
    /// # Errors
    /// [`Error::Rewritten`].
    pub fn new(forest: &'o Open, doc: &'o str) -> Result<Self, Error> {
        let reader = Reader::of_query(forest)?;
        Ok(Self { reader, doc: Varlena::new(doc.as_bytes()), name: doc })
    }

    fn corrupted(&self, problem: String) -> Error {
        Error::corrupted(&self.reader.forest.name, self.name, problem)
    }

    /// The node and its ancestors up to ROOT's child; `None` if it is not visible.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn way_up(&mut self, node: Uuid) -> Result<Option<Vec<Uuid>>, Error> {
        let mut way = super::WayUp::new(node);
        while let Some(at) = way.next(&self.reader.forest.name, self.name)? {
            memory::check();
            let at = NodeId(*at.as_bytes());
            let row = self.reader.node.find(&[self.doc.text(), codec::uuid(&at)], &[])?;
            let parent = row
                .filter(|row| row.get(nodes::TOMBSTONE) == Some(false))
                .and_then(|row| row.get(nodes::PARENT));
            match parent {
                Some(parent) => way.go(uuid(parent)),
                None => return Ok(None),
            }
        }
        Ok(Some(way.path))
    }

    /// The visible nodes below `root`, in document order.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn visible(&mut self, root: Uuid, max_depth: Option<i32>) -> Result<Vec<Visible>, Error> {
        let mut ordered: Vec<Visible> = Vec::new();
        if self.way_up(root)?.is_none() || max_depth.is_some_and(|max| max < 1) {
            return Ok(ordered);
        }
        let mut open = self.children(root, 1)?;
        while let Some(visible) = open.pop() {
            if visible.node == root {
                return Err(self.corrupted(format!("node {} is below itself", visible.node)));
            }
            if max_depth.is_none_or(|max| visible.depth < max) {
                open.append(&mut self.children(visible.node, visible.depth + 1)?);
            }
            ordered.push(visible);
        }
        Ok(ordered)
    }

    /// The children of a node that are no tombstones, the last first.
    fn children(&mut self, parent: Uuid, depth: i32) -> Result<Vec<Visible>, Error> {
        let mut children = Vec::new();
        let at = NodeId(*parent.as_bytes());
        each_row(&mut self.reader.children, &[self.doc.text(), codec::uuid(&at)], &[], |row| {
            if row.get(nodes::TOMBSTONE) == Some(false)
                && let Some(node) = row.get(nodes::NODE)
            {
                children.push(Visible {
                    depth,
                    node: uuid(node),
                    parent,
                    order_key: row.get(nodes::ORDER_KEY).unwrap_or_default().to_vec(),
                    payload: row.get(nodes::PAYLOAD).map(<[u8]>::to_vec),
                });
            }
            Ok(())
        })?;
        children.reverse();
        Ok(children)
    }

    /// A node's payload.
    ///
    /// # Errors
    /// Those of reading.
    pub fn payload(&mut self, node: Uuid) -> Result<Option<Vec<u8>>, Error> {
        let at = NodeId(*node.as_bytes());
        let row = self.reader.node.find(&[self.doc.text(), codec::uuid(&at)], &[])?;
        Ok(row.and_then(|row| row.get(nodes::PAYLOAD)).map(<[u8]>::to_vec))
    }

    /// The dots that a deletion of the node must cover.
    ///
    /// # Errors
    /// [`Error::Corrupted`] where nodes are below themselves.
    pub fn subtree_version(&mut self, node: Uuid) -> Result<VersionVector, Error> {
        let waiting = self.reader.waiting_dots(&self.doc)?;
        let batch = Batch::default();
        let head = Some(Key::MIN); // something is materialized: the core asks
        let mut store = DocStore::new(&mut self.reader, self.name, &self.doc, head, &batch);
        let version = treecrdt::subtree_version(&mut store, NodeId(*node.as_bytes()))?;
        // Operations that wait are in the log, but have not happened yet.
        Ok(version.difference(&waiting))
    }

    /// How many operations `docs` counts, for those who may know.
    fn op_count(&mut self) -> Result<Option<u64>, Error> {
        if may_read(self.reader.forest.table::<Docs>()) != Reading::All {
            return Ok(None);
        }
        let row = self.reader.doc.find(&[self.doc.text()], &[])?;
        Ok(row.map(|row| row.count(docs::OP_COUNT)))
    }

    /// The spans of all replicas, by two probes each; `None` if they are so many that reading every
    /// dot is cheaper.
    ///
    /// # Errors
    /// Those of reading.
    pub fn spans(&mut self) -> Result<Option<Spans>, Error> {
        let op_count = self.op_count()?;
        let most = Spans::most_replicas(op_count);
        let mut ranges = Vec::new();
        let mut replica = Varlena::new(&[]);
        loop {
            memory::check();
            let next = self.reader.later_replica.find(&[self.doc.text()], &[replica.bytea()])?;
            let Some((id, first)) = next.and_then(|row| id_and_counter(&row)) else { break };
            replica = Varlena::new(&id);
            let at = [self.doc.text(), replica.bytea()];
            let last = self.reader.last_of_replica.find(&at, &[])?;
            let last = last.and_then(|row| row.get(ops::COUNTER));
            if ranges.len() >= most {
                return Ok(None);
            }
            ranges.extend(super::version::range(Some(id), Some(first), last));
        }
        Ok(Some(Spans::new(ranges, op_count)))
    }

    /// The dots of all operations in the log.
    ///
    /// # Errors
    /// Those of reading.
    pub fn every_dot(&mut self) -> Result<VersionVector, Error> {
        let mut dots = VersionVectorBuilder::default();
        self.reader.each_op(&self.doc, |row| {
            dots.push(row.entry()?.key.dot);
            Ok(())
        })?;
        Ok(dots.build())
    }

    /// The keys of the operations with these dots, replicas by their places in the vector.
    ///
    /// # Errors
    /// Those of reading.
    pub fn keys(&mut self, dots: &VersionVector) -> Result<Vec<(i64, i32, i64)>, Error> {
        let mut keys = Vec::new();
        for (at, (id, ranges)) in dots.by_replica().enumerate() {
            let id = Varlena::new(id);
            for &(first, last) in ranges {
                let equals = [self.doc.text(), id.bytea()];
                let bound = [Arg::int8(first), Arg::int8(last)];
                each_row(&mut self.reader.op_range, &equals, &bound, |row| {
                    let key = row.get(ops::LAMPORT).zip(row.get(ops::COUNTER));
                    keys.extend(key.map(|(lamport, counter)| (lamport, at as i32, counter)));
                    Ok(())
                })?;
            }
        }
        Ok(keys)
    }

    /// The operations of a batch of what is missing, in order.
    ///
    /// # Errors
    /// Those of reading.
    pub fn ops(&mut self, missing: &Missing, from: usize) -> Result<Vec<OpFields>, Error> {
        let mut found = Vec::new();
        for (replica, counter) in missing.dots(from) {
            memory::check();
            let id = Varlena::new(replica);
            let at = [self.doc.text(), id.bytea(), Arg::int8(counter as u64)];
            let Some(row) = self.reader.op.find(&at, &[])? else { continue };
            let bytes = |column: Column<Ops, Bytea>| row.get(column).map(<[u8]>::to_vec);
            found.push((
                replica.to_vec(),
                counter,
                row.get(ops::LAMPORT).unwrap_or_default(),
                row.get(ops::KIND),
                row.get(ops::NODE).map(uuid),
                row.get(ops::PARENT).map(uuid),
                bytes(ops::ORDER_KEY),
                bytes(ops::PAYLOAD),
                row.get(ops::KNOWN_STATE).map(<[u8]>::to_vec),
            ));
        }
        Ok(found)
    }

    /// The digest, as `sql/read/digest.sql` says it.
    ///
    /// # Errors
    /// Those of reading.
    pub fn digest(&mut self) -> Result<Vec<u8>, Error> {
        let Reader { ops, nodes, doc_refs, .. } = &mut self.reader;
        let mut whole = Sha256::new();
        whole.add(&rows_digest(ops, &self.doc, |row, hash| {
            hash.sized(row.get(ops::REPLICA).unwrap_or_default());
            hash.int8(row.get(ops::COUNTER));
            hash.int8(row.get(ops::LAMPORT));
            let kind = row.get(ops::KIND).and_then(|label| row.forest().op_kind(label));
            hash.sized(kind.map_or("", |kind| kind.name()).as_bytes());
            hash.add(&row.get(ops::NODE).unwrap_or(NodeId::ROOT).0);
            hash.optional(
                row.get(ops::PARENT).map(|node| node.0).as_ref().map(<[u8; 16]>::as_slice),
            );
            hash.sized_or_none(row.get(ops::ORDER_KEY));
            hash.sized_or_none(row.get(ops::PAYLOAD));
            hash.optional(row.get::<Vector>(ops::KNOWN_STATE));
        })?);
        whole.add(&rows_digest::<Nodes>(nodes, &self.doc, |row, hash| {
            hash.add(&row.get(nodes::NODE).unwrap_or(NodeId::ROOT).0);
            hash.optional(
                row.get(nodes::PARENT).map(|node| node.0).as_ref().map(<[u8; 16]>::as_slice),
            );
            hash.sized_or_none(row.get(nodes::ORDER_KEY));
            hash.add(&[u8::from(row.get(nodes::TOMBSTONE) == Some(true))]);
            hash.sized_or_none(row.get(nodes::PAYLOAD));
        })?);
        whole.add(&rows_digest::<Oprefs>(doc_refs, &self.doc, |row, hash| {
            hash.add(&row.get(oprefs::PARENT).unwrap_or(NodeId::ROOT).0);
            hash.int8(row.get(oprefs::LAMPORT));
            hash.sized(row.get(oprefs::REPLICA).unwrap_or_default());
            hash.int8(row.get(oprefs::COUNTER));
        })?);
        Ok(whole.end().to_vec())
    }
}

fn id_and_counter(row: &Row<'_, Ops>) -> Option<(Vec<u8>, i64)> {
    Some((row.get(ops::REPLICA)?.to_vec(), row.get(ops::COUNTER)?))
}

/// The hash of the hashes of a table's rows, in the order of its primary key.
fn rows_digest<T: Table>(
    probe: &mut Probe<'_, T>,
    doc: &Varlena,
    mut fields: impl FnMut(&Row<'_, T>, &mut Sha256),
) -> Result<[u8; 32], Error> {
    let (mut rows, mut one) = (Sha256::new(), Sha256::new());
    each_row(probe, &[doc.text()], &[], |row| {
        one.begin();
        fields(&row, &mut one);
        rows.add(&one.end());
        Ok(())
    })?;
    Ok(rows.end())
}

// Of the server's `common/cryptohash.h`, which pgrx has no bindings for.
unsafe extern "C-unwind" {
    fn pg_cryptohash_create(algorithm: i32) -> *mut std::ffi::c_void;
    fn pg_cryptohash_init(context: *mut std::ffi::c_void) -> i32;
    fn pg_cryptohash_update(context: *mut std::ffi::c_void, data: *const u8, length: usize) -> i32;
    fn pg_cryptohash_final(context: *mut std::ffi::c_void, result: *mut u8, length: usize) -> i32;
    fn pg_cryptohash_free(context: *mut std::ffi::c_void);
}

/// `PG_SHA256`.
const SHA256: i32 = 3;

/// The server's SHA-256, fed piece by piece.
struct Sha256(*mut std::ffi::c_void);

impl Sha256 {
    fn new() -> Self {
        // SAFETY: makes a context of the server's, which an error gives back with the statement.
        let mut hash =
            Self(unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| pg_cryptohash_create(SHA256)) });
        hash.begin();
        hash
    }

    fn begin(&mut self) {
        // SAFETY: the context is there.
        let failed = unsafe { pg_cryptohash_init(self.0) } < 0;
        assert!(!failed, "SHA-256 can be computed");
    }

    fn add(&mut self, bytes: &[u8]) {
        // SAFETY: as many bytes as there are.
        let failed = unsafe { pg_cryptohash_update(self.0, bytes.as_ptr(), bytes.len()) } < 0;
        assert!(!failed, "SHA-256 can be computed");
    }

    fn int8(&mut self, value: Option<i64>) {
        self.add(&value.unwrap_or_default().to_be_bytes());
    }

    fn sized(&mut self, bytes: &[u8]) {
        self.add(&(bytes.len() as u32).to_be_bytes());
        self.add(bytes);
    }

    fn sized_or_none(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.sized(bytes),
            None => self.add(&[0xff; 4]),
        }
    }

    fn optional(&mut self, bytes: Option<&[u8]>) {
        self.add(&[u8::from(bytes.is_some())]);
        self.add(bytes.unwrap_or_default());
    }

    fn end(&mut self) -> [u8; 32] {
        let mut result = [0; 32];
        // SAFETY: a buffer of the size that SHA-256 has.
        let failed = unsafe { pg_cryptohash_final(self.0, result.as_mut_ptr(), result.len()) } < 0;
        assert!(!failed, "SHA-256 can be computed");
        result
    }
}

impl Drop for Sha256 {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: the context is there, and nothing refers to it any more.
            unsafe { pg_cryptohash_free(self.0) };
        }
    }
}
