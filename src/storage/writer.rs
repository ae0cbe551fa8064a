//! Writing what replay decided, through open relations and their indexes.
//!
//! It goes the way the apply worker of logical replication goes: indexes, constraints, generated
//! columns and row triggers included, with the statement triggers of each table once around. New
//! rows are gathered and written many at a time where nobody could tell the difference
//! ([`Buffer`]). A statement trigger that asks for a transition table is refused.

use std::cell::Cell;
use std::ffi::c_int;

use pgrx::pg_sys::{self, AttrNumber, Datum};

use crate::error::Error;
use crate::forest::shape::{COUNT, TABLES, Table};
use crate::forest::{Open, relation_name};
use crate::memory;
use crate::server;
use crate::storage::buffer::Buffer;
use crate::storage::expression::evaluate;
use crate::storage::field::Field;
use crate::storage::row::{Place, Row, Version};

thread_local! {
    /// Whether a row of ours is being inserted, or was when an error came.
    static INSERTING: Cell<bool> = const { Cell::new(false) };
}

/// Inserts. An error leaves a note for [`is_inserting`].
fn inserting(insert: impl FnOnce()) {
    INSERTING.set(true);
    insert();
    INSERTING.set(false);
}

/// Whether the error that has come is that of a row of ours which was being inserted.
pub fn is_inserting() -> bool {
    INSERTING.take()
}

/// What is done to rows, as statement triggers distinguish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Insert,
    Update,
    Delete,
}

/// A table that is being written.
struct Target {
    relation: pg_sys::Relation,
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    /// The events that happened, for the statement triggers.
    fired: Vec<Event>,
    /// The defaults of columns that are not ours, by their places in a row, where rows are inserted.
    defaults: Vec<(usize, *mut pg_sys::ExprState)>,
    /// New rows, where they may be gathered.
    buffer: Option<Buffer>,
}

/// Writes rows of one forest's tables. Closes itself; what was gathered is only written, and the
/// triggers at the end of the statement only fire, by [`Writer::finish`].
pub struct Writer<'o> {
    forest: &'o Open,
    estate: *mut pg_sys::EState,
    recheck: Box<pg_sys::EPQState>,
    targets: [Option<Target>; COUNT],
}

impl<'o> Writer<'o> {
    /// A writer for the tables of a forest.
    pub fn new(forest: &'o Open) -> Self {
        let mut recheck = Box::new(pg_sys::EPQState::default());
        // SAFETY: sets up what the executor's row functions expect, as the apply worker does. The
        // entry of a table in the range table is its place plus one.
        let estate = unsafe {
            let estate = pg_sys::CreateExecutorState();
            server::init_range_table(estate, forest.tables());
            (*estate).es_output_cid = pg_sys::GetCurrentCommandId(true);
            server::init_recheck(&mut recheck, estate);
            pg_sys::AfterTriggerBeginQuery();
            estate
        };
        Self { forest, estate, recheck, targets: [const { None }; COUNT] }
    }

    /// Inserts a row of these columns; the others get their defaults.
    ///
    /// # Errors
    /// [`Error::TransitionTable`], [`Error::Deferred`] or [`Error::Suppressed`] where a trigger of
    /// the owner's does not go with it.
    pub fn insert<T: Table>(&mut self, fields: &[Field<'_, T>]) -> Result<(), Error> {
        self.begin(T::AT, Event::Insert)?;
        let slot = self.fill(None, fields);
        let estate = self.estate;
        let target = self.targets[T::AT].as_mut().expect("opened by `begin`");
        let Some(buffer) = &mut target.buffer else {
            // SAFETY: relation, indexes and slot are open and of one shape.
            inserting(|| unsafe { pg_sys::ExecSimpleRelationInsert(target.result, estate, slot) });
            self.must_have_written(T::AT, slot)?;
            self.end_row();
            return Ok(());
        };
        // SAFETY: as above. A table without constraints has none of NOT NULL either.
        unsafe {
            if !(*(*target.relation).rd_att).constr.is_null() {
                pg_sys::ExecConstraints(target.result, slot, estate);
            }
            buffer.push(target.relation, slot);
            if buffer.is_full() {
                inserting(|| buffer.write_rows(target.result, estate));
            }
        }
        Ok(())
    }

    /// Replaces these columns of a row. Gives the version that it is from now on.
    ///
    /// # Errors
    /// As for [`Writer::insert`].
    pub fn update<T: Table>(
        &mut self,
        old: Row<'_, T>,
        fields: &[Field<'_, T>],
    ) -> Result<Version, Error> {
        self.begin(T::AT, Event::Update)?;
        let slot = self.fill(Some(old.slot()), fields);
        let columns = self.forest.columns::<T>();
        self.set_updated(T::AT, fields.iter().map(|field| columns[field.at]));
        let result = self.target(T::AT).result;
        let recheck = &raw mut *self.recheck;
        // SAFETY: as for `insert`; `old` holds the row with its place in the table.
        unsafe {
            pg_sys::ExecSimpleRelationUpdate(result, self.estate, recheck, old.slot(), slot);
        }
        self.must_have_written(T::AT, slot)?;
        // SAFETY: writing the row put its place into the slot; its writer is who writes now.
        let version = unsafe {
            Version { place: Place((*slot).tts_tid), writer: pg_sys::GetCurrentTransactionId() }
        };
        self.end_row();
        Ok(version)
    }

    /// Deletes a row.
    ///
    /// # Errors
    /// As for [`Writer::insert`].
    pub fn delete<T: Table>(&mut self, old: Row<'_, T>) -> Result<(), Error> {
        self.begin(T::AT, Event::Delete)?;
        let result = self.target(T::AT).result;
        let recheck = &raw mut *self.recheck;
        // SAFETY: as for `update`.
        unsafe { pg_sys::ExecSimpleRelationDelete(result, self.estate, recheck, old.slot()) };
        self.must_have_deleted(T::AT, old.slot())?;
        self.end_row();
        Ok(())
    }

    /// Writes what was gathered.
    pub fn flush(&mut self) {
        for target in self.targets.iter_mut().flatten() {
            if let Some(buffer) = &mut target.buffer {
                // SAFETY: everything was opened by this writer.
                inserting(|| unsafe { buffer.flush(target.result, self.estate) });
            }
        }
    }

    /// Writes what was gathered, and fires the triggers that wait for the end of the statement.
    pub fn finish(mut self) {
        self.flush();
        // SAFETY: everything was opened by this writer.
        unsafe {
            for (at, target) in self.targets.iter().enumerate() {
                let Some(target) = target else { continue };
                self.set_all_updated(at);
                for event in &target.fired {
                    let none = std::ptr::null_mut();
                    match event {
                        Event::Insert => {
                            pg_sys::ExecASInsertTriggers(self.estate, target.result, none);
                        }
                        Event::Update => {
                            pg_sys::ExecASUpdateTriggers(self.estate, target.result, none);
                        }
                        Event::Delete => {
                            pg_sys::ExecASDeleteTriggers(self.estate, target.result, none);
                        }
                    }
                }
            }
            pg_sys::AfterTriggerEndQuery(self.estate);
        }
    }

    fn target(&self, at: usize) -> &Target {
        self.targets[at].as_ref().expect("opened by `begin`")
    }

    /// Opens a table at its first row, and fires its BEFORE STATEMENT triggers at the first event
    /// of a kind.
    fn begin(&mut self, at: usize, event: Event) -> Result<(), Error> {
        memory::check();
        let (estate, relation) = (self.estate, self.forest.relations()[at]);
        let target = self.targets[at].get_or_insert_with(|| {
            // SAFETY: the table is open; what is made here lives as long as the executor state.
            unsafe {
                let old = pg_sys::MemoryContextSwitchTo((*estate).es_query_cxt);
                let result = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>())
                    .cast::<pg_sys::ResultRelInfo>();
                (*result).type_ = pg_sys::NodeTag::T_ResultRelInfo;
                let index = at as pg_sys::Index + 1;
                pg_sys::InitResultRelInfo(result, relation, index, std::ptr::null_mut(), 0);
                pg_sys::ExecOpenIndices(result, false);
                server::init_generated(result, estate);
                let shape = (*relation).rd_att;
                let slot =
                    pg_sys::MakeSingleTupleTableSlot(shape, &raw const pg_sys::TTSOpsVirtual);
                let buffer = Buffer::of(result);
                pg_sys::MemoryContextSwitchTo(old);
                Target { relation, result, slot, fired: Vec::new(), defaults: Vec::new(), buffer }
            }
        });
        let is_first = !target.fired.contains(&event);
        // SAFETY: the table is open.
        if unsafe { fires_before(relation, event, is_first) } {
            self.flush();
        }
        if is_first {
            let target = self.targets[at].as_mut().expect("opened above");
            target.fired.push(event);
            // SAFETY: the table is open, and its triggers are with it.
            unsafe { triggers_must_fit(relation, event)? };
            if event == Event::Insert {
                // SAFETY: the table is open; defaults live as long as the executor state.
                unsafe {
                    let old = pg_sys::MemoryContextSwitchTo((*estate).es_query_cxt);
                    target.defaults = defaults(relation);
                    pg_sys::MemoryContextSwitchTo(old);
                }
            }
            self.set_all_updated(at);
            let target = self.target(at);
            // SAFETY: the table is open.
            unsafe {
                match event {
                    Event::Insert => pg_sys::ExecBSInsertTriggers(estate, target.result),
                    Event::Update => pg_sys::ExecBSUpdateTriggers(estate, target.result),
                    Event::Delete => pg_sys::ExecBSDeleteTriggers(estate, target.result),
                }
            }
        }
        Ok(())
    }

    /// Puts a row into the table's slot: what `old` has, or NULLs, with `fields` on top.
    fn fill<T: Table>(
        &mut self,
        old: Option<*mut pg_sys::TupleTableSlot>,
        fields: &[Field<'_, T>],
    ) -> *mut pg_sys::TupleTableSlot {
        let slot = self.target(T::AT).slot;
        let numbers = self.forest.columns::<T>();
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
                    for (at, default) in &self.target(T::AT).defaults {
                        (columns[*at], nulls[*at]) = evaluate(*default, self.estate);
                    }
                }
            }
            for field in fields {
                let at = numbers[field.at] as usize - 1;
                columns[at] = field.value.unwrap_or(Datum::from(0usize));
                nulls[at] = field.value.is_none();
            }
            pg_sys::ExecStoreVirtualTuple(slot);
        }
        slot
    }

    /// Tells triggers for UPDATE OF which columns are being written.
    fn set_updated(&self, target: usize, attributes: impl Iterator<Item = AttrNumber>) {
        // SAFETY: index `target + 1` is the table's range table entry, whose set is ours.
        unsafe {
            let updated = server::updated_columns(self.estate, target as pg_sys::Index + 1);
            pg_sys::bms_free(*updated);
            let old = pg_sys::MemoryContextSwitchTo((*self.estate).es_query_cxt);
            let mut columns = std::ptr::null_mut();
            for attribute in attributes {
                let member = c_int::from(attribute) - pg_sys::FirstLowInvalidHeapAttributeNumber;
                columns = pg_sys::bms_add_member(columns, member);
            }
            *updated = columns;
            pg_sys::MemoryContextSwitchTo(old);
        }
    }

    /// A statement of ours may update any column, as its statement triggers see it.
    fn set_all_updated(&self, target: usize) {
        // SAFETY: the relation is open.
        let count = unsafe { (*(*self.target(target).relation).rd_att).natts } as AttrNumber;
        self.set_updated(target, 1..=count);
    }

    /// A row that a trigger suppresses would leave a wrong tree.
    fn must_have_written(
        &self,
        target: usize,
        slot: *mut pg_sys::TupleTableSlot,
    ) -> Result<(), Error> {
        // SAFETY: writing a row puts its place into the slot, which `fill` had made invalid.
        let written = unsafe { (*slot).tts_tid.ip_posid } != 0;
        if written { Ok(()) } else { Err(suppressed(target)) }
    }

    /// As above, for a deletion, where a BEFORE trigger could have had its way.
    fn must_have_deleted(
        &self,
        target: usize,
        old: *mut pg_sys::TupleTableSlot,
    ) -> Result<(), Error> {
        // SAFETY: the slot stands on the row in its page, so the row's header is seen as it is now. A
        // row that a trigger has kept was locked for it, and no more.
        let deleted = unsafe {
            let triggers = (*self.target(target).relation).trigdesc;
            if triggers.is_null() || !(*triggers).trig_delete_before_row {
                return Ok(());
            }
            let tuple = pg_sys::ExecFetchSlotHeapTuple(old, false, std::ptr::null_mut());
            let kept = pg_sys::HEAP_XMAX_INVALID | pg_sys::HEAP_XMAX_LOCK_ONLY;
            u32::from((*(*tuple).t_data).t_infomask) & kept == 0
        };
        if deleted { Ok(()) } else { Err(suppressed(target)) }
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

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // the server closes what an error leaves open
        }
        // SAFETY: everything was opened by this writer; nothing refers to it afterwards.
        unsafe {
            pg_sys::EvalPlanQualEnd(&raw mut *self.recheck);
            // What the triggers had to open.
            pg_sys::ExecCloseResultRelations(self.estate);
            for target in self.targets.iter_mut().filter_map(Option::take) {
                drop(target.buffer);
                pg_sys::ExecCloseIndices(target.result);
                pg_sys::ExecDropSingleTupleTableSlot(target.slot);
            }
            pg_sys::ExecResetTupleTable((*self.estate).es_tupleTable, false);
            pg_sys::FreeExecutorState(self.estate);
        }
    }
}

/// Whether a trigger of the owner's is about to run, which may read what was written so far.
///
/// # Safety
/// The relation is open.
unsafe fn fires_before(relation: pg_sys::Relation, event: Event, is_first: bool) -> bool {
    // SAFETY: by the caller's promise; a table without triggers has no descriptor.
    unsafe { (*relation).trigdesc.as_ref() }.is_some_and(|triggers| match event {
        Event::Insert => is_first && triggers.trig_insert_before_statement,
        Event::Update => {
            triggers.trig_update_before_row || is_first && triggers.trig_update_before_statement
        }
        Event::Delete => {
            triggers.trig_delete_before_row || is_first && triggers.trig_delete_before_statement
        }
    })
}

fn suppressed(target: usize) -> Error {
    Error::Suppressed { table: TABLES[target].name.to_string_lossy().into_owned() }
}

/// Refuses what a statement of ours can't give to triggers: a transition table, or a time after it.
///
/// What is put off to the commit would run then as somebody else. The server refuses that as well
/// when a trigger is to be queued, but can't say what to do. Whether an UPDATE queues the trigger of
/// a foreign key depends on the row; that is left to the server.
///
/// # Safety
/// The relation is open.
unsafe fn triggers_must_fit(relation: pg_sys::Relation, event: Event) -> Result<(), Error> {
    // SAFETY: by the caller's promise; a table without triggers has no descriptor.
    unsafe {
        let Some(triggers) = (*relation).trigdesc.as_ref() else { return Ok(()) };
        let (wanted, kind) = match event {
            Event::Insert => (triggers.trig_insert_new_table, pg_sys::TRIGGER_TYPE_INSERT),
            Event::Update => (
                triggers.trig_update_old_table || triggers.trig_update_new_table,
                pg_sys::TRIGGER_TYPE_UPDATE,
            ),
            Event::Delete => (triggers.trig_delete_old_table, pg_sys::TRIGGER_TYPE_DELETE),
        };
        if wanted {
            return Err(Error::TransitionTable { table: relation_name(relation) });
        }
        let all = std::slice::from_raw_parts(triggers.triggers, triggers.numtriggers as usize);
        let deferred = all.iter().find(|it| {
            it.tginitdeferred
                && it.tgtype as u32 & kind != 0
                && it.tgenabled as u8 != pg_sys::TRIGGER_DISABLED
                && !(event == Event::Update && pg_sys::RI_FKey_trigger_type(it.tgfoid) != 0)
        });
        match deferred {
            None => Ok(()),
            Some(trigger) => {
                let name = std::ffi::CStr::from_ptr(trigger.tgname).to_string_lossy().into_owned();
                Err(Error::Deferred { table: relation_name(relation), trigger: name })
            }
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
        for (at, column) in server::columns((*relation).rd_att).enumerate() {
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
