//! Turns commits into operations.
//!
//! A node is a file or directory from its creation on: renames move it, a path that is deleted and
//! created again is a new node. Within a commit the operations come in this order:
//!
//! 1. deletes of files;
//! 2. moves of whole directories, then of files, each behind inserts of the directories it needs;
//! 3. inserts of new files, likewise;
//! 4. deletes of the directories that are empty now, the deepest first.
//!
//! All that moves is taken from its path before anything is put at one, so swaps and rings of
//! renames need no care. Nor can they make a cycle: directories move below directories that stay,
//! were just created, or have moved before them. Nothing touches what was deleted: it stays so.

use std::collections::HashSet;

use treecrdt::NodeId;

use super::ids::Ids;
use super::oplog::{AuthorRef, KnownState, OpLog};
use super::records::{self, Commit};
use super::tree::{NameRef, NodeRef, ROOT, Tree, split};
use super::whole_dirs::{Rename, WholeDirs};
use super::{Failure, Result};

/// The longest order key; longer names sort by their beginning.
const MAX_ORDER_KEY: usize = 512;

/// What a history amounts to so far.
pub struct Conversion {
    /// The operations.
    pub log: OpLog,
    /// How many commits there were.
    pub commits: u64,
    tree: Tree,
    ids: Ids,
    nodes: Vec<NodeId>,
}

impl Conversion {
    /// The history of nothing.
    pub fn new(known: KnownState) -> Self {
        Self {
            log: OpLog::new(known),
            commits: 0,
            tree: Tree::default(),
            ids: Ids::default(),
            nodes: vec![NodeId::ROOT],
        }
    }

    /// Appends a commit.
    ///
    /// # Errors
    /// It speaks of files that its predecessors did not leave there.
    pub fn commit(&mut self, commit: &Commit) -> Result<()> {
        self.commits += 1;
        let author = self.log.author(&commit.author, &mut self.ids)?;
        let id = commit.id.escape_ascii();
        Step { all: self, commit: &commit.id, author, emptied: Vec::new() }
            .apply(&commit.changes)
            .map_err(|error| Failure(format!("commit {id}: {error}")))
    }

    /// The id of a node.
    pub fn node_id(&self, node: NodeRef) -> NodeId {
        self.nodes[node as usize]
    }

    /// A name's bytes.
    pub fn name(&self, name: NameRef) -> &[u8] {
        self.tree.name(name)
    }

    /// The order key of a name.
    pub fn order_key(&self, name: NameRef) -> &[u8] {
        let name = self.name(name);
        &name[..name.len().min(MAX_ORDER_KEY)]
    }

    /// The ids of all nodes that are files, or were.
    pub fn file_ids(&self) -> HashSet<NodeId> {
        let nodes = 0..self.tree.len() as NodeRef;
        nodes.filter(|&node| !self.tree.is_dir(node)).map(|node| self.node_id(node)).collect()
    }
}

/// A commit being applied.
struct Step<'a> {
    all: &'a mut Conversion,
    commit: &'a [u8],
    author: AuthorRef,
    /// Directories that lost something.
    emptied: Vec<NodeRef>,
}

impl Step<'_> {
    fn apply(&mut self, changes: &[records::Change]) -> Result<()> {
        let (mut deleted, mut renames, mut added) = (Vec::new(), Vec::new(), Vec::new());
        for change in changes {
            match change {
                records::Change::Add(path) => added.push(path),
                records::Change::Delete(path) => deleted.push(self.file(path)?),
                records::Change::Rename { from, to } => {
                    renames.push(Rename { node: self.file(from)?, from, to });
                }
            }
        }
        for file in deleted {
            self.detach(file);
            self.all.log.delete(self.author, file, self.all.tree.parent(file));
        }
        let dirs = WholeDirs::find(&self.all.tree, &renames);
        renames.retain(|rename| !dirs.carry(rename));
        let dirs = dirs.into_moves();
        // Files first: one in a directory that moves must leave it while that is still counted above.
        renames.iter().for_each(|rename| self.detach(rename.node));
        dirs.iter().for_each(|&(dir, _)| self.detach(dir));
        for (dir, path) in dirs {
            self.place(dir, path)?;
        }
        for rename in renames {
            self.overwrite(rename.to);
            self.place(rename.node, rename.to)?;
        }
        for path in added {
            if self.file(path).is_err() {
                self.create(path)?;
            }
        }
        self.delete_emptied();
        Ok(())
    }

    fn file(&self, path: &[u8]) -> Result<NodeRef> {
        self.all
            .tree
            .find(path)
            .filter(|&node| !self.all.tree.is_dir(node))
            .ok_or_else(|| Failure(format!("there is no file \"{}\"", path.escape_ascii())))
    }

    fn detach(&mut self, node: NodeRef) {
        self.emptied.push(self.all.tree.parent(node));
        self.all.tree.detach(node);
    }

    /// Deletes a file that another is renamed onto: git leaves that unsaid where it breaks pairs.
    fn overwrite(&mut self, path: &[u8]) {
        if let Ok(file) = self.file(path) {
            self.detach(file);
            self.all.log.delete(self.author, file, self.all.tree.parent(file));
        }
    }

    fn place(&mut self, node: NodeRef, path: &[u8]) -> Result<()> {
        let (before, old_name) = (self.all.tree.parent(node), self.all.tree.name_of(node));
        let (parent, name) = self.position(path)?;
        self.all.tree.attach(node, parent, name)?;
        self.all.log.place(self.author, node, before, (parent, name));
        if name != old_name {
            self.all.log.rename(self.author, node, name);
        }
        Ok(())
    }

    fn create(&mut self, path: &[u8]) -> Result<()> {
        let (parent, name) = self.position(path)?;
        self.insert(parent, name, path, false)?;
        Ok(())
    }

    /// The directory and the name of a path. Inserts the directories that are missing.
    fn position(&mut self, path: &[u8]) -> Result<(NodeRef, NameRef)> {
        let (dirs, name) = split(path);
        let mut dir = ROOT;
        let mut end = 0;
        for component in dirs.split(|&b| b == b'/').filter(|_| !dirs.is_empty()) {
            end += component.len();
            dir = match self.all.tree.child(dir, component) {
                Some(node) if self.all.tree.is_dir(node) => node,
                Some(_) => {
                    let path = path[..end].escape_ascii();
                    return Err(Failure(format!("the file \"{path}\" is in a directory's place")));
                }
                None => {
                    let name = self.all.tree.intern(component);
                    self.insert(dir, name, &path[..end], true)?
                }
            };
            end += 1;
        }
        Ok((dir, self.all.tree.intern(name)))
    }

    fn insert(
        &mut self,
        parent: NodeRef,
        name: NameRef,
        path: &[u8],
        dir: bool,
    ) -> Result<NodeRef> {
        let node = self.all.tree.create(parent, name, dir)?;
        self.all.nodes.push(self.all.ids.node(self.commit, path));
        self.all.log.insert(self.author, node, parent, name);
        Ok(node)
    }

    fn delete_emptied(&mut self) {
        let tree = &self.all.tree;
        let mut seen = HashSet::new();
        let mut emptied = Vec::new();
        for &(mut dir) in &self.emptied {
            while dir != ROOT && tree.files(dir) == 0 && seen.insert(dir) {
                emptied.push((tree.depth(dir), dir));
                dir = tree.parent(dir);
            }
        }
        emptied.sort_by_key(|&(depth, _)| std::cmp::Reverse(depth));
        for (_, dir) in emptied {
            self.all.tree.detach(dir);
            self.all.log.delete(self.author, dir, self.all.tree.parent(dir));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::oplog::Change;
    use super::*;

    /// Converts commits, and says how many operations all but the last make. A commit is written
    /// as `+path`, `-path` and `path>path`.
    fn convert(commits: &[&str]) -> Result<(Conversion, usize)> {
        let mut conversion = Conversion::new(KnownState::Full);
        let mut before = 0;
        for (number, line) in commits.iter().enumerate() {
            before = conversion.log.len();
            let changes = line.split_whitespace().map(|word| match word.split_once('>') {
                Some((from, to)) => records::Change::Rename { from: from.into(), to: to.into() },
                None if word.starts_with('+') => records::Change::Add(word[1..].into()),
                None => records::Change::Delete(word[1..].into()),
            });
            let id = number.to_string().into_bytes();
            let commit = Commit { id, author: b"A <a@x>".to_vec(), changes: changes.collect() };
            conversion.commit(&commit)?;
        }
        Ok((conversion, before))
    }

    /// What the last of these commits comes to.
    fn last(commits: &[&str]) -> Vec<String> {
        let (conversion, before) = convert(commits).unwrap();
        let text = |name| String::from_utf8_lossy(conversion.name(name)).into_owned();
        let ops = conversion.log.ops()[before..].iter();
        ops.map(|op| match op.change {
            Change::Insert { parent, name } => {
                format!("insert {} {parent} {}", op.node, text(name))
            }
            Change::Move { parent, name } => format!("move {} {parent} {}", op.node, text(name)),
            Change::Payload(name) => format!("payload {} {}", op.node, text(name)),
            Change::Delete(_) => format!("delete {}", op.node),
        })
        .collect()
    }

    #[test]
    fn missing_directories_come_before_what_is_in_them() {
        assert_eq!(
            last(&["+a/b/c +a/d"]),
            ["insert 1 0 a", "insert 2 1 b", "insert 3 2 c", "insert 4 1 d"]
        );
    }

    #[test]
    fn emptied_directories_go_the_deepest_first() {
        assert_eq!(last(&["+a/b/c", "-a/b/c"]), ["delete 3", "delete 2", "delete 1"]);
    }

    #[test]
    fn a_path_created_again_is_a_new_node() {
        assert_eq!(last(&["+a/b", "-a/b", "+a/b"]), ["insert 3 0 a", "insert 4 3 b"]);
    }

    #[test]
    fn files_swap_and_go_round() {
        let swap = ["move 1 0 b", "payload 1 b", "move 2 0 a", "payload 2 a"];
        assert_eq!(last(&["+a +b", "a>b b>a"]), swap);
        let chain = ["move 1 0 b", "payload 1 b", "move 2 0 c", "payload 2 c"];
        assert_eq!(last(&["+a +b", "a>b b>c"]), chain);
    }

    #[test]
    fn a_rename_within_a_directory_keeps_the_directory() {
        assert_eq!(last(&["+a/x", "a/x>a/y"]), ["move 2 1 y", "payload 2 y"]);
    }

    #[test]
    fn a_move_without_a_new_name_writes_no_payload() {
        assert_eq!(last(&["+a/x +a/y +b/z", "a/x>b/x"]), ["move 2 4 x"]);
    }

    #[test]
    fn a_directory_moves_at_once_and_its_renamed_file_after_it() {
        let ops = ["move 1 0 z", "payload 1 z", "move 3 1 w", "payload 3 w"];
        assert_eq!(last(&["+a/x +a/y", "a/x>z/x a/y>z/w"]), ops);
    }

    #[test]
    fn a_directory_goes_below_a_new_one_of_its_own_name() {
        let ops = ["insert 3 1 b", "move 2 3 x"];
        assert_eq!(last(&["+a/x", "a/x>a/b/x"]), ops);
    }

    #[test]
    fn a_file_becomes_a_directory_and_back() {
        assert_eq!(last(&["+a", "a>a/b"]), ["insert 2 0 a", "move 1 2 b", "payload 1 b"]);
        assert_eq!(last(&["+a", "-a +a/b"]), ["delete 1", "insert 2 0 a", "insert 3 2 b"]);
        assert_eq!(last(&["+a/b", "a/b>a"]), ["move 2 0 a", "payload 2 a", "delete 1"]);
        assert_eq!(last(&["+a/b", "-a/b +a"]), ["delete 2", "insert 3 0 a", "delete 1"]);
    }

    #[test]
    fn a_file_that_another_replaces_is_deleted() {
        assert_eq!(last(&["+a +b", "a>b"]), ["delete 2", "move 1 0 b", "payload 1 b"]);
    }

    #[test]
    fn changes_that_do_not_fit_are_errors() {
        for change in ["-a", "a>b", "+b/c"] {
            let Err(error) = convert(&["+b", change]) else { panic!("{change} is taken") };
            assert!(error.to_string().starts_with("commit 1: "), "{error}");
        }
    }
}
