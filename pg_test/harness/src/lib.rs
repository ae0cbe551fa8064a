//! Tests and demos of pg_treecrdt.
