//! Finds the directories that moved as a whole.
//!
//! git knows files only: renaming a directory shows as a rename of each file in it. Where all files
//! that are left in a directory went to a directory that did not exist, and there stand as they
//! stood before, the directory itself moved, and one operation says so.

use std::collections::{HashMap, HashSet};

use super::tree::{NodeRef, Tree, split};

/// A file that git says was renamed.
pub struct Rename<'a> {
    /// The file.
    pub node: NodeRef,
    /// Where it was.
    pub from: &'a [u8],
    /// Where it is.
    pub to: &'a [u8],
}

/// The directories of a commit that moved, by their old path.
#[derive(Default)]
pub struct WholeDirs<'a> {
    moves: HashMap<&'a [u8], (NodeRef, &'a [u8])>,
}

#[derive(Default)]
struct Count {
    files: u32,
    same_name: u32,
}

impl<'a> WholeDirs<'a> {
    /// Finds them. The tree is that of the parent commit without the deleted files.
    pub fn find(tree: &Tree, renames: &[Rename<'a>]) -> Self {
        let mut pairs: Vec<_> = pairs(renames).into_iter().collect();
        // From the top down, so that a directory goes before those in it.
        pairs.sort_unstable_by_key(|&((old, new), _)| (old.len(), old, new));
        let mut found = Self::default();
        let mut targets = HashSet::new();
        let mut above_targets = HashSet::new();
        for ((old, new), count) in pairs {
            let Some(dir) = tree.find(old).filter(|&dir| tree.is_dir(dir)) else { continue };
            let apart = !above_targets.contains(new)
                && !prefixes(new).any(|prefix| targets.contains(prefix))
                && !prefixes(old).any(|prefix| found.moves.contains_key(prefix))
                && !prefixes(new).any(|prefix| prefix == old);
            let whole = count.files == tree.files(dir) && count.same_name > 0;
            if whole && apart && tree.find(new).is_none() {
                found.moves.insert(old, (dir, new));
                targets.insert(new);
                above_targets.extend(prefixes(new));
            }
        }
        found
    }

    /// Whether the file is where it should be once its directory has moved.
    pub fn carry(&self, rename: &Rename<'_>) -> bool {
        prefixes(rename.from).find_map(|dir| Some((dir, self.moves.get(dir)?))).is_some_and(
            |(dir, (_, new))| {
                rename.to.strip_prefix(*new).is_some_and(|rest| rest == &rename.from[dir.len()..])
            },
        )
    }

    /// The directories and their new paths, those higher up first.
    pub fn into_moves(self) -> Vec<(NodeRef, &'a [u8])> {
        let mut moves: Vec<_> = self.moves.into_values().collect();
        moves.sort_unstable_by_key(|&(_, new)| (prefixes(new).count(), new));
        moves
    }
}

/// How many files went from a directory, at any depth below it, to the same place below another.
fn pairs<'a>(renames: &[Rename<'a>]) -> HashMap<(&'a [u8], &'a [u8]), Count> {
    let mut pairs: HashMap<_, Count> = HashMap::new();
    for rename in renames {
        let ((mut old, old_name), (mut new, new_name)) = (split(rename.from), split(rename.to));
        while !old.is_empty() && !new.is_empty() && old != new {
            let count = pairs.entry((old, new)).or_default();
            count.files += 1;
            count.same_name += u32::from(old_name == new_name);
            let ((old_parent, old_dir), (new_parent, new_dir)) = (split(old), split(new));
            if old_dir != new_dir {
                break;
            }
            (old, new) = (old_parent, new_parent);
        }
    }
    pairs
}

/// The path itself and the directories above it, the topmost first; that of ROOT is left out.
fn prefixes(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().filter(|&(_, &b)| b == b'/').map(|(at, _)| at);
    slashes.chain([path.len()]).map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::super::tree::ROOT;
    use super::*;

    fn tree(paths: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for path in paths {
            let mut dir = ROOT;
            let mut components = path.split('/').peekable();
            while let Some(component) = components.next() {
                let name = tree.intern(component.as_bytes());
                let is_dir = components.peek().is_some();
                dir = match tree.child(dir, component.as_bytes()) {
                    Some(node) => node,
                    None => tree.create(dir, name, is_dir).unwrap(),
                };
            }
        }
        tree
    }

    fn moves(files: &[&str], renames: &[(&'static str, &'static str)]) -> Vec<String> {
        let tree = tree(files);
        let renames: Vec<Rename<'_>> = renames
            .iter()
            .map(|(from, to)| Rename {
                node: tree.find(from.as_bytes()).unwrap(),
                from: from.as_bytes(),
                to: to.as_bytes(),
            })
            .collect();
        let found = WholeDirs::find(&tree, &renames);
        let carried = renames.iter().filter(|rename| found.carry(rename)).count();
        let moves = found.into_moves();
        let mut shown: Vec<String> =
            moves.iter().map(|(_, new)| String::from_utf8_lossy(new).into_owned()).collect();
        shown.push(carried.to_string());
        shown
    }

    #[test]
    fn the_topmost_directory_moves() {
        let renames = [("a/b/x", "z/b/x"), ("a/y", "z/y")];
        assert_eq!(moves(&["a/b/x", "a/y"], &renames), ["z", "2"]);
    }

    #[test]
    fn a_directory_with_a_file_left_stays() {
        let renames = [("a/b/x", "z/b/x"), ("a/y", "z/y")];
        assert_eq!(moves(&["a/b/x", "a/y", "a/left"], &renames), ["z/b", "1"]);
    }

    #[test]
    fn a_directory_does_not_move_into_itself_or_into_one_that_exists() {
        assert_eq!(moves(&["a/x"], &[("a/x", "a/b/x")]), ["0"]);
        assert_eq!(moves(&["a/x", "b/y"], &[("a/x", "b/x")]), ["0"]);
    }

    #[test]
    fn a_file_renamed_on_the_way_is_not_carried() {
        assert_eq!(moves(&["a/x", "a/y"], &[("a/x", "z/x"), ("a/y", "z/w")]), ["z", "1"]);
    }

    #[test]
    fn of_two_directories_that_become_one_the_first_moves() {
        assert_eq!(moves(&["a/x", "b/y"], &[("a/x", "z/x"), ("b/y", "z/y")]), ["z", "1"]);
    }

    #[test]
    fn one_directory_moves_below_where_another_was() {
        let renames = [("x/f", "y/x/f"), ("y/g", "z/g")];
        assert_eq!(moves(&["x/f", "y/g"], &renames), ["z", "y/x", "2"]);
    }
}
