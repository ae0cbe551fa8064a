//! The rows that a statement has inserted, straight from the transition table, by document.

use std::collections::BTreeMap;

use pgrx::prelude::*;

use crate::op::Op;
use crate::spi::{Row, Session};

/// Calls `append` for every document that the statement inserted into, with the new operations in
/// canonical order.
pub fn each_doc(trigger: &PgTrigger<'_>, append: for<'s> fn(&'s Session, &'s str, &[Op<'s>])) {
    let session = Session::open();
    for (doc, mut ops) in read(trigger, &session) {
        ops.sort_unstable_by_key(|op| op.key);
        append(&session, doc, &ops);
    }
}

fn read<'s>(trigger: &PgTrigger<'_>, _: &'s Session) -> BTreeMap<&'s str, Vec<Op<'s>>> {
    let mut docs: BTreeMap<&str, Vec<Op<'_>>> = BTreeMap::new();
    // SAFETY: the trigger's data is valid while it runs. Each tuple is copied into the memory of the
    // session that is open.
    unsafe {
        let data = trigger.trigger_data();
        let (table, shape) = (data.tg_newtable, (*data.tg_relation).rd_att);
        assert!(!table.is_null(), "the trigger needs a transition table");
        let slot = pg_sys::MakeSingleTupleTableSlot(shape, &raw const pg_sys::TTSOpsMinimalTuple);
        pg_sys::tuplestore_rescan(table);
        let mut row = Row::with_shape(shape);
        while pg_sys::tuplestore_gettupleslot(table, true, false, slot) {
            pgrx::check_for_interrupts!();
            row.load(pg_sys::ExecCopySlotHeapTuple(slot));
            let doc = std::str::from_utf8_unchecked(row.bytes(0));
            docs.entry(doc).or_default().push(Op::read(&row));
        }
        pg_sys::ExecDropSingleTupleTableSlot(slot);
    }
    docs
}
