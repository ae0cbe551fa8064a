//! What operations are, and what is made of them: ids, keys, version vectors. Nothing of replay.

pub(crate) mod codec;
mod error;
mod hash;
mod id;
mod kind;
mod limits;
mod names;
mod node_keys;
mod op;
mod short;
mod version_vector;

pub use codec::hex;
pub use error::{MalformedKeys, MalformedOp, MalformedVector};
pub use hash::{Keyed, NodeMap, NodeSet};
pub use id::{Dot, Key, NodeId, ReplicaId};
pub use kind::OpKind;
pub use limits::{MAX_COUNTER, MAX_DOC, MAX_LONG_ORDER_KEY, MAX_ORDER_KEY, MAX_REPLICA};
pub use names::Names;
pub use node_keys::NodeKeys;
pub use op::{Action, Entry, Op, OpParts};
pub(crate) use short::{Replicas, Short};
pub use version_vector::{Range, VersionVector, VersionVectorBuilder};
