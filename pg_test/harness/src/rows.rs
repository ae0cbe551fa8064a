//! Operations as rows of `ops`, every cell in its text form, for any way of delivering them.

use treecrdt::{Action, Op};

/// The columns of `ops`, in the order of [`cells`], with the type that each text is cast to.
pub const COLUMNS: [(&str, &str); 10] = [
    ("doc", "text"),
    ("replica", "bytea"),
    ("counter", "bigint"),
    ("lamport", "bigint"),
    ("kind", "treecrdt.op_kind"),
    ("node", "uuid"),
    ("parent", "uuid"),
    ("order_key", "bytea"),
    ("payload", "bytea"),
    ("known_state", "treecrdt.version_vector"),
];

/// A row: a text for each column, `None` for NULL.
pub type Cells = [Option<String>; COLUMNS.len()];

/// The row of an operation. A delete that has seen nothing has a NULL `known_state` or an empty
/// one, by the parity of its counter: they mean the same.
pub fn cells(doc: &str, op: &Op) -> Cells {
    let (parent, order_key) = match &op.action {
        Action::Insert { parent, order_key, .. } | Action::Move { parent, order_key } => {
            (Some(parent.to_string()), Some(bytes(order_key)))
        }
        _ => (None, None),
    };
    let known_state = match &op.action {
        Action::Delete { known_state }
            if known_state.is_empty() && op.dot().counter.is_multiple_of(2) =>
        {
            None
        }
        Action::Delete { known_state } => Some(known_state.to_json()),
        _ => None,
    };
    [
        Some(doc.into()),
        Some(bytes(op.dot().replica.as_bytes())),
        Some(op.dot().counter.to_string()),
        Some(op.key.lamport.to_string()),
        Some(op.kind().to_string()),
        Some(op.node.to_string()),
        parent,
        order_key,
        op.written_payload().flatten().map(bytes),
        known_state,
    ]
}

/// A row in the format of COPY, its end of line included.
pub fn copy_line(cells: &Cells) -> String {
    let fields: Vec<String> = cells
        .iter()
        .map(|cell| match cell {
            None => r"\N".into(),
            Some(text) => text.replace('\\', r"\\").replace('\t', r"\t").replace('\n', r"\n"),
        })
        .collect();
    fields.join("\t") + "\n"
}

/// A row as a parenthesized list of literals.
pub fn values(cells: &Cells) -> String {
    let literals: Vec<String> = cells
        .iter()
        .zip(COLUMNS)
        .map(|(cell, (_, kind))| match cell {
            None => format!("NULL::{kind}"),
            Some(text) => format!("'{}'::{kind}", text.replace('\'', "''")),
        })
        .collect();
    format!("({})", literals.join(", "))
}

/// The names of the columns, separated by commas.
pub fn column_names() -> String {
    COLUMNS.map(|(name, _)| name).join(", ")
}

fn bytes(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(r"\x{digits}")
}
