//! The meaning of a replicated tree, free of any database.
//!
//! A document is a tree, and what it looks like is a pure function of the *set* of operations its
//! replicas minted: apply each once, in canonical order. This crate holds that function twice.
//! [`reference`] is the definition, naive and short. [`catch_up`] is what a database runs: given
//! the state of a log and a batch of operations new to it, in any order and however late, it
//! works out which rows change, and looks at nothing else.
//!
//! | term | type | meaning |
//! | --- | --- | --- |
//! | dot | [`Dot`] | `(replica, counter)`, the identity of an operation |
//! | key | [`Key`] | `(lamport, replica, counter)`, its place in the canonical order |
//! | version vector | [`VersionVector`] | a set of dots, gaps kept |
//! | structural op | [`Action::Insert`], [`Action::Move`] | one that says where a node is |
//! | effective / ignored | [`Verdict`] | whether a structural op took place, or would have made a cycle |
//! | timeline | [`Track`] | the operations on one node, in canonical order |
//! | head | [`Store::head`] | the greatest key materialized |
//! | frontier | | the least key not yet materialized: where replay begins |
//! | patch | [`Patch`] | the rows that a batch changes |
//!
//! Nothing here does I/O: rows are read through [`Store`] and written by whoever takes the patch.

#![forbid(unsafe_code)]

pub mod json;
mod memory;
mod model;
mod order_key;
pub mod reference;
mod replay;

pub use memory::MemoryStore;
pub use model::{
    Action, Dot, Entry, Key, Keyed, MAX_COUNTER, MAX_DOC, MAX_LONG_ORDER_KEY, MAX_ORDER_KEY,
    MAX_REPLICA, MalformedKeys, MalformedOp, MalformedVector, Names, NodeId, NodeKeys, NodeMap,
    NodeSet, Op, OpKind, OpParts, Range, ReplicaId, VersionVector, VersionVectorBuilder, hex,
};
pub use order_key::{NoKeyBetween, order_key_between, order_keys_between};
pub use replay::{
    Above, Entries, NodePatch, OpRef, Patch, Placement, Row, Source, Store, Track, Verdict,
    catch_up, subtree_version,
};
