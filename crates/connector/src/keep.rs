//! Which members of an answer are kept, as a tree: the same tree cuts answers and describes what is left.

use crate::path::{self, Step};
use crate::{Field, Wrong};
use serde_json::{Map, Value, json};

/// The longest text that stands for an object where a plain value was expected, in characters.
const LONGEST_TEXT: usize = 4000;

/// What is kept of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It, being text, a number or a boolean.
    Plain,
    /// It, being an object.
    Object,
    /// It, being a list.
    Array,
    /// These members.
    Members(Vec<(String, Keep)>),
    /// This of each of a list.
    Each(Box<Keep>),
}

impl Keep {
    /// What these fields keep.
    pub(crate) fn of(fields: &[Field]) -> Result<Self, Wrong> {
        let mut tree = Self::Members(Vec::new());
        for Field(field) in fields {
            let (path, leaf) = match field.rsplit_once(':') {
                Some((path, "object")) => (path, Self::Object),
                Some((path, "array")) => (path, Self::Array),
                _ => (field.as_str(), Self::Plain),
            };
            let steps = path::steps(path);
            let named = |step: &Step| !matches!(step, Step::Index(_));
            let begins = matches!(steps.first(), Some(Step::Member(_)));
            if !begins || !steps.iter().all(named) || !tree.grow(&steps, leaf) {
                return Err(Wrong::new(format!(
                    "“{field}” cannot be kept, or is in the way of another"
                )));
            }
        }
        Ok(tree)
    }

    /// Adds a branch. False if there is something else already.
    fn grow(&mut self, steps: &[Step], leaf: Self) -> bool {
        let Some((step, rest)) = steps.split_first() else {
            let is_new = *self == Self::Members(Vec::new());
            *self = leaf;
            return is_new;
        };
        match (step, self) {
            (Step::Member(name), Self::Members(members)) if !name.is_empty() => {
                let known = members.iter().position(|(known, _)| known == name);
                let at = known.unwrap_or_else(|| {
                    members.push((name.clone(), Self::Members(Vec::new())));
                    members.len() - 1
                });
                members[at].1.grow(rest, leaf)
            }
            (Step::Each, Self::Each(of)) => of.grow(rest, leaf),
            (Step::Each, at) if *at == Self::Members(Vec::new()) => {
                let mut of = Self::Members(Vec::new());
                let grown = of.grow(rest, leaf);
                *at = Self::Each(Box::new(of));
                grown
            }
            _ => false,
        }
    }

    /// What is left of a value. None, where it is not of the expected kind.
    pub(crate) fn cut(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (_, Value::Null) => Some(Value::Null),
            // The provider knows better than we do what it is; the schema promised text.
            (Self::Plain, Value::Object(_) | Value::Array(_)) => {
                let text: String = value.to_string().chars().take(LONGEST_TEXT).collect();
                Some(Value::String(text))
            }
            (Self::Plain, plain) => Some(plain.clone()),
            (Self::Object, Value::Object(_)) | (Self::Array, Value::Array(_)) => {
                Some(value.clone())
            }
            (Self::Members(members), Value::Object(object)) => {
                let mut left = Map::new();
                for (name, keep) in members {
                    let cut = object.get(name).and_then(|value| keep.cut(value));
                    left.extend(cut.map(|cut| (name.clone(), cut)));
                }
                Some(Value::Object(left))
            }
            (Self::Each(keep), Value::Array(list)) => {
                let left = list.iter().filter_map(|item| keep.cut(item));
                Some(Value::Array(left.collect()))
            }
            _ => None,
        }
    }

    /// Whether there is a member of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        matches!(self, Self::Members(members) if members.iter().any(|(known, _)| known == name))
    }

    /// The JSON Schema of what is left.
    pub(crate) fn schema(&self) -> Value {
        match self {
            Self::Plain => json!({"type": ["string", "number", "boolean", "null"]}),
            Self::Object => json!({"type": ["object", "null"]}),
            Self::Array => json!({"type": ["array", "null"]}),
            Self::Members(_) => {
                json!({"type": ["object", "null"], "properties": self.properties()})
            }
            Self::Each(of) => json!({"type": ["array", "null"], "items": of.schema()}),
        }
    }

    /// The schemas of the members.
    pub(crate) fn properties(&self) -> Map<String, Value> {
        let Self::Members(members) = self else {
            return Map::new();
        };
        members
            .iter()
            .map(|(name, keep)| (name.clone(), keep.schema()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(fields: &[&str]) -> Result<Keep, Wrong> {
        let fields: Vec<_> = fields.iter().map(|field| Field((*field).into())).collect();
        Keep::of(&fields)
    }

    #[test]
    fn members_stay_where_they_are() {
        let keep = keep(&[
            "id",
            "user.login",
            "labels[].name",
            "labels[].color",
            "codes[]",
            "raw:object",
            "tags:array",
        ]);
        let answer = json!({
            "id": 1, "node": "x", "user": {"login": "ada", "id": 2},
            "labels": [{"name": "bug", "color": null, "id": 3}, {"name": "ui"}, 7],
            "codes": ["a", 2, null], "raw": {"x": [1]}, "tags": "none"
        });
        let left = json!({
            "id": 1, "user": {"login": "ada"},
            "labels": [{"name": "bug", "color": null}, {"name": "ui"}],
            "codes": ["a", 2, null], "raw": {"x": [1]}
        });
        assert_eq!(keep.unwrap().cut(&answer), Some(left));
    }

    #[test]
    fn an_object_where_text_was_expected_becomes_text() {
        let left = keep(&["text"]).unwrap().cut(&json!({"text": {"a": 1}}));
        assert_eq!(left, Some(json!({"text": "{\"a\":1}"})));
    }

    #[test]
    fn fields_must_not_be_in_each_others_way() {
        for wrong in [
            &["user", "user.login"][..],
            &["user.login", "user"],
            &["user.login", "user[].login"],
            &["id", "id"],
            &["a[0].b"],
            &["[].b"],
            &["a..b"],
            &[""],
        ] {
            assert!(keep(wrong).is_err(), "{wrong:?}");
        }
    }
}
