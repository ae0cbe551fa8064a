//! One thing done to a document.

use treecrdt::Op;

/// One thing done to a document.
#[derive(Debug, Clone)]
pub enum Step {
    /// Operations arrive in one statement.
    Append(Vec<Op>),
    /// Operations arrive in one statement, and wait.
    Defer(Vec<Op>),
    /// What waits is caught up.
    Materialize,
    /// Everything is made anew.
    Rebuild,
}

impl Step {
    /// The operations that arrive.
    pub fn ops(&self) -> &[Op] {
        match self {
            Self::Append(ops) | Self::Defer(ops) => ops,
            Self::Materialize | Self::Rebuild => &[],
        }
    }
}
