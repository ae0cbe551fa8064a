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
//! renames need no care. Nor can they make a cycle: directories move below directories that
//! stay, were just created, or have moved before them. Nothing touches what was deleted, so that it stays so.

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
