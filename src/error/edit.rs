//! Why an edit is not made, and how SQL sees it.

use pgrx::PgSqlErrorCode;
use thiserror::Error;
use treecrdt::json::MalformedTree;
use treecrdt::{Dot, NoKeyBetween, NodeId, ReplicaId};

/// Why an edit is not made.
#[derive(Debug, Error)]
pub enum EditProblem {
    /// A NULL that says nothing.
    #[error("{argument} is NULL")]
    Null {
        /// The argument.
        argument: &'static str,
    },
    /// No such node, or one that was never placed.
    #[error("there is no node {node}")]
    Unknown {
        /// The node.
        node: NodeId,
    },
    /// ROOT or TRASH.
    #[error("{node} is not a node that can be edited")]
    Reserved {
        /// Which.
        node: NodeId,
    },
    /// A node that is to be new.
    #[error("node {node} is there already")]
    There {
        /// The node.
        node: NodeId,
    },
    /// It, or a node above it, is deleted.
    #[error("node {node} is not visible: {by} is deleted")]
    Deleted {
        /// The node.
        node: NodeId,
        /// What is deleted.
        by: NodeId,
    },
    /// It is in TRASH.
    #[error("node {node} is not visible: it is in TRASH")]
    InTrash {
        /// The node.
        node: NodeId,
    },
    /// A node above it is not there.
    #[error("node {node} is not visible: {parent} has no place")]
    Orphan {
        /// The node.
        node: NodeId,
        /// What was never placed.
        parent: NodeId,
    },
    /// It is not deleted.
    #[error("node {node} is not deleted")]
    NotDeleted {
        /// The node.
        node: NodeId,
    },
    /// The parent is the node, or below it.
    #[error("node {node} cannot go below {parent}, which is {node} or below it")]
    Cycle {
        /// The node.
        node: NodeId,
        /// The parent.
        parent: NodeId,
    },
    /// What the node is to be beside is elsewhere.
    #[error("{node} is no visible child of {parent}, or is what is placed")]
    NotASibling {
        /// The node that it is to be beside.
        node: NodeId,
        /// The parent.
        parent: NodeId,
    },
    /// Neither first nor last.
    #[error("place is \"{place}\", not first or last")]
    Place {
        /// What it is.
        place: String,
    },
    /// The setting names no replica.
    #[error("treecrdt.replica is \"{setting}\", which is no replica")]
    Replica {
        /// What it is.
        setting: String,
    },
    /// Numbers have come to their end.
    #[error("replica {replica} cannot mint: its last counter is the greatest there is")]
    Exhausted {
        /// Who would have minted.
        replica: ReplicaId,
    },
    /// Another operation has the greatest lamport there is, and the greater dot; or the node is above its new parent by
    /// then.
    #[error("node {node} stays as operation {by} has left it: lamports have come to their end")]
    Outranked {
        /// The node.
        node: NodeId,
        /// What has placed it, or written its payload.
        by: Box<Dot>,
    },
    /// No key is between two.
    #[error("no order key: {0}")]
    Key(#[from] NoKeyBetween),
    /// What is to be imported is no tree.
    #[error("no tree in JSON: {0}")]
    Tree(#[from] MalformedTree),
    /// A negative number of operations.
    #[error("max is negative")]
    Max,
    /// The count of keys is NULL or negative.
    #[error("n is not a number of keys")]
    Count,
}

impl EditProblem {
    pub(super) fn code(&self) -> PgSqlErrorCode {
        match self {
            Self::Null { .. } => PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED,
            Self::Unknown { .. } => PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT,
            Self::There { .. } => PgSqlErrorCode::ERRCODE_DUPLICATE_OBJECT,
            Self::Deleted { .. }
            | Self::InTrash { .. }
            | Self::Orphan { .. }
            | Self::NotDeleted { .. } => PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            Self::Exhausted { .. } | Self::Outranked { .. } => {
                PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED
            }
            Self::Reserved { .. }
            | Self::Cycle { .. }
            | Self::NotASibling { .. }
            | Self::Place { .. }
            | Self::Replica { .. }
            | Self::Key(_)
            | Self::Tree(_)
            | Self::Max
            | Self::Count => PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Deleted { by, .. } => {
                format!("treecrdt.restore_node brings {by} back, and what is below it.")
            }
            Self::InTrash { node: NodeId::TRASH } => {
                "treecrdt.delete_node hides a node; restore_node puts it back.".into()
            }
            Self::InTrash { .. } => "treecrdt.move_node takes it out.".into(),
            Self::Orphan { .. } => {
                "It is placed below a node whose insert has not arrived.".into()
            }
            Self::There { .. } => {
                "Leave the node out and a new one is made; treecrdt.move_node places one that is there."
                    .into()
            }
            Self::Cycle { .. } => "Move the parent elsewhere first.".into(),
            Self::Replica { .. } => {
                "It has 1 to 64 bytes: as they stand, or in hex after \\x. Left empty, an identity of the \
                 database is used."
                    .into()
            }
            Self::Exhausted { .. } => "Another treecrdt.replica has counters of its own.".into(),
            Self::Outranked { .. } => {
                "A treecrdt.replica that sorts after its replica may; else delete the node and insert \
                 another."
                    .into()
            }
            Self::Tree(_) => {
                "A tree is [{\"node\": …, \"payload\": …, \"children\": […]}]; all three may be left out.".into()
            }
            Self::Key(NoKeyBetween::Adjacent) => {
                "Give one of the two another key, as treecrdt.insert_node and move_node do.".into()
            }
            _ => return None,
        })
    }
}
