//! The operations that somebody does not have: keys by index ranges, put in order, then rows in batches.

use pgrx::iter::TableIterator;
use pgrx::pg_sys::Oid;
use pgrx::{FromDatum, IntoDatum, Uuid, name, pg_extern, pg_sys};
use treecrdt::VersionVector;

use super::doc::{DocReader, read};
use super::nodes::uuid;
use super::query::Query;
use super::version::Spans;
use crate::datum::{Arg, Bytea, Varlena};
use crate::doc::DocName;
use crate::error::{EditProblem, Error, or_raise};
use crate::forest::shape::{Column, Ops, ops};
use crate::forest::{Access, Open};
use crate::memory;
use crate::storage::reader::each_row;
use crate::storage::rows::read_vector;

/// A row of `ops`, but for the doc.
struct OpFields {
    replica: Vec<u8>,
    counter: i64,
    lamport: i64,
    kind: Option<Oid>,
    node: Option<Uuid>,
    parent: Option<Uuid>,
    order_key: Option<Vec<u8>>,
    payload: Option<Vec<u8>>,
    known_state: Option<Vec<u8>>,
}

/// A label of `treecrdt.op_kind`, handed on as it comes.
struct Kind(Oid);

impl FromDatum for Kind {
    unsafe fn from_polymorphic_datum(
        datum: pg_sys::Datum,
        is_null: bool,
        type_oid: Oid,
    ) -> Option<Self> {
        // SAFETY: an enum is stored as the OID of its label.
        unsafe { Oid::from_polymorphic_datum(datum, is_null, type_oid) }.map(Self)
    }
}

impl IntoDatum for Kind {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        self.0.into_datum()
    }

    fn type_oid() -> Oid {
        pg_sys::ANYENUMOID
    }

    fn is_compatible_with(_: Oid) -> bool {
        true
    }
}

/// So many operations are read at a time.
const BATCH: usize = 256;

#[pg_extern(sql = false)]
#[allow(clippy::type_complexity)]
fn ops_since(
    forest: Option<Oid>,
    doc: Option<&str>,
    known: Option<&[u8]>,
    max: Option<i32>,
) -> TableIterator<
    'static,
    (
        name!(doc, String),
        name!(replica, Vec<u8>),
        name!(counter, i64),
        name!(lamport, i64),
        name!(kind, Option<Oid>),
        name!(node, Option<Uuid>),
        name!(parent, Option<Uuid>),
        name!(order_key, Option<Vec<u8>>),
        name!(payload, Option<Vec<u8>>),
        name!(known_state, Option<Vec<u8>>),
    ),
> {
    let forest = or_raise(forest.ok_or(Error::NullForest));
    let doc = or_raise(doc.ok_or_else(|| EditProblem::Null { argument: "doc" }.into()));
    let known = known.map_or(Ok(VersionVector::default()), read_vector);
    let known = or_raise(known.map_err(Error::Vector));
    let max = max.map(|max| or_raise(usize::try_from(max).map_err(|_| EditProblem::Max.into())));
    let open = move || or_raise(Open::new(Some(forest), Access::Read));
    let (forest, name) = (open(), doc.to_owned());
    let file = forest.extent_of::<Ops>();
    let mut missing = or_raise(Missing::find(&forest, &forest.doc(&name), &known));
    missing.keys.truncate(max.unwrap_or(usize::MAX));
    drop(forest);
    let batches = (0..missing.keys.len()).step_by(BATCH);
    TableIterator::new(batches.flat_map(move |at| {
        // Calls come one by one: between them nothing is kept open, and the forest may become another.
        let forest = open();
        or_raise(forest.must_be_in_file::<Ops>(file));
        let doc = forest.doc(&name);
        let rows = or_raise(missing.read(&forest, &doc, at));
        let doc = doc.to_string();
        rows.into_iter().map(move |op| {
            let OpFields { replica, counter, lamport, kind, node, parent, .. } = op;
            let (key, payload, known) = (op.order_key, op.payload, op.known_state);
            (doc.clone(), replica, counter, lamport, kind, node, parent, key, payload, known)
        })
    }))
}

/// Operations that a version vector does not cover, in canonical order.
struct Missing {
    /// In order.
    replicas: Vec<Vec<u8>>,
    /// Lamport, replica as its place in the list, counter.
    keys: Vec<(i64, i32, i64)>,
}

impl Missing {
    fn find(forest: &Open, doc: &DocName<'static>, known: &VersionVector) -> Result<Self, Error> {
        // Where there are gaps the ranges are wider than the log, and there is nothing to read.
        let there = Spans::or_every_dot(forest, doc, |_| true)?;
        let missing = there.difference(known);
        let replicas: Vec<Vec<u8>> = missing.by_replica().map(|(id, _)| id.to_vec()).collect();
        let directly = |reader: &mut DocReader<'_>| reader.keys(&missing);
        let by_sql = || keys_by_sql(forest, doc, &missing);
        let mut keys = read(forest, doc, &[forest.table::<Ops>()], directly, by_sql)?;
        keys.sort_unstable();
        Ok(Self { replicas, keys })
    }

    /// The dots of a batch, in order.
    fn dots(&self, from: usize) -> impl Iterator<Item = (&[u8], i64)> {
        let keys = &self.keys[from..self.keys.len().min(from + BATCH)];
        keys.iter().map(|&(_, at, counter)| (self.replicas[at as usize].as_slice(), counter))
    }

    /// The rows of a batch, in their order.
    fn read(
        &self,
        forest: &Open,
        doc: &DocName<'static>,
        from: usize,
    ) -> Result<Vec<OpFields>, Error> {
        let directly = |reader: &mut DocReader<'_>| reader.ops(self, from);
        let by_sql = || self.read_by_sql(forest, doc, from);
        read(forest, doc, &[forest.table::<Ops>()], directly, by_sql)
    }

    fn read_by_sql(
        &self,
        forest: &Open,
        doc: &DocName<'static>,
        from: usize,
    ) -> Result<Vec<OpFields>, Error> {
        let (replicas, counters): (Vec<Vec<u8>>, Vec<i64>) =
            self.dots(from).map(|(replica, counter)| (replica.to_vec(), counter)).unzip();
        let mut found: Vec<(i64, OpFields)> = Vec::with_capacity(counters.len());
        Query::new(forest, include_str!("../../../sql/read/ops.sql")).each(
            || [doc.param(), replicas.into(), counters.into()],
            |row| {
                let (Some(at), Some(replica)) = (row.get(1)?, row.get(2)?) else { return Ok(()) };
                let (Some(counter), Some(lamport)) = (row.get(3)?, row.get(4)?) else {
                    return Ok(());
                };
                let fields = OpFields {
                    replica,
                    counter,
                    lamport,
                    kind: row.get::<Kind>(5)?.map(|kind| kind.0),
                    node: row.get(6)?,
                    parent: row.get(7)?,
                    order_key: row.get(8)?,
                    payload: row.get(9)?,
                    known_state: row.get(10)?,
                };
                found.push((at, fields));
                Ok(())
            },
        )?;
        // What a nested loop gives is in order, though SQL does not promise it.
        found.sort_by_key(|&(at, _)| at);
        Ok(found.into_iter().map(|(_, row)| row).collect())
    }
}

/// The keys of the operations with these dots, replicas by their places in the vector.
fn keys_by_sql(
    forest: &Open,
    doc: &DocName<'static>,
    missing: &VersionVector,
) -> Result<Vec<(i64, i32, i64)>, Error> {
    let (mut at, mut of, mut first, mut last) = (vec![], vec![], vec![], vec![]);
    for (index, (replica, ranges)) in missing.by_replica().enumerate() {
        for range in ranges {
            at.push(index as i32);
            of.push(replica.to_vec());
            first.push(range.0 as i64);
            last.push(range.1 as i64);
        }
    }
    let mut found = Vec::new();
    Query::new(forest, include_str!("../../../sql/read/keys.sql")).each(
        || [doc.param(), at.into(), of.into(), first.into(), last.into()],
        |row| {
            let (lamport, at, counter) = (row.get(1)?, row.get(2)?, row.get(3)?);
            if let (Some(lamport), Some(at), Some(counter)) = (lamport, at, counter) {
                found.push((lamport, at, counter));
            }
            Ok(())
        },
    )?;
    Ok(found)
}

impl DocReader<'_> {
    /// The keys of the operations with these dots, replicas by their places in the vector.
    ///
    /// # Errors
    /// Those of reading.
    fn keys(&mut self, dots: &VersionVector) -> Result<Vec<(i64, i32, i64)>, Error> {
        let mut keys = Vec::new();
        for (at, (id, ranges)) in dots.by_replica().enumerate() {
            let id = Varlena::new(id);
            for &(first, last) in ranges {
                let equals = [self.doc.arg(), id.bytea()];
                let bound = [Arg::int8(first), Arg::int8(last)];
                each_row(&mut self.reader.op_range, &equals, &bound, |row| {
                    let key = row.get(ops::LAMPORT).zip(row.get(ops::COUNTER));
                    keys.extend(key.map(|(lamport, counter)| (lamport, at as i32, counter)));
                    Ok(())
                })?;
            }
        }
        Ok(keys)
    }

    /// The operations of a batch of what is missing, in order.
    ///
    /// # Errors
    /// Those of reading.
    fn ops(&mut self, missing: &Missing, from: usize) -> Result<Vec<OpFields>, Error> {
        let mut found = Vec::new();
        for (replica, counter) in missing.dots(from) {
            memory::check();
            let id = Varlena::new(replica);
            let at = [self.doc.arg(), id.bytea(), Arg::int8(counter as u64)];
            let Some(row) = self.reader.op.find(&at, &[])? else { continue };
            let bytes = |column: Column<Ops, Bytea>| row.get(column).map(<[u8]>::to_vec);
            found.push(OpFields {
                replica: replica.to_vec(),
                counter,
                lamport: row.get(ops::LAMPORT).unwrap_or_default(),
                kind: row.get(ops::KIND),
                node: row.get(ops::NODE).map(uuid),
                parent: row.get(ops::PARENT).map(uuid),
                order_key: bytes(ops::ORDER_KEY),
                payload: bytes(ops::PAYLOAD),
                known_state: row.get(ops::KNOWN_STATE).map(<[u8]>::to_vec),
            });
        }
        Ok(found)
    }
}
