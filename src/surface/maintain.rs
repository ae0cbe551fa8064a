//! Catching up what is deferred, and making tables anew.

use pgrx::pg_extern;
use pgrx::pg_sys::Oid;

use crate::catch_up;
use crate::error::or_raise;
use crate::forest::{self, Access, Open, must_be_writable};

#[pg_extern(sql = false)]
fn ensure_materialized(forest: Option<Oid>, doc: Option<&str>) -> i64 {
    must_be_writable(c"treecrdt.ensure_materialized()");
    let forest = or_raise(Open::new(forest, Access::Append));
    let doc = doc.map(|doc| forest.doc(doc));
    or_raise(catch_up::ensure(&forest, doc.as_ref())) as i64
}

#[pg_extern(sql = false)]
fn upgrade_forest(forest: Option<Oid>) -> i32 {
    must_be_writable(c"treecrdt.upgrade_forest()");
    or_raise(forest::upgrade(forest)) as i32
}

#[pg_extern(sql = false)]
fn rebuild(forest: Option<Oid>, doc: Option<&str>) -> i64 {
    must_be_writable(c"treecrdt.rebuild()");
    let forest = or_raise(Open::new(forest, Access::Own));
    let doc = doc.map(|doc| forest.doc(doc));
    or_raise(catch_up::rebuild(&forest, doc.as_ref())) as i64
}
