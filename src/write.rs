//! Writing what replay decided, through open relations and their indexes.
//!
//! It goes the way the apply worker of logical replication goes: indexes, constraints, generated
//! columns and row triggers included, with the statement triggers of each table once around. New
//! rows are gathered and written many at a time where nobody could tell the difference
//! ([`Buffer`]). A statement trigger that asks for a transition table is refused.

use std::ffi::c_int;

use pgrx::pg_sys::{self, AttrNumber, Datum, Oid};

use crate::buffer::{self, Buffer};
use crate::error::Error;
use crate::scan::Probe;

/// The tables a writer has open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Target {
    Nodes,
    Oprefs,
    Ignored,
    Waiting,
    Docs,
}

const ALL_TARGETS: [Target; 5] =
    [Target::Nodes, Target::Oprefs, Target::Ignored, Target::Waiting, Target::Docs];
const TARGETS: usize = ALL_TARGETS.len();

/// What is done to rows, as statement triggers distinguish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Insert,
    Update,
    Delete,
}

/// A table that is being written.
struct Open {
    relation: pg_sys::Relation,
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    /// The events that happened, for the statement triggers.
    fired: Vec<Event>,
    /// The defaults of columns that are not ours, by their places in a row.
    defaults: Vec<(usize, *mut pg_sys::ExprState)>,
    /// New rows, where they may be gathered.
    buffer: Option<Buffer>,
}

/// Writes rows of one forest's derived tables.
pub struct Writer {
    estate: *mut pg_sys::EState,
    recheck: Box<pg_sys::EPQState>,
    oids: [Oid; TARGETS],
    open: [Option<Open>; TARGETS],
}

impl Writer {
    /// A writer for these tables, in the order of [`Target`].
    pub fn new(oids: [Oid; TARGETS]) -> Self {
        let mut recheck = Box::new(pg_sys::EPQState::default());
        // SAFETY: sets up what the executor's row functions expect, as the apply worker does.
        let estate = unsafe {
            let estate = pg_sys::CreateExecutorState();
            let mut range_table = std::ptr::null_mut();
            for oid in oids {
                let entry = pg_sys::palloc0(size_of::<pg_sys::RangeTblEntry>())
                    .cast::<pg_sys::RangeTblEntry>();
                (*entry).type_ = pg_sys::NodeTag::T_RangeTblEntry;
                (*entry).rtekind = pg_sys::RTEKind::RTE_RELATION;
                (*entry).relid = oid;
                (*entry).relkind = pg_sys::RELKIND_RELATION as _;
                (*entry).rellockmode = pg_sys::RowExclusiveLock as c_int;
                range_table = pg_sys::lappend(range_table, entry.cast());
            }
            pg_sys::ExecInitRangeTable(estate, range_table);
            (*estate).es_output_cid = pg_sys::GetCurrentCommandId(true);
            pg_sys::EvalPlanQualInit(
                &raw mut *recheck,
                estate,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                -1,
            );
            pg_sys::AfterTriggerBeginQuery();
            estate
        };
        Self { estate, recheck, oids, open: [const { None }; TARGETS] }
    }

    /// Inserts a row of these columns; the others get their defaults.
    pub fn insert(&mut self, target: Target, values: &[(AttrNumber, Option<Datum>)]) {
        self.begin(target, Event::Insert);
        let slot = self.fill(target, None, values);
        let estate = self.estate;
        let open = self.open[target as usize].as_mut().expect("opened by `begin`");
        let Some(buffer) = &mut open.buffer else {
            // SAFETY: relation, indexes and slot are open and of one shape.
            unsafe { pg_sys::ExecSimpleRelationInsert(open.result, estate, slot) };
            self.must_have_written(target, slot);
            self.end_row();
            return;
        };
        // SAFETY: as above. A table without constraints has none of NOT NULL either.
        unsafe {
            if !(*(*open.relation).rd_att).constr.is_null() {
                pg_sys::ExecConstraints(open.result, slot, estate);
            }
            buffer.push(open.relation, slot);
            if buffer.is_full() {
                buffer.flush(open.result, estate);
            }
        }
    }

    /// Replaces these columns of the row that `old` stands on.
    pub fn update(&mut self, target: Target, old: &Probe, values: &[(AttrNumber, Option<Datum>)]) {
        self.begin(target, Event::Update);
        let slot = self.fill(target, Some(old.slot()), values);
        self.set_updated(target, values.iter().map(|(attribute, _)| *attribute));
        let result = self.opened(target).result;
        let recheck = &raw mut *self.recheck;
        // SAFETY: as for `insert`; `old` holds the row with its place in the table.
        unsafe {
            pg_sys::ExecSimpleRelationUpdate(result, self.estate, recheck, old.slot(), slot);
        }
        self.must_have_written(target, slot);
        self.end_row();
    }

    /// Deletes the row that `old` stands on.
    pub fn delete(&mut self, target: Target, old: &Probe) {
        self.begin(target, Event::Delete);
        let result = self.opened(target).result;
        let recheck = &raw mut *self.recheck;
        // SAFETY: as for `update`.
        unsafe { pg_sys::ExecSimpleRelationDelete(result, self.estate, recheck, old.slot()) };
        self.must_have_deleted(target, old.slot());
        self.end_row();
    }

    /// Fires the triggers that wait for the end of the statement, and closes everything.
    pub fn finish(mut self) {
        let lock = pg_sys::NoLock as pg_sys::LOCKMODE;
        // SAFETY: everything was opened by this writer; nothing refers to it afterwards.
        unsafe {
            for open in self.open.iter_mut().flatten() {
                if let Some(buffer) = &mut open.buffer {
                    buffer.flush(open.result, self.estate);
                }
            }
            for (target, open) in self.open.iter().enumerate() {
                let Some(open) = open else { continue };
                self.set_all_updated(target, open.relation);
                for event in &open.fired {
                    let none = std::ptr::null_mut();
                    match event {
                        Event::Insert => {
                            pg_sys::ExecASInsertTriggers(self.estate, open.result, none);
                        }
                        Event::Update => {
                            pg_sys::ExecASUpdateTriggers(self.estate, open.result, none);
                        }
                        Event::Delete => {
                            pg_sys::ExecASDeleteTriggers(self.estate, open.result, none);
                        }
                    }
                }
            }
            pg_sys::AfterTriggerEndQuery(self.estate);
            pg_sys::EvalPlanQualEnd(&raw mut *self.recheck);
            // What the triggers had to open.
            pg_sys::ExecCloseResultRelations(self.estate);
            for open in self.open.iter_mut().filter_map(Option::take) {
                open.buffer.into_iter().for_each(Buffer::close);
                pg_sys::ExecCloseIndices(open.result);
                pg_sys::ExecDropSingleTupleTableSlot(open.slot);
                pg_sys::table_close(open.relation, lock);
            }
            pg_sys::ExecResetTupleTable((*self.estate).es_tupleTable, false);
            pg_sys::FreeExecutorState(self.estate);
        }
    }

    fn opened(&self, target: Target) -> &Open {
        self.open[target as usize].as_ref().expect("opened by `begin`")
    }

    /// Opens a table at its first row, and fires its BEFORE STATEMENT triggers at the first event
    /// of a kind.
    fn begin(&mut self, target: Target, event: Event) {
        pgrx::check_for_interrupts!();
        let (estate, oid) = (self.estate, self.oids[target as usize]);
        let open = self.open[target as usize].get_or_insert_with(|| {
            let lock = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
            // SAFETY: opens a table of the forest; index `target + 1` is its range table entry.
            unsafe {
                let old = pg_sys::MemoryContextSwitchTo((*estate).es_query_cxt);
                let relation = pg_sys::table_open(oid, lock);
                let result = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>())
                    .cast::<pg_sys::ResultRelInfo>();
                (*result).type_ = pg_sys::NodeTag::T_ResultRelInfo;
                let index = target as pg_sys::Index + 1;
                pg_sys::InitResultRelInfo(result, relation, index, std::ptr::null_mut(), 0);
                pg_sys::ExecOpenIndices(result, false);
                let shape = (*relation).rd_att;
                let slot =
                    pg_sys::MakeSingleTupleTableSlot(shape, &raw const pg_sys::TTSOpsVirtual);
                let defaults = defaults(relation);
                let buffer = buffer::may_gather(relation).then(Buffer::default);
                pg_sys::MemoryContextSwitchTo(old);
                Open { relation, result, slot, fired: Vec::new(), defaults, buffer }
            }
        });
        if !open.fired.contains(&event) {
            open.fired.push(event);
            let relation = open.relation;
            // SAFETY: the table is open, and its triggers are with it.
            unsafe { refuse_transition_tables(relation, event) };
            self.set_all_updated(target as usize, relation);
            let open = self.opened(target);
            // SAFETY: the table is open.
            unsafe {
                match event {
                    Event::Insert => pg_sys::ExecBSInsertTriggers(estate, open.result),
                    Event::Update => pg_sys::ExecBSUpdateTriggers(estate, open.result),
                    Event::Delete => pg_sys::ExecBSDeleteTriggers(estate, open.result),
                }
            }
        }
    }

    /// Puts a row into the table's slot: what `old` has, or NULLs, with `values` on top.
    fn fill(
        &mut self,
        target: Target,
        old: Option<*mut pg_sys::TupleTableSlot>,
        values: &[(AttrNumber, Option<Datum>)],
    ) -> *mut pg_sys::TupleTableSlot {
        let slot = self.opened(target).slot;
        // SAFETY: both slots have the table's shape, the attribute numbers are the table's.
        unsafe {
            pg_sys::ExecClearTuple(slot);
            let count = (*(*slot).tts_tupleDescriptor).natts as usize;
            let columns = std::slice::from_raw_parts_mut((*slot).tts_values, count);
            let nulls = std::slice::from_raw_parts_mut((*slot).tts_isnull, count);
            match old {
                Some(old) => {
                    if usize::from((*old).tts_nvalid as u16) < count {
                        pg_sys::slot_getsomeattrs_int(old, count as c_int);
                    }
                    columns.copy_from_slice(std::slice::from_raw_parts((*old).tts_values, count));
                    nulls.copy_from_slice(std::slice::from_raw_parts((*old).tts_isnull, count));
                }
                None => {
                    nulls.fill(true);
                    for (at, default) in &self.opened(target).defaults {
                        columns[*at] = self.evaluate(*default, &mut nulls[*at]);
                    }
                }
            }
            for (attribute, value) in values {
                let at = *attribute as usize - 1;
                columns[at] = value.unwrap_or(Datum::from(0usize));
                nulls[at] = value.is_none();
            }
            pg_sys::ExecStoreVirtualTuple(slot);
        }
        slot
    }

    /// The value of a default, which lives as long as the row.
    ///
    /// # Safety
    /// The expression belongs to an open table of this writer.
    unsafe fn evaluate(&self, default: *mut pg_sys::ExprState, is_null: &mut bool) -> Datum {
        // SAFETY: by the caller's promise; the context is that of the row being made.
        unsafe {
            let context = buffer::row_context(self.estate);
            let old = pg_sys::MemoryContextSwitchTo((*context).ecxt_per_tuple_memory);
            let evaluate = (*default).evalfunc.expect("an initialized expression");
            let value = evaluate(default, context, is_null);
            pg_sys::MemoryContextSwitchTo(old);
            value
        }
    }

    /// Tells triggers for UPDATE OF which columns are being written.
    fn set_updated(&self, target: Target, attributes: impl Iterator<Item = AttrNumber>) {
        // SAFETY: index `target + 1` is the table's range table entry, whose set is ours.
        unsafe {
            let entry = pg_sys::exec_rt_fetch(target as pg_sys::Index + 1, self.estate);
            pg_sys::bms_free((*entry).updatedCols);
            let old = pg_sys::MemoryContextSwitchTo((*self.estate).es_query_cxt);
            let mut columns = std::ptr::null_mut();
            for attribute in attributes {
                let member = c_int::from(attribute) - pg_sys::FirstLowInvalidHeapAttributeNumber;
                columns = pg_sys::bms_add_member(columns, member);
            }
            (*entry).updatedCols = columns;
            pg_sys::MemoryContextSwitchTo(old);
        }
    }

    /// A statement of ours may update any column, as its statement triggers see it.
    fn set_all_updated(&self, target: usize, relation: pg_sys::Relation) {
        // SAFETY: the relation is open.
        let count = unsafe { (*(*relation).rd_att).natts } as AttrNumber;
        self.set_updated(ALL_TARGETS[target], 1..=count);
    }

    /// A row that a trigger suppresses would leave a wrong tree.
    fn must_have_written(&self, target: Target, slot: *mut pg_sys::TupleTableSlot) {
        // SAFETY: writing a row puts its place into the slot, which `fill` had made invalid.
        let written = unsafe { (*slot).tts_tid.ip_posid } != 0;
        if !written {
            self.raise_suppressed(target);
        }
    }

    /// As above, for a deletion, where a BEFORE trigger could have had its way.
    fn must_have_deleted(&self, target: Target, old: *mut pg_sys::TupleTableSlot) {
        // SAFETY: the slot stands on the row in its page, so the row's xmax is seen as it is now.
        let deleted = unsafe {
            let triggers = (*self.opened(target).relation).trigdesc;
            if triggers.is_null() || !(*triggers).trig_delete_before_row {
                return;
            }
            let mut is_null = false;
            let xmax = pg_sys::MaxTransactionIdAttributeNumber;
            let read = (*(*old).tts_ops).getsysattr.expect("slots of tables have it");
            let xmax = read(old, xmax, &raw mut is_null).value() as u32;
            xmax == pg_sys::GetCurrentTransactionIdIfAny().into_inner()
        };
        if !deleted {
            self.raise_suppressed(target);
        }
    }

    fn raise_suppressed(&self, target: Target) -> ! {
        // SAFETY: the relation is open.
        let name = unsafe { relation_name(self.opened(target).relation) };
        Error::Suppressed { table: name }.raise()
    }

    /// Gives back what the last row took of the executor's short-lived memory.
    fn end_row(&mut self) {
        // SAFETY: the context, where there is one, is reset between rows by the executor too.
        unsafe {
            let context = (*self.estate).es_per_tuple_exprcontext;
            if !context.is_null() {
                pg_sys::MemoryContextReset((*context).ecxt_per_tuple_memory);
            }
        }
    }
}

/// Ends the statement if a statement trigger would miss its transition table.
///
/// # Safety
/// The relation is open.
unsafe fn refuse_transition_tables(relation: pg_sys::Relation, event: Event) {
    // SAFETY: by the caller's promise; a table without triggers has no descriptor.
    unsafe {
        let Some(triggers) = (*relation).trigdesc.as_ref() else { return };
        let wanted = match event {
            Event::Insert => triggers.trig_insert_new_table,
            Event::Update => triggers.trig_update_old_table || triggers.trig_update_new_table,
            Event::Delete => triggers.trig_delete_old_table,
        };
        if wanted {
            Error::TransitionTable { table: relation_name(relation) }.raise();
        }
    }
}

/// The defaults of the columns of a table, ready to be evaluated. Generated columns have none.
///
/// # Safety
/// The relation is open; the current memory context outlives the use.
unsafe fn defaults(relation: pg_sys::Relation) -> Vec<(usize, *mut pg_sys::ExprState)> {
    let mut defaults = Vec::new();
    // SAFETY: by the caller's promise.
    unsafe {
        let shape = (*relation).rd_att;
        for at in 0..(*shape).natts as usize {
            let column = &(*shape).attrs.as_slice((*shape).natts as usize)[at];
            // Types of the system's own have no default, so most columns need no look-up.
            let has_own = column.atthasdef || column.attidentity != 0;
            let type_may = column.atttypid.to_u32() >= pg_sys::FirstGenbkiObjectId;
            if column.attisdropped || column.attgenerated != 0 || !(has_own || type_may) {
                continue;
            }
            let default = pg_sys::build_column_default(relation, at as c_int + 1);
            if !default.is_null() {
                let planned = pg_sys::expression_planner(default.cast());
                defaults.push((at, pg_sys::ExecInitExpr(planned, std::ptr::null_mut())));
            }
        }
    }
    defaults
}

/// # Safety
/// The relation is open.
unsafe fn relation_name(relation: pg_sys::Relation) -> String {
    // SAFETY: by the caller's promise.
    let name = unsafe { std::ffi::CStr::from_ptr((*(*relation).rd_rel).relname.data.as_ptr()) };
    name.to_string_lossy().into_owned()
}
