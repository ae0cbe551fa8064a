//! What can be wrong with input from outside. Each variant names what was found.

use thiserror::Error;

use super::kind::OpKind;
use super::limits::{MAX_DOC, MAX_LONG_ORDER_KEY, MAX_ORDER_KEY};

/// Why something is not an operation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MalformedOp {
    /// The replica id is empty or too long.
    #[error("replica is {length} bytes long, not 1 to 64")]
    ReplicaLength {
        /// Its length in bytes.
        length: usize,
    },
    /// A counter or lamport below 1, or beyond `bigint`.
    #[error("{column} is {value}, not 1 or more")]
    NotPositive {
        /// The column.
        column: &'static str,
        /// What it held.
        value: i64,
    },
    /// A column the kind needs is NULL.
    #[error("{kind} needs {column}")]
    Missing {
        /// The kind of operation.
        kind: OpKind,
        /// The absent column.
        column: &'static str,
    },
    /// A column the kind does not have is not NULL.
    #[error("{kind} takes no {column}")]
    Unexpected {
        /// The kind of operation.
        kind: OpKind,
        /// The superfluous column.
        column: &'static str,
    },
    /// The order key does not fit an index entry.
    #[error("order_key is {length} bytes long, more than {max}")]
    OrderKeyLength {
        /// Its length in bytes.
        length: usize,
        /// How long it may be.
        max: usize,
    },
    /// The document's name does not fit an index entry.
    #[error("doc is {length} bytes long, more than {max}", max = MAX_DOC)]
    DocLength {
        /// Its length in bytes.
        length: usize,
    },
}

impl MalformedOp {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::ReplicaLength { .. } => {
                "Give each replica an identity of 1 to 64 bytes, a uuid for instance.".into()
            }
            Self::NotPositive { column: "lamport", .. } => {
                "A lamport is one more than the greatest the replica has seen, from 1.".into()
            }
            Self::NotPositive { .. } => "A replica counts its operations from 1.".into(),
            Self::Missing { .. } | Self::Unexpected { .. } => {
                "insert: parent, order_key, payload or not; move: parent, order_key; \
                 payload: payload, NULL to clear; delete: known_state or not; tombstone: none."
                    .into()
            }
            Self::OrderKeyLength { max: MAX_ORDER_KEY, .. } => format!(
                "Order keys are part of an index: keep them to {MAX_ORDER_KEY} bytes by rebalancing siblings. \
                 Up to {MAX_LONG_ORDER_KEY} go in where the forest's owner has put an index on nodes (doc, \
                 parent, substr(order_key, 1, {}), node) in the place of nodes_children.",
                MAX_ORDER_KEY + 1
            ),
            Self::OrderKeyLength { max, .. } => {
                format!("Keep order keys to {max} bytes by rebalancing siblings.")
            }
            Self::DocLength { .. } => {
                format!("Name documents with at most {} bytes.", MAX_DOC)
            }
        }
    }
}

/// Why something is not a version vector.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MalformedVector {
    /// Not JSON (or CBOR) of the shape `{"aa01": [[1,9],[12,12]]}`.
    #[error("not a map of replicas to lists of counter ranges: {0}")]
    Shape(String),
    /// A replica that is not 1 to 64 bytes in hex.
    #[error("replica \"{0}\" is not 1 to 64 bytes in hex")]
    Replica(String),
    /// A range that is empty or leaves 1 to 2^63 - 1.
    #[error("range [{0},{1}] is not two counters from 1, the lesser first")]
    Range(u64, u64),
}

/// Why something is not the keys of a node's row.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not the keys of one to three operations")]
pub struct MalformedKeys;
