//! Datums to and from the core's types.

use pgrx::pg_sys::{self, Datum};
use treecrdt::{Key, NodeId};

use crate::forest::shape::Type;
use crate::scan::Arg;

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

    /// It as `text`.
    pub fn text(&self) -> Arg<'_> {
        self.arg(Type::Text)
    }

    /// It as `bytea`.
    pub fn bytea(&self) -> Arg<'_> {
        self.arg(Type::Bytea)
    }

    /// It as `version_vector`; the bytes must be the CBOR form of one.
    pub fn vector(&self) -> Arg<'_> {
        self.arg(Type::Vector)
    }

    fn arg(&self, of: Type) -> Arg<'_> {
        // SAFETY: a varlena, which stays while `self` is borrowed.
        unsafe { Arg::new(Datum::from(self.words.as_ptr()), of) }
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

    /// The one at this place, as a value of this type: one that is stored as a varlena.
    pub fn arg(&self, at: u32, of: Type) -> Arg<'_> {
        assert!(matches!(of, Type::Text | Type::Bytea | Type::Vector));
        // SAFETY: a varlena, which stays while `self` is borrowed.
        unsafe { Arg::new(Datum::from(&raw const self.words[at as usize]), of) }
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

/// A `uuid`.
pub fn uuid(node: &NodeId) -> Arg<'_> {
    // SAFETY: points to 16 bytes, which stay while they are borrowed.
    unsafe { Arg::new(Datum::from(node.0.as_ptr()), Type::Uuid) }
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
    pub fn args(&self) -> [Arg<'_>; 3] {
        [Arg::int8(self.lamport), self.replica.bytea(), Arg::int8(self.counter)]
    }
}
