//! Baselines for the benchmark of pg_treecrdt: two other ways to keep a replicated tree in tables.
//!
//! | peer | a batch below the head |
//! | --- | --- |
//! | [`full_replay`] | reads the whole log and replays it in memory |
//! | [`suffix_rewind`] | undoes what came after, applies the batch, redoes |
//!
//! Each is a statement trigger on an `ops` table of its own (`full_replay.sql`,
//! `suffix_rewind.sql`). They keep the tree and nothing else: no op refs, no defensive deletion, no
//! checks of what comes in, no rights. They are here to be measured, not to be used.

mod batch;
mod full_replay;
mod head;
mod log;
mod op;
mod replay;
mod spi;
mod suffix_rewind;
mod tree;

use std::convert::Infallible;

use pgrx::heap_tuple::PgHeapTuple;
use pgrx::prelude::*;

::pgrx::pg_module_magic!(name, version);

/// AFTER INSERT FOR EACH STATEMENT on `full_replay.ops`, with a transition table.
#[pg_trigger]
fn full_replay<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, Infallible> {
    batch::each_doc(trigger, full_replay::append);
    Ok(None::<PgHeapTuple<'a, AllocatedByRust>>)
}

/// AFTER INSERT FOR EACH STATEMENT on `suffix_rewind.ops`, with a transition table.
#[pg_trigger]
fn suffix_rewind<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, Infallible> {
    batch::each_doc(trigger, suffix_rewind::append);
    Ok(None::<PgHeapTuple<'a, AllocatedByRust>>)
}
