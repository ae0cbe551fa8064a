//! The four approaches: a session and tables each, under the same names.

use harness::rows;
use postgres::types::ToSql;
use postgres::{Client, Statement};
use treecrdt::{NodeId, Op};

use crate::bench::{self, Bench};
use crate::measure::timed;
use crate::{Failure, Result};

/// A way to keep a replicated tree in PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approach {
    /// The extension.
    PgTreecrdt,
    /// For each row every later move is undone and redone, in PL/pgSQL.
    RowTrigger,
    /// For each late statement the whole log is replayed in memory.
    FullReplay,
    /// For each late statement every later move is undone and redone in memory.
    SuffixRewind,
}

impl Approach {
    /// All of them, the extension first.
    pub const ALL: [Self; 4] =
        [Self::PgTreecrdt, Self::RowTrigger, Self::FullReplay, Self::SuffixRewind];
    /// All but the extension.
    pub const PEERS: [Self; 3] = [Self::RowTrigger, Self::FullReplay, Self::SuffixRewind];

    /// Its name, and that of the schema with its tables; the extension's is a forest beside theirs.
    pub fn name(self) -> &'static str {
        match self {
            Self::PgTreecrdt => "pg_treecrdt",
            Self::RowTrigger => "row_trigger",
            Self::FullReplay => "full_replay",
            Self::SuffixRewind => "suffix_rewind",
        }
    }

    fn schema(self) -> &'static str {
        match self {
            // Names with pg_ in front are PostgreSQL's.
            Self::PgTreecrdt => "beside_peers",
            peer => peer.name(),
        }
    }

    fn tables(self) -> &'static str {
        match self {
            Self::PgTreecrdt => "SELECT treecrdt.create_forest('beside_peers')",
            Self::RowTrigger => include_str!("../../peers/row_trigger.sql"),
            Self::FullReplay => include_str!("../../peers/full_replay.sql"),
            Self::SuffixRewind => include_str!("../../peers/suffix_rewind.sql"),
        }
    }
}

/// The columns of `ops` that all approaches have.
pub const COLUMNS: &str = "doc, replica, counter, lamport, kind, node, parent, order_key, payload";

/// An approach at work.
pub struct Contender {
    /// Which.
    pub approach: Approach,
    /// A session of its own.
    pub client: Client,
    /// The schema with its tables.
    pub schema: &'static str,
    single: Statement,
    several: Statement,
    nodes: Statement,
}

/// A row of `nodes`, as far as all approaches have it: node, parent, order key, payload.
pub type NodeRow = (NodeId, Option<NodeId>, Option<Vec<u8>>, Option<Vec<u8>>);

impl Contender {
    /// All approaches, each with empty tables.
    ///
    /// # Errors
    /// The server does not have the extension of the peers.
    pub fn all(bench: &mut Bench) -> Result<Vec<Self>> {
        bench
            .run("CREATE EXTENSION IF NOT EXISTS treecrdt_peers")
            .map_err(|e| Failure(format!("the peers are not installed: {e}")))?;
        Approach::ALL.into_iter().map(Self::new).collect()
    }

    fn new(approach: Approach) -> Result<Self> {
        let mut client = bench::session()?;
        let schema = approach.schema();
        drop_tables(approach, &mut client)?;
        bench::run(&mut client, approach.tables())?;
        bench::plan_once(&mut client)?;
        // What is compared is work, not disks: no commit waits for one.
        bench::run(&mut client, "SET synchronous_commit = off")?;
        if approach != Approach::PgTreecrdt {
            // One plan has to do for a tree that is small or large, and for a batch that is: through
            // the indexes.
            bench::run(
                &mut client,
                "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
                 SET enable_material = off",
            )?;
        }
        let casts: Vec<String> = rows::COLUMNS[..9]
            .iter()
            .zip(1..)
            .map(|((_, kind), at)| format!("${at}::text::{kind}"))
            .collect();
        let single = format!("INSERT INTO {schema}.ops ({COLUMNS}) VALUES ({})", casts.join(", "));
        let casts: Vec<String> =
            rows::COLUMNS[..9].iter().map(|(name, kind)| format!("o.{name}::{kind}")).collect();
        let arrays: Vec<String> = (1..=9).map(|at| format!("${at}::text[]")).collect();
        let several = format!(
            "INSERT INTO {schema}.ops ({COLUMNS}) SELECT {} FROM unnest({}) AS o ({COLUMNS})
             ON CONFLICT DO NOTHING",
            casts.join(", "),
            arrays.join(", ")
        );
        let nodes = format!(
            "SELECT uuid_send(node), uuid_send(parent), order_key, payload
             FROM {schema}.nodes WHERE doc = $1 ORDER BY node"
        );
        let (single, several) = (client.prepare(&single)?, client.prepare(&several)?);
        let nodes = client.prepare(&nodes)?;
        Ok(Self { approach, client, schema, single, several, nodes })
    }

    /// Appends one operation in a statement of its own; gives the seconds that took.
    pub fn append_one(&mut self, doc: &str, op: &Op) -> Result<f64> {
        let cells = rows::cells(doc, op);
        let params: Vec<&(dyn ToSql + Sync)> = cells[..9].iter().map(|cell| cell as _).collect();
        Ok(timed(|| Ok(self.client.execute(&self.single, &params)?))?.0)
    }

    /// Appends operations in one statement, whether or not they are there.
    pub fn append<'a>(&mut self, ops: impl IntoIterator<Item = (&'a str, &'a Op)>) -> Result<()> {
        let mut columns: [Vec<Option<String>>; 9] = Default::default();
        for (doc, op) in ops {
            for (column, cell) in columns.iter_mut().zip(rows::cells(doc, op)) {
                column.push(cell);
            }
        }
        let params = columns.each_ref().map(|column| column as &(dyn ToSql + Sync));
        self.client.execute(&self.several, &params)?;
        Ok(())
    }

    /// The statement that appends operations $1 to $2 of a staging table, as `doc`.
    pub fn prepare_slice(&mut self, stage: &str, doc: &str) -> Result<Statement> {
        let rest = COLUMNS.trim_start_matches("doc, ");
        Ok(self.client.prepare(&format!(
            "INSERT INTO {}.ops ({COLUMNS}) SELECT '{doc}', {rest} FROM {stage}
             WHERE seq BETWEEN $1 AND $2 ORDER BY seq",
            self.schema
        ))?)
    }

    /// Appends operations `from` (not included) to `to` of a staging table, so many a statement;
    /// gives the seconds that took.
    pub fn append_slices(
        &mut self,
        slice: &Statement,
        from: usize,
        to: usize,
        size: usize,
    ) -> Result<f64> {
        let mut seconds = 0.0;
        for first in (from..to).step_by(size) {
            let bounds = ((first + 1) as i32, (first + size).min(to) as i32);
            seconds += timed(|| Ok(self.client.execute(slice, &[&bounds.0, &bounds.1])?))?.0;
        }
        Ok(seconds)
    }

    /// A document's tree.
    pub fn nodes(&mut self, doc: &str) -> Result<Vec<NodeRow>> {
        let rows = self.client.query(&self.nodes, &[&doc])?;
        let node = |bytes: &[u8]| {
            bytes.try_into().map(NodeId).map_err(|_| Failure::new("a uuid has 16 bytes"))
        };
        rows.iter()
            .map(|row| {
                let parent = row.get::<_, Option<&[u8]>>(1).map(node).transpose()?;
                Ok((node(row.get(0))?, parent, row.get(2), row.get(3)))
            })
            .collect()
    }

    /// A number that differs, in all likelihood, if a document's trees do.
    pub fn digest(&mut self, doc: &str) -> Result<(i64, i64)> {
        let row = self.client.query_one(
            &format!(
                "SELECT count(*), sum(hashtextextended(concat_ws('|', node,
                     coalesce(parent::text, '-'), coalesce(order_key::text, '-'),
                     coalesce(payload::text, '-')), 0) >> 16)::bigint
                 FROM {}.nodes WHERE doc = $1",
                self.schema
            ),
            &[&doc],
        )?;
        Ok((row.get(0), row.get::<_, Option<i64>>(1).unwrap_or(0)))
    }

    /// Takes away what updates left behind: the server does not do so by itself here.
    pub fn vacuum(&mut self) -> Result<()> {
        let tables = match self.approach {
            Approach::PgTreecrdt => &["nodes", "docs"][..],
            Approach::FullReplay => &["nodes", "heads"],
            Approach::RowTrigger => &["nodes", "undo"],
            Approach::SuffixRewind => &["nodes", "undo", "heads"],
        };
        let tables: Vec<String> =
            tables.iter().map(|table| format!("{}.{table}", self.schema)).collect();
        bench::run(&mut self.client, &format!("VACUUM {}", tables.join(", ")))
    }

    /// Sets hint bits and gathers statistics, so that no measurement does.
    pub fn settle(&mut self) -> Result<()> {
        let tables = self.client.query_one(
            "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
             WHERE relnamespace = $1::text::regnamespace AND relkind = 'r'",
            &[&self.schema],
        )?;
        bench::run(&mut self.client, &format!("VACUUM ANALYZE {}", tables.get::<_, &str>(0)))
    }

    /// Drops the tables.
    pub fn drop_tables(&mut self) -> Result<()> {
        drop_tables(self.approach, &mut self.client)
    }
}

fn drop_tables(approach: Approach, client: &mut Client) -> Result<()> {
    let schema = approach.schema();
    let there: bool =
        client.query_one("SELECT to_regnamespace($1) IS NOT NULL", &[&schema])?.get(0);
    if !there {
        return Ok(());
    }
    let drop = match approach {
        Approach::PgTreecrdt => format!("SELECT treecrdt.drop_forest('{schema}')"),
        _ => format!("DROP SCHEMA {schema} CASCADE"),
    };
    bench::run(client, &drop)
}
