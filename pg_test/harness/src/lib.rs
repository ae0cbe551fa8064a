//! Documents in PostgreSQL under test.
//!
//! | module | holds |
//! | --- | --- |
//! | [`server`] | connecting, and the core's types in rows |
//! | [`rows`] | operations as SQL has them |
//! | [`versions`] | which rows were written, told from outside |
//! | [`forest`] | a forest of its own for a test |
//! | [`replica_postgres`] | one document of it, as `treecrdt_testing` drives it |
//! | [`docs`] | several documents of one forest |

pub mod docs;
pub mod forest;
pub mod replica_postgres;
pub mod rows;
pub mod server;
pub mod versions;
