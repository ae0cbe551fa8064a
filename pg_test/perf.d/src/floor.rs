//! The floor: tables exactly like a forest's, all indexes included, but without triggers, filled
//! with the rows that a forest has come to. Nothing that keeps those rows can be faster.

use crate::Result;
use crate::bench::Bench;
use crate::forest::{columns, tables};
use crate::stage::Stage;

/// Makes tables like those of a forest in a schema of this name; what was there is dropped.
pub fn create(bench: &mut Bench, name: &str, forest: &str) -> Result<()> {
    drop(bench, name)?;
    bench.run(&format!("CREATE SCHEMA {name}"))?;
    for table in tables(bench, forest)? {
        bench.run(&format!("CREATE TABLE {name}.{table} (LIKE {forest}.{table} INCLUDING ALL)"))?;
        // LIKE copies the options of indexes, not those of the table.
        let options: Option<String> = bench.value(
            "SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = $1::text::regclass",
            &[&format!("{forest}.{table}")],
        )?;
        if let Some(options) = options {
            bench.run(&format!("ALTER TABLE {name}.{table} SET ({options})"))?;
        }
    }
    Ok(())
}

/// Drops the schema of this name, if it is there.
pub fn drop(bench: &mut Bench, name: &str) -> Result<()> {
    bench.run(&format!("DROP SCHEMA IF EXISTS {name} CASCADE"))
}

/// The transaction that inserts all rows of one schema's tables into those of the same name in
/// another, in the order in which they lie.
pub fn fill(bench: &mut Bench, name: &str, from: &str, only: &[String]) -> Result<String> {
    let mut sql = String::from("BEGIN;");
    for table in only {
        let columns = columns(bench, &format!("{from}.{table}"))?.join(", ");
        sql.push_str(&format!(
            "INSERT INTO {name}.{table} ({columns}) SELECT {columns} FROM {from}.{table};"
        ));
    }
    sql.push_str("COMMIT");
    Ok(sql)
}

/// The rows of a forest by the batch of operations that made them, for a floor that is filled in
/// batches, each in the order in which its rows lie in the forest.
///
/// Only for logs whose every operation inserts a node of its own: then each makes a row in `ops` and
/// one in `nodes`, and nothing changes a row again.
pub struct Batches {
    /// The statement that inserts the rows of the operations from $1 to $2, which have to be a
    /// batch, and moves the head.
    pub insert: String,
}

impl Batches {
    /// Gathers the rows that the operations of a stage have come to in a forest, for a floor of
    /// this name.
    pub fn gather(
        bench: &mut Bench,
        stage: &Stage,
        forest: &str,
        name: &str,
        batch: usize,
    ) -> Result<Self> {
        let mut parts = Vec::new();
        for table in ["ops", "nodes"] {
            let using = if table == "nodes" { "doc, node" } else { "doc, replica, counter" };
            let rows = format!("{}_{table}", stage.table);
            let columns = columns(bench, &format!("{forest}.{table}"))?;
            let chosen: Vec<String> = columns.iter().map(|c| format!("r.{c}")).collect();
            // Entries of an index that are equal lie in the order of their rows.
            bench.run(&format!(
                "DROP TABLE IF EXISTS {rows};
                 CREATE UNLOGGED TABLE {rows} AS SELECT (s.seq - 1) / {batch} AS batch, {}
                     FROM {forest}.{table} AS r JOIN {} AS s USING ({using}) ORDER BY 1, r.ctid;
                 CREATE INDEX ON {rows} (batch)",
                chosen.join(", "),
                stage.table
            ))?;
            bench.run(&format!("VACUUM ANALYZE {rows}"))?;
            let columns = columns.join(", ");
            parts.push(format!(
                "{table} AS (INSERT INTO {name}.{table} ({columns})
                 SELECT {columns} FROM {rows} WHERE batch = ($1::int - 1) / {batch})"
            ));
        }
        let insert = format!(
            "WITH {}
             UPDATE {name}.docs AS d SET op_count = d.op_count + $2::int - $1::int + 1,
                 head_lamport = s.lamport, head_replica = s.replica, head_counter = s.counter
             FROM {} AS s WHERE s.seq = $2 AND d.doc = s.doc",
            parts.join(", "),
            stage.table
        );
        Ok(Self { insert })
    }

    /// Puts the row of the doc there, as before its first operation.
    pub fn begin(&self, bench: &mut Bench, name: &str, forest: &str) -> Result<()> {
        bench.run(&format!(
            "INSERT INTO {name}.docs SELECT * FROM {forest}.docs;
             UPDATE {name}.docs SET op_count = 0"
        ))
    }
}
