//! A forest of its own on a server, for one test: made at the start, dropped at the end.
//!
//! What was written is told from `ctid` and `xmin` of all rows before and after: that sees rows
//! replaced by equal ones too, and owes nothing to how they were written.

use std::collections::HashMap;
use std::error::Error as _;

use postgres::{Client, Config, NoTls, Row, Statement};
use treecrdt::reference::{Node, State};
use treecrdt::{Dot, Key, NodeId, Op, ReplicaId, VersionVector};

use crate::replica::{Answer, Counts, Replica, Written};
use crate::rows::{self, COLUMNS};

/// A forest and a session of its own.
pub struct Forest {
    /// For statements that have no method here.
    pub client: Client,
    schema: String,
    statements: HashMap<String, Statement>,
}

impl Forest {
    /// Creates a forest named after a test. Connects as the environment says: PGHOST (required),
    /// PGPORT, PGUSER, PGPASSWORD, PGDATABASE.
    ///
    /// # Panics
    /// If PGHOST is not set, no server is there, or it does not have the extension.
    pub fn create(test: &str) -> Self {
        let mut client = connect();
        // Several tests may find the extension missing at once.
        client
            .batch_execute(
                "SET client_min_messages = warning;
                 SELECT pg_catalog.pg_advisory_lock(3405691582);
                 CREATE EXTENSION IF NOT EXISTS pg_treecrdt;
                 SELECT pg_catalog.pg_advisory_unlock(3405691582)",
            )
            .unwrap_or_else(|e| panic!("CREATE EXTENSION pg_treecrdt: {}", message(e)));
        // A name has 63 bytes at most.
        let schema = format!("{}_{}", &test[..test.len().min(50)], std::process::id());
        client
            .batch_execute(&format!("SELECT treecrdt.create_forest('{schema}')"))
            .unwrap_or_else(|e| panic!("create_forest('{schema}'): {}", message(e)));
        Self { client, schema, statements: HashMap::new() }
    }

    /// The forest's name. It needs no quotes.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Adds operations to their documents, in this order, in one INSERT … ON CONFLICT DO NOTHING.
    /// Gives how many were new.
    pub fn insert<'a>(&mut self, ops: impl IntoIterator<Item = (&'a str, &'a Op)>) -> Answer<u64> {
        let mut columns: [Vec<Option<String>>; COLUMNS.len()] = Default::default();
        for (doc, op) in ops {
            for (column, cell) in columns.iter_mut().zip(rows::cells(doc, op)) {
                column.push(cell);
            }
        }
        let casts = COLUMNS.map(|(name, kind)| format!("o.{name}::{kind}")).join(", ");
        let arrays: Vec<String> = (1..=COLUMNS.len()).map(|n| format!("${n}::text[]")).collect();
        let (names, arrays) = (rows::column_names(), arrays.join(", "));
        let insert = format!(
            "INSERT INTO {}.ops ({names}) SELECT {casts} FROM unnest({arrays}) AS o({names}) \
             ON CONFLICT DO NOTHING",
            self.schema
        );
        let insert = self.prepared(&insert)?;
        let params =
            columns.each_ref().map(|column| column as &(dyn postgres::types::ToSql + Sync));
        self.client.execute(&insert, &params).map_err(message)
    }

    /// Sets `treecrdt.catch_up` for this session.
    pub fn set_deferred(&mut self, deferred: bool) -> Answer<()> {
        let value = if deferred { "deferred" } else { "immediate" };
        self.client.batch_execute(&format!("SET treecrdt.catch_up = {value}")).map_err(message)
    }

    /// Catches up one document, or all; gives how many had to be.
    pub fn ensure_materialized(&mut self, doc: Option<&str>) -> Answer<i64> {
        let ensure = "SELECT treecrdt.ensure_materialized($1::text::regnamespace, $2)::bigint";
        let schema = self.schema.clone();
        let row = self.client.query_one(ensure, &[&schema, &doc]).map_err(message)?;
        row.try_get(0).map_err(message)
    }

    /// Makes a document anew from its log.
    pub fn rebuild(&mut self, doc: &str) -> Answer<()> {
        let rebuild = format!("SELECT treecrdt.rebuild('{}', $1)", self.schema);
        self.query(&rebuild, doc).map(drop)
    }

    /// The discrepancies that `treecrdt.verify` finds in one document.
    pub fn verify(&mut self, doc: &str) -> Answer<Vec<String>> {
        let verify = format!("SELECT v::text FROM treecrdt.verify('{}', $1) AS v", self.schema);
        self.query(&verify, doc)?.iter().map(|row| row.try_get(0).map_err(message)).collect()
    }

    /// The derived tables of a document; `dots`, which are not stored, left out.
    pub fn state(&mut self, doc: &str) -> Answer<State> {
        let mut state = State { head: self.key_in_docs("head", doc)?, ..State::default() };
        let nodes = format!(
            "SELECT uuid_send(node), uuid_send(parent), order_key, tombstone, payload, \
             placed_lamport, placed_replica, placed_counter, \
             payload_lamport, payload_replica, payload_counter, deleted_at::text \
             FROM {}.nodes WHERE doc = $1",
            self.schema
        );
        for row in self.query(&nodes, doc)? {
            let deleted_at: Option<String> = cell(&row, 11)?;
            let deleted_at = deleted_at.map(|text| VersionVector::from_json(&text)).transpose();
            let node = Node {
                parent: optional_node(&row, 1)?,
                order_key: cell(&row, 2)?,
                tombstone: cell(&row, 3)?,
                payload: cell(&row, 4)?,
                placed: key(&row, 5)?,
                payload_key: key(&row, 8)?,
                deleted_at: deleted_at.map_err(|e| format!("deleted_at: {e}"))?,
            };
            state.nodes.insert(node_id(&row, 0)?, node);
        }
        let tables =
            [("oprefs", "parent", &mut state.refs), ("ignored", "node", &mut state.ignored)];
        for (table, of, rows) in tables {
            let select = format!(
                "SELECT uuid_send({of}), lamport, replica, counter FROM {}.{table} WHERE doc = $1",
                self.schema
            );
            for row in self.query(&select, doc)? {
                let key = key(&row, 1)?.ok_or("a key is NULL")?;
                if !rows.insert((node_id(&row, 0)?, key)) {
                    return Err(format!("{table} has {key} twice"));
                }
            }
        }
        Ok(state)
    }

    /// The least key of a document that waits to be materialized.
    pub fn frontier(&mut self, doc: &str) -> Answer<Option<Key>> {
        self.key_in_docs("frontier", doc)
    }

    /// What `docs` counts of a document.
    pub fn counts(&mut self, doc: &str) -> Answer<Counts> {
        let select = format!(
            "SELECT op_count::bigint, late_count::bigint, reevaluated_count::bigint \
             FROM {}.docs WHERE doc = $1",
            self.schema
        );
        let Some(row) = self.query(&select, doc)?.pop() else { return Ok(Counts::default()) };
        let number = |at| cell::<i64>(&row, at).map(|n| n as u64);
        Ok(Counts { ops: number(0)?, late: number(1)?, reevaluated: number(2)? })
    }

    /// Where each row of a document's derived tables lies, and who wrote it.
    pub fn versions(&mut self, doc: &str) -> Answer<Versions> {
        let schema = &self.schema;
        let versions = format!(
            "SELECT 0, node::text, xmin::text || ctid::text FROM {schema}.nodes WHERE doc = $1 \
             UNION ALL SELECT 1, concat_ws(' ', parent, lamport, replica, counter), \
             xmin::text || ctid::text FROM {schema}.oprefs WHERE doc = $1 \
             UNION ALL SELECT 2, concat_ws(' ', node, lamport, replica, counter), \
             xmin::text || ctid::text FROM {schema}.ignored WHERE doc = $1"
        );
        let mut found = Versions::default();
        for row in self.query(&versions, doc)? {
            let table: i32 = cell(&row, 0)?;
            found.0[table as usize].insert(cell(&row, 1)?, cell(&row, 2)?);
        }
        Ok(found)
    }

    fn key_in_docs(&mut self, which: &str, doc: &str) -> Answer<Option<Key>> {
        let select = format!(
            "SELECT {which}_lamport, {which}_replica, {which}_counter \
             FROM {}.docs WHERE doc = $1",
            self.schema
        );
        self.query(&select, doc)?.first().map_or(Ok(None), |row| key(row, 0))
    }

    fn query(&mut self, sql: &str, doc: &str) -> Answer<Vec<Row>> {
        let statement = self.prepared(sql)?;
        self.client.query(&statement, &[&doc]).map_err(message)
    }

    fn prepared(&mut self, sql: &str) -> Answer<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).map_err(message)?;
        self.statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

impl Drop for Forest {
    fn drop(&mut self) {
        let drop = format!("SELECT treecrdt.drop_forest('{}')", self.schema);
        let dropped = self.client.batch_execute(&drop);
        if !std::thread::panicking() {
            dropped.unwrap_or_else(|e| panic!("drop_forest('{}'): {}", self.schema, message(e)));
        }
    }
}

/// The row versions of `nodes`, `oprefs` and `ignored`, by key.
#[derive(Debug, Default)]
pub struct Versions([HashMap<String, String>; 3]);

impl Versions {
    /// How many rows were added, removed or replaced since `before`.
    pub fn written_since(&self, before: &Self) -> Written {
        let [nodes, refs, ignored] = [0, 1, 2].map(|table: usize| {
            let (before, after) = (&before.0[table], &self.0[table]);
            let gone = before.keys().filter(|key| !after.contains_key(*key)).count();
            gone + after.iter().filter(|(key, at)| before.get(*key) != Some(at)).count()
        });
        Written { nodes, refs, ignored }
    }
}

/// One document of a forest.
pub struct PostgresReplica {
    forest: Forest,
    number: u32,
    doc: String,
    versions: Versions,
}

impl PostgresReplica {
    /// A document in a new forest, named after a test.
    pub fn create(test: &str) -> Self {
        let forest = Forest::create(test);
        Self { forest, number: 0, doc: "doc 0".into(), versions: Versions::default() }
    }

    /// Whether the server is still there.
    pub fn is_connected(&self) -> bool {
        !self.forest.client.is_closed()
    }

    fn written(&mut self) -> Answer<Written> {
        let before = std::mem::replace(&mut self.versions, self.forest.versions(&self.doc)?);
        Ok(self.versions.written_since(&before))
    }

    fn insert(&mut self, ops: &[Op]) -> Answer<u64> {
        let Self { forest, doc, .. } = self;
        forest.insert(ops.iter().map(|op| (doc.as_str(), op)))
    }
}

impl Replica for PostgresReplica {
    fn next_document(&mut self) {
        self.number += 1;
        self.doc = format!("doc {}", self.number);
        self.versions = Versions::default();
    }

    fn append(&mut self, ops: &[Op]) -> Answer<Written> {
        self.insert(ops)?;
        self.written()
    }

    fn defer(&mut self, ops: &[Op]) -> Answer<Written> {
        self.forest.set_deferred(true)?;
        let inserted = self.insert(ops);
        self.forest.set_deferred(false)?;
        inserted?;
        self.written()
    }

    fn ensure_materialized(&mut self) -> Answer<Written> {
        let waits = i64::from(self.forest.frontier(&self.doc)?.is_some());
        let caught_up = self.forest.ensure_materialized(Some(&self.doc))?;
        if caught_up != waits {
            return Err(format!("ensure_materialized caught up {caught_up} docs, not {waits}"));
        }
        self.written()
    }

    fn rebuild(&mut self) -> Answer<Written> {
        self.forest.rebuild(&self.doc)?;
        self.written()
    }

    fn state(&mut self) -> Answer<State> {
        self.forest.state(&self.doc)
    }

    fn frontier(&mut self) -> Answer<Option<Key>> {
        self.forest.frontier(&self.doc)
    }

    fn counts(&mut self) -> Answer<Counts> {
        self.forest.counts(&self.doc)
    }

    fn verify(&mut self) -> Answer<Vec<String>> {
        self.forest.verify(&self.doc)
    }
}

fn connect() -> Client {
    let env = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(host) = env("PGHOST") else {
        panic!("PGHOST is not set: this test needs a server; run it with ./pg_test/test harness")
    };
    let user = env("PGUSER").unwrap_or_else(|| "postgres".into());
    let database = env("PGDATABASE").unwrap_or_else(|| user.clone());
    let port = env("PGPORT").map_or(5432, |port| port.parse().expect("PGPORT is a port"));
    let mut config = Config::new();
    config.host(&host).port(port).user(&user).dbname(&database).application_name("harness");
    if let Some(password) = env("PGPASSWORD") {
        config.password(password);
    }
    config.connect(NoTls).unwrap_or_else(|e| {
        panic!("no connection to database {database} at {host}, port {port}: {}", message(e))
    })
}

/// What the server said, with DETAIL and HINT, and where in the server it said it.
pub fn message(error: postgres::Error) -> String {
    let Some(db) = error.as_db_error() else {
        return match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
    };
    let mut message = format!("{}: {} ({})", db.severity(), db.message(), db.code().code());
    let parts = [("DETAIL", db.detail()), ("HINT", db.hint()), ("CONTEXT", db.where_())];
    for (label, text) in parts {
        message.extend(text.map(|text| format!("\n{label}: {text}")));
    }
    message
}

fn cell<'a, T: postgres::types::FromSql<'a>>(row: &'a Row, at: usize) -> Answer<T> {
    row.try_get(at).map_err(message)
}

fn optional_node(row: &Row, at: usize) -> Answer<Option<NodeId>> {
    let bytes: Option<&[u8]> = cell(row, at)?;
    let node = bytes.map(|bytes| bytes.try_into().map(NodeId)).transpose();
    node.map_err(|_| "a uuid has 16 bytes".into())
}

fn node_id(row: &Row, at: usize) -> Answer<NodeId> {
    optional_node(row, at)?.ok_or_else(|| "a node is NULL".into())
}

/// A key in three columns from `at`: all of them NULL, or none.
fn key(row: &Row, at: usize) -> Answer<Option<Key>> {
    let lamport: Option<i64> = cell(row, at)?;
    let replica: Option<&[u8]> = cell(row, at + 1)?;
    let counter: Option<i64> = cell(row, at + 2)?;
    match (lamport, replica, counter) {
        (None, None, None) => Ok(None),
        (Some(lamport), Some(replica), Some(counter)) => {
            let replica = ReplicaId::new(replica).map_err(|e| e.to_string())?;
            let dot = Dot { replica, counter: counter as u64 };
            Ok(Some(Key { lamport: lamport as u64, dot }))
        }
        part => Err(format!("a key is NULL in part: {part:?}")),
    }
}
