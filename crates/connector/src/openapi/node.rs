//! A document as a tree: its members stay in the document's order, which `serde_json`'s own values do not keep.

use indexmap::IndexMap;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use std::cell::Cell;
use std::fmt;

/// How deeply values may stand in each other.
pub(super) const DEPTH: usize = 100;

/// How many values a document may have. GitHub's, of 13 MB, has 260,000; each takes up to 100 bytes here.
const VALUES: usize = 1_000_000;

/// How much text a document may have, in bytes. An alias of YAML repeats text, which the document's size does not show.
const TEXT: usize = 40 * 1024 * 1024;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Box<IndexMap<String, Node>>),
}

impl Node {
    /// The member of this name, of an object.
    pub fn get(&self, name: &str) -> Option<&Node> {
        match self {
            Self::Map(members) => members.get(name),
            _ => None,
        }
    }

    /// The value as text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The member of this name, if it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// The member of this name, if it is `true` or `false`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// What is in the list of this name; nothing, if it is none.
    pub fn list(&self, name: &str) -> &[Node] {
        match self.get(name) {
            Some(Self::List(values)) => values,
            _ => &[],
        }
    }

    /// The members of the object of this name; none, if it is none.
    pub fn members(&self, name: &str) -> impl Iterator<Item = (&str, &Node)> {
        self.get(name).into_iter().flat_map(Self::entries)
    }

    /// The members of this object; none, if it is none.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        let members = match self {
            Self::Map(members) => Some(members),
            _ => None,
        };
        let members = members.into_iter().flat_map(|members| members.iter());
        members.map(|(name, value)| (name.as_str(), value))
    }

    /// The same as a JSON value, if it takes no more than this many bytes.
    pub fn small(&self, bytes: usize) -> Option<Value> {
        self.copy(&mut { bytes })
    }

    fn copy(&self, left: &mut usize) -> Option<Value> {
        let size = self.as_text().map_or(4, str::len);
        *left = left.checked_sub(size)?;
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(values) => {
                let values = values.iter().map(|value| value.copy(left));
                Value::Array(values.collect::<Option<_>>()?)
            }
            Self::Map(members) => {
                let members = members.iter().map(|(name, value)| {
                    *left = left.checked_sub(name.len())?;
                    Some((name.clone(), value.copy(left)?))
                });
                Value::Object(members.collect::<Option<_>>()?)
            }
        })
    }
}

/// Reads a value, and counts.
pub(super) struct Reading<'a> {
    depth: usize,
    values: &'a Cell<usize>,
    text: &'a Cell<usize>,
}

impl Reading<'_> {
    /// Reads a whole document.
    pub fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Node, D::Error> {
        let (values, text) = (Cell::new(VALUES), Cell::new(TEXT));
        let reading = Reading {
            depth: DEPTH,
            values: &values,
            text: &text,
        };
        reading.deserialize(from)
    }

    fn inner<E: Error>(&self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1);
        let depth = depth.ok_or_else(|| E::custom(format!("more than {DEPTH} levels deep")))?;
        Ok(Self { depth, ..*self })
    }
}

fn take<E: Error>(left: &Cell<usize>, count: usize) -> Result<(), E> {
    let rest = left.get().checked_sub(count);
    left.set(rest.ok_or_else(|| E::custom("more values or text than can be read"))?);
    Ok(())
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node, D::Error> {
        take(self.values, 1)?;
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Node, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Node, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Node, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        self.visit_string(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Node, E> {
        take(self.text, text.len())?;
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = from.next_element_seed(self.inner()?)? {
            values.push(value);
        }
        Ok(Node::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node, A::Error> {
        let mut members = IndexMap::new();
        while let Some(name) = from.next_key::<String>()? {
            take(self.text, name.len())?;
            members.insert(name, from.next_value_seed(self.inner()?)?);
        }
        Ok(Node::Map(Box::new(members)))
    }
}
