//! The drive of a catch-up: from operations in the log to rows of the tree tables.
//!
//! Everything here acts as the forest's owner and holds the documents' locks. What to write is
//! decided in the core; this brings the batch, answers what replay asks, and takes the patch to the
//! tables.
//!
//! | | |
//! | --- | --- |
//! | [`append()`], [`ensure()`], [`rebuild()`], [`drop_doc()`] | what there is to do, a file each |
//! | `work` | reader and writer for the length of a statement |
//! | [`batch`] | the operations to be materialized |
//! | [`sorted`], `pieces` | too many to be held: sorted by the server, worked off a piece at a time |
//! | [`store`], `timeline`, `ties` | the core's questions, answered from the tables |
//! | `node_row` | a row of `nodes` as a patch has it |
//! | [`lock`] | the lock on a document, and the gate in front of it |
//! | [`permit`] | who may delete from `ops` |
//! | `ancestry` | ways up in the documents written last, remembered |
//! | `accounted` | which operations of the running transaction were taken |

pub mod accounted;
mod ancestry;
mod append;
pub mod batch;
mod drop_doc;
mod ensure;
pub mod lock;
mod node_row;
pub mod permit;
mod pieces;
mod rebuild;
pub mod sorted;
pub mod store;
mod ties;
mod timeline;
mod work;

pub use accounted::watch_transactions;
pub use append::{append, append_sorted};
pub use drop_doc::drop_doc;
pub use ensure::ensure;
pub use rebuild::rebuild;
