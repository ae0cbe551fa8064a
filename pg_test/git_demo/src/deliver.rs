//! Delivers operations to a server by plain SQL, and reads back what came of them.
//!
//! Nothing but INSERTs into `git.ops`: the forest materializes them as they come. The newest
//! operation is sent twice, which is harmless; see
//! [`OpLog::deliveries`](super::oplog::OpLog::deliveries).

use std::time::Instant;

use postgres::{Client, Config, NoTls, Row};
use treecrdt::NodeId;

use super::compare::VisibleNode;
use super::convert::Conversion;
use super::oplog::{Change, vector_text};
use super::progress::Progress;
use super::{Failure, Result};

const INSERT: &str = "\
INSERT INTO git.ops (doc, replica, counter, lamport, kind, node, parent, order_key, payload, known_state)
SELECT $1, o.replica, o.counter, o.lamport, o.kind::treecrdt.op_kind, o.node::uuid, o.parent::uuid,
       o.order_key, o.payload, o.known_state::treecrdt.version_vector
FROM unnest($2::bytea[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[],
            $8::bytea[], $9::bytea[], $10::text[])
     AS o(replica, counter, lamport, kind, node, parent, order_key, payload, known_state)
ON CONFLICT DO NOTHING";

/// A forest called `git` on a server, and the document in it.
pub struct Server {
    client: Client,
    doc: String,
}

/// What the server counted.
pub struct Counts {
    /// Operations in the log.
    pub ops: i64,
    /// Those that were late when they arrived.
    pub late: i64,
    /// Verdicts that catch-up had to look at again.
    pub reevaluated: i64,
}

impl Server {
    /// Connects as the environment says: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE.
    ///
    /// # Errors
    /// No server there, or no extension to be had.
    pub fn connect(doc: &str) -> Result<Self> {
        let (config, place) = config(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))?;
        let mut client = config
            .connect(NoTls)
            .map_err(|e| Failure(format!("no connection to {place}: {}", Failure::from(e))))?;
        client.batch_execute(
            "SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_treecrdt",
        )?;
        Ok(Self { client, doc: doc.into() })
    }

    /// Creates the forest `git` anew.
    ///
    /// # Errors
    /// There is a schema of this name that is no forest.
    pub fn create_forest(&mut self) -> Result<()> {
        let exists = self.client.query_one("SELECT to_regnamespace('git') IS NOT NULL", &[])?;
        if exists.try_get(0)? {
            self.client.execute("SELECT treecrdt.drop_forest('git')", &[])?;
        }
        self.client.execute("SELECT treecrdt.create_forest('git')", &[])?;
        Ok(())
    }

    /// Delivers all operations, so many a statement.
    pub fn deliver(&mut self, conversion: &Conversion, batch: usize) -> Result<()> {
        let log = &conversion.log;
        let total = log.len() as u64;
        let insert = self.client.prepare(INSERT)?;
        let (mut progress, started, mut delivered) = (Progress::new(), Instant::now(), 0);
        for lamports in log.deliveries(batch) {
            let rows = Rows::of(conversion, lamports);
            delivered += self.client.execute(
                &insert,
                &[
                    &self.doc,
                    &rows.replica,
                    &rows.counter,
                    &rows.lamport,
                    &rows.kind,
                    &rows.node,
                    &rows.parent,
                    &rows.order_key,
                    &rows.payload,
                    &rows.known_state,
                ],
            )?;
            if progress.is_due() {
                let late = self.counts()?.late;
                let percent = delivered * 100 / total;
                let rate = delivered as f64 / started.elapsed().as_secs_f64();
                progress.say(&format!(
                    "{delivered} of {total} ops delivered ({percent} %), {late} late, {rate:.0} ops/s"
                ));
            }
        }
        progress.clear();
        Ok(())
    }

    /// What the server counted so far.
    pub fn counts(&mut self) -> Result<Counts> {
        let row = self.client.query_opt(
            "SELECT op_count, late_count, reevaluated_count FROM git.docs WHERE doc = $1",
            &[&self.doc],
        )?;
        let Some(row) = row else { return Ok(Counts { ops: 0, late: 0, reevaluated: 0 }) };
        Ok(Counts { ops: row.try_get(0)?, late: row.try_get(1)?, reevaluated: row.try_get(2)? })
    }

    /// The visible tree.
    pub fn visible(&mut self) -> Result<Vec<VisibleNode>> {
        let rows = self.client.query(
            "SELECT depth, uuid_send(node), payload FROM treecrdt.tree('git', $1)",
            &[&self.doc],
        )?;
        rows.iter().map(visible_node).collect()
    }

    /// What `treecrdt.verify` complains of: how many rows, and the first few as JSON.
    pub fn verify(&mut self) -> Result<(i64, Vec<String>)> {
        let count = self
            .client
            .query_one("SELECT count(*) FROM treecrdt.verify('git', $1)", &[&self.doc])?;
        let count = count.try_get(0)?;
        if count == 0 {
            return Ok((0, Vec::new()));
        }
        let rows = self.client.query(
            "SELECT to_json(v)::text FROM treecrdt.verify('git', $1) AS v LIMIT 10",
            &[&self.doc],
        )?;
        let first = rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<_, _>>()?;
        Ok((count, first))
    }
}

fn visible_node(row: &Row) -> Result<VisibleNode> {
    let (depth, node): (i32, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
    let node = node.try_into().map_err(|_| Failure::new("a uuid has 16 bytes"))?;
    let depth = usize::try_from(depth).map_err(|_| Failure::new("a depth is positive"))?;
    Ok(VisibleNode { depth, node: NodeId(node), payload: row.try_get(2)? })
}

/// How to connect, and where to, for messages.
fn config(env: impl Fn(&str) -> Option<String>) -> Result<(Config, String)> {
    let host = env("PGHOST").unwrap_or_else(|| "/var/run/postgresql".into());
    let port = env("PGPORT").unwrap_or_else(|| "5432".into());
    let user = env("PGUSER").or_else(|| env("USER")).unwrap_or_else(|| "postgres".into());
    let database = env("PGDATABASE").unwrap_or_else(|| user.clone());
    let place = format!("database \"{database}\" as \"{user}\" at {host}, port {port}");
    let port = port.parse().map_err(|_| Failure(format!("PGPORT is not a port: {port}")))?;
    let mut config = Config::new();
    config.host(&host).port(port).user(&user).dbname(&database).application_name("git_demo");
    if let Some(password) = env("PGPASSWORD") {
        config.password(password);
    }
    Ok((config, place))
}

/// Operations by column.
#[derive(Default)]
struct Rows<'a> {
    replica: Vec<&'a [u8]>,
    counter: Vec<i64>,
    lamport: Vec<i64>,
    kind: Vec<&'static str>,
    node: Vec<String>,
    parent: Vec<Option<String>>,
    order_key: Vec<Option<&'a [u8]>>,
    payload: Vec<Option<&'a [u8]>>,
    known_state: Vec<Option<String>>,
}

impl<'a> Rows<'a> {
    fn of(conversion: &'a Conversion, lamports: &[u64]) -> Self {
        let mut rows = Self::default();
        let log = &conversion.log;
        for &lamport in lamports {
            let op = log.op(lamport);
            let (place, payload) = match op.change {
                Change::Insert { parent, name } => (Some((parent, name)), Some(name)),
                Change::Move { parent, name } => (Some((parent, name)), None),
                Change::Payload(name) => (None, Some(name)),
                Change::Delete(_) => (None, None),
            };
            rows.replica.push(log.authors()[op.author as usize].replica.as_bytes());
            rows.counter.push(op.counter as i64);
            rows.lamport.push(lamport as i64);
            rows.kind.push(op.kind().name());
            rows.node.push(conversion.node_id(op.node).to_string());
            rows.parent.push(place.map(|(parent, _)| conversion.node_id(parent).to_string()));
            rows.order_key.push(place.map(|(_, name)| conversion.order_key(name)));
            rows.payload.push(payload.map(|name| conversion.name(name)));
            rows.known_state.push(log.known_state(lamport).map(|seen| vector_text(&seen)));
        }
        rows
    }
}
