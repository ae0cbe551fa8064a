//! The visible tree as file paths: held against git's, and drawn.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;

use treecrdt::NodeId;

/// A node of the visible tree, as `treecrdt.tree` gives it in document order.
pub struct VisibleNode {
    /// Children of ROOT have 1.
    pub depth: usize,
    /// The node.
    pub node: NodeId,
    /// Its payload: the name.
    pub payload: Option<Vec<u8>>,
}

/// How two trees differ, a line each; nothing if they don't.
pub fn differences(
    visible: &[VisibleNode],
    files: &HashSet<NodeId>,
    expected: &[Vec<u8>],
) -> Vec<String> {
    let mut differences = Vec::new();
    let mut found = BTreeSet::new();
    let mut path: Vec<&[u8]> = Vec::new();
    for (at, node) in visible.iter().enumerate() {
        let next_depth = visible.get(at + 1).map_or(0, |next| next.depth);
        path.truncate(node.depth.saturating_sub(1));
        path.push(node.payload.as_deref().unwrap_or(b"(no name)"));
        let joined = path.join(&b'/');
        let shown = joined.escape_ascii();
        if node.depth != path.len() {
            differences.push(format!("{}: depth {} without a parent", node.node, node.depth));
        } else if !files.contains(&node.node) {
            if next_depth <= node.depth {
                differences.push(format!("{}: an empty directory \"{shown}\"", node.node));
            }
        } else if next_depth > node.depth {
            differences.push(format!("{}: the file \"{shown}\" has children", node.node));
        } else if !found.insert(joined.clone()) {
            differences.push(format!("{}: a second file \"{shown}\"", node.node));
        }
    }
    let expected: BTreeSet<&Vec<u8>> = expected.iter().collect();
    for path in expected.iter().filter(|path| !found.contains(**path)) {
        differences.push(format!("only git has \"{}\"", path.escape_ascii()));
    }
    for path in found.iter().filter(|path| !expected.contains(path)) {
        differences.push(format!("only the forest has \"{}\"", path.escape_ascii()));
    }
    differences
}

/// Draws the first two levels, in at most `max_lines` lines.
pub fn draw(visible: &[VisibleNode], files: &HashSet<NodeId>, max_lines: usize) -> String {
    const SECOND_LEVEL: usize = 3;
    let mut lines = Vec::new();
    let mut second_level = 0;
    for (at, node) in visible.iter().enumerate().filter(|(_, node)| node.depth <= 2) {
        let below = visible[at + 1..].iter().take_while(|below| below.depth > node.depth);
        let count = below.filter(|below| files.contains(&below.node)).count();
        let name = String::from_utf8_lossy(node.payload.as_deref().unwrap_or(b"?"));
        let name = name.escape_debug();
        let label = match files.contains(&node.node) {
            true => name.to_string(),
            false => format!("{name}/  ({count} {})", if count == 1 { "file" } else { "files" }),
        };
        second_level = if node.depth == 1 { 0 } else { second_level + 1 };
        match (node.depth, second_level) {
            (1, _) => lines.push(label),
            (_, ..=SECOND_LEVEL) => lines.push(format!("    {label}")),
            (_, n) if n == SECOND_LEVEL + 1 => lines.push("    …".into()),
            _ => {}
        }
    }
    let total = lines.len();
    if total > max_lines {
        lines.truncate(max_lines - 1);
        lines.push(format!("… {} more lines like these", total - lines.len()));
    }
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "    {line}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(depth: usize, id: u8, name: &str) -> VisibleNode {
        VisibleNode { depth, node: NodeId([id; 16]), payload: Some(name.into()) }
    }

    fn check(visible: &[VisibleNode], expected: &[&str]) -> Vec<String> {
        let files = HashSet::from([2, 3].map(|id| NodeId([id; 16])));
        let expected: Vec<Vec<u8>> = expected.iter().map(|path| (*path).into()).collect();
        differences(visible, &files, &expected)
    }

    #[test]
    fn equal_trees_do_not_differ() {
        let visible = [node(1, 1, "a"), node(2, 2, "x"), node(1, 3, "b")];
        assert_eq!(check(&visible, &["b", "a/x"]), [""; 0]);
    }

    #[test]
    fn missing_and_unexpected_files_are_told() {
        let found = check(&[node(1, 2, "a")], &["b"]);
        assert_eq!(found, ["only git has \"b\"", "only the forest has \"a\""]);
    }

    #[test]
    fn empty_directories_and_double_files_are_told() {
        assert!(check(&[node(1, 1, "a")], &[])[0].contains("an empty directory \"a\""));
        let twice = check(&[node(1, 2, "a"), node(1, 3, "a")], &["a"]);
        assert!(twice[0].contains("a second file \"a\""));
        let below = check(&[node(1, 2, "a"), node(2, 3, "b")], &["a/b"]);
        assert!(below[0].contains("has children"));
    }

    #[test]
    fn a_drawing_is_cut() {
        let mut visible = vec![node(1, 1, "dir")];
        visible.extend((0..9).map(|_| node(2, 2, "f")));
        let files = HashSet::from([NodeId([2; 16])]);
        let drawn = draw(&visible, &files, 20);
        assert_eq!(drawn.lines().count(), 5, "{drawn}");
        assert!(drawn.starts_with("    dir/  (9 files)\n"));
        assert_eq!(draw(&visible, &files, 3).lines().count(), 3);
    }
}
