//! Two schemas that both hold, as one.

use serde_json::{Map, Value, json};

/// What a schema may say so that its members can be put together with another's.
const OBJECT: &[&str] = &[
    "type",
    "properties",
    "required",
    "description",
    "default",
    "examples",
    "deprecated",
];

/// Words about a schema. The outer schema's count, as it knows what this one is here for.
const WORDS: &[&str] = &["description", "default", "examples", "deprecated"];

/// Adds a schema that must hold too. What is in neither's way is put together; the rest goes into `allOf`.
pub(super) fn combine(out: &mut Map<String, Value>, part: Map<String, Value>) {
    let (words, part): (Map<_, _>, Map<_, _>) = part
        .into_iter()
        .partition(|(keyword, _)| WORDS.contains(&&**keyword));
    for (keyword, value) in words {
        out.entry(keyword).or_insert(value);
    }
    if part.is_empty() {
        return;
    }
    if is_object(out) && is_object(&part) {
        return put_together(out, part);
    }
    let additional = |schema: &Map<String, Value>| schema.contains_key("additionalProperties");
    let items = |schema: &Map<String, Value>| {
        schema.contains_key("items") || schema.contains_key("prefixItems")
    };
    let touch =
        |name: &str| additional(out) && name == "properties" || items(out) && name == "items";
    let free = part.iter().all(|(keyword, value)| {
        out.get(keyword).is_none_or(|other| other == value) && !touch(keyword)
    });
    if free && !additional(&part) && !(items(out) && items(&part)) {
        out.extend(part);
        return;
    }
    if out.keys().all(|keyword| WORDS.contains(&&**keyword)) {
        out.extend(part);
        return;
    }
    match out.get_mut("allOf") {
        Some(Value::Array(all)) => all.push(Value::Object(part)),
        _ => {
            out.insert("allOf".into(), json!([part]));
        }
    }
}

fn is_object(schema: &Map<String, Value>) -> bool {
    let kind = schema.get("type");
    kind.is_none_or(|kind| kind == "object")
        && schema.keys().all(|keyword| OBJECT.contains(&&**keyword))
}

fn put_together(out: &mut Map<String, Value>, part: Map<String, Value>) {
    for (keyword, value) in part {
        match (out.get_mut(&keyword), value) {
            (Some(Value::Object(members)), Value::Object(more)) => {
                for (name, member) in more {
                    match members.get_mut(&name) {
                        Some(Value::Object(first)) => {
                            if let Value::Object(member) = member {
                                combine_member(first, member);
                            }
                        }
                        _ => {
                            members.insert(name, member);
                        }
                    }
                }
            }
            (Some(Value::Array(names)), Value::Array(more)) => {
                names.extend(more);
                names.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
                names.dedup();
            }
            (_, value) => {
                out.insert(keyword, value);
            }
        }
    }
}

/// Of a member that both have, the later words count.
fn combine_member(first: &mut Map<String, Value>, mut second: Map<String, Value>) {
    if *first != second {
        std::mem::swap(first, &mut second);
        combine(first, second);
    }
}

/// The same, or null.
pub(super) fn nullable(mut schema: Map<String, Value>) -> Map<String, Value> {
    if schema.keys().all(|keyword| WORDS.contains(&&**keyword)) {
        return schema;
    }
    let simple = !["anyOf", "allOf", "not"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword));
    match schema.get_mut("type") {
        Some(kind) if simple => {
            match kind {
                Value::Array(kinds) if kinds.contains(&json!("null")) => {}
                Value::Array(kinds) => kinds.push("null".into()),
                Value::String(one) if one != "null" => *kind = json!([one, "null"]),
                _ => {}
            }
            if let Some(Value::Array(values)) = schema.get_mut("enum")
                && !values.contains(&Value::Null)
            {
                values.push(Value::Null);
            }
            if let Some(value) = schema.remove("const") {
                schema.insert("enum".into(), json!([value, null]));
            }
            schema
        }
        _ => {
            let about = schema.remove("description");
            let mut out = Map::new();
            out.extend(about.map(|about| ("description".to_owned(), about)));
            out.insert("anyOf".into(), json!([schema, {"type": "null"}]));
            out
        }
    }
}
