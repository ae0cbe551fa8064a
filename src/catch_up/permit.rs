//! The permit to delete operations: the log is append-only, but for a document that is dropped.

use std::cell::RefCell;
use std::rc::Rc;

use pgrx::pg_sys;

use crate::doc::DocName;
use crate::forest::Forest;
use crate::forest::shape::Ops;
use crate::storage::row::Row;

thread_local! {
    /// The forest and the document that are being dropped.
    static DROPPED: RefCell<Option<(Rc<Forest>, DocName<'static>)>> = const { RefCell::new(None) };
}

/// Runs work that may delete the operations of one document, and no others.
pub fn permitting<T>(forest: &Rc<Forest>, doc: &DocName<'static>, work: impl FnOnce() -> T) -> T {
    struct Reset(Option<(Rc<Forest>, DocName<'static>)>);
    impl Drop for Reset {
        fn drop(&mut self) {
            DROPPED.set(self.0.take());
        }
    }
    let _reset = Reset(DROPPED.replace(Some((forest.clone(), doc.clone()))));
    work()
}

/// Whether it is the deletion of a document's operations, or of one of them, that is under way.
///
/// # Safety
/// The trigger that this belongs to is running.
pub unsafe fn permits(data: *mut pg_sys::TriggerData) -> bool {
    DROPPED.with_borrow(|dropped| {
        let Some((forest, doc)) = dropped else { return false };
        // SAFETY: by the caller's promise. A row trigger's slot holds a row of the relation, which
        // has the shape that was checked, and is open.
        unsafe {
            let event = (*data).tg_event;
            if (*(*data).tg_relation).rd_id != forest.table::<Ops>()
                || event & pg_sys::TRIGGER_EVENT_OPMASK != pg_sys::TRIGGER_EVENT_DELETE
            {
                return false;
            }
            let row = || Row::<Ops>::in_slot((*data).tg_trigslot, forest);
            event & pg_sys::TRIGGER_EVENT_ROW == 0 || row().doc().as_ref() == Some(doc)
        }
    })
}
