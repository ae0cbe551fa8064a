//! The two written forms of a version vector (`sql/README.md`, "Type `treecrdt.version_vector`").
//!
//! JSON for people, `{"aa01": [[1,9],[12,12]]}` with the replica in hex; CBOR for storage, the
//! same map with the replica as a byte string. Equal vectors have equal bytes in both. What is
//! read may be unsorted or overlapping; it is normalized.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::error::MalformedVector;
use super::id::ReplicaId;
use super::limits::MAX_REPLICA;
use super::version_vector::{Gathered, Range, VersionVector};

impl VersionVector {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`MalformedVector`] says what is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, MalformedVector> {
        Self::from_json_checking(text, &mut || {})
    }

    /// As [`VersionVector::from_json`], calling `check` now and then: the place to heed a
    /// cancellation.
    ///
    /// # Errors
    /// [`MalformedVector`] says what is wrong with it.
    pub fn from_json_checking(
        text: &str,
        check: &mut dyn FnMut(),
    ) -> Result<Self, MalformedVector> {
        let mut reading = Reading::new(check);
        let mut json = serde_json::Deserializer::from_str(text);
        let read = reading.deserialize(&mut json).and_then(|()| json.end());
        reading.end(read)
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
        Self::from_cbor_checking(bytes, &mut || {})
    }

    /// As [`VersionVector::from_cbor`], calling `check` now and then: the place to heed a
    /// cancellation.
    ///
    /// # Errors
    /// [`MalformedVector`] says what is wrong with it.
    pub fn from_cbor_checking(
        bytes: &[u8],
        check: &mut dyn FnMut(),
    ) -> Result<Self, MalformedVector> {
        let mut reading = Reading::new(check);
        let mut cbor = serde_cbor::Deserializer::from_slice(bytes);
        let read = reading.deserialize(&mut cbor).and_then(|()| cbor.end());
        reading.end(read)
    }

    /// Writes the CBOR form, replicas in order.
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.size());
        let written = serde_cbor::to_writer(&mut bytes, &Written(self));
        written.expect("a map of byte strings to numbers");
        bytes
    }
}

/// A vector that is being read: what was read is merged as it comes.
struct Reading<'c> {
    gathered: Gathered,
    /// The first problem that is none of the form.
    problem: Option<MalformedVector>,
    steps: usize,
    check: &'c mut dyn FnMut(),
}

impl<'c> Reading<'c> {
    fn new(check: &'c mut dyn FnMut()) -> Self {
        Self { gathered: Gathered::default(), problem: None, steps: 0, check }
    }

    fn step(&mut self) {
        self.steps += 1;
        if self.steps.is_multiple_of(1024) {
            (self.check)();
        }
    }

    fn end<E: fmt::Display>(self, read: Result<(), E>) -> Result<VersionVector, MalformedVector> {
        read.map_err(|e| MalformedVector::Shape(cut(&e.to_string())))?;
        self.problem.map_or_else(|| Ok(self.gathered.build()), Err)
    }
}

impl<'de> DeserializeSeed<'de> for &mut Reading<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Reading<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of replicas to lists of [first, last]")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.gathered.reserve(map.size_hint().unwrap_or_default());
        while let Some(ReadReplica(replica)) = map.next_key()? {
            self.step();
            let replica = replica.map_err(|e| self.problem.get_or_insert(e)).ok();
            map.next_value_seed(RangesOf { replica, reading: &mut *self })?;
        }
        Ok(())
    }
}

/// The ranges of a replica; of what is no replica they are only read.
struct RangesOf<'a, 'c> {
    replica: Option<ReplicaId>,
    reading: &'a mut Reading<'c>,
}

impl<'de> DeserializeSeed<'de> for RangesOf<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RangesOf<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of [first, last]")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { replica, reading } = self;
        while let Some((first, last)) = seq.next_element()? {
            reading.step();
            if let Some(replica) = replica
                && let Err(e) = reading.gathered.push(Range { replica, first, last })
            {
                reading.problem.get_or_insert(e);
            }
        }
        Ok(())
    }
}

/// What a message quotes of input: its beginning.
fn cut(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into(),
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
                let may_be = hex.len() <= 2 * MAX_REPLICA;
                let bytes = may_be.then(|| parse_hex(hex)).flatten();
                let replica = bytes.and_then(|bytes| ReplicaId::new(&bytes).ok());
                Ok(ReadReplica(replica.ok_or_else(|| MalformedVector::Replica(cut(hex)))))
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<ReadReplica, E> {
                let replica = ReplicaId::new(bytes);
                let shown = |_| MalformedVector::Replica(cut(&hex(&bytes[..bytes.len().min(64)])));
                Ok(ReadReplica(replica.map_err(shown)))
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

    /// Random numbers from a seed (xorshift).
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as usize % bound
        }

        /// Flips, cuts, doubles, splices in bytes that mean something, or lengthens.
        fn mutate(&mut self, bytes: &mut Vec<u8>) {
            const TELLING: [&[u8]; 9] = [
                b"[[1,2]]",
                b"{\"aa\":[[1,2]]}",
                b"9223372036854775808",
                b"\\u0000",
                &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                &[0x5b, 0x10, 0, 0, 0, 0, 0, 0, 0],
                &[0xbf],
                &[0x9f],
                &[0xc6, 0xd8, 0x20],
            ];
            for _ in 0..=self.below(4) {
                let at = self.below(bytes.len() + 1);
                match self.below(5) {
                    0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                    1 => bytes.truncate(at),
                    2 => {
                        let part = bytes[at..].to_vec();
                        bytes.extend(part);
                    }
                    3 => {
                        let part = TELLING[self.below(TELLING.len())];
                        bytes.splice(at..at, part.iter().copied());
                    }
                    _ => {
                        let repeated = [b"[", b"{", b"\x81", b"\xa1"][self.below(4)];
                        bytes.splice(at..at, repeated.repeat(self.below(300)));
                    }
                }
            }
        }
    }

    #[test]
    fn a_hundred_thousand_mutated_forms_are_refused_or_come_back_equal() {
        let seed = std::env::var("TREECRDT_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or(0x9e37_79b9_7f4a_7c15_u64);
        println!("TREECRDT_SEED={seed}");
        let mut random = Random(seed.max(1));
        let sound = VersionVector::from_json(
            r#"{"aa":[[1,9],[12,12]],"aa01":[[3,9223372036854775807]],"ff":[[1,1],[3,3],[5,5]]}"#,
        )
        .expect("it is one");
        let (text, bytes) = (sound.to_json().into_bytes(), sound.to_cbor());
        let mut accepted = 0;
        for _ in 0..50_000 {
            let (mut text, mut bytes) = (text.clone(), bytes.clone());
            random.mutate(&mut text);
            random.mutate(&mut bytes);
            let read = [
                VersionVector::from_json(&String::from_utf8_lossy(&text)),
                VersionVector::from_cbor(&bytes),
            ];
            for read in read {
                match read {
                    Ok(vector) => {
                        accepted += 1;
                        assert_eq!(VersionVector::from_json(&vector.to_json()), Ok(vector.clone()));
                        assert_eq!(VersionVector::from_cbor(&vector.to_cbor()), Ok(vector));
                    }
                    Err(problem) => assert!(problem.to_string().len() < 600, "{problem}"),
                }
            }
        }
        assert!(accepted > 1_000, "only {accepted} of them were read");
    }

    #[test]
    fn a_long_form_is_merged_while_it_is_read() {
        let mut text = String::from("{\"aa\":[[1,1]");
        (1..200_000).for_each(|at| text.push_str(&format!(",[{0},{0}]", 1 + at * 7_919 % 200_000)));
        text.push_str("]}");
        let mut checks = 0;
        let vector = VersionVector::from_json_checking(&text, &mut || checks += 1);
        assert_eq!(vector.expect("it is one").to_json(), r#"{"aa":[[1,200000]]}"#);
        assert!(checks > 100, "{checks}");
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
