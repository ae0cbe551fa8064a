//! Reading, with the caller's rights: directly for those who may read everything, by queries for
//! those of whom grants or policies keep something back.
//!
//! | | |
//! | --- | --- |
//! | [`functions`] | path, render, subtree_version, digest |
//! | [`tree`] | tree |
//! | [`version`], [`since`] | version; ops_since |
//! | [`doc`] | the choice between the two ways |
//! | [`walk`], [`direct`], [`digest`] | what is read directly |
//! | [`by_sql`], [`query`] | what is read by queries of `sql/read/`, and how they are run |
//! | [`render`] | a tree drawn |

mod by_sql;
mod digest;
mod direct;
mod doc;
mod functions;
mod nodes;
mod query;
mod render;
mod since;
mod tree;
mod version;
mod walk;

pub(super) use doc::DocReader;
pub(super) use functions::tree_of;
pub(super) use nodes::{Visible, WayUp, node_id, uuid};
pub(super) use tree::Asked;
