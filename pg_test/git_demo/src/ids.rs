//! Node and replica ids: hashes of what git says, so that every run makes the same ones.
//!
//! A collision is never silent: an id in use is hashed again with a number behind it.

use std::collections::HashSet;

use treecrdt::{NodeId, ReplicaId};

use super::Result;

/// The ids given out so far.
#[derive(Default)]
pub struct Ids {
    nodes: HashSet<NodeId>,
    replicas: HashSet<[u8; 8]>,
}

impl Ids {
    /// The id of the node that this commit created at this path: a UUID of version 8.
    pub fn node(&mut self, commit: &[u8], path: &[u8]) -> NodeId {
        let id = (0u32..).map(|salt| node_id(commit, path, salt)).find(|&id| self.nodes.insert(id));
        id.expect("there are more salts than nodes")
    }

    /// The replica of an author, `Name <email>`.
    pub fn replica(&mut self, author: &[u8]) -> Result<ReplicaId> {
        let id = (0u32..).map(|salt| replica_id(author, salt)).find(|&id| self.replicas.insert(id));
        Ok(ReplicaId::new(&id.expect("there are more salts than authors"))?)
    }
}

fn node_id(commit: &[u8], path: &[u8], salt: u32) -> NodeId {
    let mut id = fnv128(&[commit, b"\0", path, b"\0", &salt.to_be_bytes()]).to_be_bytes();
    id[6] = id[6] & 0x0f | 0x80;
    id[8] = id[8] & 0x3f | 0x80;
    NodeId(id)
}

fn replica_id(author: &[u8], salt: u32) -> [u8; 8] {
    let hash = fnv128(&[author, b"\0", &salt.to_be_bytes()]);
    ((hash >> 64) as u64 ^ hash as u64).to_be_bytes()
}

/// FNV-1a of 128 bits: short enough to stand here, and the same in every release of everything.
fn fnv128(parts: &[&[u8]]) -> u128 {
    parts.iter().copied().flatten().fold(0x6c62272e07bb014262b821756295c58d, |hash, &byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000000001000000000000000000013b)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv128(&[b"foo", b"bar"]), 0x343e1662793c64bf6f0d3597ba446f18);
    }

    #[test]
    fn a_path_created_twice_by_one_commit_has_two_ids() {
        let mut ids = Ids::default();
        let first = ids.node(b"c0ffee", b"src/lib.rs");
        assert_ne!(first, ids.node(b"c0ffee", b"src/lib.rs"));
        assert_eq!(first, Ids::default().node(b"c0ffee", b"src/lib.rs"));
        assert!(!first.is_reserved());
    }

    #[test]
    fn authors_with_one_hash_are_two_replicas() {
        let mut ids = Ids::default();
        let first = ids.replica(b"A <a@x>").unwrap();
        assert_ne!(first, ids.replica(b"A <a@x>").unwrap());
    }
}
