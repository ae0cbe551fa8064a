//! Datums to and from the core's types.

use std::ffi::CStr;

use pgrx::pg_sys::{self, Datum};
use treecrdt::{Key, NodeId, OpKind};

/// The bytes of a `bytea`, `text` or `version_vector`, detoasted if need be.
///
/// # Safety
/// `datum` is a valid, non-null varlena that outlives the use of the bytes; where it has to be
/// detoasted the copy lives as long as the current memory context.
pub unsafe fn bytes<'a>(datum: Datum) -> &'a [u8] {
    // SAFETY: by the caller's promise.
    unsafe {
        let varlena = pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr());
        pgrx::varlena_to_byte_slice(varlena)
    }
}

/// The 16 bytes of a `uuid`.
///
/// # Safety
/// `datum` is a valid, non-null `uuid`.
pub unsafe fn node(datum: Datum) -> NodeId {
    // SAFETY: by the caller's promise.
    NodeId(unsafe { *datum.cast_mut_ptr::<[u8; 16]>() })
}

/// A varlena in memory of our own, to point a datum at.
#[derive(Debug, Clone, Default)]
pub struct Varlena {
    /// Words, for the alignment that the server expects.
    words: Vec<u32>,
}

impl Varlena {
    /// A varlena with these bytes. At most 1 GB, as the server has it.
    pub fn new(bytes: &[u8]) -> Self {
        let mut varlena = Self::default();
        varlena.set(bytes);
        varlena
    }

    /// Replaces the bytes.
    pub fn set(&mut self, bytes: &[u8]) {
        let length = bytes.len() + size_of::<u32>();
        self.words.clear();
        self.words.resize(length.div_ceil(size_of::<u32>()), 0);
        // SAFETY: the vector has room for the header and the bytes.
        unsafe { write_varlena(self.words.as_mut_ptr(), bytes) };
    }

    /// A datum that is valid while this value is neither changed nor dropped.
    pub fn datum(&self) -> Datum {
        Datum::from(self.words.as_ptr())
    }
}

/// Many varlenas in one block of memory.
#[derive(Debug, Default)]
pub struct Varlenas {
    words: Vec<u32>,
}

impl Varlenas {
    /// Adds one with these bytes, and tells where it is.
    pub fn push(&mut self, bytes: &[u8]) -> u32 {
        let at = self.words.len();
        let length = bytes.len() + size_of::<u32>();
        self.words.resize(at + length.div_ceil(size_of::<u32>()), 0);
        // SAFETY: the block has just grown by what header and bytes take.
        unsafe { write_varlena(self.words.as_mut_ptr().add(at), bytes) };
        u32::try_from(at).expect("a batch has less than 16 GB of short bytes")
    }

    /// A datum that is valid until the next `push`.
    pub fn datum(&self, at: u32) -> Datum {
        Datum::from(&raw const self.words[at as usize])
    }
}

/// # Safety
/// At `target` there is room for a header and the bytes.
unsafe fn write_varlena(target: *mut u32, bytes: &[u8]) {
    let length = bytes.len() + size_of::<u32>();
    // SAFETY: by the caller's promise.
    unsafe {
        pgrx::set_varsize_4b(target.cast(), length as i32);
        let start = target.add(1).cast::<u8>();
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len());
    }
}

/// A `uuid` datum, valid as long as the node.
pub fn uuid_datum(node: &NodeId) -> Datum {
    Datum::from(node.0.as_ptr())
}

/// A `bigint` datum. Counters and lamports fit by the checks on operations.
pub fn int8_datum(value: u64) -> Datum {
    Datum::from(value as i64)
}

/// A key's three columns, held where datums can point at them.
#[derive(Debug, Clone, Default)]
pub struct KeyDatums {
    lamport: u64,
    replica: Varlena,
    counter: u64,
}

impl KeyDatums {
    /// The columns of this key.
    pub fn new(key: &Key) -> Self {
        let mut datums = Self::default();
        datums.set(key);
        datums
    }

    /// Those of another key, in the same memory.
    pub fn set(&mut self, key: &Key) {
        self.lamport = key.lamport;
        self.replica.set(key.dot.replica.as_bytes());
        self.counter = key.dot.counter;
    }

    /// `lamport, replica, counter`.
    pub fn datums(&self) -> [Datum; 3] {
        [int8_datum(self.lamport), self.replica.datum(), int8_datum(self.counter)]
    }
}

/// The OIDs that the labels of `treecrdt.op_kind` have in this database.
#[derive(Debug, Clone, Copy)]
pub struct KindOids([pg_sys::Oid; OpKind::ALL.len()]);

impl KindOids {
    /// Looks the labels of this enum type up.
    pub fn of_type(enum_type: pg_sys::Oid) -> Option<Self> {
        let mut oids = [pg_sys::InvalidOid; OpKind::ALL.len()];
        for (oid, kind) in oids.iter_mut().zip(OpKind::ALL) {
            *oid = label_oid(enum_type, kind)?;
        }
        Some(Self(oids))
    }

    /// The kind that this label stands for.
    pub fn kind(&self, datum: Datum) -> Option<OpKind> {
        let oid = pg_sys::Oid::from(datum.value() as u32);
        self.0.iter().position(|&known| known == oid).map(|at| OpKind::ALL[at])
    }
}

fn label_oid(enum_type: pg_sys::Oid, kind: OpKind) -> Option<pg_sys::Oid> {
    let name: &CStr = match kind {
        OpKind::Insert => c"insert",
        OpKind::Move => c"move",
        OpKind::Delete => c"delete",
        OpKind::Tombstone => c"tombstone",
        OpKind::Payload => c"payload",
    };
    // SAFETY: a syscache look-up by type and name; the tuple is released before it goes.
    unsafe {
        let cache = pg_sys::SysCacheIdentifier::ENUMTYPOIDNAME as i32;
        let tuple =
            pg_sys::SearchSysCache2(cache, Datum::from(enum_type), Datum::from(name.as_ptr()));
        if tuple.is_null() {
            return None;
        }
        let form = pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_enum>(tuple);
        let oid = (*form).oid;
        pg_sys::ReleaseSysCache(tuple);
        Some(oid)
    }
}
