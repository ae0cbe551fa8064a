//! Which node stands at which path, while a history is walked.
//!
//! Every directory knows how many files are below it, so that an emptied one is noticed without
//! looking through it, and moving a directory costs its depth, not its size. Nodes are numbered and
//! never removed: one that is detached keeps its last parent and loses its place at a path.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Failure, Result};

/// The number of a node.
pub type NodeRef = u32;
/// The number of a name, one component of a path.
pub type NameRef = u32;
/// The directory at the top.
pub const ROOT: NodeRef = 0;

struct Entry {
    parent: NodeRef,
    name: NameRef,
    dir: bool,
    /// Files at or below, as far as they are attached.
    files: u32,
}

/// The nodes, and where they are.
pub struct Tree {
    entries: Vec<Entry>,
    places: HashMap<(NodeRef, NameRef), NodeRef>,
    names: Vec<Rc<[u8]>>,
    numbers: HashMap<Rc<[u8]>, NameRef>,
}

impl Default for Tree {
    fn default() -> Self {
        let mut tree = Self {
            entries: Vec::new(),
            places: HashMap::new(),
            names: Vec::new(),
            numbers: HashMap::new(),
        };
        let name = tree.intern(b"");
        tree.entries.push(Entry { parent: ROOT, name, dir: true, files: 0 });
        tree
    }
}

impl Tree {
    /// The number of a name.
    pub fn intern(&mut self, name: &[u8]) -> NameRef {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = NameRef::try_from(self.names.len()).expect("fewer than 2^32 names");
        let name: Rc<[u8]> = name.into();
        self.names.push(name.clone());
        self.numbers.insert(name, number);
        number
    }

    /// The name with this number.
    pub fn name(&self, number: NameRef) -> &[u8] {
        &self.names[number as usize]
    }

    /// How many nodes there ever were, ROOT among them.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the node is a directory.
    pub fn is_dir(&self, node: NodeRef) -> bool {
        self.entries[node as usize].dir
    }

    /// The directory the node is in, or was last.
    pub fn parent(&self, node: NodeRef) -> NodeRef {
        self.entries[node as usize].parent
    }

    /// The node's name, or its last.
    pub fn name_of(&self, node: NodeRef) -> NameRef {
        self.entries[node as usize].name
    }

    /// How many files are at or below the node.
    pub fn files(&self, node: NodeRef) -> u32 {
        self.entries[node as usize].files
    }

    /// How many directories are above it.
    pub fn depth(&self, mut node: NodeRef) -> usize {
        let mut depth = 0;
        while node != ROOT {
            (node, depth) = (self.parent(node), depth + 1);
        }
        depth
    }

    /// The node at a path.
    pub fn find(&self, path: &[u8]) -> Option<NodeRef> {
        path.split(|&b| b == b'/').try_fold(ROOT, |dir, name| self.child(dir, name))
    }

    /// The node of this name in a directory.
    pub fn child(&self, dir: NodeRef, name: &[u8]) -> Option<NodeRef> {
        self.places.get(&(dir, *self.numbers.get(name)?)).copied()
    }

    /// A new file or directory, attached.
    pub fn create(&mut self, parent: NodeRef, name: NameRef, dir: bool) -> Result<NodeRef> {
        let node = NodeRef::try_from(self.entries.len()).expect("fewer than 2^32 nodes");
        self.entries.push(Entry { parent, name, dir, files: u32::from(!dir) });
        self.attach(node, parent, name)?;
        Ok(node)
    }

    /// Takes the node, and all below it, away from its path.
    pub fn detach(&mut self, node: NodeRef) {
        let (parent, name) = (self.parent(node), self.name_of(node));
        // An emptied directory may have lost its place to a file of its name.
        if self.places.get(&(parent, name)) == Some(&node) {
            self.places.remove(&(parent, name));
        }
        let files = self.files(node);
        self.above(parent, |dir| dir.files -= files);
    }

    /// Gives a detached node a place, which must be free or an emptied directory's.
    pub fn attach(&mut self, node: NodeRef, parent: NodeRef, name: NameRef) -> Result<()> {
        if let Some(&other) = self.places.get(&(parent, name))
            && (self.files(other) > 0 || !self.is_dir(other))
        {
            let name = self.name(name).escape_ascii();
            return Err(Failure(format!("\"{name}\" is needed while another file has it")));
        }
        self.places.insert((parent, name), node);
        let entry = &mut self.entries[node as usize];
        (entry.parent, entry.name) = (parent, name);
        let files = entry.files;
        self.above(parent, |dir| dir.files += files);
        Ok(())
    }

    fn above(&mut self, mut dir: NodeRef, change: impl Fn(&mut Entry)) {
        loop {
            change(&mut self.entries[dir as usize]);
            if dir == ROOT {
                return;
            }
            dir = self.parent(dir);
        }
    }
}

/// A path without its last component, and that component. The directory at the top is `b""`.
pub fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&b| b == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree_with_file() -> (Tree, [NodeRef; 3]) {
        let mut tree = Tree::default();
        let [a, b, c] = [&b"a"[..], b"b", b"c"].map(|name| tree.intern(name));
        let a = tree.create(ROOT, a, true).unwrap();
        let b = tree.create(a, b, true).unwrap();
        let c = tree.create(b, c, false).unwrap();
        (tree, [a, b, c])
    }

    #[test]
    fn a_directory_moves_with_all_below_it() {
        let (mut tree, [a, b, c]) = tree_with_file();
        assert_eq!(tree.find(b"a/b/c"), Some(c));
        tree.detach(b);
        assert_eq!((tree.find(b"a/b/c"), tree.files(a), tree.files(b)), (None, 0, 1));
        let z = tree.intern(b"z");
        tree.attach(b, ROOT, z).unwrap();
        assert_eq!((tree.find(b"z/c"), tree.files(ROOT), tree.depth(c)), (Some(c), 1, 2));
    }

    #[test]
    fn only_an_emptied_directory_gives_up_its_place() {
        let (mut tree, [a, _, c]) = tree_with_file();
        let name = tree.name_of(a);
        assert!(tree.create(ROOT, name, false).is_err());
        tree.detach(c);
        let file = tree.create(ROOT, name, false).unwrap();
        assert_eq!(tree.find(b"a"), Some(file));
        tree.detach(a);
        assert_eq!(tree.find(b"a"), Some(file), "the directory no longer owns the place");
    }

    #[test]
    fn paths_split_at_the_last_slash() {
        assert_eq!(split(b"a/b/c"), (&b"a/b"[..], &b"c"[..]));
        assert_eq!(split(b"c"), (&b""[..], &b"c"[..]));
    }
}
