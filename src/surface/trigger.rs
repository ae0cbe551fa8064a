//! What fires on `ops`: the check of each row, the catch-up of each statement, and the refusal of
//! anything that would change the log.

use pgrx::pg_sys::{self, Datum, FunctionCallInfo};

use super::function::c_function;
use super::proposed;
use super::transition::{self, Inserted};
use crate::catch_up;
use crate::catch_up::{accounted, lock, permit};
use crate::error::{Error, or_raise};
use crate::forest::{Forest, Open, relation_name};
use crate::storage::rows::OpRow;

c_function!(
    /// `treecrdt.ops_check`, BEFORE INSERT FOR EACH ROW.
    ops_check, pg_finfo_ops_check, check);
c_function!(
    /// `treecrdt.ops_materialize`, AFTER INSERT FOR EACH STATEMENT with a transition table.
    ops_materialize, pg_finfo_ops_materialize, materialize_batch);
c_function!(
    /// `treecrdt.ops_append_only`, BEFORE UPDATE, DELETE OR TRUNCATE FOR EACH STATEMENT, and BEFORE
    /// UPDATE OR DELETE FOR EACH ROW.
    ops_append_only, pg_finfo_ops_append_only, refuse);

const TIMING: u32 = pg_sys::TRIGGER_EVENT_TIMINGMASK;
const LEVEL: u32 = pg_sys::TRIGGER_EVENT_ROW;
const EVENT: u32 = pg_sys::TRIGGER_EVENT_OPMASK;

/// The trigger's data, if it was called as a trigger at this time and level for an INSERT.
///
/// # Safety
/// `fcinfo` is a valid call frame.
unsafe fn insert_trigger(
    fcinfo: FunctionCallInfo,
    function: &'static str,
    when: u32,
) -> Result<*mut pg_sys::TriggerData, Error> {
    // SAFETY: a call frame's context is a node, and trigger data if its tag says so.
    unsafe {
        let context = (*fcinfo).context;
        if context.is_null() || (*context).type_ != pg_sys::NodeTag::T_TriggerData {
            return Err(Error::NotATrigger { function });
        }
        let data = context.cast::<pg_sys::TriggerData>();
        if (*data).tg_event & (TIMING | LEVEL | EVENT) != when | pg_sys::TRIGGER_EVENT_INSERT {
            return Err(Error::NotATrigger { function });
        }
        Ok(data)
    }
}

/// Checks a row, and takes its document's gate before it enters the log.
unsafe fn check(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: by the caller's promise; the trigger slot holds the row to be inserted.
    unsafe {
        let when = pg_sys::TRIGGER_EVENT_BEFORE | pg_sys::TRIGGER_EVENT_ROW;
        let data = or_raise(insert_trigger(fcinfo, "treecrdt.ops_check", when));
        let forest = or_raise(Forest::of_ops((*data).tg_relation));
        let row = or_raise(OpRow::incoming((*data).tg_trigslot, &forest));
        or_raise(row.check());
        proposed::note(data, &row);
        lock::enter(&forest, &row.doc);
        accounted::enter(&forest, &row.doc);
        Datum::from((*data).tg_trigtuple)
    }
}

/// Materializes the rows that a statement has inserted.
unsafe fn materialize_batch(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: by the caller's promise.
    unsafe {
        let when = pg_sys::TRIGGER_EVENT_AFTER;
        let name = "treecrdt.ops_materialize";
        let data = or_raise(insert_trigger(fcinfo, name, when));
        if (*data).tg_newtable.is_null() {
            Error::NotATrigger { function: name }.raise();
        }
        let forest = or_raise(Forest::of_ops((*data).tg_relation));
        or_raise(proposed::must_be_redelivered(&Open::of(forest.clone()), data));
        match or_raise(transition::read(&forest, data)) {
            Inserted::Few(batches) if batches.is_empty() => {}
            Inserted::Few(batches) => {
                or_raise(catch_up::append(&Open::of(forest.clone()), batches))
            }
            Inserted::Many(rows) => {
                or_raise(catch_up::append_sorted(&Open::of(forest.clone()), rows))
            }
        }
        Datum::from(0usize)
    }
}

/// Refuses what would change the log.
unsafe fn refuse(fcinfo: FunctionCallInfo) -> Datum {
    // SAFETY: by the caller's promise; the context is checked to be trigger data.
    unsafe {
        let context = (*fcinfo).context;
        if context.is_null() || (*context).type_ != pg_sys::NodeTag::T_TriggerData {
            Error::NotATrigger { function: "treecrdt.ops_append_only" }.raise();
        }
        let data = context.cast::<pg_sys::TriggerData>();
        let relation = (*data).tg_relation;
        if permit::permits(data) {
            return Datum::from((*data).tg_trigtuple);
        }
        let schema = pg_sys::get_namespace_name((*(*relation).rd_rel).relnamespace);
        let schema = std::ffi::CStr::from_ptr(schema).to_string_lossy();
        Error::AppendOnly { table: format!("{schema}.{}", relation_name(relation)) }.raise()
    }
}
