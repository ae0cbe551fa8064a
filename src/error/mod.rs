//! Every error of the extension, and how SQL sees it: SQLSTATE, message, detail and hint.

use std::convert::Infallible;
use std::fmt::Display;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode};
use thiserror::Error;
use treecrdt::{MalformedOp, MalformedVector};

mod edit;

pub use edit::EditProblem;

/// What can be wrong with a row of `ops`.
#[derive(Debug, Error)]
pub enum Problem {
    /// Columns that do not go together, or are out of bounds.
    #[error("is malformed: {0}")]
    Columns(#[from] MalformedOp),
    /// A column that may not be NULL is.
    #[error("has no {0}")]
    Null(&'static str),
    /// What the author of a delete had seen cannot be read.
    #[error("has a malformed known_state: {0}")]
    KnownState(#[from] MalformedVector),
}

/// What can go wrong, told to the user.
#[derive(Debug, Error)]
pub enum Error {
    /// A row of `ops` is not an operation.
    #[error("operation {dot} of doc \"{doc}\" {problem}")]
    Malformed {
        /// The document.
        doc: String,
        /// `replica:counter`, as far as they are known.
        dot: String,
        /// What is wrong.
        problem: Problem,
        /// How to take it out of the log, if it is there.
        removal: Option<String>,
    },
    /// Not the text or binary form of a version vector.
    #[error("malformed version vector: {0}")]
    Vector(#[from] MalformedVector),
    /// UPDATE, DELETE or TRUNCATE of `ops`.
    #[error("{table} is append-only")]
    AppendOnly {
        /// The table.
        table: String,
    },
    /// The name does not fit the catalog.
    #[error("forest name is {length} bytes long, more than 63")]
    NameTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Documents cannot be named by values of this type.
    #[error("documents of a forest are named by a text, a uuid or a bigint, not by {of}")]
    DocType {
        /// The type.
        of: String,
    },
    /// The schema is not a forest.
    #[error("schema {name} is not a forest: {problem}")]
    NotAForest {
        /// The schema.
        name: String,
        /// What is missing or wrong.
        problem: String,
    },
    /// Tables that have the names of a forest's, and not the shape.
    #[error("schema {forest} is not a forest: {problem}")]
    Shape {
        /// The schema.
        forest: String,
        /// What is wrong.
        problem: String,
        /// How to mend it.
        mend: String,
    },
    /// Tables of a layout that this library does not know, or no longer.
    #[error("forest {forest} has layout {found}, and this library knows layout {known}")]
    Layout {
        /// The schema.
        forest: String,
        /// The layout that it has.
        found: u32,
        /// That of the library.
        known: u32,
    },
    /// Something that a forest needs is there, and can't be used.
    #[error("forest {forest}: {problem}")]
    Unready {
        /// The schema.
        forest: String,
        /// What is wrong.
        problem: String,
        /// How to mend it.
        mend: String,
    },
    /// Tables are renamed or replaced while we look.
    #[error("tables of schema {schema} were renamed or replaced meanwhile")]
    Moving {
        /// The schema.
        schema: String,
    },
    /// A table was rewritten since the snapshot was taken.
    #[error("could not serialize access: {table} was rewritten since the snapshot was taken")]
    Rewritten {
        /// The table.
        table: String,
    },
    /// There is not enough memory to go on.
    #[error("out of memory, with {held} bytes in use by pg_treecrdt")]
    OutOfMemory {
        /// How much is in use.
        held: usize,
    },
    /// The server did what it should not.
    #[error("{what}")]
    Unexpected {
        /// What it did.
        what: String,
    },
    /// A result is larger than a value may be.
    #[error("{what} is larger than a value may be")]
    TooLarge {
        /// What.
        what: &'static str,
    },
    /// The argument `forest` is NULL.
    #[error("forest is NULL")]
    NullForest,
    /// The database's encoding is not UTF8.
    #[error("forests need a database in UTF8")]
    Encoding,
    /// A trigger or rule of the user's kept a row of a derived table from being written.
    #[error("a trigger on {table} suppressed a row that follows from the operations")]
    Suppressed {
        /// The derived table.
        table: String,
    },
    /// A statement trigger wants a transition table of a derived table.
    #[error("statement triggers on {table} that reference a transition table are not supported")]
    TransitionTable {
        /// The derived table.
        table: String,
    },
    /// A trigger on a derived table is put off to the commit.
    #[error("trigger {trigger} on {table} is INITIALLY DEFERRED")]
    Deferred {
        /// The derived table.
        table: String,
        /// The trigger.
        trigger: String,
    },
    /// Another transaction has appended to the document since the snapshot of this one.
    #[error("could not serialize access due to concurrent update")]
    Serialization,
    /// The caller may not do that.
    #[error("permission denied for forest {forest}: {needs}")]
    Denied {
        /// The forest.
        forest: String,
        /// What it takes.
        needs: &'static str,
    },
    /// The trigger function was called some other way than it is made for.
    #[error("{function} must be called as the trigger that create_forest makes")]
    NotATrigger {
        /// The function.
        function: &'static str,
    },
    /// The tables contradict each other.
    #[error("forest {forest}, doc \"{doc}\": {problem}")]
    Corrupted {
        /// The forest.
        forest: String,
        /// The document.
        doc: String,
        /// The contradiction.
        problem: String,
    },
    /// A row that the log makes anew is in the tables already.
    #[error("forest {forest}: a row that follows from the operations is there already: {row}")]
    AlreadyThere {
        /// The forest.
        forest: String,
        /// Which, as the server says it.
        row: String,
    },
    /// A document is dropped or written while a statement that writes it has not ended.
    #[error("doc \"{doc}\" of forest {forest} is being written by a statement that has not ended")]
    InUse {
        /// The forest.
        forest: String,
        /// The document.
        doc: String,
    },
    /// A dot that is there already, with another operation.
    #[error(
        "operation {dot} of doc \"{doc}\" is there already with other content: {there}; brought was: {brought}"
    )]
    OtherContent {
        /// The document.
        doc: String,
        /// `replica:counter`.
        dot: String,
        /// What is there.
        there: String,
        /// What was brought.
        brought: String,
    },
    /// An edit is not made.
    #[error("{}{problem}", .doc.as_ref().map(|doc| format!("doc \"{doc}\": ")).unwrap_or_default())]
    Edit {
        /// The document, where one is meant.
        doc: Option<String>,
        /// Why.
        problem: EditProblem,
    },
    /// A server function failed in a way that pgrx reports as a value.
    #[error("{0}")]
    Spi(#[from] pgrx::spi::Error),
}

const VECTOR_HINT: &str = "Write it like {\"aa01\": [[1,9],[12,12]]}, replicas in hex.";

impl Problem {
    fn hint(&self) -> String {
        match self {
            Self::Columns(problem) => problem.hint(),
            Self::Null(_) => {
                "Every operation has doc, replica, counter, lamport, kind and node.".into()
            }
            Self::KnownState(_) => VECTOR_HINT.into(),
        }
    }
}

impl From<EditProblem> for Error {
    fn from(problem: EditProblem) -> Self {
        Self::Edit { doc: None, problem }
    }
}

impl Error {
    /// The tables of a document contradict each other, or the log.
    pub fn corrupted(forest: &str, doc: &dyn Display, problem: String) -> Self {
        Self::Corrupted { forest: forest.into(), doc: short(&doc.to_string()), problem }
    }

    /// A document is being written by a statement that has not ended.
    pub fn in_use(forest: &str, doc: &dyn Display) -> Self {
        Self::InUse { forest: forest.into(), doc: short(&doc.to_string()) }
    }

    fn code(&self) -> PgSqlErrorCode {
        match self {
            Self::Malformed { removal: Some(_), .. }
            | Self::Corrupted { .. }
            | Self::AlreadyThere { .. } => PgSqlErrorCode::ERRCODE_DATA_CORRUPTED,
            Self::InUse { .. } => PgSqlErrorCode::ERRCODE_OBJECT_IN_USE,
            Self::Malformed { problem: Problem::Null(_), .. } => {
                PgSqlErrorCode::ERRCODE_NOT_NULL_VIOLATION
            }
            Self::Malformed { .. } => PgSqlErrorCode::ERRCODE_CHECK_VIOLATION,
            Self::Vector(_) => PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION,
            Self::Suppressed { .. } | Self::AppendOnly { .. } => {
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
            }
            Self::NameTooLong { .. } => PgSqlErrorCode::ERRCODE_NAME_TOO_LONG,
            Self::NotAForest { .. } | Self::Shape { .. } => {
                PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE
            }
            Self::Layout { .. }
            | Self::Unready { .. }
            | Self::Moving { .. }
            | Self::Deferred { .. } => PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            Self::Rewritten { .. } => PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE,
            Self::OutOfMemory { .. } => PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY,
            Self::TooLarge { .. } => PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED,
            Self::Unexpected { .. } => PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
            Self::NullForest => PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED,
            Self::DocType { .. } | Self::Encoding | Self::TransitionTable { .. } => {
                PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED
            }
            Self::Serialization => PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE,
            Self::Denied { .. } => PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
            Self::NotATrigger { .. } => PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
            Self::Spi(_) => PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
            Self::Edit { problem, .. } => problem.code(),
            Self::OtherContent { .. } => PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Malformed { removal: Some(removal), .. } => removal.clone(),
            Self::Malformed { problem, .. } => problem.hint(),
            Self::Shape { mend, .. } | Self::Unready { mend, .. } => mend.clone(),
            Self::Layout { forest, found, known } if found < known => {
                format!("SELECT treecrdt.upgrade_forest('{}');", forest.replace('\'', "''"))
            }
            Self::Layout { .. } => {
                "Install the newer pg_treecrdt that made it; a session that has loaded the older one has \
                 to connect again."
                    .into()
            }
            Self::Moving { .. } | Self::Rewritten { .. } => "Run the transaction again.".into(),
            Self::OutOfMemory { .. } => {
                "Append in smaller statements, or give the server more memory.".into()
            }
            Self::TooLarge { .. } => "Ask for a smaller part of it.".into(),
            Self::Deferred { .. } => {
                "The tree tables are written with the rights of their owner, and nothing of that \
                 may be put off to the commit: make it INITIALLY IMMEDIATE, or put it on a table \
                 of your own."
                    .into()
            }
            Self::Vector(_) => VECTOR_HINT.into(),
            Self::AppendOnly { .. } => {
                "Insert operations that undo what is there, or drop a whole doc with \
                 treecrdt.drop_doc."
                    .into()
            }
            Self::Suppressed { .. } => {
                "BEFORE triggers on derived tables must return NEW, or OLD for DELETE; to refuse, \
                 raise an error."
                    .into()
            }
            Self::DocType { .. } => {
                "Say treecrdt.create_forest('name', doc_type => 'uuid'), for instance.".into()
            }
            Self::Encoding => "Create the database with ENCODING 'UTF8'.".into(),
            Self::TransitionTable { .. } => "Use a trigger FOR EACH ROW instead.".into(),
            Self::NotAForest { .. } | Self::NullForest => {
                "Name a schema that treecrdt.create_forest made, as 'name'::regnamespace.".into()
            }
            Self::InUse { .. } => {
                "Do that in a statement of its own, or in an AFTER trigger if the statement has at most \
                 treecrdt.batch_size operations. Operations that came past the triggers of ops are \
                 counted by treecrdt.rebuild."
                    .into()
            }
            Self::Corrupted { .. } | Self::AlreadyThere { .. } => {
                "treecrdt.verify lists what differs, treecrdt.rebuild makes the tables anew from \
                 the log."
                    .into()
            }
            Self::Edit { problem, .. } => return problem.hint(),
            Self::OtherContent { .. } => {
                "No two operations may have the same replica and counter: each replica counts on its own, and \
                 a database or device that was copied is another replica."
                    .into()
            }
            Self::NameTooLong { .. }
            | Self::NotATrigger { .. }
            | Self::Serialization
            | Self::Denied { .. }
            | Self::Unexpected { .. }
            | Self::Spi(_) => return None,
        })
    }

    /// Ends the statement with this error.
    pub fn raise(self) -> ! {
        let code = self.code();
        self.raise_as(code)
    }

    /// Ends the statement with this error under another SQLSTATE.
    pub fn raise_as(self, code: PgSqlErrorCode) -> ! {
        let mut report = ErrorReport::new(code, self.to_string(), "pg_treecrdt");
        if let Some(hint) = self.hint() {
            report = report.set_hint(hint);
        }
        report.report(PgLogLevel::ERROR);
        unreachable!("an error report does not return")
    }
}

/// A name as messages quote it: what is long is cut.
pub fn short(name: &str) -> String {
    const MOST: usize = 100;
    match name.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.into(),
    }
}

/// Unwraps what must not fail, or ends the statement.
pub fn or_raise<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => error.raise(),
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
