//! A git repository as a replicated tree: its history in, operations out, and the proof that the
//! tree they give is the one git has.
//!
//! | module | is for |
//! | --- | --- |
//! | [`args`] | the command line |
//! | [`repository`] | running git |
//! | [`records`] | reading what `git log --raw -z` prints |
//! | [`tree`] | which node stands at which path |
//! | [`whole_dirs`] | directories that moved as a whole |
//! | [`convert`] | commits into operations |
//! | [`oplog`] | those operations, their authors and clocks |
//! | [`ids`] | node and replica ids that every run makes alike |
//! | [`deliver`] | the operations into a server, by plain SQL |
//! | [`progress`] | saying how far that is |
//! | [`compare`] | the visible tree against `git ls-tree`, and its drawing |
//! | [`dry_run`] | the same comparison without a server |
//! | [`fixture`], [`edits`] | a synthetic repository full of awkward commits |

pub mod args;
pub mod compare;
pub mod convert;
pub mod deliver;
pub mod dry_run;
mod edits;
mod failure;
pub mod fixture;
mod ids;
pub mod oplog;
pub mod progress;
mod records;
pub mod repository;
mod tree;
mod whole_dirs;

pub use failure::{Failure, Result};
