//! Order keys by themselves, for those who mint on their own.

use pgrx::pg_extern;
use treecrdt::{order_key_between as between, order_keys_between as keys_between};

use super::random::random;
use crate::error::{EditProblem, Error, or_raise};
use crate::memory;

#[pg_extern(sql = false)]
fn order_key_between(lower: Option<&[u8]>, upper: Option<&[u8]>) -> Vec<u8> {
    or_raise(between(lower, upper, &mut random).map_err(|problem| EditProblem::Key(problem).into()))
}

#[pg_extern(sql = false)]
fn order_keys_between(lower: Option<&[u8]>, upper: Option<&[u8]>, n: Option<i32>) -> Vec<Vec<u8>> {
    let count =
        or_raise(n.and_then(|n| usize::try_from(n).ok()).ok_or::<Error>(EditProblem::Count.into()));
    let mut checked = || {
        memory::check();
        random()
    };
    let keys = keys_between(lower, upper, count, &mut checked);
    or_raise(keys.map_err(|problem| EditProblem::Key(problem).into()))
}
