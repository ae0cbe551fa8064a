//! What a session remembers of the ways up in the documents that it wrote last: so that a statement of
//! few operations, or a piece of a large one, need not climb to the root once more to learn that nothing
//! above them is deleted, or that a move makes no cycle.
//!
//! It is good as long as nobody has caught up the document since. Who does writes the document's row
//! in `docs`: so it is good if that row is the very version that this session has left. What a
//! transaction that is rolled back has left is no version that anybody sees.

use std::cell::RefCell;

use pgrx::pg_sys::Oid;
use treecrdt::{Above, NodeId, NodeMap, Patch};

use crate::doc::DocName;
use crate::forest::Open;
use crate::forest::shape::{Docs, Nodes};
use crate::storage::row::Version;

/// So many nodes are remembered at most, of so many documents: some 5 MB. Two tables are full then.
const MOST: usize = 7 << 14;
const DOCS: usize = 8;

/// So many within a statement that is worked off in pieces: some 40 MB.
const MOST_IN_PIECES: usize = 7 << 17;

/// Parents of nodes, and whether they are deleted, and tombstones. Where they get too many, those
/// stay that were asked for since the last time.
#[derive(Debug)]
pub struct Ways {
    most: usize,
    asked: NodeMap<Above>,
    others: NodeMap<Above>,
}

impl Default for Ways {
    fn default() -> Self {
        Self { most: MOST, asked: NodeMap::default(), others: NodeMap::default() }
    }
}

impl Ways {
    /// A step up.
    pub fn get(&mut self, node: NodeId) -> Option<Above> {
        if let Some(above) = self.asked.get(&node) {
            return Some(*above);
        }
        let above = self.others.remove(&node)?;
        self.insert(node, above);
        Some(above)
    }

    /// Takes in a step that is not known.
    pub fn insert(&mut self, node: NodeId, above: Above) {
        if self.asked.len() >= self.most / 2 {
            self.others = std::mem::take(&mut self.asked);
        }
        self.asked.insert(node, above);
    }

    /// Takes in more, since there are pieces to come that may ask for them.
    pub fn allow_pieces(&mut self) {
        self.most = MOST_IN_PIECES;
    }

    /// Forgets what is too much to be remembered when nothing is at work.
    fn cut(&mut self) {
        self.most = MOST;
        if self.len() > MOST {
            self.others = NodeMap::default();
        }
        if self.len() > MOST {
            self.asked = NodeMap::default();
        }
        // Of many, few may be left.
        self.asked.shrink_to(MOST);
        self.others.shrink_to(MOST);
    }

    fn len(&self) -> usize {
        self.asked.len() + self.others.len()
    }

    fn known(&mut self, node: NodeId) -> Option<&mut Above> {
        self.asked.get_mut(&node).or_else(|| self.others.get_mut(&node))
    }

    /// Brings it up to date with a patch that has been written. Of new nodes only as many are taken in
    /// as leave room for others.
    pub fn follow(&mut self, patch: &Patch) {
        let is_small = patch.nodes.len() <= self.most / 4;
        for change in &patch.nodes {
            let parent = change.placement.map(|place| place.map(|place| place.parent));
            let deleted = change.deleted_at.is_some();
            if let Some(above) = self.known(change.node) {
                above.parent = parent.unwrap_or(above.parent);
                above.deleted |= deleted;
                above.tombstone = change.tombstone.unwrap_or(above.tombstone);
            } else if is_small && !change.exists {
                let (parent, tombstone) = (parent.flatten(), change.tombstone == Some(true));
                self.insert(change.node, Above { parent, deleted, tombstone });
            }
        }
    }
}

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
        .map_or_else(Ways::default, |it| it.1)
}

fn forget(forest: &Open, doc: &DocName<'_>) -> Option<(State, Ways)> {
    REMEMBERED.with_borrow_mut(|remembered| {
        let at = remembered.iter().position(|(state, _)| state.is_of(forest, doc))?;
        Some(remembered.remove(at))
    })
}

/// Forgets what an error has left in the midst of pieces. Called in the midst of errors too: must not fail.
pub fn forget_pieces() {
    let _ = REMEMBERED.try_with(|remembered| {
        if let Ok(mut remembered) = remembered.try_borrow_mut() {
            remembered.retain(|(_, ways)| ways.most == MOST);
        }
    });
}

/// Remembers what holds for a document from the moment when its row in `docs` was written so. What was written
/// longest ago has to make room; of a document that takes it all only where its row lies. If the statement
/// `goes_on` with pieces of this document, more is remembered.
pub fn keep(
    forest: &Open,
    doc: &DocName<'static>,
    version: Version,
    mut ways: Ways,
    goes_on: bool,
) {
    if !goes_on {
        ways.cut();
    }
    forget(forest, doc);
    REMEMBERED.with_borrow_mut(|remembered| {
        remembered.push((State { tables: tables(forest), doc: doc.clone(), version }, ways));
        let size = |all: &[(State, Ways)]| all.iter().map(|(_, ways)| ways.len()).sum::<usize>();
        let most = if goes_on { MOST_IN_PIECES } else { MOST };
        while remembered.len() > DOCS || size(remembered) > most {
            remembered.remove(0);
        }
    });
}
