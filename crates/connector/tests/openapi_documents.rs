//! What documents say, and what becomes of it.

use connector::openapi::{Candidate, Changed, Document, SecurityKind, diff};
use connector::{Access, Body, Operation, Place};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::{Duration, Instant};

const JSON: &str = include_str!("documents/pets.json");
const YAML: &str = include_str!("documents/pets.yaml");

fn read(document: &Value) -> Document {
    Document::read(document.to_string().as_bytes()).expect("a document")
}

fn pets() -> Document {
    Document::read(JSON.as_bytes()).expect("a document")
}

fn tool(document: &Document, key: &str) -> Operation {
    let candidates = document.operations();
    let found = candidates.into_iter().find(|one| one.key == key);
    found.expect(key).operation.expect(key)
}

fn property(tool: &Operation, name: &str) -> Value {
    tool.input_schema.as_ref().expect("a schema")["properties"][name].clone()
}

/// A document with one operation.
fn with(method: &str, operation: Value) -> Document {
    read(&json!({"openapi": "3.0.0", "paths": {"/x": {method: operation}}}))
}

fn only(document: &Document) -> Candidate {
    document.operations().remove(0)
}

#[test]
fn the_head_tells_who_and_where() {
    let document = pets();
    assert_eq!(
        (document.title(), document.version()),
        ("Pets".into(), "1.2".into())
    );
    assert_eq!(document.servers(), ["https://eu.pets.test/v1", "/v1"]);
    let kinds: Vec<_> = document
        .security()
        .into_iter()
        .map(|one| one.kind)
        .collect();
    let oauth = SecurityKind::OAuth2 {
        authorize: "https://pets.test/authorize".into(),
        token: "https://pets.test/token".into(),
        scopes: vec![("pets:read".into(), "See pets".into())],
    };
    assert_eq!(kinds, [SecurityKind::ApiKeyQuery("api_key".into()), oauth]);
    let yaml = Document::read(YAML.as_bytes()).expect("YAML");
    assert_eq!(
        (yaml.version(), yaml.servers()),
        ("1.2".into(), vec!["https://pets.test".into()])
    );
}

#[test]
fn operations_are_in_the_documents_order_and_have_names_of_their_own() {
    let candidates = pets().operations();
    let names = candidates.iter().map(|one| {
        let tool = one.operation.as_ref().unwrap();
        (one.key.as_str(), tool.name.as_str())
    });
    let names: Vec<_> = names.collect();
    let wanted = [
        ("GET /pets", "list_pets"),
        ("POST /pets", "pets_create"),
        ("DELETE /pets/{pet-id}", "delete_pets_pet_id"),
        ("PUT /pets/{pet-id}", "replace_pet"),
        ("PATCH /pets/{pet-id}", "patch_pet"),
        ("GET /pets/{id}/photo", "get_photo"),
        ("POST /pets/{id}/photo", "post_photo"),
        ("POST /charges", "list_pets_2"),
    ];
    assert_eq!(names, wanted);
    let deletes = candidates[2].operation.as_ref().unwrap();
    assert!(candidates[2].deprecated && deletes.destructive && deletes.idempotent);
    assert_eq!(deletes.access, Access::Write);
    assert!(candidates[5].operation.as_ref().unwrap().file);
}

#[test]
fn parameters_become_arguments() {
    let document = pets();
    let list = tool(&document, "GET /pets");
    let sent = list.inputs.iter().map(|input| {
        (
            input.name.as_str(),
            input.place,
            input.send.as_deref(),
            input.kind.as_str(),
            input.array.as_deref(),
        )
    });
    let sent: Vec<_> = sent.collect();
    let query = Place::Query;
    assert_eq!(
        sent,
        [
            ("X-Trace", Place::Header, None, "string", None),
            ("limit", query, None, "integer", None),
            ("tags", query, None, "array", Some("repeat")),
            ("kinds", query, None, "array", Some("comma")),
            ("created_gte", query, Some("created[gte]"), "integer", None),
            ("created_lt", query, Some("created[lt]"), "integer", None),
            ("created", query, None, "integer", None),
            ("where", query, None, "string", None),
        ]
    );
    let limit = json!({"description": "How many.", "type": "integer", "exclusiveMinimum": 0, "maximum": 100, "default": 20});
    assert_eq!(property(&list, "limit"), limit);
    assert_eq!(
        (list.title.as_str(), list.about.as_str()),
        ("List pets", "List pets. Newest first.")
    );
    assert_eq!(list.docs.as_deref(), Some("https://pets.test/docs/list"));
    assert_eq!(list.scopes, ["pets:read"]);
    assert_eq!(
        document.operations()[0].left_out,
        ["its parameter session goes into a cookie, which is not supported"]
    );
}

#[test]
fn bodies_become_arguments() {
    let document = pets();
    let create = tool(&document, "POST /pets");
    assert_eq!(create.body, Body::Json);
    let names: Vec<_> = create
        .inputs
        .iter()
        .map(|input| (input.name.as_str(), input.required))
        .collect();
    assert_eq!(
        names,
        [
            ("X-Trace", false),
            ("limit", false),
            ("name", true),
            ("owner", false),
            ("mood", false),
            ("mother", false)
        ]
    );
    assert_eq!(
        property(&create, "mood"),
        json!({"type": ["string", "null"], "enum": ["good", "bad", null]})
    );
    let owner = json!({"type": "object", "required": ["email"], "properties": {
        "email": {"type": "string", "format": "email"},
        "pets": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "description": "What it answers to. Pattern: ^[a-z]+$", "examples": ["rex"]},
            "owner": {"description": "Again like Owner, in which it stands."},
            "mood": {"type": ["string", "null"], "enum": ["good", "bad", null]},
            "mother": {"description": "Again like Pet, in which it stands."},
        }}},
    }});
    assert_eq!(property(&create, "owner"), owner);
    let replace = tool(&document, "PUT /pets/{pet-id}");
    assert_eq!(
        (replace.body.clone(), replace.path.as_str()),
        (Body::Whole, "/pets/{pet-id}")
    );
    assert_eq!(
        property(&replace, "body")["anyOf"][0]["required"],
        json!(["lives", "name"])
    );
    assert_eq!(
        tool(&document, "PATCH /pets/{pet-id}").body,
        Body::Text("application/merge-patch+json".into())
    );
    assert_eq!(
        tool(&document, "POST /pets/{id}/photo").body,
        Body::Text("text/plain".into())
    );
    assert_eq!(tool(&document, "POST /charges").body, Body::Form);
    let put = tool(
        &Document::read(YAML.as_bytes()).expect("YAML"),
        "PUT /pets/{id}",
    );
    assert_eq!(property(&put, "good")["enum"], json!(["yes", "no"]));
    assert_eq!(property(&put, "tree")["description"], "Its kin");
}

#[test]
fn what_cannot_be_a_tool_has_a_reason() {
    let body = |media: &str| json!({"requestBody": {"content": {media: {}}}});
    let parameter = |parameter: Value| json!({"parameters": [parameter]});
    for (method, operation, reason) in [
        (
            "post",
            body("multipart/form-data"),
            "its body is multipart/form-data, which is not supported",
        ),
        (
            "options",
            json!({}),
            "its method OPTIONS is not one for tools",
        ),
        (
            "get",
            parameter(json!({"$ref": "https://evil.test/x"})),
            "it refers to https://evil.test/x, outside of the document",
        ),
        (
            "get",
            parameter(json!({"in": "query", "name": "a", "schema": {"$ref": "#/nowhere"}})),
            "it refers to #/nowhere, which is not there",
        ),
        (
            "get",
            parameter(json!({"in": "cookie", "name": "a", "required": true})),
            "its parameter a goes into a cookie, which is not supported",
        ),
        (
            "get",
            json!({"servers": [{"url": "https://evil.test"}]}),
            "it is at another server, https://evil.test",
        ),
    ] {
        assert_eq!(
            only(&with(method, operation)).operation,
            Err(reason.to_owned())
        );
    }
    let path = read(&json!({"openapi": "3.1.0", "paths": {"/a/../b": {"get": {}}}}));
    assert!(only(&path).operation.is_err());
}

#[test]
fn a_list_of_itself_comes_to_an_end() {
    let itself = json!({"$ref": "#/paths/~1x/get/parameters/0/schema"});
    let list = json!({"type": "array", "items": itself});
    let parameters = json!([{"in": "query", "name": "a", "schema": list}]);
    let candidate = only(&with("get", json!({ "parameters": parameters })));
    assert!(candidate.operation.is_ok());
    assert_eq!(candidate.left_out.len(), 1);
}

#[test]
fn what_is_no_document_is_refused_in_words() {
    let refused = |text: &str| {
        Document::read(text.as_bytes())
            .expect_err("no document")
            .to_string()
    };
    assert!(refused(r#"{"swagger": "2.0"}"#).contains("Convert it to OpenAPI 3 first"));
    assert!(refused(r#"{"openapi": "4.0.0"}"#).contains("Only 3.0 and 3.1"));
    assert!(refused("hello").contains("“openapi” with a version is missing"));
    assert!(refused("{").contains("not JSON"));
    assert!(refused("a: [").contains("neither JSON nor YAML"));
    assert!(refused(&format!("{{\"a\":{}", "[".repeat(110))).contains("levels deep"));
    assert!(refused(&format!("a: {}", "[".repeat(110))).contains("neither JSON nor YAML"));
    assert!(refused(&format!("[{}0]", "0,".repeat(1_100_000))).len() < 400);
    assert!(Document::read(&vec![b' '; 21 << 20]).is_err());
}

#[test]
fn bombs_do_not_go_off() {
    let began = Instant::now();
    let mut yaml = "openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for number in 1..12 {
        let all = vec![format!("*a{}", number - 1); 10].join(", ");
        writeln!(yaml, "a{number}: &a{number} [{all}]").expect("room");
    }
    assert!(Document::read(yaml.as_bytes()).is_err());
    let text = "x".repeat(1 << 20);
    let yaml = format!(
        "openapi: 3.0.0\na: &a {text}\nb: [{}*a]\n",
        "*a, ".repeat(10_000)
    );
    assert!(Document::read(yaml.as_bytes()).is_err());
    // Schemas that double at each reference.
    let mut schemas = serde_json::Map::new();
    for number in 0..60 {
        let next = json!({"$ref": format!("#/components/schemas/S{}", (number + 1) % 60)});
        let schema =
            json!({"allOf": [next, {"anyOf": [next, next]}], "properties": {"a": next, "b": next}});
        schemas.insert(format!("S{number}"), schema);
    }
    let mut paths = serde_json::Map::new();
    for number in 0..50 {
        let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}});
        paths.insert(
            format!("/{number}"),
            json!({"post": {"requestBody": {"content": content}}}),
        );
    }
    let document =
        read(&json!({"openapi": "3.0.0", "paths": paths, "components": {"schemas": schemas}}));
    let candidates = document.operations();
    let large = |tool: &Operation| {
        tool.input_schema
            .as_ref()
            .is_some_and(|all| all.to_string().len() > 64 * 1024)
    };
    assert!(
        !candidates
            .iter()
            .filter_map(|one| one.operation.as_ref().ok())
            .any(large)
    );
    assert!(
        began.elapsed() < Duration::from_mins(1),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_newer_document_is_told_in_plain_words() {
    let old: Vec<_> = pets()
        .operations()
        .into_iter()
        .filter_map(|one| one.operation.ok())
        .collect();
    assert_eq!(diff(&old, &pets()), diff(&old, &pets()));
    assert!(diff(&old, &pets()).changed.is_empty());
    let mut new: Value = serde_json::from_str(JSON).expect("JSON");
    let list = &mut new["paths"]["/pets"]["get"];
    list["parameters"][0]["schema"] = json!({"type": "string"});
    list["parameters"][1]["required"] = true.into();
    list["parameters"][2] =
        json!({"name": "cursor", "in": "query", "required": true, "schema": {"type": "string"}});
    new["components"]["schemas"]["Pet"]["properties"]["mood"]["enum"] = json!(["good", "odd"]);
    let moved = new["paths"]["/charges"].take();
    new["paths"]["/payments"] = moved;
    let new = diff(&old, &read(&new));
    assert_eq!(
        (new.added, new.removed),
        (
            vec!["POST /payments".to_owned()],
            vec!["POST /charges".to_owned()]
        )
    );
    let changed = |key: &str, what: &[&str]| Changed {
        key: key.into(),
        what: what.iter().map(|&words| words.into()).collect(),
    };
    assert!(
        new.changed.contains(&changed(
            "GET /pets",
            &[
                "argument limit is string instead of integer",
                "argument tags is required",
                "argument cursor is new and required",
                "argument kinds is gone",
            ],
        )),
        "{:?}",
        new.changed
    );
    assert!(
        new.changed.contains(&changed(
            "POST /pets",
            &[
                "argument mood no longer takes \"bad\"",
                "argument mood also takes \"odd\"",
                "argument mother takes something else",
                "argument owner takes something else"
            ],
        )),
        "{:?}",
        new.changed
    );
}
