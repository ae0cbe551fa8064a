//! Statements of ours that write, prepared once a session.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;
use pgrx::spi::{OwnedPreparedStatement, Spi};

use super::{Open, names};
use crate::error::Error;

/// A statement, and the types of its parameters.
type Statement = (String, Vec<Oid>);

thread_local! {
    static PLANS: RefCell<HashMap<Statement, Rc<OwnedPreparedStatement>>> = RefCell::default();
}

/// Runs a statement about a forest, with these arguments. Gives how many rows it wrote or returned.
///
/// # Errors
/// [`Error::Spi`]. Errors of the server end the statement.
pub fn run(forest: &Open, sql: &str, arguments: &[DatumWithOid<'_>]) -> Result<usize, Error> {
    let types = arguments.iter().map(DatumWithOid::oid).collect();
    let statement: Statement = (names::sql(forest, sql), types);
    names::naming(forest.forest(), || {
        Spi::connect_mut(|client| {
            let known = PLANS.with_borrow(|plans| plans.get(&statement).cloned());
            let plan = match known {
                Some(plan) => plan,
                None => {
                    let types: Vec<_> =
                        statement.1.iter().map(|&of| pgrx::PgOid::from(of)).collect();
                    let plan = Rc::new(client.prepare_mut(statement.0.as_str(), &types)?.keep());
                    PLANS.with_borrow_mut(|plans| plans.insert(statement, plan.clone()));
                    plan
                }
            };
            Ok(client.update(&*plan, None, arguments)?.len())
        })
    })
}
