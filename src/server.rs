//! Where PostgreSQL 15 to 18 differ in what we call, a function each: the only place that knows which
//! server this is built for.

use std::ffi::c_int;

use pgrx::pg_sys::{self, Oid};

/// Whether a role owns a relation, or a schema, or is a member of the role that does: since 16 one
/// function knows the owners of objects of all classes.
///
/// # Safety
/// In a transaction.
pub unsafe fn owns(class: Oid, object: Oid, role: Oid) -> bool {
    // SAFETY: by the caller's promise.
    unsafe {
        #[cfg(feature = "pg15")]
        return match class {
            pg_sys::NamespaceRelationId => pg_sys::pg_namespace_ownercheck(object, role),
            _ => pg_sys::pg_class_ownercheck(object, role),
        };
        #[cfg(not(feature = "pg15"))]
        pg_sys::object_ownercheck(class, object, role)
    }
}

/// Whether a role has all of these privileges on a relation: since 16 their set is twice as wide.
///
/// # Safety
/// In a transaction.
pub unsafe fn may(relation: Oid, role: Oid, privileges: u32) -> bool {
    // SAFETY: by the caller's promise.
    let answer =
        unsafe { pg_sys::pg_class_aclcheck(relation, role, privileges as pg_sys::AclMode) };
    answer == pg_sys::AclResult::ACLCHECK_OK
}

/// The number of the running transaction in this backend: since 17 a part of a virtual transaction id.
pub fn local_transaction() -> pg_sys::LocalTransactionId {
    // SAFETY: reads what the backend says of itself.
    unsafe {
        #[cfg(any(feature = "pg15", feature = "pg16"))]
        let number = (*pg_sys::MyProc).lxid;
        #[cfg(not(any(feature = "pg15", feature = "pg16")))]
        let number = (*pg_sys::MyProc).vxid.lxid;
        number
    }
}

/// The columns of a table, dropped ones too: since 18 they stand behind what is needed to take rows
/// apart.
///
/// # Safety
/// The descriptor is that of an open relation, and stays.
pub unsafe fn columns<'r>(
    shape: pg_sys::TupleDesc,
) -> impl ExactSizeIterator<Item = &'r pg_sys::FormData_pg_attribute> + Clone {
    // SAFETY: by the caller's promise.
    let count = unsafe { (*shape).natts } as usize;
    (0..count).map(move |at| {
        // SAFETY: as above; there are so many.
        unsafe {
            #[cfg(not(feature = "pg18"))]
            let column = (*shape).attrs.as_ptr().add(at);
            #[cfg(feature = "pg18")]
            let column = pg_sys::TupleDescAttr(shape, at as c_int).cast_const();
            &*column
        }
    })
}

/// Begins an index scan: since 18 with a place to count what it does, which we leave out.
///
/// # Safety
/// Both relations are open, the snapshot is registered.
pub unsafe fn begin_scan(
    heap: pg_sys::Relation,
    index: pg_sys::Relation,
    snapshot: pg_sys::Snapshot,
    keys: c_int,
) -> pg_sys::IndexScanDesc {
    // SAFETY: by the caller's promise.
    #[cfg(not(feature = "pg18"))]
    unsafe {
        pg_sys::index_beginscan(heap, index, snapshot, keys, 0)
    }
    // SAFETY: as above.
    #[cfg(feature = "pg18")]
    unsafe {
        pg_sys::index_beginscan(heap, index, snapshot, std::ptr::null_mut(), keys, 0)
    }
}

/// Tells the executor of the tables that are going to be written: since 16 with permissions in a list
/// beside them, since 18 also which of them it has not ruled out.
///
/// # Safety
/// The executor state is new, and its memory current.
pub unsafe fn init_range_table(estate: *mut pg_sys::EState, tables: impl Iterator<Item = Oid>) {
    let mut entries = std::ptr::null_mut();
    #[cfg(not(feature = "pg15"))]
    let mut permissions = std::ptr::null_mut();
    #[cfg(feature = "pg18")]
    let mut all = std::ptr::null_mut();
    for oid in tables {
        // SAFETY: by the caller's promise; nodes of their kinds.
        unsafe {
            let entry =
                pg_sys::palloc0(size_of::<pg_sys::RangeTblEntry>()).cast::<pg_sys::RangeTblEntry>();
            (*entry).type_ = pg_sys::NodeTag::T_RangeTblEntry;
            (*entry).rtekind = pg_sys::RTEKind::RTE_RELATION;
            (*entry).relid = oid;
            (*entry).relkind = pg_sys::RELKIND_RELATION as _;
            (*entry).rellockmode = pg_sys::RowExclusiveLock as c_int;
            entries = pg_sys::lappend(entries, entry.cast());
            #[cfg(not(feature = "pg15"))]
            pg_sys::addRTEPermissionInfo(&raw mut permissions, entry);
            #[cfg(feature = "pg18")]
            {
                all = pg_sys::bms_add_member(all, pg_sys::list_length(entries));
            }
        }
    }
    // SAFETY: as above.
    unsafe {
        #[cfg(feature = "pg15")]
        pg_sys::ExecInitRangeTable(estate, entries);
        #[cfg(any(feature = "pg16", feature = "pg17"))]
        pg_sys::ExecInitRangeTable(estate, entries, permissions);
        #[cfg(feature = "pg18")]
        pg_sys::ExecInitRangeTable(estate, entries, permissions, all);
    }
}

/// Where it stands which columns of a table are being updated: since 16 with the permissions.
///
/// # Safety
/// The executor state was told of the tables, and the place in the list, from 1, is one of them.
pub unsafe fn updated_columns(
    estate: *mut pg_sys::EState,
    at: pg_sys::Index,
) -> *mut *mut pg_sys::Bitmapset {
    // SAFETY: by the caller's promise.
    unsafe {
        let entry = pg_sys::exec_rt_fetch(at, estate);
        #[cfg(feature = "pg15")]
        let holder = entry;
        #[cfg(not(feature = "pg15"))]
        let holder = pg_sys::getRTEPermissionInfo((*estate).es_rteperminfos, entry);
        &raw mut (*holder).updatedCols
    }
}

/// Makes ready to compute all generated columns of a table with every update, whatever columns the first
/// one is of, and on 15, where there is one list, with every insertion. Since 18 under another name.
///
/// # Safety
/// The executor state was told of the table, and nothing yet of columns that are updated.
pub unsafe fn init_generated(result: *mut pg_sys::ResultRelInfo, estate: *mut pg_sys::EState) {
    // The bindings leave it out. Since 15.2.
    unsafe extern "C-unwind" {
        #[cfg_attr(feature = "pg18", link_name = "ExecInitGenerated")]
        fn ExecInitStoredGenerated(
            result: *mut pg_sys::ResultRelInfo,
            estate: *mut pg_sys::EState,
            command: pg_sys::CmdType::Type,
        );
    }
    // SAFETY: by the caller's promise.
    unsafe {
        let shape = (*(*result).ri_RelationDesc).rd_att;
        if (*shape).constr.as_ref().is_some_and(|it| it.has_generated_stored) {
            pg_sys::ffi::pg_guard_ffi_boundary(|| {
                ExecInitStoredGenerated(result, estate, pg_sys::CmdType::CMD_UPDATE);
            });
        }
    }
}

/// Makes ready for rows that have to be looked at again, which ours do not: since 16 with a list of
/// the tables that are written.
///
/// # Safety
/// The executor state is open, and ends after the recheck.
pub unsafe fn init_recheck(recheck: &mut pg_sys::EPQState, estate: *mut pg_sys::EState) {
    let (plan, marks) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: by the caller's promise.
    unsafe {
        #[cfg(feature = "pg15")]
        pg_sys::EvalPlanQualInit(recheck, estate, plan, marks, -1);
        #[cfg(not(feature = "pg15"))]
        pg_sys::EvalPlanQualInit(recheck, estate, plan, marks, -1, std::ptr::null_mut());
    }
}

/// Writes the index entries of a new row: since 16 there are updates that write those of some indexes
/// only. Gives the constraints that are to be checked again.
///
/// # Safety
/// Relation and indexes are open, the slot holds a row that was just written.
pub unsafe fn insert_index_entries(
    result: *mut pg_sys::ResultRelInfo,
    row: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
) -> *mut pg_sys::List {
    let (conflict, arbiters) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: by the caller's promise.
    unsafe {
        #[cfg(feature = "pg15")]
        return pg_sys::ExecInsertIndexTuples(
            result, row, estate, false, false, conflict, arbiters,
        );
        #[cfg(not(feature = "pg15"))]
        pg_sys::ExecInsertIndexTuples(result, row, estate, false, false, conflict, arbiters, false)
    }
}
