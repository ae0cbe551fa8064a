//! The digest of a document, computed directly. `sql/read/digest.sql` says what it is of.

use pgrx::pg_sys;
use treecrdt::{NodeId, VersionVector};

use super::doc::DocReader;
use crate::datum::Vector;
use crate::doc::DocDatum;
use crate::error::Error;
use crate::forest::shape::{Nodes, OtherRefs, Table, nodes, ops, other_refs};
use crate::storage::reader::{Reader, each_row};
use crate::storage::row::Row;
use crate::storage::scan::Probe;

impl DocReader<'_> {
    /// The digest, as `sql/read/digest.sql` says it.
    ///
    /// # Errors
    /// Those of reading.
    pub fn digest(&mut self) -> Result<Vec<u8>, Error> {
        let Reader { ops, nodes, doc_refs, .. } = &mut self.reader;
        let log = rows_digest(ops, &self.doc, |row, hash| {
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
        })?;
        let rows = rows_digest::<Nodes>(nodes, &self.doc, |row, hash| {
            hash.add(&row.get(nodes::NODE).unwrap_or(NodeId::ROOT).0);
            hash.optional(
                row.get(nodes::PARENT).map(|node| node.0).as_ref().map(<[u8; 16]>::as_slice),
            );
            hash.sized_or_none(row.get(nodes::ORDER_KEY));
            hash.add(&[u8::from(row.get(nodes::TOMBSTONE) == Some(true))]);
            hash.sized_or_none(row.get(nodes::PAYLOAD));
        })?;
        let refs = rows_digest::<OtherRefs>(doc_refs, &self.doc, |row, hash| {
            hash.add(&row.get(other_refs::PARENT).unwrap_or(NodeId::ROOT).0);
            hash.int8(row.get(other_refs::LAMPORT));
            hash.sized(row.get(other_refs::REPLICA).unwrap_or_default());
            hash.int8(row.get(other_refs::COUNTER));
        })?;
        Ok(digest_of(&[log, rows, refs], &self.reader.waiting_dots(&self.doc)?))
    }
}

/// The digest of which these are the parts, but for what waits.
pub fn digest_of(tables: &[impl AsRef<[u8]>], waiting: &VersionVector) -> Vec<u8> {
    let mut whole = Sha256::new();
    tables.iter().for_each(|table| whole.add(table.as_ref()));
    whole.add(&waiting.to_cbor());
    whole.end().to_vec()
}

/// The hash of the hashes of a table's rows, in the order of its primary key.
fn rows_digest<T: Table>(
    probe: &mut Probe<'_, T>,
    doc: &DocDatum,
    mut fields: impl FnMut(&Row<'_, T>, &mut Sha256),
) -> Result<[u8; 32], Error> {
    let (mut rows, mut one) = (Sha256::new(), Sha256::new());
    each_row(probe, &[doc.arg()], &[], |row| {
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
