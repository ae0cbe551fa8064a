//! The SQL type `treecrdt.version_vector`: input and output, operators, aggregate.
//!
//! A value is a varlena that holds the CBOR form, so these functions see it as `bytea`.

use std::cmp::Ordering;
use std::ffi::{CStr, CString};

use pgrx::iter::TableIterator;
use pgrx::pg_sys::{self, Datum, FunctionCallInfo};
use pgrx::{PgSqlErrorCode, direct_function_call, name, pg_extern};
use treecrdt::{Dot, MAX_COUNTER, Range, ReplicaId, VersionVector, VersionVectorBuilder, hex};

use super::function::c_function;
use crate::datum::{Type, Varlena};
use crate::error::{Error, Problem, or_raise, short};
use crate::memory;
use crate::storage::rows::read_vector;

fn stored(bytes: &[u8]) -> VersionVector {
    or_raise(read_vector(bytes).map_err(Error::Vector))
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_in(text: &CStr) -> Vec<u8> {
    let read = VersionVector::from_json_checking(&text.to_string_lossy(), &mut memory::check);
    or_raise(read.map_err(Error::Vector)).to_cbor()
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_out(vector: &[u8]) -> CString {
    CString::new(stored(vector).to_json()).expect("JSON has no zero bytes")
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_send(vector: &[u8]) -> Vec<u8> {
    vector.to_vec()
}

c_function!(
    /// `treecrdt.version_vector_recv(internal)`.
    version_vector_recv_wrapper, pg_finfo_version_vector_recv_wrapper, receive);

unsafe fn receive(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: the server passes the message as a StringInfo, of which the rest is the value.
    let bytes = unsafe {
        let message = pointer::<pg_sys::StringInfoData>(fcinfo, 0);
        let message = message.expect("receive functions are strict");
        let start = (*message).data.add((*message).cursor as usize).cast::<u8>();
        let length = ((*message).len - (*message).cursor) as usize;
        (*message).cursor = (*message).len;
        std::slice::from_raw_parts(start, length)
    };
    match VersionVector::from_cbor_checking(bytes, &mut memory::check) {
        Ok(vector) => into_datum(vector.to_cbor()),
        Err(problem) => {
            let code = PgSqlErrorCode::ERRCODE_INVALID_BINARY_REPRESENTATION;
            Error::Vector(problem).raise_as(code)
        }
    }
}

/// An argument of type `internal`, if it is not NULL.
///
/// # Safety
/// The argument points to a `T`.
unsafe fn pointer<T>(fcinfo: FunctionCallInfo, at: usize) -> Option<*mut T> {
    // SAFETY: by the caller's promise.
    let datum = unsafe { pgrx::fcinfo::pg_getarg_datum(fcinfo, at) };
    datum.map(|datum| datum.cast_mut_ptr::<T>()).filter(|pointer| !pointer.is_null())
}

fn into_datum(bytes: Vec<u8>) -> Datum {
    pgrx::IntoDatum::into_datum(bytes).expect("a bytea")
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_covers(a: &[u8], b: &[u8]) -> bool {
    stored(a).covers(&stored(b))
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_covered(a: &[u8], b: &[u8]) -> bool {
    stored(b).covers(&stored(a))
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_eq(a: &[u8], b: &[u8]) -> bool {
    stored(a) == stored(b)
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_ne(a: &[u8], b: &[u8]) -> bool {
    stored(a) != stored(b)
}

/// An order of all vectors, that of their stored form. It says nothing of what they cover.
#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_cmp(a: &[u8], b: &[u8]) -> i32 {
    order(a, b) as i32
}

fn order(a: &[u8], b: &[u8]) -> Ordering {
    stored(a).to_cbor().cmp(&stored(b).to_cbor())
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_lt(a: &[u8], b: &[u8]) -> bool {
    order(a, b).is_lt()
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_le(a: &[u8], b: &[u8]) -> bool {
    order(a, b).is_le()
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_gt(a: &[u8], b: &[u8]) -> bool {
    order(a, b).is_gt()
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_ge(a: &[u8], b: &[u8]) -> bool {
    order(a, b).is_ge()
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_hash(vector: &[u8]) -> i32 {
    let form = Varlena::new(&stored(vector).to_cbor());
    // SAFETY: a function of the server, on a varlena.
    let hash = unsafe {
        direct_function_call(pg_sys::hashvarlena, &[Some(form.bytea().datum(Type::Bytea))])
    };
    hash.expect("never NULL")
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_hash_extended(vector: &[u8], seed: i64) -> i64 {
    let form = Varlena::new(&stored(vector).to_cbor());
    let arguments = [Some(form.bytea().datum(Type::Bytea)), Some(Datum::from(seed))];
    // SAFETY: as above, and a number.
    let hash = unsafe { direct_function_call(pg_sys::hashvarlenaextended, &arguments) };
    hash.expect("never NULL")
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_union(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut union = stored(a);
    union.union(&stored(b));
    union.to_cbor()
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
fn version_vector_difference(a: &[u8], b: &[u8]) -> Vec<u8> {
    stored(a).difference(&stored(b)).to_cbor()
}

#[pg_extern(sql = false, immutable, parallel_safe, strict)]
#[allow(clippy::type_complexity)]
fn version_vector_ranges(
    vector: &[u8],
) -> TableIterator<'static, (name!(replica, Vec<u8>), name!(first, i64), name!(last, i64))> {
    let ranges: Vec<Range> = stored(vector).ranges().collect();
    TableIterator::new(ranges.into_iter().map(|Range { replica, first, last }| {
        (replica.as_bytes().to_vec(), first as i64, last as i64)
    }))
}

c_function!(
    /// `treecrdt.version_vector_agg_add(internal, bytea, bigint)`.
    version_vector_agg_add, pg_finfo_version_vector_agg_add, aggregate_add);
c_function!(
    /// `treecrdt.version_vector_agg_end(internal)`.
    version_vector_agg_end, pg_finfo_version_vector_agg_end, aggregate_end);

unsafe fn aggregate_add(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: by the caller's promise; the state is one that an earlier call made in the
    // aggregate's memory context.
    unsafe {
        let mut context = std::ptr::null_mut();
        if pg_sys::AggCheckCallContext(fcinfo, &raw mut context) == 0 {
            pgrx::error!("treecrdt.version_vector_agg_add is part of an aggregate");
        }
        let state = pointer::<VersionVectorBuilder>(fcinfo, 0);
        let state = state.unwrap_or_else(|| {
            pgrx::PgMemoryContexts::For(context)
                .leak_and_drop_on_delete(VersionVectorBuilder::default())
        });
        let replica = pgrx::fcinfo::pg_getarg::<&[u8]>(fcinfo, 1);
        let counter = pgrx::fcinfo::pg_getarg::<i64>(fcinfo, 2);
        if let Some((replica, counter)) = replica.zip(counter) {
            (*state).push(dot(replica, counter));
        }
        Datum::from(state)
    }
}

unsafe fn aggregate_end(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: as for `aggregate_add`.
    unsafe {
        let state = pointer::<VersionVectorBuilder>(fcinfo, 0);
        into_datum(state.map(|state| (*state).build()).unwrap_or_default().to_cbor())
    }
}

fn dot(replica: &[u8], counter: i64) -> Dot {
    let malformed = |problem: treecrdt::MalformedOp| Error::Malformed {
        doc: "(aggregate)".into(),
        dot: format!("{}:{counter}", short(&hex(&replica[..replica.len().min(64)]))),
        problem: Problem::Columns(problem),
        removal: None,
    };
    let id = or_raise(ReplicaId::new(replica).map_err(malformed));
    match u64::try_from(counter) {
        Ok(counter) if (1..=MAX_COUNTER).contains(&counter) => Dot { replica: id, counter },
        _ => {
            let problem = treecrdt::MalformedOp::NotPositive { column: "counter", value: counter };
            malformed(problem).raise()
        }
    }
}
