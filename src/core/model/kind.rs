//! The kinds of operation, as SQL names them.

use std::fmt;

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
