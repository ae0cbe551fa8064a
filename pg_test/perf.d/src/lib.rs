//! Benchmarks of pg_treecrdt: each measured beside what it is to be compared with, in one run.
//!
//! | module | holds |
//! | --- | --- |
//! | [`measure`] | timing: two sides in turn, medians, ratios |
//! | [`report`], [`unit`], [`json`], [`plot`] | what was found: table, JSON, pictures |
//! | [`history`], [`workload`] | operations to measure with |
//! | [`bench`] | a run: session, options, report |
//! | [`stage`], [`forest`], [`floor`], [`row`], [`raw`] | staging tables, forests, and the same tables without triggers |
//! | [`changes`] | what statements change in a forest's rows, for a floor that changes the same |
//! | [`facts`] | where it was measured |
//! | [`check`] | that what was measured was right |
//! | [`memory`], [`processor`], [`cancel`] | what a backend takes, and how soon it stops |
//! | [`peers`] | other ways to keep the same tree, beside it |
//! | [`topics`], [`shapes`] | what is measured |

pub mod bench;
pub mod cancel;
pub mod changes;
pub mod check;
pub mod facts;
pub mod floor;
pub mod forest;
pub mod history;
pub mod json;
pub mod measure;
pub mod memory;
pub mod peers;
pub mod plot;
pub mod processor;
pub mod raw;
pub mod report;
pub mod row;
pub mod shapes;
pub mod stage;
pub mod topics;
pub mod unit;
pub mod workload;

pub use git_demo::{Failure, Result};
