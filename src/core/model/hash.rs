//! Maps and sets of ids.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

use super::id::NodeId;

/// A map by node ids.
pub type NodeMap<V> = HashMap<NodeId, V, Keyed>;

/// A set of node ids.
pub type NodeSet = HashSet<NodeId, Keyed>;

/// Hashes ids, which outsiders choose, by a key that they do not know: of every 16 bytes the two halves, each
/// with a half of the key, multiplied and folded, and that once more with the key.
#[derive(Debug, Clone, Copy)]
pub struct Keyed([u64; 2]);

impl Default for Keyed {
    /// By the key of this process.
    fn default() -> Self {
        static KEY: LazyLock<[u64; 2]> = LazyLock::new(|| {
            let random = RandomState::new();
            [0, 1].map(|half| random.hash_one(half))
        });
        Self(*KEY)
    }
}

impl BuildHasher for Keyed {
    type Hasher = KeyedHasher;

    fn build_hasher(&self) -> KeyedHasher {
        KeyedHasher { key: self.0, hash: 0 }
    }
}

/// Its hasher.
#[derive(Debug)]
pub struct KeyedHasher {
    key: [u64; 2],
    hash: u64,
}

impl Hasher for KeyedHasher {
    fn write(&mut self, bytes: &[u8]) {
        for id in bytes.chunks(16) {
            let mut halves = [[0; 8]; 2];
            halves.as_flattened_mut()[..id.len()].copy_from_slice(id);
            let [a, b] = halves.map(u64::from_le_bytes);
            self.hash = folded(a ^ self.hash ^ self.key[0], b ^ self.key[1]);
        }
    }

    fn finish(&self) -> u64 {
        folded(self.hash ^ self.key[1], self.key[0] | 1)
    }
}

/// The product, its halves together.
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of ids that differ in few bits, and of such that are alike in one half, hashes differ, and so do
    /// their first and last bits, by which a map finds its way.
    #[test]
    fn hashes_of_ids_that_are_nearly_alike_differ() {
        let keys =
            (1..=100_u64).map(|n| [n, n << 32].map(|it| it.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let of = |key| [0, 7, 32, 63, 64, 96, 112].map(|shift| (Keyed(key), shift));
        for (hash, shift) in keys.flat_map(of) {
            let ids = (0..4096_u128).map(|n| NodeId((n << shift).to_be_bytes()));
            let hashes: Vec<u64> = ids.map(|id| hash.hash_one(id)).collect();
            let different = |part: fn(u64) -> u64| {
                hashes.iter().map(|&it| part(it)).collect::<HashSet<_>>().len()
            };
            assert_eq!(different(|it| it), 4096, "shifted by {shift}");
            // At random 63 % of as many places are hit.
            assert!(different(|it| it & 4095) > 2000, "last bits, shifted by {shift}");
            assert!(different(|it| it >> 52) > 2000, "first bits, shifted by {shift}");
            assert_eq!(different(|it| it >> 57), 128, "first seven bits, shifted by {shift}");
        }
    }
}
