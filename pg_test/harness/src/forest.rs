//! A forest of its own on a server, for one test: made at the start, dropped at the end.

use std::collections::HashMap;

use postgres::types::ToSql;
use postgres::{Client, Row, Statement};
use treecrdt::reference::{Node, State};
use treecrdt::{Key, NodeId, NodeKeys, Op, VersionVector};

use crate::rows::{self, COLUMNS};
use crate::server::{cell, connect, key, message, node_id, optional_node};
use crate::versions::Versions;
use treecrdt_testing::replica::{Answer, Counts};

/// A parameter of a statement.
type Param<'a> = &'a (dyn ToSql + Sync);

/// A forest and a session of its own.
pub struct Forest {
    /// For statements that have no method here.
    pub client: Client,
    schema: String,
    statements: HashMap<String, Statement>,
}

impl Forest {
    /// Creates a forest named after a test.
    ///
    /// # Panics
    /// If there is no server (see [`connect`]) or it does not have the extension.
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
        let params = columns.each_ref().map(|column| column as Param<'_>);
        self.client.execute(&insert, &params).map_err(message)
    }

    /// Sets `treecrdt.catch_up` for this session.
    pub fn set_deferred(&mut self, deferred: bool) -> Answer<()> {
        let value = if deferred { "deferred" } else { "immediate" };
        self.client.batch_execute(&format!("SET treecrdt.catch_up = {value}")).map_err(message)
    }

    /// Catches up one document, or all; gives how many had to be.
    pub fn ensure_materialized(&mut self, doc: Option<&str>) -> Answer<i64> {
        let ensure = format!("SELECT treecrdt.ensure_materialized('{}', $1)", self.schema);
        cell(&self.query(&ensure, &[&doc])?[0], 0)
    }

    /// Makes a document anew from its log.
    pub fn rebuild(&mut self, doc: &str) -> Answer<()> {
        let rebuild = format!("SELECT treecrdt.rebuild('{}', $1)", self.schema);
        self.query(&rebuild, &[&doc]).map(drop)
    }

    /// The discrepancies that `treecrdt.verify` finds in one document.
    pub fn verify(&mut self, doc: &str) -> Answer<Vec<String>> {
        let verify = format!("SELECT v::text FROM treecrdt.verify('{}', $1) AS v", self.schema);
        self.query(&verify, &[&doc])?.iter().map(|row| row.try_get(0).map_err(message)).collect()
    }

    /// The derived tables of a document.
    pub fn state(&mut self, doc: &str) -> Answer<State> {
        let mut state = State { head: self.key_in_docs("head", doc)?, ..State::default() };
        let nodes = format!(
            "SELECT uuid_send(node), uuid_send(parent), order_key, tombstone, payload, keys, \
             deleted_at::text FROM {}.nodes WHERE doc = $1",
            self.schema
        );
        for row in self.query(&nodes, &[&doc])? {
            let deleted_at: Option<String> = cell(&row, 6)?;
            let deleted_at = deleted_at.map(|text| VersionVector::from_json(&text)).transpose();
            let (payload, keys): (Option<Vec<u8>>, Option<Vec<u8>>) =
                (cell(&row, 4)?, cell(&row, 5)?);
            let keys = NodeKeys::from_bytes(&keys.unwrap_or_default());
            let keys = keys.map_err(|e| format!("keys: {e}"))?;
            let node = Node {
                parent: optional_node(&row, 1)?,
                order_key: cell(&row, 2)?,
                tombstone: cell(&row, 3)?,
                payload,
                placed: keys.placed,
                payload_key: keys.payload,
                inserted: keys.inserted,
                deleted_at: deleted_at.map_err(|e| format!("deleted_at: {e}"))?,
            };
            state.nodes.insert(node_id(&row, 0)?, node);
        }
        let schema = self.schema.clone();
        let names = format!(
            "EXISTS (SELECT FROM {schema}.ops AS o WHERE (o.doc, o.replica, o.counter, o.parent) = \
             (it.doc, it.replica, it.counter, it.parent))"
        );
        for (table, of, flag) in [
            ("oprefs", "parent", names.as_str()),
            ("ignored", "node", "false"),
            ("reinserts", "node", "payload"),
        ] {
            let select = format!(
                "SELECT uuid_send({of}), {flag}, lamport, replica, counter FROM {schema}.{table} AS it \
                 WHERE doc = $1"
            );
            for row in self.query(&select, &[&doc])? {
                let key = key(&row, 2)?.ok_or("a key is NULL")?;
                let (node, flag) = (node_id(&row, 0)?, cell::<bool>(&row, 1)?);
                let is_new = match table {
                    "reinserts" => state.again.insert((node, key, flag)),
                    "ignored" => state.ignored.insert((node, key)),
                    _ if flag => state.named.insert((node, key)),
                    _ => state.refs.insert((node, key)),
                };
                if !is_new {
                    return Err(format!("{table} has {key} twice"));
                }
            }
        }
        Ok(state)
    }

    /// The visible nodes that `treecrdt.tree` gives, with their depths.
    pub fn tree(&mut self, doc: &str) -> Answer<Vec<(usize, NodeId)>> {
        let tree =
            format!("SELECT depth, uuid_send(node) FROM treecrdt.tree('{}', $1)", self.schema);
        let rows = self.query(&tree, &[&doc])?;
        let rows = rows.iter().map(|row| Ok((cell::<i32>(row, 0)? as usize, node_id(row, 1)?)));
        rows.collect()
    }

    /// The nodes that the view `children` has below a parent, in order.
    pub fn children(&mut self, doc: &str, parent: NodeId) -> Answer<Vec<NodeId>> {
        let children = format!(
            "SELECT uuid_send(node) FROM {}.children \
             WHERE doc = $1 AND parent = $2::text::uuid ORDER BY order_key, node",
            self.schema
        );
        self.query(&children, &[&doc, &parent.to_string()])?
            .iter()
            .map(|row| node_id(row, 0))
            .collect()
    }

    /// All dots of a document.
    pub fn version(&mut self, doc: &str) -> Answer<VersionVector> {
        let version = format!("SELECT treecrdt.version('{}', $1)::text", self.schema);
        self.vector(&version, &[&doc])
    }

    /// The dots that a delete of this node has to cover.
    pub fn subtree_version(&mut self, doc: &str, node: NodeId) -> Answer<VersionVector> {
        let schema = &self.schema;
        let version =
            format!("SELECT treecrdt.subtree_version('{schema}', $1, $2::text::uuid)::text");
        self.vector(&version, &[&doc, &node.to_string()])
    }

    /// What is equal wherever the same operations have been materialized.
    pub fn digest(&mut self, doc: &str) -> Answer<Vec<u8>> {
        let digest = format!("SELECT treecrdt.digest('{}', $1)", self.schema);
        cell(&self.query(&digest, &[&doc])?[0], 0)
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
        let Some(row) = self.query(&select, &[&doc])?.pop() else { return Ok(Counts::default()) };
        let number = |at| cell::<i64>(&row, at).map(|n| n as u64);
        Ok(Counts { ops: number(0)?, late: number(1)?, reevaluated: number(2)? })
    }

    /// Where each row of a document's derived tables lies, and who wrote it.
    pub fn versions(&mut self, doc: &str) -> Answer<Versions> {
        let schema = &self.schema;
        let versions = format!(
            "SELECT 0, node::text, xmin::text || ctid::text FROM {schema}.nodes WHERE doc = $1 \
             UNION ALL SELECT 1, concat_ws(' ', parent, lamport, replica, counter), \
             xmin::text || ctid::text FROM {schema}.other_refs WHERE doc = $1 \
             UNION ALL SELECT 2, concat_ws(' ', node, lamport, replica, counter), \
             xmin::text || ctid::text FROM {schema}.ignored WHERE doc = $1 \
             UNION ALL SELECT 3, concat_ws(' ', node, lamport, replica, counter), \
             xmin::text || ctid::text FROM {schema}.reinserts WHERE doc = $1"
        );
        let mut found = Versions::default();
        for row in self.query(&versions, &[&doc])? {
            let table: i32 = cell(&row, 0)?;
            found.0[table as usize].insert(cell(&row, 1)?, cell(&row, 2)?);
        }
        Ok(found)
    }

    fn vector(&mut self, select: &str, params: &[Param<'_>]) -> Answer<VersionVector> {
        let text: String = cell(&self.query(select, params)?[0], 0)?;
        VersionVector::from_json(&text).map_err(|e| format!("{text}: {e}"))
    }

    fn key_in_docs(&mut self, which: &str, doc: &str) -> Answer<Option<Key>> {
        let select = format!(
            "SELECT {which}_lamport, {which}_replica, {which}_counter \
             FROM {}.docs WHERE doc = $1",
            self.schema
        );
        self.query(&select, &[&doc])?.first().map_or(Ok(None), |row| key(row, 0))
    }

    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Answer<Vec<Row>> {
        let statement = self.prepared(sql)?;
        self.client.query(&statement, params).map_err(message)
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
