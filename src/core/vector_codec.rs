//! The two written forms of a version vector (spec: "Type `treecrdt.version_vector`").
//!
//! JSON for people, `{"aa01": [[1,9],[12,12]]}` with the replica in hex; CBOR for storage, the
//! same map with the replica as a byte string. Equal vectors have equal bytes in both. What is
//! read may be unsorted or overlapping; it is normalized.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
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
        let read = serde_json::from_str::<Read>(text);
        Self::from_ranges(read.map_err(|e| MalformedVector::Shape(e.to_string()))?.0?)
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
        let read = serde_cbor::from_slice::<Read>(bytes);
        Self::from_ranges(read.map_err(|e| MalformedVector::Shape(e.to_string()))?.0?)
    }

    /// Writes the CBOR form, replicas in order.
    pub fn to_cbor(&self) -> Vec<u8> {
        serde_cbor::to_vec(&Written(self)).expect("a map of byte strings to numbers")
    }
}

/// What was read, if every replica is one: the ranges as they came.
struct Read(Result<Vec<Range>, MalformedVector>);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Read;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of replicas to lists of [first, last]")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
                let (mut ranges, mut problem) = (Vec::new(), None);
                while let Some(ReadReplica(replica)) = map.next_key()? {
                    let replica = replica.map_err(|e| problem = Some(e)).ok();
                    map.next_value_seed(RangesOf { replica, into: &mut ranges })?;
                }
                Ok(Read(problem.map_or(Ok(ranges), Err)))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// The ranges of a replica on their way into a list; of what is no replica they are only read.
struct RangesOf<'a> {
    replica: Option<ReplicaId>,
    into: &'a mut Vec<Range>,
}

impl<'de> DeserializeSeed<'de> for RangesOf<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RangesOf<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of [first, last]")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some((first, last)) = seq.next_element()? {
            self.into.extend(self.replica.map(|replica| Range { replica, first, last }));
        }
        Ok(())
    }
}

/// A replica, or why it is none: hex where people write it, bytes where machines do.
struct ReadReplica(Result<ReplicaId, MalformedVector>);

impl<'de> Deserialize<'de> for ReadReplica {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form {
            people: bool,
        }
        impl Visitor<'_> for Form {
            type Value = ReadReplica;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(if self.people { "a string" } else { "a byte string" })
            }
            fn visit_str<E: de::Error>(self, hex: &str) -> Result<ReadReplica, E> {
                if !self.people {
                    return Err(E::invalid_type(de::Unexpected::Str(hex), &self));
                }
                let replica = parse_hex(hex).and_then(|bytes| ReplicaId::new(&bytes).ok());
                Ok(ReadReplica(replica.ok_or_else(|| MalformedVector::Replica(hex.into()))))
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<ReadReplica, E> {
                let replica = ReplicaId::new(bytes);
                Ok(ReadReplica(replica.map_err(|_| MalformedVector::Replica(hex(bytes)))))
            }
        }
        let people = deserializer.is_human_readable();
        if people {
            deserializer.deserialize_str(Form { people })
        } else {
            deserializer.deserialize_bytes(Form { people })
        }
    }
}

/// A vector on its way out: hex where people read it, bytes where machines do.
struct Written<'a>(&'a VersionVector);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let people = serializer.is_human_readable();
        let mut map = serializer.serialize_map(Some(self.0.by_replica().len()))?;
        for (replica, ranges) in self.0.by_replica() {
            if people {
                map.serialize_entry(&hex(replica), ranges)?;
            } else {
                map.serialize_entry(&WrittenBytes(replica), ranges)?;
            }
        }
        map.end()
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
