//! Replay: from a batch of operations to the rows that change.
//!
//! | file | does | knows |
//! | --- | --- | --- |
//! | `numbers` | nodes and operations by number | the model |
//! | `entries` | the operations of a batch, and keys by number | `numbers` |
//! | [`store`] | what may be asked of storage | `entries` |
//! | [`patch`] | what storage has to write | `entries` |
//! | `memo`, `tracks` | numbers them, remembers answers | `store` |
//! | `descent`, `climb` | whether a node is above another | `memo`, `verdicts` |
//! | `verdicts`, `sweep` | which operations are effective | `climb` |
//! | `drafts` | rows in the making | `verdicts` |
//! | `timeline` | op refs and dots that come and go | `drafts` |
//! | `after`, `coverage`, `tombstones` | which deleted nodes are tombstones | `timeline` |
//! | `catch_up` | the three passes, and the patch | all of them |
//! | `subtree` | the version of a subtree | `store` |

mod after;
mod catch_up;
mod climb;
mod coverage;
mod descent;
mod drafts;
mod entries;
mod memo;
mod numbers;
mod patch;
mod store;
mod subtree;
mod sweep;
mod timeline;
mod tombstones;
mod tracks;
mod verdicts;

pub use catch_up::catch_up;
pub use entries::{Entries, Source};
pub use numbers::OpRef;
pub use patch::{NodePatch, Patch, Placement};
pub use store::{Above, Row, Store, Track, Verdict};
pub use subtree::subtree_version;
