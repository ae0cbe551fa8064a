//! The keys of the operations that a node's row comes from, in the form in which the row holds them.
//!
//! A byte says which there are, and each key is there once: that of the operation that placed the node,
//! that of its payload if it is another, that of its first insert if it is another than the first of
//! these. Of a key the lamport and the counter, seven bits a byte and the last byte below 128, then
//! the length of the replica's id and its bytes. A key takes some 24 bytes where columns of their own
//! would take 40.

use super::error::MalformedKeys;
use super::id::{Dot, Key, ReplicaId};
use super::limits::MAX_COUNTER;

/// The keys of the operations that a node's row comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeKeys {
    /// The operation that placed it.
    pub placed: Option<Key>,
    /// The operation that wrote its payload.
    pub payload: Option<Key>,
    /// Its first insert.
    pub inserted: Option<Key>,
}

/// There is a placement.
const PLACED: u8 = 1;
/// The payload is that of another operation.
const WRITTEN: u8 = 2;
/// The payload came with the placement.
const BROUGHT: u8 = 4;
/// The first insert is another operation.
const INSERTED: u8 = 8;
/// The first insert is the placement.
const STAYED: u8 = 16;

impl NodeKeys {
    /// Puts the stored form in the place of what these bytes were; empty if there is nothing to say.
    pub fn write_to(&self, bytes: &mut Vec<u8>) {
        let Self { placed, payload, inserted } = self;
        bytes.clear();
        bytes.push(0);
        let mut say = |key: &Option<Key>, flag: u8, same: u8| {
            let Some(key) = key else { return };
            if same != 0 && placed.as_ref() == Some(key) {
                bytes[0] |= same;
            } else {
                bytes[0] |= flag;
                push(bytes, key);
            }
        };
        say(placed, PLACED, 0);
        say(payload, WRITTEN, BROUGHT);
        say(inserted, INSERTED, STAYED);
        if bytes[0] == 0 {
            bytes.clear();
        }
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`MalformedKeys`] for what no node has.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedKeys> {
        let Some((&said, mut rest)) = bytes.split_first() else { return Ok(Self::default()) };
        let mut keys = Self::default();
        if said & PLACED != 0 {
            keys.placed = Some(take(&mut rest)?);
        }
        keys.payload = match said & (WRITTEN | BROUGHT) {
            0 => None,
            WRITTEN => Some(take(&mut rest)?),
            BROUGHT => Some(keys.placed.ok_or(MalformedKeys)?),
            _ => return Err(MalformedKeys),
        };
        keys.inserted = match said & (INSERTED | STAYED) {
            0 => None,
            INSERTED => Some(take(&mut rest)?),
            STAYED => Some(keys.placed.ok_or(MalformedKeys)?),
            _ => return Err(MalformedKeys),
        };
        if rest.is_empty() && said != 0 && said <= 31 { Ok(keys) } else { Err(MalformedKeys) }
    }
}

fn push(bytes: &mut Vec<u8>, key: &Key) {
    push_number(bytes, key.lamport);
    push_number(bytes, key.dot.counter);
    let replica = key.dot.replica.as_bytes();
    bytes.push(replica.len() as u8);
    bytes.extend_from_slice(replica);
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Result<Key, MalformedKeys> {
    let lamport = take_number(bytes)?;
    let counter = take_number(bytes)?;
    let (&length, rest) = bytes.split_first().ok_or(MalformedKeys)?;
    let (replica, rest) = rest.split_at_checked(length.into()).ok_or(MalformedKeys)?;
    *bytes = rest;
    let replica = ReplicaId::new(replica).map_err(|_| MalformedKeys)?;
    Ok(Key { lamport, dot: Dot { replica, counter } })
}

fn take_number(bytes: &mut &[u8]) -> Result<u64, MalformedKeys> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(MalformedKeys)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return if (1..=MAX_COUNTER).contains(&number) {
                Ok(number)
            } else {
                Err(MalformedKeys)
            };
        }
    }
    Err(MalformedKeys)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl NodeKeys {
        fn to_bytes(self) -> Vec<u8> {
            let mut bytes = Vec::new();
            self.write_to(&mut bytes);
            bytes
        }
    }

    fn key(lamport: u64, replica: &[u8], counter: u64) -> Key {
        Key { lamport, dot: Dot { replica: ReplicaId::new(replica).unwrap(), counter } }
    }

    #[test]
    fn keys_come_back_as_they_were() {
        let some = [
            None,
            Some(key(1, b"a", 1)),
            Some(key(127, &[0], 128)),
            Some(key(300, &[7; 16], 70_000)),
            Some(key(MAX_COUNTER, &[255; 64], MAX_COUNTER)),
        ];
        for placed in some {
            for payload in some {
                for inserted in some {
                    let keys = NodeKeys { placed, payload, inserted };
                    assert_eq!(NodeKeys::from_bytes(&keys.to_bytes()), Ok(keys));
                }
            }
        }
        let keys = NodeKeys { placed: some[3], payload: some[3], inserted: some[3] };
        assert_eq!(keys.to_bytes().len(), 1 + 2 + 3 + 1 + 16);
        assert!(NodeKeys::default().to_bytes().is_empty());
    }

    #[test]
    fn what_no_node_has_is_refused() {
        let keys = NodeKeys {
            placed: Some(key(300, b"ab", 2)),
            payload: Some(key(1, b"c", 1)),
            inserted: Some(key(1, b"d", 1)),
        };
        let whole = keys.to_bytes();
        for end in 1..whole.len() {
            assert_eq!(NodeKeys::from_bytes(&whole[..end]), Err(MalformedKeys), "{end}");
        }
        let cases: [&[u8]; 9] = [
            &[0],
            &[4],
            &[16],
            &[32, 1, 1, 1, 9],
            &[7, 1, 1, 1, 9, 1, 1, 1, 9],
            &[1, 1, 0],
            &[1, 1, 1, 65],
            &[1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
            &[1, 1, 1, 1, 9, 1],
        ];
        for bytes in cases {
            assert_eq!(NodeKeys::from_bytes(bytes), Err(MalformedKeys), "{bytes:?}");
        }
    }
}
