//! Which operations there are: two probes a replica where there are no gaps, else every dot once.

use pgrx::pg_sys::Oid;
use pgrx::{Spi, pg_extern};
use treecrdt::{ReplicaId, VersionVector};

use super::plan::by_index;
use crate::error::{Error, or_raise};
use crate::forest::Forest;

/// A replica with counters from the first to the last, both included.
type Range = (ReplicaId, u64, u64);

#[pg_extern(sql = false)]
fn version(forest: Oid, doc: &str) -> Vec<u8> {
    let forest = or_raise(Forest::of_schema(forest));
    let version = by_index(|| {
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
pub fn spans(forest: &Forest, doc: &str) -> Result<Option<Spans>, Error> {
    let name = &forest.name;
    let rights = "SELECT pg_catalog.has_table_privilege($1, 'SELECT'),
                         pg_catalog.row_security_active($2)";
    Spi::connect(|client| {
        let row =
            client.select(rights, Some(1), &[forest.docs.oid.into(), forest.ops.oid.into()])?;
        let (counted, filtered) = row.first().get_two::<bool, bool>()?;
        let op_count = match counted {
            Some(true) => {
                format!("SELECT op_count FROM {name}.docs WHERE doc OPERATOR(pg_catalog.=) $1")
            }
            _ => "NULL::pg_catalog.int8".into(),
        };
        // One statement, and so one snapshot: counting and looking up must not drift apart.
        let spans = format!(
            "WITH RECURSIVE spans (replica, first) AS (
                 (SELECT replica, counter FROM {name}.ops WHERE doc OPERATOR(pg_catalog.=) $1
                  ORDER BY replica, counter LIMIT 1)
                 UNION ALL
                 SELECT o.replica, o.counter FROM spans s CROSS JOIN LATERAL (
                     SELECT replica, counter FROM {name}.ops
                     WHERE doc OPERATOR(pg_catalog.=) $1 AND replica OPERATOR(pg_catalog.>) s.replica
                     ORDER BY replica, counter LIMIT 1) o
             )
             SELECT s.replica, s.first,
                 (SELECT o.counter FROM {name}.ops o
                  WHERE o.doc OPERATOR(pg_catalog.=) $1 AND o.replica OPERATOR(pg_catalog.=) s.replica
                  ORDER BY o.counter DESC LIMIT 1),
                 ({op_count})
             FROM spans s
             LIMIT 1 OPERATOR(pg_catalog.+) greatest(
                 ({op_count}) OPERATOR(pg_catalog./) {DOTS_A_REPLICA}, {FEW_REPLICAS})"
        );
        let rows = client.select(&spans, None, &[doc.into()])?;
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
pub fn every_dot(forest: &Forest, doc: &str) -> Result<VersionVector, Error> {
    let edges = format!(
        "SELECT replica, counter, begins, ends
         FROM (SELECT replica, counter,
                   pg_catalog.lag(counter, 1, -1::pg_catalog.int8) OVER replicas OPERATOR(pg_catalog.+) 1
                       OPERATOR(pg_catalog.<>) counter AS begins,
                   pg_catalog.lead(counter, 1, 0::pg_catalog.int8) OVER replicas OPERATOR(pg_catalog.-) 1
                       OPERATOR(pg_catalog.<>) counter AS ends
               FROM {}.ops WHERE doc OPERATOR(pg_catalog.=) $1
               WINDOW replicas AS (PARTITION BY replica ORDER BY counter)) dots
         WHERE begins OR ends",
        forest.name
    );
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
