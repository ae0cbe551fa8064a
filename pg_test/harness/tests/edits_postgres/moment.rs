//! A document as it can be seen at a moment.

use std::collections::BTreeMap;

use super::ROOT;

/// A node that can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub parent: String,
    pub payload: Option<String>,
}

/// A document as it is at a moment.
#[derive(Debug)]
pub struct Moment {
    /// What can be seen.
    pub visible: BTreeMap<String, Seen>,
    /// The children of each node that can be seen, in order.
    pub children: BTreeMap<String, Vec<String>>,
    /// Every node with its parent, and whether it is a tombstone.
    pub nodes: BTreeMap<String, (Option<String>, bool)>,
    /// The longest order key.
    pub longest: i32,
}

impl Moment {
    pub fn can_see(&self, node: &str) -> bool {
        node == ROOT || self.visible.contains_key(node)
    }

    /// The node and its ancestors.
    pub fn way(&self, node: &str) -> Vec<String> {
        let mut way = vec![node.to_owned()];
        while let Some((Some(parent), _)) = self.nodes.get(way.last().expect("one at least")) {
            way.push(parent.clone());
        }
        way
    }

    /// The payloads of a node and of what can be seen below it, each with its depth, in document order.
    pub fn contents(&self, node: &str) -> Vec<(usize, Option<String>)> {
        let (mut open, mut found) = (vec![(0, node.to_owned())], Vec::new());
        while let Some((depth, node)) = open.pop() {
            found.push((depth, self.visible.get(&node).and_then(|it| it.payload.clone())));
            let children = self.children.get(&node).map_or(&[][..], Vec::as_slice);
            open.extend(children.iter().rev().map(|child| (depth + 1, child.clone())));
        }
        found
    }

    pub fn is_below(&self, node: &str, above: &str) -> bool {
        self.way(node).iter().any(|it| it == above)
    }
}
