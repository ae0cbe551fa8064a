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

mod catch_up;
mod descent;
mod error;
mod id;
mod memory;
mod op;
mod patch;
pub mod reference;
mod store;
mod subtree;
mod sweep;
mod timeline;
mod tombstones;
mod vector_codec;
mod version_vector;
mod world;

pub use catch_up::catch_up;
pub use error::{MalformedOp, MalformedVector};
pub use id::{Dot, Key, MAX_COUNTER, NodeId, ReplicaId};
pub use memory::MemoryStore;
pub use op::{Action, Entry, MAX_DOC, MAX_ORDER_KEY, Op, OpKind, OpParts};
pub use patch::{NodePatch, Patch, Placement, Source};
pub use store::{Above, Row, Store, Track, Verdict};
pub use subtree::subtree_version;
pub use vector_codec::hex;
pub use version_vector::{Range, VersionVector, VersionVectorBuilder};
