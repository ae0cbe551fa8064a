//! The version of a subtree: what a deletion has to cover (`sql/README.md`, "Defensive deletion").

use super::store::{Store, Track};
use crate::model::OpKind;
use crate::model::{Key, NodeId};
use crate::model::{VersionVector, VersionVectorBuilder};

/// The dots of the structural history and the winning payload of a node and of all below it,
/// tombstones too.
///
/// # Errors
/// Those of the store.
pub fn subtree_version<S: Store>(store: &mut S, root: NodeId) -> Result<VersionVector, S::Error> {
    let mut dots = VersionVectorBuilder::default();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        store.check()?;
        add_own(store, node, &mut dots)?;
        for child in store.children(node)? {
            // A node has one parent, so only a way back to the root of the search is a circle.
            if child == root {
                return Err(store.contradiction(format!("node {root} is below itself")));
            }
            open.push(child);
        }
    }
    Ok(dots.build())
}

/// Adds the dots of one node.
fn add_own<S: Store>(
    store: &mut S,
    node: NodeId,
    dots: &mut VersionVectorBuilder,
) -> Result<(), S::Error> {
    dots_of_payload(store, node, dots)?;
    let mut last = Key::MIN;
    while let Some(step) = store.next(node, Track::Structure, last)? {
        store.check()?;
        last = step.key;
        if !step.is_reserved() && !store.is_ignored(node, step.key)? {
            dots.push(step.key.dot);
        }
    }
    let mut last = Key::MIN;
    loop {
        let refs = store.refs(node, last)?;
        let Some(&after) = refs.last() else { return Ok(()) };
        last = after;
        for key in refs {
            store.check()?;
            let op = store.entry(key)?;
            let counts =
                op.kind == OpKind::Move || (op.kind == OpKind::Insert && op.parent == Some(node));
            if counts && !store.is_ignored(op.node, key)? {
                dots.push(key.dot);
            }
        }
    }
}

fn dots_of_payload<S: Store>(
    store: &mut S,
    node: NodeId,
    dots: &mut VersionVectorBuilder,
) -> Result<(), S::Error> {
    if let Some(payload) = store.row(node)?.and_then(|row| row.payload) {
        dots.push(payload.dot);
    }
    Ok(())
}
