//! Tests and demos of pg_treecrdt: histories to try, and the two stores to try them on.
//!
//! | module | holds |
//! | --- | --- |
//! | [`git`] | the history of a git repository as operations |
//! | [`history`] | random operations, and random ways for them to arrive |
//! | [`script`] | operations written by hand, tersely |
//! | [`scenarios`] | named stories with the outcome each must have |
//! | [`replica`] | what a story may do to a document, and the store in memory |
//! | [`replica_postgres`] | the store in PostgreSQL |
//! | [`forest`], [`server`] | what the latter is made of |
//! | [`doc`] | a document under test: every step is held against the reference |
//! | [`docs`] | several documents of one forest |
//! | [`rows`] | operations as SQL has them |
//! | [`steps`] | random steps, and from steps that fail to fewer that still do |

pub mod doc;
pub mod docs;
pub mod forest;
pub mod git;
pub mod history;
pub mod replica;
pub mod replica_postgres;
pub mod rows;
pub mod scenarios;
pub mod script;
pub mod server;
pub mod steps;
