//! Datums: the types that columns have, values of them borrowed from wherever they stand, and memory
//! to point datums at.

use std::marker::PhantomData;

use pgrx::pg_sys::{self, Datum, Oid};
use treecrdt::{Key, NodeId};

/// The types of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `text COLLATE "C"`.
    Text,
    /// `bytea`.
    Bytea,
    /// `bigint`.
    Int8,
    /// `boolean`.
    Bool,
    /// `uuid`.
    Uuid,
    /// `treecrdt.op_kind`.
    Kind,
    /// `treecrdt.version_vector`.
    Vector,
    /// The type of the forest's documents, which is one of the others.
    Doc,
}

impl Type {
    /// The type's name in SQL, with the collation that goes with it.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Text => "pg_catalog.text COLLATE pg_catalog.\"C\"",
            Self::Bytea => "pg_catalog.bytea",
            Self::Int8 => "pg_catalog.int8",
            Self::Bool => "pg_catalog.bool",
            Self::Uuid => "pg_catalog.uuid",
            Self::Kind => "treecrdt.op_kind",
            Self::Vector => "treecrdt.version_vector",
            Self::Doc => "text, uuid or bigint",
        }
    }

    /// The collation of a column of this type.
    pub fn collation(self) -> Oid {
        if self == Self::Text { pg_sys::C_COLLATION_OID } else { pg_sys::InvalidOid }
    }
}

/// What a column of some type holds.
pub trait Value {
    /// The type in SQL.
    const TYPE: Type;
    /// A value of it, in place.
    type Of<'r>;
    /// Reads a value.
    ///
    /// # Safety
    /// `datum` is not NULL, is of this type, and stays valid for `'r`.
    unsafe fn read<'r>(datum: Datum) -> Self::Of<'r>;
}

macro_rules! values {
    ($r:lifetime; $($(#[$doc:meta])* $name:ident: $of:ty = $read:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl Value for $name {
            const TYPE: Type = Type::$name;
            type Of<$r> = $of;
            unsafe fn read<$r>(datum: Datum) -> Self::Of<$r> {
                // SAFETY: by the caller's promise.
                unsafe { $read(datum) }
            }
        }
    )*};
}
/// The type of the forest's documents, of which no value is read without knowing which it is.
#[derive(Debug)]
pub enum Doc {}

values! {
    'r;
    /// `bytea`.
    Bytea: &'r [u8] = bytes;
    /// `version_vector`, in its CBOR form.
    Vector: &'r [u8] = bytes;
    /// `bigint`.
    Int8: i64 = identity_int8;
    /// `boolean`.
    Bool: bool = identity_bool;
    /// `uuid`.
    Uuid: NodeId = node;
    /// `op_kind`, the OID of its label.
    Kind: Oid = identity_oid;
}

unsafe fn identity_int8(datum: Datum) -> i64 {
    datum.value() as i64
}

unsafe fn identity_bool(datum: Datum) -> bool {
    datum.value() & 0xff != 0
}

unsafe fn identity_oid(datum: Datum) -> Oid {
    Oid::from(datum.value() as u32)
}

/// A value for a question or a row: a datum of a type, as long as what it points at.
#[derive(Debug, Clone, Copy)]
pub struct Arg<'v> {
    datum: Datum,
    of: Type,
    at: PhantomData<&'v ()>,
}

impl<'v> Arg<'v> {
    /// A value of this type.
    ///
    /// # Safety
    /// The datum is of the type, and valid for `'v`.
    pub unsafe fn new(datum: Datum, of: Type) -> Self {
        Self { datum, of, at: PhantomData }
    }

    /// A `boolean`.
    pub fn bool(value: bool) -> Self {
        Self { datum: Datum::from(value), of: Type::Bool, at: PhantomData }
    }

    /// A label of `op_kind`.
    pub fn kind(label: Oid) -> Self {
        Self { datum: Datum::from(label), of: Type::Kind, at: PhantomData }
    }

    /// A `bigint`. Counters and lamports fit by the checks on operations.
    pub fn int8(value: u64) -> Self {
        Self { datum: Datum::from(value as i64), of: Type::Int8, at: PhantomData }
    }

    /// The datum, whatever its type.
    pub fn any(&self) -> Datum {
        self.datum
    }

    /// How long it is, in bytes, without bringing in what is stored elsewhere: a value that is stored as a varlena.
    pub fn length(&self) -> usize {
        assert!(matches!(self.of, Type::Text | Type::Bytea | Type::Vector));
        let varlena = self.datum.cast_mut_ptr::<pg_sys::varlena>();
        // SAFETY: a non-null varlena, which stays as long as the value. What is compressed or elsewhere says how
        // long it was, header included.
        unsafe {
            if is_plain(varlena) {
                pgrx::varsize_any_exhdr(varlena)
            } else {
                pg_sys::toast_raw_datum_size(self.datum) - size_of::<u32>()
            }
        }
    }

    /// Its bytes, if they are few and in the row itself.
    pub fn short(&self, most: usize) -> Option<&'v [u8]> {
        let varlena = self.datum.cast_mut_ptr::<pg_sys::varlena>();
        // SAFETY: as above.
        unsafe {
            (is_plain(varlena) && pgrx::varsize_any_exhdr(varlena) <= most)
                .then(|| pgrx::varlena_to_byte_slice(varlena))
        }
    }

    /// The datum, which must be of this type.
    pub fn datum(&self, of: Type) -> Datum {
        assert!(self.of == of, "a value of type {of:?} is wanted, not {:?}", self.of);
        self.datum
    }
}

/// Whether the bytes of a varlena follow its header as they are.
///
/// # Safety
/// It is one.
unsafe fn is_plain(varlena: *const pg_sys::varlena) -> bool {
    // SAFETY: by the caller's promise.
    unsafe {
        pgrx::varatt_is_4b_u(varlena)
            || (pgrx::varatt_is_1b(varlena) && !pgrx::varatt_is_1b_e(varlena))
    }
}

/// The bytes of a `bytea`, `text` or `version_vector`, detoasted if need be.
///
/// # Safety
/// `datum` is a valid, non-null varlena that outlives the use of the bytes; where it has to be
/// detoasted the copy lives as long as the current memory context.
pub unsafe fn bytes<'a>(datum: Datum) -> &'a [u8] {
    // SAFETY: by the caller's promise.
    unsafe {
        let varlena = datum.cast_mut_ptr::<pg_sys::varlena>();
        let plain =
            if is_plain(varlena) { varlena } else { pg_sys::pg_detoast_datum_packed(varlena) };
        pgrx::varlena_to_byte_slice(plain)
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

    /// A copy of a value that is stored as a varlena, as it is stored: of what is elsewhere, where that is.
    pub fn of(value: Arg<'_>) -> Self {
        assert!(matches!(value.of, Type::Text | Type::Bytea | Type::Vector));
        let varlena = value.datum.cast_mut_ptr::<pg_sys::varlena>();
        // SAFETY: a non-null varlena of that size; the vector has room for it.
        unsafe {
            let size = pgrx::varsize_any(varlena);
            let mut words = vec![0u32; size.div_ceil(size_of::<u32>())];
            std::ptr::copy_nonoverlapping(varlena.cast::<u8>(), words.as_mut_ptr().cast(), size);
            Self { words }
        }
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
