//! Rows, read and written without a query.
//!
//! | | |
//! | --- | --- |
//! | [`scan`], [`aim`] | index scans that are aimed again and again |
//! | [`row`], [`lock`] | a row in place; the lock on it |
//! | [`fetch`] | rows by where they lie |
//! | [`reader`] | the questions there are to a forest, each with its index |
//! | [`parents`] | which nodes are parents, learned on the way |
//! | [`rows`] | rows as the core's values |
//! | [`writer`], [`field`], [`expression`] | rows written as the executor writes them |
//! | [`buffer`], [`entries`] | new rows and their index entries, written many at a time |

pub mod aim;
pub mod buffer;
pub mod entries;
pub mod expression;
pub mod fetch;
pub mod field;
pub mod lock;
pub mod parents;
pub mod reader;
pub mod row;
pub mod rows;
pub mod scan;
pub mod writer;
