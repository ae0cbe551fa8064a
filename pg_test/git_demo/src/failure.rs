//! The one error of the demo: a message for whoever runs it.

use std::error::Error as _;
use std::fmt;

/// Why the demo stops.
#[derive(Debug)]
pub struct Failure(pub String);

/// What may fail.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<treecrdt::MalformedOp> for Failure {
    fn from(error: treecrdt::MalformedOp) -> Self {
        Self(error.to_string())
    }
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        let Some(db) = error.as_db_error() else {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            return Self(format!("{error}{cause}"));
        };
        let mut message = format!("{}: {} ({})", db.severity(), db.message(), db.code().code());
        for (label, text) in [("DETAIL", db.detail()), ("HINT", db.hint())] {
            if let Some(text) = text {
                message.push_str(&format!("\n{label}: {text}"));
            }
        }
        Self(message)
    }
}
