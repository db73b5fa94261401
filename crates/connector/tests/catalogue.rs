//! Every file of `providers/` and `tools/` is in order, and every tool does what its schemas say.

use connector::{Answer, Auth, Input, Operation, Provider, catalogue, faults};
use jsonschema::draft202012;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::{fs, path::Path};
use url::Url;

fn operations() -> impl Iterator<Item = (&'static Provider, &'static Operation)> {
    let of = |provider: &'static Provider| {
        let all = catalogue().operations(&provider.id).iter();
        all.map(move |operation| (provider, operation))
    };
    catalogue().providers.iter().flat_map(of)
}

#[test]
fn every_file_is_in_order() {
    let faults: Vec<_> = faults()
        .into_iter()
        .map(|(id, wrong)| format!("{id}: {wrong}"))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_of_tools_has_its_provider() {
    for folder in ["tools", "providers/icons"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for file in fs::read_dir(folder).into_iter().flatten() {
            let path = file.expect("a file").path();
            let id = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .expect("a name");
            assert!(catalogue().provider(id).is_some(), "{}", path.display());
        }
    }
}

#[test]
fn there_is_enough_of_everything() {
    let with_tools: BTreeSet<_> = operations().map(|(provider, _)| &provider.id).collect();
    let counts = (
        catalogue().providers.len(),
        operations().count(),
        with_tools.len(),
    );
    println!("{counts:?} providers, operations, providers with operations");
    assert!(
        counts.0 >= 30 && counts.1 >= 60 && counts.2 >= 12,
        "{counts:?}"
    );
    let mut names = BTreeSet::new();
    for (provider, operation) in operations() {
        let name = format!("{}_{}", provider.id, operation.name);
        assert!(name.len() <= 64, "{name}");
        assert!(names.insert(name.clone()), "{name} is there twice");
        assert!(operation.docs.is_some(), "{name}: where is that from?");
        for input in &operation.inputs {
            assert!(!input.about.is_empty(), "{name}: what is {}?", input.name);
        }
    }
    assert!(
        catalogue().provider("nobody").is_none() && catalogue().operations("nobody").is_empty()
    );
}

#[test]
fn every_schema_is_one() {
    for (provider, operation) in operations() {
        let schemas = [Some(operation.input_schema()), operation.output_schema()];
        for schema in schemas.into_iter().flatten() {
            let name = format!("{}_{}", provider.id, operation.name);
            assert!(draft202012::meta::is_valid(&schema), "{name}: {schema:#}");
            if let Err(error) = draft202012::new(&schema) {
                panic!("{name}: {error}");
            }
        }
    }
}

#[test]
fn every_request_can_be_built() {
    for (provider, operation) in operations() {
        let name = format!("{}_{}", provider.id, operation.name);
        let base = base(provider);
        let arguments = least(operation);
        let schema = draft202012::new(&operation.input_schema()).expect("a schema");
        let value = Value::Object(arguments.clone());
        assert!(schema.is_valid(&value), "{name}: {value}");
        let request = operation.request(&base, &provider.api, &arguments);
        let request = request.unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        assert_eq!(request.url.scheme(), "https", "{name}");
        let host = request.url.host_str().expect("a host");
        let elsewhere = operation.path.starts_with("https://");
        assert!(elsewhere || base.host_str() == Some(host), "{name}");
    }
}

#[test]
fn every_answer_has_the_form_that_was_promised() {
    for (provider, operation) in operations() {
        let Some(schema) = operation.output_schema() else {
            continue;
        };
        let schema = draft202012::new(&schema).expect("a schema");
        let asked = operation.request(&base(provider), &provider.api, &least(operation));
        let asked = asked.unwrap_or_else(|wrong| panic!("{}: {wrong}", operation.name));
        for body in [
            "",
            "{}",
            "[]",
            "null",
            "[{}, null, 1]",
            "{\"id\": [1, {}], \"name\": {}}",
        ] {
            let answer = Answer {
                status: 200,
                headers: &[],
                body: body.as_bytes(),
            };
            let output = operation.result(&asked, &answer).expect("a result");
            let name = format!("{}_{}", provider.id, operation.name);
            assert!(
                schema.is_valid(&output.data),
                "{name}: {body} -> {}",
                output.data
            );
        }
    }
}

#[test]
fn every_account_can_be_asked_for() {
    for provider in &catalogue().providers {
        if let Some(request) = provider.account_request(&words(provider)) {
            let request = request.unwrap_or_else(|wrong| panic!("{}: {wrong}", provider.id));
            assert_eq!(request.url.scheme(), "https");
        }
    }
}

/// Answers to its questions as its file shows them, and something for what is remembered.
fn words(provider: &Provider) -> BTreeMap<String, String> {
    let questions = provider.questions.iter();
    let mut words: BTreeMap<_, _> = questions
        .map(|q| (q.id.clone(), q.example.clone()))
        .collect();
    if let Auth::Oauth2(oauth) = &provider.auth {
        for word in oauth.remember.keys() {
            let is_whole = provider.api.base.starts_with(&format!("{{{word}}}"));
            let value = if is_whole {
                "https://acme.example"
            } else {
                "acme"
            };
            words.insert(word.clone(), value.into());
        }
    }
    words
}

fn base(provider: &Provider) -> Url {
    let base = provider.address(&provider.api.base, &words(provider));
    base.unwrap_or_else(|wrong| panic!("{}: {wrong}", provider.id))
}

/// The fewest arguments that a call can have.
fn least(operation: &Operation) -> Map<String, Value> {
    let required = operation
        .inputs
        .iter()
        .filter(|i| i.required && i.default.is_none());
    required
        .map(|input| (input.name.clone(), sample(input)))
        .collect()
}

fn sample(input: &Input) -> Value {
    if let Some(schema) = &input.schema {
        return sample_of(&serde_json::from_str(schema).expect("a schema"));
    }
    match (input.kind.as_str(), input.one_of.first()) {
        ("string", Some(first)) => json!(first),
        ("array", Some(first)) => json!([first]),
        ("integer" | "number", Some(first)) => serde_json::from_str(first).expect("a number"),
        ("integer" | "number", None) => json!(input.minimum.or(input.maximum).unwrap_or(1)),
        ("boolean", _) => json!(true),
        ("array", None) => json!(["x"]),
        ("object", _) => json!({}),
        _ => json!("2026-01-01"),
    }
}

/// The least that a schema allows, as far as our files go.
fn sample_of(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("array") => json!([sample_of(&schema["items"])]),
        Some("object") | None => {
            let required = schema["required"].as_array().into_iter().flatten();
            let names = required.map(|name| name.as_str().expect("a name"));
            let member = |name: &str| (name.to_owned(), sample_of(&schema["properties"][name]));
            Value::Object(names.map(member).collect())
        }
        Some("string") => json!("2026-01-01"),
        Some("boolean") => json!(true),
        Some(_) => schema.get("minimum").cloned().unwrap_or(json!(1)),
    }
}
