//! Which operations there are: two probes a replica where there are no gaps, else every dot once.

use pgrx::pg_extern;
use pgrx::pg_sys::Oid;
use treecrdt::{ReplicaId, VersionVector, VersionVectorBuilder};

use super::doc::{DocReader, read};
use super::query::Query;
use crate::datum::Varlena;
use crate::doc::DocName;
use crate::error::{Error, or_raise};
use crate::forest::shape::{Docs, Ops, docs, ops};
use crate::forest::{Access, Open};
use crate::memory;
use crate::storage::row::Row;
use crate::surface::rights::{Reading, is_filtered, may_read};

/// A replica with counters from the first to the last, both included.
pub type Range = (ReplicaId, u64, u64);

#[pg_extern(sql = false)]
fn version(forest: Oid, doc: &str) -> Vec<u8> {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let doc = forest.doc(doc);
    or_raise(Spans::or_every_dot(&forest, &doc, |spans| spans.gapless)).to_cbor()
}

/// From where to where each replica's counters go.
pub struct Spans {
    /// In order of the replicas.
    ranges: Vec<Range>,
    /// Whether it is known that there is an operation for each dot of the ranges.
    gapless: bool,
}

/// So many replicas are looked up one by one, whatever the size of the doc.
const FEW_REPLICAS: i64 = 100;
/// Looking up a replica costs about as much as reading so many dots.
const DOTS_A_REPLICA: i64 = 8;

impl Spans {
    /// Ranges without a gap have as many dots as `docs` counts operations. That says nothing to
    /// those from whom a policy hides operations, nor is it known to those who may not SELECT
    /// `docs`: they have no count.
    pub fn new(ranges: Vec<Range>, op_count: Option<u64>) -> Self {
        let dots: u128 = ranges.iter().map(|(_, first, last)| u128::from(last - first) + 1).sum();
        Self { gapless: op_count.is_some_and(|count| u128::from(count) == dots), ranges }
    }

    /// So many replicas are worth looking up in a log of so many operations.
    pub fn most_replicas(op_count: Option<u64>) -> usize {
        (op_count.unwrap_or(0) / DOTS_A_REPLICA as u64).max(FEW_REPLICAS as u64) as usize
    }

    /// The dots of the ranges where these will do, else those of all operations.
    ///
    /// # Errors
    /// Those of reading.
    pub fn or_every_dot(
        forest: &Open,
        doc: &DocName<'static>,
        will_do: impl Fn(&Self) -> bool,
    ) -> Result<VersionVector, Error> {
        let directly = |reader: &mut DocReader<'_>| match reader.spans()?.filter(&will_do) {
            Some(spans) => Ok(VersionVector::from_ranges(spans.ranges)?),
            None => reader.every_dot(),
        };
        let by_sql = || match spans(forest, doc)?.filter(&will_do) {
            Some(spans) => Ok(VersionVector::from_ranges(spans.ranges)?),
            None => every_dot(forest, doc),
        };
        read(forest, doc, &[forest.table::<Ops>()], directly, by_sql)
    }
}

/// The spans of all replicas, by two probes each; `None` if they are so many that reading every dot
/// is cheaper.
fn spans(forest: &Open, doc: &DocName<'_>) -> Result<Option<Spans>, Error> {
    let op_count = match may_read(forest.table::<Docs>()) {
        Reading::Nothing => "NULL::pg_catalog.int8",
        _ => "SELECT op_count FROM @forest@.docs WHERE doc OPERATOR(pg_catalog.=) $1",
    };
    let spans = include_str!("../../../sql/read/spans.sql").replace("@op_count@", op_count);
    let mut ranges = Vec::new();
    let mut op_count = None;
    Query::new(forest, &spans).each(
        || [doc.param(), FEW_REPLICAS.into(), DOTS_A_REPLICA.into()],
        |row| {
            op_count = row.get::<i64>(4)?.map(|count| count as u64);
            ranges.extend(range(row.get(1)?, row.get(2)?, row.get(3)?));
            Ok(())
        },
    )?;
    let few = ranges.len() <= Spans::most_replicas(op_count);
    let op_count = op_count.filter(|_| !is_filtered(forest.table::<Ops>()));
    Ok(few.then(|| Spans::new(ranges, op_count)))
}

/// The dots of all operations in the log: reads the whole range of the doc, and of it returns where
/// gaps begin and end.
fn every_dot(forest: &Open, doc: &DocName<'_>) -> Result<VersionVector, Error> {
    let mut ranges = Vec::new();
    let mut first = None;
    Query::new(forest, include_str!("../../../sql/read/edges.sql")).each(
        || [doc.param()],
        |row| {
            let counter = row.get::<i64>(2)?;
            if row.get(3)? == Some(true) {
                first = counter;
            }
            if row.get(4)? == Some(true) {
                ranges.extend(range(row.get(1)?, first, counter));
            }
            Ok(())
        },
    )?;
    Ok(VersionVector::from_ranges(ranges)?)
}

/// A range of counters as the three columns have it.
pub fn range(replica: Option<Vec<u8>>, first: Option<i64>, last: Option<i64>) -> Option<Range> {
    let replica = ReplicaId::new(&replica?).ok()?;
    Some((replica, first? as u64, last? as u64))
}

impl DocReader<'_> {
    /// How many operations `docs` counts, for those who may know.
    fn op_count(&mut self) -> Result<Option<u64>, Error> {
        if may_read(self.reader.forest.table::<Docs>()) != Reading::All {
            return Ok(None);
        }
        let row = self.reader.doc.find(&[self.doc.arg()], &[])?;
        Ok(row.map(|row| row.count(docs::OP_COUNT)))
    }

    /// The spans of all replicas, by two probes each; `None` if they are so many that reading every
    /// dot is cheaper.
    ///
    /// # Errors
    /// Those of reading.
    pub fn spans(&mut self) -> Result<Option<Spans>, Error> {
        let op_count = self.op_count()?;
        let most = Spans::most_replicas(op_count);
        let mut ranges = Vec::new();
        let mut replica = Varlena::new(&[]);
        loop {
            memory::check();
            let next = self.reader.later_replica.find(&[self.doc.arg()], &[replica.bytea()])?;
            let Some((id, first)) = next.and_then(|row| id_and_counter(&row)) else { break };
            replica = Varlena::new(&id);
            let at = [self.doc.arg(), replica.bytea()];
            let last = self.reader.last_of_replica.find(&at, &[])?;
            let last = last.and_then(|row| row.get(ops::COUNTER));
            if ranges.len() >= most {
                return Ok(None);
            }
            ranges.extend(range(Some(id), Some(first), last));
        }
        Ok(Some(Spans::new(ranges, op_count)))
    }

    /// The dots of all operations in the log.
    ///
    /// # Errors
    /// Those of reading.
    pub fn every_dot(&mut self) -> Result<VersionVector, Error> {
        let mut dots = VersionVectorBuilder::default();
        self.reader.each_op(&self.doc, |row| {
            dots.push(row.entry()?.key.dot);
            Ok(())
        })?;
        Ok(dots.build())
    }
}

fn id_and_counter(row: &Row<'_, Ops>) -> Option<(Vec<u8>, i64)> {
    Some((row.get(ops::REPLICA)?.to_vec(), row.get(ops::COUNTER)?))
}
