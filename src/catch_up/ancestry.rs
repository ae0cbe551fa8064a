//! What a session remembers of the ways up in the document that it wrote last: so that a statement of
//! few operations need not climb to the root once more to learn that nothing above them is deleted.
//!
//! It is good as long as nobody has caught up the document since. Who does writes the document's row
//! in `docs`: so it is good if that row is the very version that this session has left. What a
//! transaction that is rolled back has left is no version that anybody sees.

use std::cell::RefCell;
use std::collections::HashMap;

use pgrx::pg_sys::Oid;
use treecrdt::{Above, NodeId, Patch};

use crate::doc::DocName;
use crate::forest::Open;
use crate::forest::shape::{Docs, Nodes};
use crate::storage::row::Version;

/// Parents of nodes, and whether they are deleted, and tombstones.
pub type Ways = HashMap<NodeId, Above>;

/// So many nodes are remembered at most: some 4 MB.
const MOST: usize = 1 << 16;

/// A statement of so many changed rows is small.
const SMALL: usize = 1 << 12;

/// Which state of which document is remembered.
#[derive(Debug, PartialEq, Eq)]
struct State {
    /// The table `docs`, and the files of `docs` and `nodes`: others when they were written anew.
    tables: [Oid; 3],
    doc: DocName<'static>,
    version: Version,
}

impl State {
    fn of(forest: &Open, doc: &DocName<'static>, version: Version) -> Self {
        Self { tables: tables(forest), doc: doc.clone(), version }
    }
}

fn tables(forest: &Open) -> [Oid; 3] {
    [forest.table::<Docs>(), forest.file_of::<Docs>(), forest.file_of::<Nodes>()]
}

thread_local! {
    static REMEMBERED: RefCell<Option<(State, Ways)>> = const { RefCell::new(None) };
}

/// The version in which this session has left the row of a document in `docs`, if it wrote that last.
pub fn last_version(forest: &Open, doc: &DocName<'_>) -> Option<Version> {
    REMEMBERED.with_borrow(|remembered| {
        let (state, _) = remembered.as_ref()?;
        (state.tables == tables(forest) && state.doc == *doc).then_some(state.version)
    })
}

/// What is remembered of a document whose row in `docs` is this version. It is forgotten thereby:
/// whoever goes on from there [keeps](keep) what comes of it.
pub fn recall(forest: &Open, doc: &DocName<'static>, version: Version) -> Ways {
    match REMEMBERED.take() {
        Some((state, ways)) if state == State::of(forest, doc, version) => ways,
        _ => Ways::new(),
    }
}

/// Brings what is remembered up to date with a patch that has been written. Of new nodes only as many
/// are taken in as a small statement brings.
pub fn follow(ways: &mut Ways, patch: &Patch) {
    let is_small = patch.nodes.len() <= SMALL;
    for change in &patch.nodes {
        let parent = change.placement.map(|place| place.map(|place| place.parent));
        let deleted = change.deleted_at.is_some();
        if let Some(above) = ways.get_mut(&change.node) {
            above.parent = parent.unwrap_or(above.parent);
            above.deleted |= deleted;
            above.tombstone = change.tombstone.unwrap_or(above.tombstone);
        } else if is_small && !change.exists {
            let (parent, tombstone) = (parent.flatten(), change.tombstone == Some(true));
            ways.insert(change.node, Above { parent, deleted, tombstone });
        }
    }
}

/// Remembers what holds for a document from the moment when its row in `docs` was written so.
pub fn keep(forest: &Open, doc: &DocName<'static>, version: Version, ways: Ways) {
    if ways.len() <= MOST {
        REMEMBERED.set(Some((State::of(forest, doc, version), ways)));
    }
}
