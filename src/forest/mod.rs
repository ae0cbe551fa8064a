//! What a forest is to the server: seven tables of one [shape], found by their schema, locked,
//! and only then [checked](check).
//!
//! | | |
//! | --- | --- |
//! | [`Forest`] | tables that were checked: OIDs, columns, indexes, owner |
//! | [`Open`] | such tables, locked and open: as long as it lives their shape stays |
//! | [`shape`] | what they must look like, declared once |
//! | `layout`, [`upgrade()`] | which layout they have, and how an older one becomes this library's |
//! | [`names`] | SQL that goes by a table's name, held to the tables that were checked |
//! | [`plans`] | statements that write, prepared once |
//! | [`owner`] | acting as the forest's owner |
//!
//! **The order is: lock, then check.** The weakest lock that keeps a table from being altered is
//! taken on all seven, in one order everywhere, and stays to the end of the transaction; whoever
//! waited for an ALTER TABLE sees what came of it. A check is remembered by the backend until the
//! server says that one of the relations changed. Since locking takes in such news, what is
//! remembered and locked is true. Within one's own session locks do not hold anybody up; there it
//! is the tables' being open that has the server refuse to alter them.

mod check;
mod find;
mod layout;
pub mod names;
mod open;
pub mod owner;
pub mod plans;
mod quote;
pub mod shape;
mod statement;
mod types;
mod upgrade;

pub use check::relation_name;
pub use find::{Forest, check_encoding, watch_invalidations};
pub use layout::LAYOUT;
pub use open::{Access, Open, is_after, must_be_writable};
pub use quote::{index_name, quote_text};
pub use statement::Statement;
pub use types::dot_type;
pub use upgrade::upgrade;
