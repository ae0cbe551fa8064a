//! Staging tables: operations on the server, ready to be appended. Unlogged, without an index, in
//! the order of the operations; column `seq` numbers them from 1.

use std::fmt::Write as _;
use std::io::Write as _;

use treecrdt::{Action, Op};

use crate::Result;
use crate::bench::Bench;

/// The columns of `ops`, in order: the contract.
pub const COLUMNS: &str =
    "doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state";

/// A staging table.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name, with its schema.
    pub table: String,
    /// How many operations it holds.
    pub count: usize,
}

impl Stage {
    /// Loads operations of one doc.
    pub fn load(bench: &mut Bench, name: &str, doc: &str, ops: &[Op]) -> Result<Self> {
        Self::load_docs(bench, name, ops.iter().map(|op| (doc, op)))
    }

    /// Loads operations of any docs.
    pub fn load_docs<'a>(
        bench: &mut Bench,
        name: &str,
        ops: impl Iterator<Item = (&'a str, &'a Op)>,
    ) -> Result<Self> {
        let table = format!("stage.{name}");
        bench.run(&format!(
            "DROP TABLE IF EXISTS {table};
             CREATE UNLOGGED TABLE {table} (seq int, doc text COLLATE \"C\", replica bytea,
                 counter bigint, lamport bigint, kind treecrdt.op_kind, node uuid, parent uuid,
                 order_key bytea, payload bytea, known_state treecrdt.version_vector)"
        ))?;
        let mut copy = bench.client.copy_in(&format!("COPY {table} FROM STDIN"))?;
        let (mut lines, mut count) = (String::new(), 0);
        for (doc, op) in ops {
            count += 1;
            let _ = write!(lines, "{count}\t");
            line(&mut lines, doc, op);
            if lines.len() > 1 << 16 {
                copy.write_all(lines.as_bytes())?;
                lines.clear();
            }
        }
        copy.write_all(lines.as_bytes())?;
        copy.finish()?;
        // Hint bits are set now, not by whoever reads it first.
        bench.run(&format!("VACUUM ANALYZE {table}"))?;
        Ok(Self { table, count })
    }

    /// The statement that appends all of it to a forest.
    pub fn append(&self, forest: &str) -> String {
        self.append_as(forest, "doc")
    }

    /// The same to a doc that another expression names, over the columns of the stage.
    pub fn append_as(&self, forest: &str, doc: &str) -> String {
        let others = COLUMNS.trim_start_matches("doc");
        format!("INSERT INTO {forest}.ops ({COLUMNS}) SELECT {doc}{others} FROM {}", self.table)
    }

    /// The statement that appends the operations from $1 to $2.
    pub fn append_slice(&self, forest: &str) -> String {
        format!("{} WHERE seq BETWEEN $1 AND $2", self.append(forest))
    }

    /// Makes slices cheap to find.
    pub fn index(&self, bench: &mut Bench) -> Result<()> {
        bench.run(&format!("CREATE INDEX ON {} (seq); ANALYZE {}", self.table, self.table))
    }

    /// Drops it.
    pub fn drop(self, bench: &mut Bench) -> Result<()> {
        bench.run(&format!("DROP TABLE {}", self.table))
    }
}

/// Writes the line of COPY that an operation is.
pub fn line(out: &mut String, doc: &str, op: &Op) {
    let _ = write!(out, "{doc}\t");
    bytes(out, Some(op.dot().replica.as_bytes()));
    let _ = write!(out, "\t{}\t{}\t{}\t{}\t", op.dot().counter, op.key.lamport, op.kind(), op.node);
    match &op.action {
        Action::Insert { parent, order_key, .. } | Action::Move { parent, order_key } => {
            let _ = write!(out, "{parent}\t");
            bytes(out, Some(order_key));
        }
        _ => out.push_str("\\N\t\\N"),
    }
    out.push('\t');
    bytes(out, op.written_payload().flatten());
    match &op.action {
        Action::Delete { known_state } => {
            let _ = writeln!(out, "\t{}", known_state.to_json());
        }
        _ => out.push_str("\t\\N\n"),
    }
}

fn bytes(out: &mut String, bytes: Option<&[u8]>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let Some(bytes) = bytes else { return out.push_str("\\N") };
    out.push_str("\\\\x");
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}
