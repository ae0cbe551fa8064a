//! Making and dropping forests and documents.

use pgrx::pg_sys::{self, Oid};
use pgrx::{Spi, pg_extern};

use crate::catch_up;
use crate::doc::DocType;
use crate::error::{Error, or_raise};
use crate::forest::{Access, LAYOUT, Open, check_encoding, must_be_writable, quote_text};
use crate::server;
use crate::settings::with_settings;

const FOREST: &str = include_str!("../../sql/forest.sql");

#[pg_extern(sql = false)]
fn create_forest(name: &str, doc_type: Oid) -> Oid {
    must_be_writable(c"treecrdt.create_forest()");
    let Some(docs) = DocType::of(doc_type) else {
        Error::DocType { of: type_name(doc_type) }.raise()
    };
    or_raise(check_encoding());
    if name.len() >= pg_sys::NAMEDATALEN as usize {
        Error::NameTooLong { length: name.len() }.raise();
    }
    let sql = FOREST.replace("@forest@", &quote_text(name)).replace("@doc@", docs.column().sql());
    let sql = sql.replace("@layout@", &LAYOUT.to_string());
    // Tables of the kind that we can read, whatever the caller makes by default.
    let heap = [(c"default_table_access_method", c"heap")];
    or_raise(with_settings(&heap, || Spi::run(&sql)).map_err(Error::from));
    let name = std::ffi::CString::new(name).expect("SQL text has no zero bytes");
    // SAFETY: a catalog look-up.
    unsafe { pg_sys::get_namespace_oid(name.as_ptr(), false) }
}

#[pg_extern(sql = false)]
fn drop_forest(forest: Oid) {
    must_be_writable(c"treecrdt.drop_forest()");
    let open = or_raise(Open::new(Some(forest), Access::Drop));
    let (tables, name): (Vec<Oid>, _) = (open.tables().collect(), open.name.clone());
    drop(open);
    let view = |name: &std::ffi::CStr| {
        // SAFETY: look-ups by the OIDs of relations and of the current user.
        unsafe {
            let view = pg_sys::get_relname_relid(name.as_ptr(), forest);
            let is_ours = pg_sys::get_rel_relkind(view) as u8 == pg_sys::RELKIND_VIEW
                && server::owns(pg_sys::RelationRelationId, view, pg_sys::GetUserId());
            is_ours.then_some(view)
        }
    };
    let mut objects: Vec<Oid> = [c"children", c"oprefs"].into_iter().filter_map(view).collect();
    // SAFETY: as above.
    if unsafe { !server::owns(pg_sys::NamespaceRelationId, forest, pg_sys::GetUserId()) } {
        let needs = "only the schema's owner may drop it";
        Error::Denied { forest: name, needs }.raise();
    }
    objects.extend(tables);
    drop_objects(pg_sys::RelationRelationId, &objects);
    drop_objects(pg_sys::NamespaceRelationId, &[forest]);
}

/// Drops objects by their OIDs, since names may mean others by now, if nothing else depends on them.
fn drop_objects(class: Oid, objects: &[Oid]) {
    // SAFETY: a list of objects of a class; the server drops them, or says why not.
    unsafe {
        let list = pg_sys::new_object_addresses();
        for &object in objects {
            let address =
                pg_sys::ObjectAddress { classId: class, objectId: object, objectSubId: 0 };
            pg_sys::add_exact_object_address(&raw const address, list);
        }
        pg_sys::performMultipleDeletions(list, pg_sys::DropBehavior::DROP_RESTRICT, 0);
        pg_sys::free_object_addresses(list);
        pg_sys::CommandCounterIncrement();
    }
}

#[pg_extern(sql = false)]
fn drop_doc(forest: Oid, doc: &str) -> i64 {
    must_be_writable(c"treecrdt.drop_doc()");
    let forest = or_raise(Open::new(Some(forest), Access::Own));
    or_raise(catch_up::drop_doc(&forest, &forest.doc(doc))) as i64
}

/// A type as SQL has it.
fn type_name(of: Oid) -> String {
    // SAFETY: gives a C string, for a number that is no type too.
    let name = unsafe { std::ffi::CStr::from_ptr(pg_sys::format_type_be(of)) };
    name.to_string_lossy().into_owned()
}
