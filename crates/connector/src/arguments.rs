//! The arguments of a call, held against what the operation takes.

use crate::{Input, Operation, Wrong};
use serde_json::{Map, Value};

/// The longest text, in characters.
pub(crate) const LONGEST_TEXT: usize = 100_000;

/// The longest list.
const LONGEST_LIST: usize = 1000;

/// What is sent: inputs with their values, in the operation's order.
pub(crate) type Values<'a> = Vec<(&'a Input, Value)>;

/// What is sent for these arguments. Where the whole schema is known, whoever calls has held them against it.
pub(crate) fn read<'a>(
    operation: &'a Operation,
    arguments: &Map<String, Value>,
) -> Result<Values<'a>, Wrong> {
    let is_checked = operation.input_schema.is_some();
    if !is_checked {
        check_names(operation, arguments)?;
    }
    let mut values = Values::new();
    for input in &operation.inputs {
        // null is a value only to those whose schema says so.
        let given = arguments
            .get(&input.name)
            .filter(|value| is_checked || !value.is_null());
        match given.or(input.default.as_ref()) {
            Some(value) => {
                if !is_checked {
                    input.check(value)?;
                }
                values.push((input, value.clone()));
            }
            None if input.required => {
                return Err(Wrong::new(format!(
                    "{} is missing: {}",
                    input.name,
                    input.wanted()
                )));
            }
            None => {}
        }
    }
    Ok(values)
}

fn check_names(operation: &Operation, arguments: &Map<String, Value>) -> Result<(), Wrong> {
    let is_paged = operation.pagination.is_some();
    let mut known: Vec<&str> = operation.inputs.iter().map(|i| i.name.as_str()).collect();
    known.extend(is_paged.then_some("page"));
    match arguments
        .keys()
        .find(|name| !known.contains(&name.as_str()))
    {
        None => Ok(()),
        Some(name) if known.is_empty() => Err(Wrong::new(format!(
            "there is no argument {}; there is none at all",
            shown(name)
        ))),
        Some(name) => Err(Wrong::new(format!(
            "there is no argument {}; there are {}",
            shown(name),
            known.join(", ")
        ))),
    }
}

/// Text of somebody else, as part of a sentence of ours.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

impl Input {
    /// Whether this is a value of it.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Wrong> {
        let fits = match (self.kind.as_str(), value) {
            _ if self.schema.is_some() => fits_size(value) && self.is_of_its_type(value),
            ("array", Value::Array(list)) => {
                list.len() <= LONGEST_LIST
                    && list
                        .iter()
                        .all(|item| item.is_string() && self.allows(item))
            }
            ("string", Value::String(_)) | ("boolean", Value::Bool(_)) => self.allows(value),
            ("object", Value::Object(_)) => fits_size(value),
            ("integer", Value::Number(number)) => {
                let whole = number.is_i64() || number.is_u64();
                whole && self.is_within(value) && self.allows(value)
            }
            ("number", Value::Number(_)) => self.is_within(value) && self.allows(value),
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(Wrong::new(format!(
                "{} must be {}",
                self.name,
                self.wanted()
            )))
        }
    }

    /// Whether it is of the one type that its schema names. The rest is for a validator.
    fn is_of_its_type(&self, value: &Value) -> bool {
        let schema = self.schema.as_deref().map(serde_json::from_str::<Value>);
        let Some(Ok(schema)) = schema else {
            return true;
        };
        match schema.get("type").and_then(Value::as_str) {
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer" | "number") => value.is_number(),
            _ => true,
        }
    }

    fn allows(&self, value: &Value) -> bool {
        let written = match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        written.chars().take(LONGEST_TEXT + 1).count() <= LONGEST_TEXT
            && (self.one_of.is_empty() || self.one_of.contains(&written))
    }

    fn is_within(&self, value: &Value) -> bool {
        let Some(number) = value.as_f64() else {
            return false;
        };
        self.minimum.is_none_or(|least| number >= least as f64)
            && self.maximum.is_none_or(|most| number <= most as f64)
    }

    /// What is wanted, in words.
    pub(crate) fn wanted(&self) -> String {
        if self.schema.is_some() {
            return "as its schema says, with at most 100000 characters".into();
        }
        let kind = match self.kind.as_str() {
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "true or false",
            "array" => "a list of at most 1000 texts",
            "object" => "an object with at most 100000 characters",
            _ => "text with at most 100000 characters",
        };
        let choice = match self.one_of.join(", ") {
            none if none.is_empty() => String::new(),
            all => format!(", one of {all}"),
        };
        let least = self.minimum.map(|n| format!(", at least {n}"));
        let most = self.maximum.map(|n| format!(", at most {n}"));
        let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
        format!("{kind}{choice}{least}{most}")
    }
}

fn fits_size(value: &Value) -> bool {
    value.to_string().len() <= LONGEST_TEXT
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn operation() -> Operation {
        toml::from_str(
            r#"
            name = "list"
            title = "List"
            about = "Lists."
            method = "GET"
            path = "/"
            access = "read"
            pagination = { kind = "link" }
            input = [
                { name = "owner", place = "query", required = true },
                { name = "state", place = "query", enum = ["open", "closed"], default = "open" },
                { name = "limit", place = "query", type = "integer", minimum = 1, maximum = 9 },
                { name = "labels", place = "query", type = "array" },
                { name = "deep", place = "query", type = "object" },
            ]"#,
        )
        .unwrap()
    }

    fn read(arguments: Value) -> Result<Vec<(String, Value)>, Wrong> {
        let operation = operation();
        let values = super::read(&operation, arguments.as_object().unwrap())?;
        let named = |(input, value): (&Input, Value)| (input.name.clone(), value);
        Ok(values.into_iter().map(named).collect())
    }

    #[test]
    fn what_is_not_given_is_the_default() {
        let values = read(json!({"owner": "ada", "limit": null, "page": "x"})).unwrap();
        let sent = [
            ("owner".into(), json!("ada")),
            ("state".into(), json!("open")),
        ];
        assert_eq!(values, sent);
    }

    #[test]
    fn a_refusal_names_the_argument_and_what_is_wanted() {
        for (arguments, words) in [
            (
                json!({}),
                "owner is missing: text with at most 100000 characters",
            ),
            (
                json!({"owner": null}),
                "owner is missing: text with at most 100000 characters",
            ),
            (
                json!({"owner": 1}),
                "owner must be text with at most 100000 characters",
            ),
            (
                json!({"owner": "a", "state": "ajar"}),
                "state must be text with at most 100000 characters, one of open, closed",
            ),
            (
                json!({"owner": "a", "limit": 1.5}),
                "limit must be a whole number, at least 1, at most 9",
            ),
            (
                json!({"owner": "a", "limit": 10}),
                "limit must be a whole number, at least 1, at most 9",
            ),
            (
                json!({"owner": "a", "labels": ["a", 1]}),
                "labels must be a list of at most 1000 texts",
            ),
            (
                json!({"owner": "a", "per\npage": 1}),
                "there is no argument perpage; there are owner, state, limit, labels, deep, page",
            ),
            (
                json!({"owner": "x".repeat(100_001)}),
                "owner must be text with at most 100000 characters",
            ),
        ] {
            assert_eq!(read(arguments).unwrap_err().to_string(), words);
        }
    }
}
