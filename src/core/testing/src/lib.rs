//! Histories to try on a replicated tree, and what must come of them, for any store: the core's own
//! tests take them in memory, those of the extension in PostgreSQL.
//!
//! | module | holds |
//! | --- | --- |
//! | [`history`] | random operations, and random ways for them to arrive |
//! | [`script`] | operations written by hand, tersely |
//! | [`replica`] | what a test may do to a document, and the store in memory |
//! | [`step`] | one thing done to a document |
//! | [`doc`] | a document under test: every step is held against the reference |
//! | [`scenarios`] | named stories with the outcome each must have |
//! | [`steps`] | random steps, and from steps that fail to fewer that still do |

pub mod doc;
pub mod history;
pub mod replica;
pub mod scenarios;
pub mod script;
pub mod step;
pub mod steps;
