//! How large things may be. All of them end up in entries of B-tree indexes, or in columns of SQL.

/// The greatest counter and lamport there is: both are `bigint` in SQL.
pub const MAX_COUNTER: u64 = i64::MAX as u64;
/// The longest replica id, in bytes.
pub const MAX_REPLICA: usize = 64;
/// The longest order key, in bytes, that stands whole in an index: with document and ids it must fit a B-tree entry
/// (2,704).
pub const MAX_ORDER_KEY: usize = 1536;
/// The longest order key, in bytes, where an index has beginnings of order keys.
pub const MAX_LONG_ORDER_KEY: usize = 65_535;
/// The longest document name, in bytes, for the same reason.
pub const MAX_DOC: usize = 768;
