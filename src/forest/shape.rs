//! The shape of a forest, declared once: its tables, their columns and types, the indexes that
//! replay reads, the triggers on `ops`.
//!
//! Everything else follows from it: the [check](super::check) that real tables have this shape, the
//! lists of tables, and the types with which columns are read and written. A [`Column`] belongs to
//! one table and gives values of one type, so a column that the check has passed can't be misread.
//! `sql/forest.sql` makes tables of this shape; every forest that is opened holds it against this.

use std::ffi::CStr;
use std::marker::PhantomData;

use pgrx::pg_sys;

use crate::datum::{Bool, Bytea, Doc, Int8, Kind, Type, Uuid, Vector};

/// A column of table `T` with values of type `V`.
#[derive(Debug)]
pub struct Column<T, V> {
    /// Its place in the declaration.
    pub at: usize,
    of: PhantomData<fn() -> (T, V)>,
}

impl<T, V> Column<T, V> {
    const fn new(at: usize) -> Self {
        Self { at, of: PhantomData }
    }
}

impl<T, V> Clone for Column<T, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T, V> Copy for Column<T, V> {}

/// The three columns of a key in table `T`.
#[derive(Debug, Clone, Copy)]
pub struct KeyColumns<T> {
    /// The logical time.
    pub lamport: Column<T, Int8>,
    /// Who minted the operation.
    pub replica: Column<T, Bytea>,
    /// The sequence number.
    pub counter: Column<T, Int8>,
}

/// A column as it is declared.
#[derive(Debug)]
pub struct ColumnShape {
    /// Its name.
    pub name: &'static CStr,
    /// Its type.
    pub of: Type,
    /// Whether it is NOT NULL.
    pub required: bool,
}

/// A B-tree index that replay relies on, ascending in all its keys. Its name is that which
/// `create_forest` gives it; any index of this shape will do.
#[derive(Debug)]
pub struct IndexShape {
    /// Its name.
    pub name: &'static CStr,
    /// Its keys: columns, by their places in the declaration.
    pub keys: &'static [usize],
    /// Whether it must be unique.
    pub unique: bool,
    /// The condition on the rows that it holds, as the server writes it.
    pub predicate: Option<&'static str>,
    /// A key, by its place among the keys, in whose place an expression will do, as the server writes it.
    pub instead: Option<(usize, &'static str)>,
}

/// An index of table `T`.
#[derive(Debug)]
pub struct Index<T> {
    /// Its place in the declaration.
    pub at: usize,
    of: PhantomData<fn() -> T>,
}

impl<T> Index<T> {
    /// The table's primary key, which is declared first and begins with the document.
    pub const PRIMARY: Self = Self { at: 0, of: PhantomData };
}

impl<T> Clone for Index<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Index<T> {}

/// A trigger that a table must have, enabled or not.
#[derive(Debug)]
pub struct TriggerShape {
    /// Its name.
    pub name: &'static CStr,
    /// Its function in schema `treecrdt`; one of them has an argument, the [layout](super::layout).
    pub function: &'static CStr,
    /// The server's bits for level, time and events (`pg_trigger.tgtype`).
    pub when: u32,
    /// Whether it sees the new rows as a transition table.
    pub transition: bool,
    /// How it is made, up to EXECUTE FUNCTION, for a table `@table@`.
    pub sql: &'static str,
}

/// A table as it is declared.
#[derive(Debug)]
pub struct TableShape {
    /// Its name.
    pub name: &'static CStr,
    /// Its columns.
    pub columns: &'static [ColumnShape],
    /// Its indexes.
    pub indexes: &'static [IndexShape],
    /// Its triggers.
    pub triggers: &'static [TriggerShape],
}

/// A table of a forest.
pub trait Table: Sized + 'static {
    /// Its place among the tables.
    const AT: usize;
    /// Its shape.
    const SHAPE: &'static TableShape = TABLES[Self::AT];
    /// The document that a row belongs to.
    const DOC: Column<Self, Doc>;
}

/// How many tables a forest has.
pub const COUNT: usize = 7;

/// All tables, in the order in which they are locked.
pub const TABLES: [&TableShape; COUNT] = [
    &ops::SHAPE,
    &nodes::SHAPE,
    &other_refs::SHAPE,
    &ignored::SHAPE,
    &reinserts::SHAPE,
    &waiting::SHAPE,
    &docs::SHAPE,
];

/// Declares a table: a module with a constant for each column and index, and the shape.
macro_rules! table {
    (
        $(#[$doc:meta])* $at:literal $module:ident $marker:ident {
            $($constant:ident $column:ident $type:ident $($required:ident)?;)*
        }
        indexes { $($index:ident $index_name:literal $(unique $unique:tt)? [$($key:ident),*] $(or $at_key:literal $instead:literal)? $(where $predicate:literal)?;)* }
        triggers $triggers:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $marker {}
        impl Table for $marker {
            const AT: usize = $at;
            const DOC: Column<Self, Doc> = $module::DOC;
        }
        $(#[$doc])*
        #[allow(missing_docs, dead_code)] // all columns are declared, also those that only SQL reads
        pub mod $module {
            use super::*;
            #[allow(non_camel_case_types)]
            enum At { $($column,)* }
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum IndexAt { $($index,)* }
            $(pub const $constant: Column<$marker, $type> = Column::new(At::$column as usize);)*
            $(pub const $index: Index<$marker> = Index { at: IndexAt::$index as usize, of: PhantomData };)*
            pub const SHAPE: TableShape = TableShape {
                name: name(concat!(stringify!($module), "\0")),
                columns: &[$(ColumnShape {
                    name: name(concat!(stringify!($column), "\0")),
                    of: Type::$type,
                    required: table!(@set $($required)?),
                },)*],
                indexes: &[$(IndexShape {
                    name: $index_name,
                    keys: &[$(At::$key as usize),*],
                    unique: table!(@set $($unique)?),
                    predicate: table!(@option $($predicate)?),
                    instead: table!(@option $(($at_key, $instead))?),
                },)*],
                triggers: $triggers,
            };
        }
    };
    (@set) => { false };
    (@set $it:tt) => { true };
    (@option) => { None };
    (@option $it:expr) => { Some($it) };
}

/// A name with a zero byte at its end.
const fn name(name: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(name.as_bytes()) {
        Ok(name) => name,
        Err(_) => panic!("one zero byte, at the end"),
    }
}

/// How `ops` is guarded and followed.
const OPS_TRIGGERS: &[TriggerShape] = &[
    TriggerShape {
        name: c"treecrdt_check",
        function: c"ops_check",
        when: pg_sys::TRIGGER_TYPE_ROW | pg_sys::TRIGGER_TYPE_BEFORE | pg_sys::TRIGGER_TYPE_INSERT,
        transition: false,
        sql: "BEFORE INSERT ON @table@ FOR EACH ROW",
    },
    TriggerShape {
        name: c"treecrdt_materialize",
        function: c"ops_materialize",
        when: pg_sys::TRIGGER_TYPE_INSERT,
        transition: true,
        sql: "AFTER INSERT ON @table@ REFERENCING NEW TABLE AS batch FOR EACH STATEMENT",
    },
    TriggerShape {
        name: c"treecrdt_append_only",
        function: c"ops_append_only",
        when: pg_sys::TRIGGER_TYPE_BEFORE
            | pg_sys::TRIGGER_TYPE_UPDATE
            | pg_sys::TRIGGER_TYPE_DELETE
            | pg_sys::TRIGGER_TYPE_TRUNCATE,
        transition: false,
        sql: "BEFORE UPDATE OR DELETE OR TRUNCATE ON @table@ FOR EACH STATEMENT",
    },
    // Through a parent table, only the triggers of each row fire.
    TriggerShape {
        name: c"treecrdt_append_only_row",
        function: c"ops_append_only",
        when: pg_sys::TRIGGER_TYPE_ROW
            | pg_sys::TRIGGER_TYPE_BEFORE
            | pg_sys::TRIGGER_TYPE_UPDATE
            | pg_sys::TRIGGER_TYPE_DELETE,
        transition: false,
        sql: "BEFORE UPDATE OR DELETE ON @table@ FOR EACH ROW",
    },
];

table! {
    /// The log.
    0 ops Ops {
        DOC doc Doc required;
        REPLICA replica Bytea required;
        COUNTER counter Int8 required;
        LAMPORT lamport Int8 required;
        KIND kind Kind required;
        NODE node Uuid required;
        PARENT parent Uuid;
        ORDER_KEY order_key Bytea;
        PAYLOAD payload Bytea;
        KNOWN_STATE known_state Vector;
    }
    indexes {
        PKEY c"ops_pkey" unique yes [doc, replica, counter];
        TIMELINE c"ops_timeline" [doc, node, kind, lamport]
            where "(kind <> 'insert'::treecrdt.op_kind)";
        NAMING c"ops_naming" [doc, parent]
            where "((parent <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (node <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND (node <> '00000000-0000-0000-0000-000000000000'::uuid))";
    }
    triggers OPS_TRIGGERS
}

table! {
    /// A row a node.
    1 nodes Nodes {
        DOC doc Doc required;
        NODE node Uuid required;
        PARENT parent Uuid;
        ORDER_KEY order_key Bytea;
        TOMBSTONE tombstone Bool required;
        PAYLOAD payload Bytea;
        KEYS keys Bytea;
        DELETED_AT deleted_at Vector;
    }
    indexes {
        PKEY c"nodes_pkey" unique yes [doc, node];
        CHILDREN c"nodes_children" [doc, parent, order_key, node]
            or 2 "substr(order_key, 1, 1537)";
        DELETED c"nodes_deleted" [doc] where "(deleted_at IS NOT NULL)";
    }
    triggers &[]
}

table! {
    /// A row an op ref that does not name the parent.
    2 other_refs OtherRefs {
        DOC doc Doc required;
        PARENT parent Uuid required;
        LAMPORT lamport Int8 required;
        REPLICA replica Bytea required;
        COUNTER counter Int8 required;
    }
    indexes { PKEY c"other_refs_pkey" unique yes [doc, parent, lamport, replica, counter]; }
    triggers &[]
}

table! {
    /// A row an ignored structural operation.
    3 ignored Ignored {
        DOC doc Doc required;
        NODE node Uuid required;
        LAMPORT lamport Int8 required;
        REPLICA replica Bytea required;
        COUNTER counter Int8 required;
    }
    indexes { PKEY c"ignored_pkey" unique yes [doc, node, lamport, replica, counter]; }
    triggers &[]
}

table! {
    /// A row an insert that is not the first of its node.
    4 reinserts Reinserts {
        DOC doc Doc required;
        NODE node Uuid required;
        PAYLOAD payload Bool required;
        LAMPORT lamport Int8 required;
        REPLICA replica Bytea required;
        COUNTER counter Int8 required;
    }
    indexes { PKEY c"reinserts_pkey" unique yes [doc, node, payload, lamport, replica, counter]; }
    triggers &[]
}

table! {
    /// A row a deferred statement and document.
    5 waiting Waiting {
        DOC doc Doc required;
        LAMPORT lamport Int8 required;
        REPLICA replica Bytea required;
        COUNTER counter Int8 required;
        DOTS dots Vector required;
    }
    indexes { PKEY c"waiting_pkey" unique yes [doc, lamport, replica, counter]; }
    triggers &[]
}

table! {
    /// A row a document.
    6 docs Docs {
        DOC doc Doc required;
        HEAD_LAMPORT head_lamport Int8;
        HEAD_REPLICA head_replica Bytea;
        HEAD_COUNTER head_counter Int8;
        OP_COUNT op_count Int8 required;
        FRONTIER_LAMPORT frontier_lamport Int8;
        FRONTIER_REPLICA frontier_replica Bytea;
        FRONTIER_COUNTER frontier_counter Int8;
        LATE_COUNT late_count Int8 required;
        REEVALUATED_COUNT reevaluated_count Int8 required;
    }
    indexes { PKEY c"docs_pkey" unique yes [doc]; }
    triggers &[]
}

/// Declares the keys that tables hold, by their columns.
macro_rules! keys {
    ($($(#[$doc:meta])* $module:ident $marker:ident $name:ident = $lamport:ident $replica:ident $counter:ident;)*) => {$(
        impl $marker {
            $(#[$doc])*
            pub const $name: KeyColumns<$marker> = KeyColumns {
                lamport: $module::$lamport,
                replica: $module::$replica,
                counter: $module::$counter,
            };
        }
    )*};
}
keys! {
    /// The operation referred to.
    other_refs OtherRefs KEY = LAMPORT REPLICA COUNTER;
    /// The operation ignored.
    ignored Ignored KEY = LAMPORT REPLICA COUNTER;
    /// The insert.
    reinserts Reinserts KEY = LAMPORT REPLICA COUNTER;
    /// The least key that waits.
    waiting Waiting KEY = LAMPORT REPLICA COUNTER;
    /// The greatest key materialized.
    docs Docs HEAD = HEAD_LAMPORT HEAD_REPLICA HEAD_COUNTER;
    /// The least key that waits.
    docs Docs FRONTIER = FRONTIER_LAMPORT FRONTIER_REPLICA FRONTIER_COUNTER;
}

/// Tables whose rows are pairs of a node and an operation.
pub trait PairTable: Table {
    /// The node.
    const PAIR_NODE: Column<Self, Uuid>;
    /// The operation's key.
    const PAIR_KEY: KeyColumns<Self>;
}

impl PairTable for OtherRefs {
    const PAIR_NODE: Column<Self, Uuid> = other_refs::PARENT;
    const PAIR_KEY: KeyColumns<Self> = Self::KEY;
}

impl PairTable for Ignored {
    const PAIR_NODE: Column<Self, Uuid> = ignored::NODE;
    const PAIR_KEY: KeyColumns<Self> = Self::KEY;
}
