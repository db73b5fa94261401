//! Documents with operations of all kinds, and the least arguments that a schema takes.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Names as one finds them.
const NAMES: &[&str] = &[
    "id",
    "limit",
    "page[size]",
    "X-Trace",
    "a.b",
    "$filter",
    "@odata.type",
    "größe",
    "type",
    "a b",
    "body",
    "properties",
    "$ref",
    "required",
    "x/y",
    "x~y",
    "_",
    "123",
    "owner",
    "items",
];

/// Schemas that are referred to. Each may refer to each other, and to itself.
const SCHEMAS: &[&str] = &["Pet", "Owner/Of", "Tree~Node", "Größe", "a b"];

/// A document whose operations can all be tools.
pub fn document() -> impl Strategy<Value = Value> {
    let schemas = vec(schema(), SCHEMAS.len());
    let operations = vec(
        (
            operation(),
            select(&["get", "post", "put", "patch", "delete"][..]),
        ),
        1..5,
    );
    (schemas, operations, any::<bool>()).prop_map(|(schemas, operations, new)| {
        let schemas: Map<_, _> = SCHEMAS
            .iter()
            .map(|name| (*name).to_owned())
            .zip(schemas.into_iter().enumerate().map(without_circle))
            .collect();
        let mut paths = Map::new();
        for (number, (operation, method)) in operations.into_iter().enumerate() {
            paths.insert(
                format!("/things/{number}/{{id}}"),
                json!({ method: operation }),
            );
        }
        json!({
            "openapi": if new { "3.1.0" } else { "3.0.3" },
            "info": {"title": "Things", "version": "1"},
            "paths": paths,
            "components": {"schemas": schemas},
        })
    })
}

fn operation() -> impl Strategy<Value = Value> {
    let parameters = btree_map(select(NAMES), parameter(), 0..5);
    let media = select(
        &[
            "application/json",
            "application/x-www-form-urlencoded",
            "text/plain",
            "application/a+json",
        ][..],
    );
    let body = option::of((schema(), media, option::of(any::<bool>())));
    let id = option::of(select(&["getThing", "things/list", "", "é", "2FA"][..]));
    (parameters, body, id, words()).prop_map(|(parameters, body, id, words)| {
        let named = parameters.into_iter().map(|(name, mut parameter)| {
            parameter["name"] = name.into();
            parameter
        });
        let mut operation = json!({"parameters": named.collect::<Vec<_>>(), "description": words});
        if let Some(id) = id {
            operation["operationId"] = id.into();
        }
        if let Some((schema, media, required)) = body {
            let schema = match media {
                "application/x-www-form-urlencoded" => {
                    json!({"type": "object", "properties": {"a": schema}})
                }
                _ => schema,
            };
            operation["requestBody"] = json!({"content": {media: {"schema": schema}}});
            if let Some(required) = required {
                operation["requestBody"]["required"] = required.into();
            }
        }
        operation
    })
}

/// Only parameters that must be there are refused, and here none of those is.
fn parameter() -> impl Strategy<Value = Value> {
    let place = select(&["query", "header", "cookie"][..]);
    let style = option::of(select(
        &["form", "deepObject", "pipeDelimited", "spaceDelimited"][..],
    ));
    (place, style, option::of(any::<bool>()), schema()).prop_map(
        |(place, style, explode, schema)| {
            let mut parameter = json!({"in": place, "schema": schema});
            if let Some(style) = style.filter(|_| place == "query") {
                parameter["style"] = style.into();
            }
            if let Some(explode) = explode {
                parameter["explode"] = explode.into();
            }
            parameter
        },
    )
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "\\PC{0,400}",
        Just("<p>Two\n\nlines</p>\u{202e}".to_owned())
    ]
}

/// A schema that something satisfies.
fn schema() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        4 => scalar(),
        2 => select(SCHEMAS).prop_map(refer),
        1 => Just(json!({})),
        1 => Just(json!(true)),
        1 => Just(json!("junk")),
    ];
    let tree = leaf.prop_recursive(4, 40, 5, |inner| {
        let some = vec(inner.clone(), 1..4);
        prop_oneof![
            4 => object(inner.clone()),
            2 => inner.clone().prop_map(|items| json!({"type": "array", "items": items, "minItems": 1})),
            1 => inner.clone().prop_map(|items| json!({"items": items})),
            1 => some.clone().prop_map(|all| json!({"oneOf": all})),
            1 => some.prop_map(|all| json!({"anyOf": all, "discriminator": {"propertyName": "type"}})),
            2 => vec(object(inner.clone()), 1..4).prop_map(all_of),
            1 => inner.clone().prop_map(|one| json!({"allOf": [one], "nullable": true, "description": "Or none"})),
            1 => inner.prop_map(|rest| json!({"type": "object", "additionalProperties": rest})),
        ]
    });
    (tree, option::of(any::<bool>()), words())
        .prop_map(|(mut schema, nullable, words)| {
            if let Some(members) = schema.as_object_mut() {
                nullable.map(|nullable| members.insert("nullable".into(), nullable.into()));
                if !words.is_empty() {
                    members.insert("description".into(), words.into());
                }
            }
            schema
        })
        .boxed()
}

fn refer(name: &str) -> Value {
    let name = name
        .replace('~', "~0")
        .replace('/', "~1")
        .replace(' ', "%20");
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// A schema that is nothing but a reference refers to a later one: nothing is what only refers to itself.
fn without_circle((nth, mut schema): (usize, Value)) -> Value {
    let to_later = |reference: &Value| {
        SCHEMAS[nth + 1..]
            .iter()
            .any(|later| refer(later)["$ref"] == *reference)
    };
    if schema
        .get("$ref")
        .is_some_and(|reference| !to_later(reference))
    {
        schema = json!(true);
    }
    schema
}

fn object(inner: impl Strategy<Value = Value> + Clone) -> impl Strategy<Value = Value> {
    let members = btree_map(select(NAMES), (inner, any::<bool>(), 0..8_u8), 0..5);
    (members, any::<bool>()).prop_map(|(members, typed)| {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, (mut member, needed, chance)) in members {
            if chance == 0 && member.is_object() {
                member["readOnly"] = true.into();
            }
            // A schema that needs itself is satisfied by nothing finite; ours are cut, and are.
            if needed {
                required.push(name);
            }
            properties.insert(name.to_owned(), member);
        }
        let mut schema = json!({"properties": properties, "required": required});
        if typed {
            schema["type"] = "object".into();
        }
        schema
    })
}

/// Parts whose members have different names, as two schemas of one member may contradict each other.
fn all_of(mut parts: Vec<Value>) -> Value {
    for (number, part) in parts.iter_mut().enumerate() {
        let rename = |name: &str| format!("{name}{number}");
        if let Some(Value::Object(members)) = part.get("properties").cloned() {
            let members = members
                .into_iter()
                .map(|(name, member)| (rename(&name), member));
            part["properties"] = Value::Object(members.collect());
        }
        if let Some(Value::Array(names)) = part.get("required").cloned() {
            let names = names.iter().filter_map(Value::as_str).map(rename);
            part["required"] = names.collect::<Vec<_>>().into();
        }
    }
    json!({"allOf": parts})
}

fn scalar() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"type": "string"}),
        json!({"type": "string", "minLength": 2, "maxLength": 5, "pattern": "(?<=a)b++"}),
        json!({"type": "string", "format": "date-time", "example": "2026-01-01T00:00:00Z"}),
        json!({"type": "string", "enum": ["a", "b", "b"], "xml": {"name": "x"}}),
        json!({"type": "string", "enum": [1, true]}),
        json!({"type": "string", "enum": []}),
        json!({"type": "string", "enum": (0..300).map(|n| n.to_string()).collect::<Vec<_>>()}),
        json!({"type": "string", "minLength": -1, "maxLength": "5", "required": true}),
        json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true, "format": "int64"}),
        json!({"type": "integer", "exclusiveMinimum": 3, "maximum": 9, "multipleOf": 0}),
        json!({"type": "number", "minimum": "0", "maximum": 1.5, "exclusiveMaximum": true, "multipleOf": 0.01}),
        json!({"type": "boolean", "default": "no"}),
        json!({"type": ["string", "null"], "examples": ["x"]}),
        json!({"type": ["integer", "string"], "const": 7}),
        json!({"type": "file"}),
        json!({"type": "null"}),
        json!({"not": {"type": "string"}, "if": 3, "dependentSchemas": []}),
    ])
}

/// The least value that satisfies a schema which says nothing that contradicts itself.
pub fn minimal(schema: &Value) -> Value {
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values[0].clone();
    }
    let first = |choice: &str| schema.get(choice)?.as_array()?.first();
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds[0].as_str(),
        kind => kind.and_then(Value::as_str),
    };
    let number = |name: &str| schema.get(name).and_then(Value::as_u64);
    match kind {
        Some("string") => "x".repeat(number("minLength").unwrap_or(1) as usize).into(),
        Some("integer" | "number") => {
            let least = number("minimum").or(number("exclusiveMinimum").map(|least| least + 1));
            least.unwrap_or(1).into()
        }
        Some("boolean") => true.into(),
        Some("null") => Value::Null,
        Some("array") => {
            let items = schema.get("items").map_or(Value::Null, minimal);
            vec![items; number("minItems").unwrap_or(0) as usize].into()
        }
        _ if first("anyOf").is_some() => first("anyOf").map(minimal).unwrap_or_default(),
        _ if first("allOf").is_some() || schema.get("required").is_some() => {
            let mut members = Map::new();
            let parts = schema.get("allOf").and_then(Value::as_array);
            for part in parts.into_iter().flatten() {
                match minimal(part) {
                    Value::Object(more) => members.extend(more),
                    other if schema.get("required").is_none() => return other,
                    _ => {}
                }
            }
            for name in schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let name = name.as_str().unwrap_or_default();
                let member = schema.get("properties").and_then(|all| all.get(name));
                members.insert(name.to_owned(), member.map_or(Value::Null, minimal));
            }
            Value::Object(members)
        }
        _ => json!({}),
    }
}
