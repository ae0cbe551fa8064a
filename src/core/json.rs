//! Payloads and trees as JSON: `[{"node": …, "payload": …, "children": […]}]`.
//!
//! A payload that is JSON stands as such, one that is another text as a string, and other bytes as
//! `{"base64": "…"}`. What counts as JSON is what every JSON database takes: no NUL in strings, numbers within the range of
//! a double and of at most a thousand characters, nesting of at most 127 levels. Nothing here recurses over
//! a tree, however deep it is.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use thiserror::Error;

use crate::NodeId;

/// What a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'p> {
    /// JSON.
    Json(&'p str),
    /// Another text, without a NUL.
    Text(&'p str),
    /// Anything else.
    Bytes(&'p [u8]),
}

impl<'p> Form<'p> {
    /// What these bytes are.
    pub fn of(payload: &'p [u8]) -> Self {
        match std::str::from_utf8(payload) {
            Ok(text) if is_json(text) => Self::Json(text),
            Ok(text) if !text.contains('\0') => Self::Text(text),
            _ => Self::Bytes(payload),
        }
    }
}

/// A text as a JSON string.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn is_json(text: &str) -> bool {
    // Most texts are none, and tell it at once.
    let begins = text.trim_ascii_start().bytes().next();
    begins.is_some_and(|it| {
        matches!(it, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
    }) && serde_json::from_str::<Plain>(text).is_ok()
        && has_plain_numbers(text)
}

/// Whether no number is longer than a thousand characters or has an exponent of more than three digits.
fn has_plain_numbers(json: &str) -> bool {
    let (mut in_string, mut escaped, mut length, mut exponent) = (false, false, 0, None);
    json.bytes().all(|byte| {
        if in_string {
            (in_string, escaped) = (escaped || byte != b'"', byte == b'\\' && !escaped);
            return true;
        }
        in_string = byte == b'"';
        match byte {
            b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E' => {
                length += 1;
                exponent = match (byte, exponent) {
                    (b'e' | b'E', None) => Some(0),
                    (b'0'..=b'9', Some(digits)) => Some(digits + 1),
                    (_, exponent) => exponent,
                };
            }
            _ => (length, exponent) = (0, None),
        }
        length <= 1000 && exponent.is_none_or(|digits| digits <= 3)
    })
}

/// JSON without NUL in its strings; nothing is kept of it.
struct Plain;

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Plain)
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self, E> {
        if text.contains('\0') { Err(E::custom("NUL")) } else { Ok(self) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Plain>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<Plain, Plain>()?.is_some() {}
        Ok(self)
    }
}

/// A payload as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// None.
    Nothing,
    /// These bytes: a string as it reads, other JSON as it is written.
    Bytes(Vec<u8>),
    /// Bytes in base64.
    Base64(String),
}

/// A node of a tree that is given as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// How deep it is, from 0.
    pub depth: usize,
    /// Which node it is to be, if that is said.
    pub node: Option<NodeId>,
    /// Its payload.
    pub payload: Given,
}

/// What is wrong with a tree in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MalformedTree {
    /// Something else than the list of nodes, or a node, is there.
    #[error("it has {found} where {wanted} is to be")]
    Unexpected {
        /// What is there.
        found: String,
        /// What is to be.
        wanted: &'static str,
    },
    /// A key that nodes do not have.
    #[error("a node has the key {key}")]
    Key {
        /// The key, quoted.
        key: String,
    },
    /// Not a uuid.
    #[error("a node is {node}, which is no uuid")]
    Node {
        /// What it is.
        node: String,
    },
}

/// Reads a tree: its nodes in document order. The text is JSON as a `jsonb` is written: well-formed, and with
/// `children` after the other keys of a node. `check` is called for each node.
///
/// # Errors
/// [`MalformedTree`].
pub fn read_tree(json: &str, check: &mut dyn FnMut()) -> Result<Vec<Item>, MalformedTree> {
    let mut text = Text { rest: json };
    let mut items: Vec<Item> = Vec::new();
    // Within so many lists of children; and in the first of them.
    let mut depth = 0;
    text.must_be('[', "a list of nodes")?;
    loop {
        if text.take(']') {
            // The list ends, and with it the node whose children they were.
            if depth == 0 {
                return Ok(items);
            }
            depth -= 1;
            text.must_be('}', "the end of a node")?;
            text.take(',');
            continue;
        }
        check();
        text.must_be('{', "a node")?;
        let mut item = Item { depth, node: None, payload: Given::Nothing };
        let mut has_children = false;
        while !has_children && !text.take('}') {
            let key = text.value();
            text.must_be(':', "a colon")?;
            match key {
                "\"node\"" => item.node = node(text.value())?,
                "\"payload\"" => item.payload = given(text.value()),
                "\"children\"" => {
                    has_children = true;
                    text.must_be('[', "a list of children")?;
                }
                key => return Err(MalformedTree::Key { key: short(key) }),
            }
            if !has_children {
                text.take(',');
            }
        }
        items.push(item);
        if has_children {
            depth += 1;
        } else {
            text.take(',');
        }
    }
}

fn node(json: &str) -> Result<Option<NodeId>, MalformedTree> {
    if json == "null" {
        return Ok(None);
    }
    let digits: Vec<u8> = json.bytes().filter(|it| !b"\"-".contains(it)).collect();
    let hex =
        std::str::from_utf8(&digits).ok().filter(|it| it.len() == 32 && json.starts_with('"'));
    match hex.and_then(|hex| u128::from_str_radix(hex, 16).ok()) {
        Some(number) => Ok(Some(NodeId(number.to_be_bytes()))),
        None => Err(MalformedTree::Node { node: short(json) }),
    }
}

fn given(json: &str) -> Given {
    let base64 = json.strip_prefix("{\"base64\": ").and_then(|it| it.strip_suffix('}'));
    match base64.and_then(unquoted) {
        Some(base64) => Given::Base64(base64),
        None if json == "null" => Given::Nothing,
        None => Given::Bytes(unquoted(json).unwrap_or_else(|| json.to_owned()).into_bytes()),
    }
}

/// The text that a JSON string stands for.
fn unquoted(json: &str) -> Option<String> {
    if json.starts_with('"') { serde_json::from_str(json).ok() } else { None }
}

fn short(json: &str) -> String {
    json.chars().take(60).collect()
}

/// JSON that is being read.
struct Text<'t> {
    rest: &'t str,
}

impl<'t> Text<'t> {
    /// Whether this comes next; it is passed then.
    fn take(&mut self, wanted: char) -> bool {
        let rest = self.rest.trim_ascii_start();
        match rest.strip_prefix(wanted) {
            Some(rest) => self.rest = rest,
            None => return false,
        }
        true
    }

    fn must_be(&mut self, token: char, wanted: &'static str) -> Result<(), MalformedTree> {
        if self.take(token) {
            return Ok(());
        }
        let found = self.rest.trim_ascii_start();
        let found = if found.is_empty() { "an end".into() } else { short(found) };
        Err(MalformedTree::Unexpected { found, wanted })
    }

    /// The value that comes next, as it is written.
    fn value(&mut self) -> &'t str {
        let rest = self.rest.trim_ascii_start();
        let (mut depth, mut in_string, mut escaped) = (0, false, false);
        let mut end = rest.len();
        for (at, byte) in rest.bytes().enumerate() {
            if in_string {
                (in_string, escaped) = (escaped || byte != b'"', byte == b'\\' && !escaped);
                if !in_string && depth == 0 {
                    end = at + 1;
                    break;
                }
                continue;
            }
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 1 => depth -= 1,
                b'}' | b']' if depth == 1 => {
                    end = at + 1;
                    break;
                }
                b'}' | b']' | b',' | b':' if depth == 0 => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let (value, rest) = rest.split_at(end);
        self.rest = rest;
        value.trim_ascii_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_json_or_text_or_bytes() {
        for json in [
            "{}",
            " [1, \"a\"] ",
            "\"a\\u00e9\\ud83d\\ude00\"",
            "-1.5e3",
            "true",
            "null",
            "0",
            "{\"a\":{\"b\":[]}}",
        ] {
            assert_eq!(Form::of(json.as_bytes()), Form::Json(json));
        }
        let long = format!("0.{}", "1".repeat(1000));
        let deep = "[".repeat(200) + &"]".repeat(200);
        for text in [
            "",
            "a",
            "{",
            "[1,]",
            "nul",
            "01",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "{\"\\u0000\": 1}",
            "1e400",
            "1e-4000",
            "[1, 2e-99999]",
            &long,
            &deep,
        ] {
            assert_eq!(Form::of(text.as_bytes()), Form::Text(text));
        }
        let zeros = "\"1e-99999\"";
        assert_eq!(Form::of(zeros.as_bytes()), Form::Json(zeros));
        for bytes in [b"a\0".as_slice(), b"\xff"] {
            assert_eq!(Form::of(bytes), Form::Bytes(bytes));
        }
    }

    fn read(json: &str) -> Result<Vec<Item>, MalformedTree> {
        read_tree(json, &mut || ())
    }

    fn item(depth: usize, node: Option<u128>, payload: Given) -> Item {
        Item { depth, node: node.map(|it| NodeId(it.to_be_bytes())), payload }
    }

    #[test]
    fn trees_are_read_in_document_order() {
        let bytes = |text: &str| Given::Bytes(text.into());
        assert_eq!(read("[]"), Ok(vec![]));
        assert_eq!(read("[{}]"), Ok(vec![item(0, None, Given::Nothing)]));
        let json = r#"[{"node": "00000000-0000-0000-0000-0000000000ff", "payload": "a\n\"b\"", "children":
            [{"payload": {"x": ["}", "]\\"]}, "children": []}, {"payload": 12}]}, {"children": [{"children": [{}]}]},
            {"payload": {"base64": "AAE="}}, {"node": null, "payload": null}]"#;
        let items = vec![
            item(0, Some(255), bytes("a\n\"b\"")),
            item(1, None, bytes(r#"{"x": ["}", "]\\"]}"#)),
            item(1, None, bytes("12")),
            item(0, None, Given::Nothing),
            item(1, None, Given::Nothing),
            item(2, None, Given::Nothing),
            item(0, None, Given::Base64("AAE=".into())),
            item(0, None, Given::Nothing),
        ];
        assert_eq!(read(json), Ok(items));
    }

    #[test]
    fn a_hundred_thousand_levels_are_read() {
        let deep = "[{\"children\": ".repeat(100_000) + "[]" + &"}]".repeat(100_000);
        assert_eq!(read(&deep).map(|items| items.len()), Ok(100_000));
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for json in [
            "{}",
            "1",
            "\"[]\"",
            "[1]",
            "[[]]",
            "[{\"children\": {}}]",
            "[{\"a\": 1}]",
            "[{\"node\": \"x\"}]",
            "[{\"node\": 7}]",
            "[{\"children\": null}]",
            "null",
            "",
            "[",
            "[{",
            "[{\"children\": [",
            "[{\"payload\"",
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
