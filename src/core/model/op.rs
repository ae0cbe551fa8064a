//! Operations, and the check that a row is one (`sql/README.md`, "Tables", `ops`).

use super::error::MalformedOp;
use super::id::{Dot, Key, NodeId, ReplicaId};
use super::kind::OpKind;
use super::limits::{MAX_COUNTER, MAX_REPLICA};
use super::version_vector::VersionVector;

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

/// The columns of a row of `ops`, as they come; `doc` aside, and the bytes that may be long.
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
    /// How long column `order_key` is, in bytes.
    pub order_key: Option<usize>,
    /// Whether column `payload` is not NULL.
    pub has_payload: bool,
    /// Whether column `known_state` is not NULL.
    pub has_known_state: bool,
    /// How long an order key may be, in bytes.
    pub max_order_key: usize,
}

/// An operation without its bytes: what replay looks at, and what a timeline is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its identity and place in the canonical order.
    pub key: Key,
    /// The node it is about.
    pub node: NodeId,
    /// What it does.
    pub kind: OpKind,
    /// The parent it names, if it is structural.
    pub parent: Option<NodeId>,
    /// Whether it writes (or clears) the payload.
    pub writes_payload: bool,
}

impl Entry {
    /// Whether it is ignored altogether: any op on TRASH, and any on ROOT but a payload.
    pub fn is_reserved(&self) -> bool {
        self.node == NodeId::TRASH || (self.node == NodeId::ROOT && self.kind != OpKind::Payload)
    }

    /// Whether it deletes its node.
    pub fn is_deletion(&self) -> bool {
        matches!(self.kind, OpKind::Delete | OpKind::Tombstone)
    }
}

impl OpParts<'_> {
    /// Checks a row, and gives the operation without its bytes. Copies nothing.
    ///
    /// # Errors
    /// [`MalformedOp`] where a column is absent, superfluous or out of bounds.
    pub fn entry(&self) -> Result<Entry, MalformedOp> {
        self.check()?;
        let (kind, replica) = (self.kind, ReplicaId::new(self.replica)?);
        let dot = Dot { replica, counter: self.counter as u64 };
        let key = Key { lamport: self.lamport as u64, dot };
        let writes_payload = kind == OpKind::Payload || self.has_payload;
        Ok(Entry { key, node: self.node, kind, parent: self.parent, writes_payload })
    }

    /// Checks a row, and makes nothing of it.
    ///
    /// # Errors
    /// As for [`OpParts::entry`].
    pub fn check(&self) -> Result<(), MalformedOp> {
        let kind = self.kind;
        positive("lamport", self.lamport)?;
        positive("counter", self.counter)?;
        if !(1..=MAX_REPLICA).contains(&self.replica.len()) {
            return Err(MalformedOp::ReplicaLength { length: self.replica.len() });
        }
        let structural = matches!(kind, OpKind::Insert | OpKind::Move);
        let demands = [
            ("parent", self.parent.is_some(), structural, structural),
            ("order_key", self.order_key.is_some(), structural, structural),
            ("payload", self.has_payload, matches!(kind, OpKind::Insert | OpKind::Payload), false),
            ("known_state", self.has_known_state, kind == OpKind::Delete, false),
        ];
        for (column, present, allowed, required) in demands {
            if present && !allowed {
                return Err(MalformedOp::Unexpected { kind, column });
            }
            if required && !present {
                return Err(MalformedOp::Missing { kind, column });
            }
        }
        if let Some(length) = self.order_key.filter(|&length| length > self.max_order_key) {
            return Err(MalformedOp::OrderKeyLength { length, max: self.max_order_key });
        }
        Ok(())
    }
}

impl Op {
    /// Makes an operation of a row, with the bytes of its order key and payload and what its author had seen.
    ///
    /// # Errors
    /// [`MalformedOp`], as for [`OpParts::entry`].
    pub fn from_parts(
        parts: &OpParts<'_>,
        order_key: Option<&[u8]>,
        payload: Option<&[u8]>,
        known_state: Option<VersionVector>,
    ) -> Result<Self, MalformedOp> {
        let Entry { key, node, kind, parent, .. } = parts.entry()?;
        let place = || {
            let order_key = order_key.map(<[u8]>::to_vec);
            parent.zip(order_key).expect("entry() has seen both")
        };
        let payload = payload.map(<[u8]>::to_vec);
        let action = match kind {
            OpKind::Insert => {
                let (parent, order_key) = place();
                Action::Insert { parent, order_key, payload }
            }
            OpKind::Move => {
                let (parent, order_key) = place();
                Action::Move { parent, order_key }
            }
            OpKind::Delete => Action::Delete { known_state: known_state.unwrap_or_default() },
            OpKind::Tombstone => Action::Tombstone,
            OpKind::Payload => Action::Payload(payload),
        };
        Ok(Self { key, node, action })
    }

    /// The operation without its bytes.
    pub fn entry(&self) -> Entry {
        Entry {
            key: self.key,
            node: self.node,
            kind: self.kind(),
            parent: self.parent(),
            writes_payload: self.written_payload().is_some(),
        }
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
        self.entry().is_reserved()
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

fn positive(column: &'static str, value: i64) -> Result<(), MalformedOp> {
    match u64::try_from(value) {
        Ok(v) if (1..=MAX_COUNTER).contains(&v) => Ok(()),
        _ => Err(MalformedOp::NotPositive { column, value }),
    }
}
