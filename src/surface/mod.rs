//! What SQL calls: arguments in, rows out, errors raised.
//!
//! | | |
//! | --- | --- |
//! | [`trigger`], [`transition`] | what fires on `ops`; the rows that a statement has inserted |
//! | [`proposed`] | what a statement has brought, to tell a redelivery from another operation under the same dot |
//! | [`lifecycle`] | create_forest, drop_forest, drop_doc |
//! | [`maintain`] | ensure_materialized, rebuild |
//! | [`verify`] | verify |
//! | [`read`] | all that reads |
//! | [`json`] | payload_text, payload_jsonb, tree_json |
//! | [`vector`] | the type `version_vector` |
//! | [`edit`] | local writes: insert_node and the like |
//! | [`rights`] | what a caller may read |

mod edit;
mod function;
mod json;
mod lifecycle;
mod maintain;
pub mod proposed;
mod read;
mod rights;
mod transition;
mod trigger;
mod vector;
mod verify;
