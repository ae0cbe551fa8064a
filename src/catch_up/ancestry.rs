//! What a session remembers of the ways up in the documents that it wrote last: so that a statement of
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

/// So many nodes are remembered at most, of so many documents: some 4 MB.
const MOST: usize = 1 << 16;
const DOCS: usize = 8;

/// A statement of so many changed rows is small.
const SMALL: usize = 1 << 12;

/// Which state of which document is remembered.
#[derive(Debug)]
struct State {
    /// The table `docs`, and the files of `docs` and `nodes`: others when they were written anew.
    tables: [Oid; 3],
    doc: DocName<'static>,
    version: Version,
}

impl State {
    fn is_of(&self, forest: &Open, doc: &DocName<'_>) -> bool {
        self.tables == tables(forest) && self.doc == *doc
    }
}

fn tables(forest: &Open) -> [Oid; 3] {
    [forest.table::<Docs>(), forest.file_of::<Docs>(), forest.file_of::<Nodes>()]
}

thread_local! {
    /// The document written last comes last.
    static REMEMBERED: RefCell<Vec<(State, Ways)>> = const { RefCell::new(Vec::new()) };
}

/// The version in which this session has left the row of a document in `docs`, if that is remembered.
pub fn last_version(forest: &Open, doc: &DocName<'_>) -> Option<Version> {
    REMEMBERED.with_borrow(|remembered| {
        let (state, _) = remembered.iter().find(|(state, _)| state.is_of(forest, doc))?;
        Some(state.version)
    })
}

/// What is remembered of a document whose row in `docs` is this version. It is forgotten thereby:
/// whoever goes on from there [keeps](keep) what comes of it.
pub fn recall(forest: &Open, doc: &DocName<'static>, version: Version) -> Ways {
    forget(forest, doc)
        .filter(|(state, _)| state.version == version)
        .map_or_else(Ways::new, |it| it.1)
}

fn forget(forest: &Open, doc: &DocName<'_>) -> Option<(State, Ways)> {
    REMEMBERED.with_borrow_mut(|remembered| {
        let at = remembered.iter().position(|(state, _)| state.is_of(forest, doc))?;
        Some(remembered.remove(at))
    })
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

/// Remembers what holds for a document from the moment when its row in `docs` was written so. What was written
/// longest ago has to make room; of a document that takes it all only where its row lies.
pub fn keep(forest: &Open, doc: &DocName<'static>, version: Version, mut ways: Ways) {
    if ways.len() > MOST {
        ways = Ways::new();
    }
    forget(forest, doc);
    REMEMBERED.with_borrow_mut(|remembered| {
        remembered.push((State { tables: tables(forest), doc: doc.clone(), version }, ways));
        let size = |all: &[(State, Ways)]| all.iter().map(|(_, ways)| ways.len()).sum::<usize>();
        while remembered.len() > DOCS || size(remembered) > MOST {
            remembered.remove(0);
        }
    });
}
