//! The two written forms of a version vector (spec: "Type `treecrdt.version_vector`").
//!
//! JSON for people, `{"aa01": [[1,9],[12,12]]}` with the replica in hex; CBOR for storage, the
//! same map with the replica as a byte string. Equal vectors have equal bytes in both. What is
//! read may be unsorted or overlapping; it is normalized.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::error::MalformedVector;
use crate::id::ReplicaId;
use crate::version_vector::{Range, VersionVector};

impl VersionVector {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`MalformedVector`] says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, MalformedVector> {
        let raw = serde_json::from_str::<RawVector<String>>(text)
            .map_err(|e| MalformedVector::Shape(e.to_string()))?;
        raw.checked(|hex| {
            parse_hex(&hex)
                .and_then(|bytes| ReplicaId::new(&bytes).ok())
                .ok_or(MalformedVector::Replica(hex))
        })
    }

    /// Writes the JSON form, replicas in order.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&Written(self)).expect("a map of strings to numbers")
    }

    /// Reads the CBOR form.
    ///
    /// # Errors
    /// [`MalformedVector`] says what is wrong with it.
    pub fn from_cbor(bytes: &[u8]) -> Result<Self, MalformedVector> {
        let raw = serde_cbor::from_slice::<RawVector<RawReplica>>(bytes)
            .map_err(|e| MalformedVector::Shape(e.to_string()))?;
        raw.checked(|RawReplica(bytes)| {
            ReplicaId::new(&bytes).map_err(|_| MalformedVector::Replica(hex(&bytes)))
        })
    }

    /// Writes the CBOR form, replicas in order.
    pub fn to_cbor(&self) -> Vec<u8> {
        serde_cbor::to_vec(&Written(self)).expect("a map of byte strings to numbers")
    }
}

/// What was read, before it is checked: pairs of a replica and its ranges, as they came.
struct RawVector<K>(Vec<(K, Vec<(u64, u64)>)>);

impl<K> RawVector<K> {
    fn checked(
        self,
        replica: impl Fn(K) -> Result<ReplicaId, MalformedVector>,
    ) -> Result<VersionVector, MalformedVector> {
        let mut flat = Vec::new();
        for (key, ranges) in self.0 {
            let replica = replica(key)?;
            flat.extend(ranges.into_iter().map(|(first, last)| Range { replica, first, last }));
        }
        VersionVector::from_ranges(flat)
    }
}

impl<'de, K: Deserialize<'de>> Deserialize<'de> for RawVector<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<K>(std::marker::PhantomData<K>);
        impl<'de, K: Deserialize<'de>> Visitor<'de> for Pairs<K> {
            type Value = RawVector<K>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of replicas to lists of [first, last]")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(RawVector(pairs))
            }
        }
        deserializer.deserialize_map(Pairs(std::marker::PhantomData))
    }
}

/// A replica as CBOR has it: a byte string.
struct RawReplica(Vec<u8>);

impl<'de> Deserialize<'de> for RawReplica {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = RawReplica;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a byte string")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<RawReplica, E> {
                Ok(RawReplica(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// A vector on its way out: hex where people read it, bytes where machines do.
struct Written<'a>(&'a VersionVector);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let people = serializer.is_human_readable();
        let by_replica = || self.0.ranges().chunk_by(|a, b| a.replica == b.replica);
        let mut map = serializer.serialize_map(Some(by_replica().count()))?;
        for ranges in by_replica() {
            let replica = &ranges[0].replica;
            if people {
                map.serialize_entry(&replica.to_string(), &WrittenRanges(ranges))?;
            } else {
                map.serialize_entry(&WrittenBytes(replica.as_bytes()), &WrittenRanges(ranges))?;
            }
        }
        map.end()
    }
}

struct WrittenRanges<'a>(&'a [Range]);

impl Serialize for WrittenRanges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|range| (range.first, range.last)))
    }
}

struct WrittenBytes<'a>(&'a [u8]);

impl Serialize for WrittenBytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Bytes in lower-case hex, two digits each.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_come_back_and_are_canonical() {
        let vector =
            VersionVector::from_json(r#" {"bb": [[5,6]], "AA01": [[12,12],[1,9],[3,10]]} "#)
                .unwrap();
        assert_eq!(vector.to_json(), r#"{"aa01":[[1,10],[12,12]],"bb":[[5,6]]}"#);
        assert_eq!(VersionVector::from_json(&vector.to_json()), Ok(vector.clone()));
        assert_eq!(VersionVector::from_cbor(&vector.to_cbor()), Ok(vector.clone()));
        assert_eq!(VersionVector::default().to_json(), "{}");
        assert_eq!(VersionVector::from_json("{}"), Ok(VersionVector::default()));
        assert_eq!(
            VersionVector::from_json(r#"{"aa":[[1,2]],"AA":[[3,4]],"bb":[]}"#).unwrap().to_json(),
            r#"{"aa":[[1,4]]}"#
        );
    }

    #[test]
    fn malformed_forms_are_refused() {
        for text in ["", "[]", "{", r#"{"aa": 1}"#, r#"{"aa": [[1]]}"#, r#"{"aa": [[1,-2]]}"#] {
            assert!(matches!(VersionVector::from_json(text), Err(MalformedVector::Shape(_))));
        }
        let long = format!(r#"{{"{}": [[1,2]]}}"#, "ab".repeat(65));
        for text in [r#"{"": [[1,2]]}"#, r#"{"a": [[1,2]]}"#, r#"{"xy": [[1,2]]}"#, &long] {
            assert!(matches!(VersionVector::from_json(text), Err(MalformedVector::Replica(_))));
        }
        for text in
            [r#"{"aa": [[0,2]]}"#, r#"{"aa": [[3,2]]}"#, r#"{"aa": [[1,9223372036854775808]]}"#]
        {
            assert!(matches!(VersionVector::from_json(text), Err(MalformedVector::Range(..))));
        }
        for bytes in [&b""[..], b"\x01", b"\xa1\x61a\x80", b"\xbf"] {
            assert!(matches!(VersionVector::from_cbor(bytes), Err(MalformedVector::Shape(_))));
        }
    }
}
