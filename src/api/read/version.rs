//! Which operations there are: two probes a replica where there are no gaps, else every dot once.

use pgrx::pg_sys::Oid;
use pgrx::{Spi, pg_extern};
use treecrdt::{ReplicaId, VersionVector};

use super::plan::by_index;
use crate::error::{Error, or_raise};
use crate::forest::shape::{Docs, Ops};
use crate::forest::{Access, Open, names};

/// A replica with counters from the first to the last, both included.
type Range = (ReplicaId, u64, u64);

#[pg_extern(sql = false)]
fn version(forest: Oid, doc: &str) -> Vec<u8> {
    let forest = or_raise(Open::new(Some(forest), Access::Read));
    let version = by_index(&forest, || {
        let spans = spans(&forest, doc)?;
        match spans.filter(|spans| spans.gapless) {
            Some(spans) => Ok(VersionVector::from_ranges(spans.ranges)?),
            None => every_dot(&forest, doc),
        }
    });
    or_raise(version).to_cbor()
}

/// From where to where each replica's counters go.
pub struct Spans {
    /// In order of the replicas.
    pub ranges: Vec<Range>,
    /// Whether it is known that there is an operation for each dot of the ranges.
    gapless: bool,
}

/// So many replicas are looked up one by one, whatever the size of the doc.
const FEW_REPLICAS: i64 = 100;
/// Looking up a replica costs about as much as reading so many dots.
const DOTS_A_REPLICA: i64 = 8;

/// The spans of all replicas, by two probes each; `None` if they are so many that reading every dot
/// is cheaper.
///
/// Ranges without a gap have as many dots as `docs` counts operations. That says nothing to those
/// from whom a policy hides operations, nor is it known to those who may not SELECT `docs`.
pub fn spans(forest: &Open, doc: &str) -> Result<Option<Spans>, Error> {
    let rights = "SELECT pg_catalog.has_table_privilege($1, 'SELECT'),
                         pg_catalog.row_security_active($2)";
    Spi::connect(|client| {
        let row = client.select(
            rights,
            Some(1),
            &[forest.table::<Docs>().into(), forest.table::<Ops>().into()],
        )?;
        let (counted, filtered) = row.first().get_two::<bool, bool>()?;
        let op_count = match counted {
            Some(true) => "SELECT op_count FROM @forest@.docs WHERE doc OPERATOR(pg_catalog.=) $1",
            _ => "NULL::pg_catalog.int8",
        };
        let spans = include_str!("../../../sql/read/spans.sql").replace("@op_count@", op_count);
        let arguments = [doc.into(), FEW_REPLICAS.into(), DOTS_A_REPLICA.into()];
        let rows = client.select(&names::sql(forest, &spans), None, &arguments)?;
        let mut ranges = Vec::with_capacity(rows.len());
        let (mut op_count, mut dots) = (None, 0_u128);
        for row in rows {
            op_count = row.get::<i64>(4)?;
            if let Some((replica, first, last)) = range(row.get(1)?, row.get(2)?, row.get(3)?) {
                dots += u128::from(last - first) + 1;
                ranges.push((replica, first, last));
            }
        }
        let most = (op_count.unwrap_or(0) / DOTS_A_REPLICA).max(FEW_REPLICAS);
        let gapless = filtered == Some(false)
            && op_count.is_some_and(|op_count| u128::try_from(op_count) == Ok(dots));
        Ok((ranges.len() as i64 <= most).then_some(Spans { ranges, gapless }))
    })
}

/// The dots of all operations in the log: reads the whole range of the doc, and of it returns where
/// gaps begin and end.
pub fn every_dot(forest: &Open, doc: &str) -> Result<VersionVector, Error> {
    let edges = names::sql(forest, include_str!("../../../sql/read/edges.sql"));
    Spi::connect(|client| {
        let mut ranges = Vec::new();
        let mut first = None;
        for row in client.select(&edges, None, &[doc.into()])? {
            let counter = row.get::<i64>(2)?;
            if row.get(3)? == Some(true) {
                first = counter;
            }
            if row.get(4)? == Some(true) {
                ranges.extend(range(row.get(1)?, first, counter));
            }
        }
        Ok(VersionVector::from_ranges(ranges)?)
    })
}

/// A range of counters as the three columns have it.
pub fn range(replica: Option<Vec<u8>>, first: Option<i64>, last: Option<i64>) -> Option<Range> {
    let replica = ReplicaId::new(&replica?).ok()?;
    Some((replica, first? as u64, last? as u64))
}
