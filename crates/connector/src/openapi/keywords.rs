//! The keywords of one schema that hold no other schemas. Each is taken over only if it is as JSON Schema has it:
//! documents hold the strangest things, and one wrong keyword makes a whole schema unusable.

use super::node::Node;
use super::schema::{ABOUT, note, size};
use super::text::plain;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// How many values an enum may have.
const VALUES: usize = 200;

const TYPES: &[&str] = &[
    "string", "integer", "number", "boolean", "array", "object", "null",
];

/// What one schema says by itself.
pub(super) fn leaf(schema: &Node) -> Map<String, Value> {
    let mut out = description(schema);
    kind(schema, &mut out);
    values(schema, &mut out);
    numbers(schema, &mut out);
    if let Some(format) = schema.text("format").filter(|format| format.len() <= 40) {
        out.insert("format".into(), plain(format, 40).into());
    }
    if let Some(pattern) = schema.text("pattern").filter(|all| all.len() <= 100) {
        note(&mut out, &format!("Pattern: {}", plain(pattern, 100)));
    }
    for flag in ["uniqueItems", "deprecated"] {
        if schema.flag(flag) == Some(true) {
            out.insert(flag.into(), true.into());
        }
    }
    out
}

/// What it says for people and models.
pub(super) fn description(schema: &Node) -> Map<String, Value> {
    let mut out = Map::new();
    let about = schema.text("description").unwrap_or_default();
    let about = plain(about, ABOUT);
    if !about.is_empty() {
        out.insert("description".into(), about.into());
    }
    out
}

fn kind(schema: &Node, out: &mut Map<String, Value>) {
    let known = |kind: &Node| {
        let kind = kind.as_text().unwrap_or_default();
        TYPES.iter().find(|known| **known == kind).copied()
    };
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Node::List(kinds)) => {
            let kinds: Vec<_> = kinds.iter().take(20).filter_map(known).collect();
            let known = TYPES.iter().filter(|kind| kinds.contains(kind));
            known.copied().collect()
        }
        Some(kind) => known(kind).into_iter().collect(),
        None => Vec::new(),
    };
    match *kinds {
        [] => {}
        [kind] => {
            out.insert("type".into(), kind.into());
        }
        _ => {
            out.insert("type".into(), json!(kinds));
        }
    }
    let choice = ["allOf", "anyOf", "oneOf", "enum", "const", "type"];
    if choice.iter().any(|keyword| schema.get(keyword).is_some()) {
        return;
    }
    // Many documents leave out what goes without saying, but not for a model.
    if schema.get("properties").is_some() {
        out.insert("type".into(), "object".into());
    } else if schema.get("items").is_some() {
        out.insert("type".into(), "array".into());
    }
}

fn values(schema: &Node, out: &mut Map<String, Value>) {
    let kind = out.get("type").and_then(Value::as_str).map(str::to_owned);
    if let Some(Node::List(values)) = schema.get("enum") {
        let (most, all) = (values.len().min(VALUES), values.len());
        let known: Option<Vec<_>> = values[..most].iter().map(data).collect();
        let known = known.unwrap_or_default().into_iter();
        let mut fitting: Vec<Value> = known
            .filter_map(|value| fit(value, kind.as_deref()))
            .collect();
        let mut seen = HashSet::new();
        fitting.retain(|value| seen.insert(value.to_string()));
        if all > VALUES {
            let first: Vec<_> = fitting.iter().take(5).map(Value::to_string).collect();
            let words = format!("One of {all} values, such as {}.", first.join(", "));
            note(out, &plain(&words, ABOUT));
        } else if !fitting.is_empty() {
            out.insert("enum".into(), fitting.into());
        }
    }
    let fixed = schema.get("const").and_then(data);
    if let Some(value) = fixed.and_then(|value| fit(value, kind.as_deref())) {
        out.insert("const".into(), value);
    }
    if let Some(value) = schema.get("default").and_then(data)
        && !value.is_null()
    {
        out.insert("default".into(), value);
    }
    let example = schema.list("examples").first();
    let example = example.or_else(|| schema.get("example")).and_then(data);
    if let Some(example) = example.filter(|example| size(example) <= 100) {
        out.insert("examples".into(), json!([example]));
    }
}

/// A value, unless it is large, or an object, whose members could be taken for keywords.
fn data(value: &Node) -> Option<Value> {
    let value = value.small(500)?;
    let is_deep = |value: &Value| value.is_array() || value.is_object();
    let has_object = match &value {
        Value::Array(values) => values.iter().any(is_deep),
        value => value.is_object(),
    };
    (!has_object).then_some(value)
}

/// A value of an enum. In YAML a list of words may turn out as numbers or `true`: where text is wanted, they are text.
fn fit(value: Value, kind: Option<&str>) -> Option<Value> {
    let fits = match kind {
        Some("string") => match &value {
            Value::Number(_) | Value::Bool(_) => return Some(value.to_string().into()),
            value => value.is_string() || value.is_null(),
        },
        Some("integer" | "number") => value.is_number() || value.is_null(),
        Some("boolean") => value.is_boolean() || value.is_null(),
        _ => true,
    };
    fits.then_some(value)
}

fn numbers(schema: &Node, out: &mut Map<String, Value>) {
    let number = |name| match schema.get(name) {
        Some(Node::Number(number)) => Some(Value::Number(number.clone())),
        _ => None,
    };
    // 3.0 has a flag that makes the other keyword exclusive; 3.1 has a number of its own.
    for (bound, exclusive) in [
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ] {
        let is_exclusive = schema.flag(exclusive) == Some(true);
        if let Some(number) = number(bound) {
            let keyword = if is_exclusive { exclusive } else { bound };
            out.insert(keyword.into(), number);
        }
        if let Some(number) = number(exclusive) {
            out.insert(exclusive.into(), number);
        }
    }
    // Multiples of fractions are a matter of rounding, on which validators and APIs differ.
    if let Some(step) =
        number("multipleOf").filter(|step| step.as_u64().is_some_and(|step| step > 0))
    {
        out.insert("multipleOf".into(), step);
    }
    for name in [
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
    ] {
        if let Some(count) = number(name).and_then(|count| count.as_u64()) {
            out.insert(name.into(), count.into());
        }
    }
}
