//! What is left to chance: nodes, order keys, who mints.

use pgrx::{Uuid, pg_sys};

use crate::error::Error;

/// A node nobody has: a random uuid (RFC 9562, version 4).
pub fn random_node() -> Uuid {
    let mut bytes: [u8; 16] = random_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Uuid::from_bytes(bytes)
}

/// A random number.
pub fn random() -> u64 {
    u64::from_ne_bytes(random_bytes())
}

/// Random bytes.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // SAFETY: as many bytes as there are.
    let filled = unsafe { pg_sys::pg_strong_random(bytes.as_mut_ptr().cast(), N) };
    if !filled {
        Error::Unexpected { what: "the server has no random numbers".into() }.raise();
    }
    bytes
}
