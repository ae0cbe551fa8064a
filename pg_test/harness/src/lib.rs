//! Tests and demos of pg_treecrdt: histories to try, and the two stores to try them on.

pub mod history;
