//! `OpenAPI` documents become tools whose schemas are sound, whatever the documents hold.

#[path = "../../oauth/tests/dice/mod.rs"]
mod dice;
mod documents;

use connector::openapi::{Candidate, Document};
use connector::{Api, Operation};
use dice::{Dice, run};
use documents::{document, minimal};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};

const JSON: &str = include_str!("documents/pets.json");
const YAML: &str = include_str!("documents/pets.yaml");
const BASE: &str = "https://api.test/v1";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_becomes_a_tool_has_a_sound_schema_and_can_be_called(document in document()) {
        let bytes = serde_json::to_vec(&document).expect("JSON");
        let read = Document::read(&bytes).expect("a document");
        let candidates = read.operations();
        prop_assert!(!candidates.is_empty());
        for candidate in &candidates {
            let tool = candidate.operation.as_ref();
            let tool = tool.unwrap_or_else(|why| panic!("{}: {why}\n{document}", candidate.key));
            check(tool);
            call(tool);
        }
        prop_assert_eq!(candidates, Document::read(&bytes).expect("the same").operations());
    }
}

#[test]
fn changed_documents() {
    run("documents", |dice| {
        let bytes = dice.text_like(&[JSON, YAML]).into_bytes();
        let began = Instant::now();
        let Ok(document) = Document::read(&bytes) else {
            return false;
        };
        assert!(document.title().chars().count() <= 100);
        document.version();
        document.servers();
        document.security();
        let candidates = document.operations();
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:?}",
            began.elapsed()
        );
        check_all(&candidates, dice);
        candidates.iter().any(|one| one.operation.is_ok())
    });
}

/// Values move to where they do not belong.
#[test]
fn shuffled_documents() {
    run("shuffled documents", |dice| {
        let mut document: Value = serde_json::from_str(JSON).expect("JSON");
        let mut pointers = Vec::new();
        gather(&document, String::new(), &mut pointers);
        for _ in 0..=dice.below(6) {
            let from = document
                .pointer(&pointers[dice.below(pointers.len())])
                .cloned();
            let from = match dice.below(8) {
                0 => json!({"$ref": format!("#{}", pointers[dice.below(pointers.len())])}),
                1 => [
                    json!(null),
                    json!(true),
                    json!(-1),
                    json!("x"),
                    json!([]),
                    json!({}),
                ][dice.below(6)]
                .clone(),
                _ => from.unwrap_or_default(),
            };
            let to = &pointers[dice.below(pointers.len())];
            if let Some(to) = document.pointer_mut(to).filter(|_| to.len() > 9) {
                *to = from;
            }
        }
        let bytes = serde_json::to_vec(&document).expect("JSON");
        let Ok(document) = Document::read(&bytes) else {
            return false;
        };
        document.security();
        let candidates = document.operations();
        check_all(&candidates, dice);
        candidates.len() > 5 && candidates.iter().all(|one| one.operation.is_ok())
    });
}

fn gather(value: &Value, at: String, all: &mut Vec<String>) {
    all.push(at.clone());
    let inner = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| gather(value, inner(name), all)),
        Value::Array(values) => {
            let values = values.iter().enumerate();
            values.for_each(|(index, value)| gather(value, inner(&index.to_string()), all));
        }
        _ => {}
    }
}

/// Checks one of them at times, as validators are slow to make.
fn check_all(candidates: &[Candidate], dice: &mut Dice) {
    let tools = candidates
        .iter()
        .filter_map(|one| one.operation.as_ref().ok());
    let tools: Vec<_> = tools.collect();
    let names: HashSet<_> = tools.iter().map(|tool| &tool.name).collect();
    assert_eq!(names.len(), tools.len());
    if let Some(tool) = tools.get(dice.below(tools.len() * 4)) {
        check(tool);
    }
}

fn check(tool: &Operation) {
    let plain =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    assert!(
        (1..=50).contains(&tool.name.len()) && tool.name.chars().all(plain),
        "{}",
        tool.name
    );
    assert!(!tool.title.is_empty() && !tool.about.is_empty());
    let schema = tool.input_schema.as_ref().expect("a schema");
    let text = schema.to_string();
    assert!(
        text.len() <= 64 * 1024 && !text.contains("\"$ref\":\""),
        "{text}"
    );
    jsonschema::draft202012::meta::validate(schema)
        .unwrap_or_else(|error| panic!("{error}: {schema}"));
    jsonschema::draft202012::new(schema).unwrap_or_else(|error| panic!("{error}: {schema}"));
    let inputs: HashSet<_> = tool.inputs.iter().map(|input| &input.name).collect();
    assert_eq!(
        inputs,
        schema["properties"]
            .as_object()
            .expect("properties")
            .keys()
            .collect()
    );
    for name in inputs {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
        assert!(
            (1..=64).contains(&name.len()) && name.chars().all(plain),
            "{name}"
        );
    }
}

/// With the least that the schema asks for, it is a request below the base.
fn call(tool: &Operation) {
    let schema = tool.input_schema.as_ref().expect("a schema");
    let arguments = minimal(schema);
    let validator = jsonschema::draft202012::new(schema).expect("a schema");
    if let Err(error) = validator.validate(&arguments) {
        panic!("{error}: {arguments} of {schema}");
    }
    let none = Map::new();
    let arguments = arguments.as_object().unwrap_or(&none);
    let api: Api = serde_json::from_value(json!({"base": BASE})).expect("an API");
    let base = BASE.parse().expect("an address");
    let request = tool
        .request(&base, &api, arguments)
        .unwrap_or_else(|error| panic!("{error}: {tool:?}"));
    assert!(request.url.as_str().starts_with(BASE), "{}", request.url);
}
