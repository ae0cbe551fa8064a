//! Operations, and the check that a row is one (spec: "Tables of a forest", `ops`).

use std::fmt;

use crate::error::MalformedOp;
use crate::id::{Dot, Key, MAX_COUNTER, NodeId, ReplicaId};
use crate::version_vector::VersionVector;

/// The longest order key, in bytes: with document and ids it must fit a B-tree entry (2,704).
pub const MAX_ORDER_KEY: usize = 1536;
/// The longest document name, in bytes, for the same reason.
pub const MAX_DOC: usize = 768;

/// The five kinds of operation, as SQL names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpKind {
    /// Attaches a node, new or not, and may set its payload.
    Insert,
    /// Attaches a node elsewhere.
    Move,
    /// Removes a subtree, as far as the deleter had seen it.
    Delete,
    /// Marks a node deleted, without a word of what was seen.
    Tombstone,
    /// Sets or clears a node's payload.
    Payload,
}

impl OpKind {
    /// All kinds, in the order of the SQL enum.
    pub const ALL: [OpKind; 5] =
        [Self::Insert, Self::Move, Self::Delete, Self::Tombstone, Self::Payload];

    /// The kind's name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Move => "move",
            Self::Delete => "delete",
            Self::Tombstone => "tombstone",
            Self::Payload => "payload",
        }
    }
}

impl fmt::Display for OpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an operation does to its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Attach the node below `parent`; set its payload if there is one.
    Insert {
        /// The new parent.
        parent: NodeId,
        /// The place among its siblings, bytewise.
        order_key: Vec<u8>,
        /// The payload to set, if any.
        payload: Option<Vec<u8>>,
    },
    /// Attach the node below `parent`.
    Move {
        /// The new parent.
        parent: NodeId,
        /// The place among its siblings, bytewise.
        order_key: Vec<u8>,
    },
    /// Delete the node and what is below it, as far as `known_state` covers it.
    Delete {
        /// What the deleter had seen.
        known_state: VersionVector,
    },
    /// Delete the node, having seen nothing.
    Tombstone,
    /// Set the payload, or clear it (`None`).
    Payload(Option<Vec<u8>>),
}

/// One operation of a document's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// Its identity and place in the canonical order.
    pub key: Key,
    /// The node it is about.
    pub node: NodeId,
    /// What it does.
    pub action: Action,
}

/// The columns of a row of `ops`, as they come, `doc` aside.
#[derive(Debug, Clone)]
pub struct OpParts<'a> {
    /// Column `replica`.
    pub replica: &'a [u8],
    /// Column `counter`.
    pub counter: i64,
    /// Column `lamport`.
    pub lamport: i64,
    /// Column `kind`.
    pub kind: OpKind,
    /// Column `node`.
    pub node: NodeId,
    /// Column `parent`.
    pub parent: Option<NodeId>,
    /// Column `order_key`.
    pub order_key: Option<&'a [u8]>,
    /// Column `payload`.
    pub payload: Option<&'a [u8]>,
    /// Column `known_state`.
    pub known_state: Option<VersionVector>,
}

impl Op {
    /// Makes an operation of a row.
    ///
    /// # Errors
    /// [`MalformedOp`] where a column is absent, superfluous or out of bounds.
    pub fn from_parts(parts: OpParts<'_>) -> Result<Self, MalformedOp> {
        let OpParts { kind, parent, order_key, payload, known_state, .. } = parts;
        let key = Key {
            lamport: positive("lamport", parts.lamport)?,
            dot: Dot {
                replica: ReplicaId::new(parts.replica)?,
                counter: positive("counter", parts.counter)?,
            },
        };
        let refuse = |column: &'static str, present: bool| {
            if present { Err(MalformedOp::Unexpected { kind, column }) } else { Ok(()) }
        };
        let place = || -> Result<(NodeId, Vec<u8>), MalformedOp> {
            let parent = parent.ok_or(MalformedOp::Missing { kind, column: "parent" })?;
            let order_key = order_key.ok_or(MalformedOp::Missing { kind, column: "order_key" })?;
            if order_key.len() > MAX_ORDER_KEY {
                return Err(MalformedOp::OrderKeyLength { length: order_key.len() });
            }
            Ok((parent, order_key.to_vec()))
        };
        let structural = matches!(kind, OpKind::Insert | OpKind::Move);
        if !structural {
            refuse("parent", parent.is_some())?;
            refuse("order_key", order_key.is_some())?;
        }
        if !matches!(kind, OpKind::Insert | OpKind::Payload) {
            refuse("payload", payload.is_some())?;
        }
        if kind != OpKind::Delete {
            refuse("known_state", known_state.is_some())?;
        }
        let payload = payload.map(<[u8]>::to_vec);
        let action = match kind {
            OpKind::Insert => {
                let (parent, order_key) = place()?;
                Action::Insert { parent, order_key, payload }
            }
            OpKind::Move => {
                let (parent, order_key) = place()?;
                Action::Move { parent, order_key }
            }
            OpKind::Delete => Action::Delete { known_state: known_state.unwrap_or_default() },
            OpKind::Tombstone => Action::Tombstone,
            OpKind::Payload => Action::Payload(payload),
        };
        Ok(Self { key, node: parts.node, action })
    }

    /// The operation's identity.
    pub fn dot(&self) -> Dot {
        self.key.dot
    }

    /// Its kind.
    pub fn kind(&self) -> OpKind {
        match self.action {
            Action::Insert { .. } => OpKind::Insert,
            Action::Move { .. } => OpKind::Move,
            Action::Delete { .. } => OpKind::Delete,
            Action::Tombstone => OpKind::Tombstone,
            Action::Payload(_) => OpKind::Payload,
        }
    }

    /// Whether it is ignored altogether: any op on TRASH, and any on ROOT but a payload.
    pub fn is_reserved(&self) -> bool {
        self.node == NodeId::TRASH
            || (self.node == NodeId::ROOT && !matches!(self.action, Action::Payload(_)))
    }

    /// The parent it names, if it is structural.
    pub fn parent(&self) -> Option<NodeId> {
        match self.action {
            Action::Insert { parent, .. } | Action::Move { parent, .. } => Some(parent),
            _ => None,
        }
    }

    /// The payload it writes: `None` if it writes none, `Some(None)` if it clears.
    pub fn written_payload(&self) -> Option<Option<&[u8]>> {
        match &self.action {
            Action::Insert { payload: Some(payload), .. } => Some(Some(payload)),
            Action::Payload(payload) => Some(payload.as_deref()),
            _ => None,
        }
    }

    /// What it adds to its node's `deleted_at`: its own dot and all its author had seen.
    pub fn deletion(&self) -> Option<VersionVector> {
        let mut seen = match &self.action {
            Action::Delete { known_state } => known_state.clone(),
            Action::Tombstone => VersionVector::default(),
            _ => return None,
        };
        seen.insert(self.key.dot);
        Some(seen)
    }
}

fn positive(column: &'static str, value: i64) -> Result<u64, MalformedOp> {
    match u64::try_from(value) {
        Ok(v) if (1..=MAX_COUNTER).contains(&v) => Ok(v),
        _ => Err(MalformedOp::NotPositive { column, value }),
    }
}
