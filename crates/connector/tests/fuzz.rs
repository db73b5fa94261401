//! Whatever models, providers and tenants send, nothing panics, a request goes where its operation says, and what is
//! told has the form that was promised.
//!
//! Each test for two seconds, or as many as `OAUTH_FUZZ_SECONDS` says. `OAUTH_FUZZ_SEED` repeats an earlier run.

#[path = "../../oauth/tests/dice/mod.rs"]
mod dice;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use connector::oauth::{authorize_url, read_tokens};
use connector::{
    Answer, Api, Auth, OAuth2, Operation, Placement, Provider, Request, catalogue, is_refusal,
    problem, rate_limit, retry_after,
};
use dice::{Dice, run};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use url::Url;

const TOOL: &str = r#"
name = "list_things"
title = "List"
about = "Lists."
method = "POST"
path = "/things/{a}/x{b}.json"
access = "write"
items = "data"
fixed = [["query:kind", "thing"], ["deep.kind", 1]]
keep = ["id", "user.login", "labels[].name", "tags:array", "raw:object"]
input = [
    { name = "a", place = "path", required = true },
    { name = "b", place = "path", required = true },
    { name = "q", place = "query" },
    { name = "many", place = "query", type = "array", send = "many[]" },
    { name = "h", place = "header", send = "x-h" },
    { name = "body", place = "body", send = "deep.list[1].text" },
    { name = "limit", place = "query", type = "integer", minimum = 1, maximum = 100, default = 2 },
]"#;

const PAGES: &[&str] = &[
    r#"{"link":{"query":[["page","2"],["x","y"]],"below":"a/b"}}"#,
    r#"{"link":{"query":[["page","2"]],"below":null}}"#,
    r#"{"at":"abc"}"#,
    r#"{"number":3}"#,
];

const PAGINATIONS: &[&str] = &[
    r#"{"kind":"link"}"#,
    r#"{"kind":"next_url","read":"next"}"#,
    r#"{"kind":"cursor","read":"meta.next","send":"body:deep.after"}"#,
    r#"{"kind":"page","send":"p","first":1,"size":"limit"}"#,
    r#"{"kind":"offset","send":"body:skip","size":"limit"}"#,
    r#"{"kind":"after","read":"id","send":"after","more":"more"}"#,
];

const ANSWERS: &[&str] = &[
    r#"{"data":[{"id":1,"user":{"login":"a"},"labels":[{"name":"x"},null],"tags":[1],"raw":{"a":1}},
       {"id":"b","user":null,"labels":{}}],"meta":{"next":"c","has_more":true},"more":true,
       "next":"https://api.test/v1/things/1/x2.json?p=2"}"#,
    r#"{"data":{"id":[1],"user":7},"next":"//evil.test/x?p=2"}"#,
    r#"[{"id":1}]"#,
];

const LINKS: &[&str] = &[
    "<https://api.test/v1/things/1/x2.json?p=2>; rel=\"next\"",
    "</x?p=2>; rel=next, <https://evil.test/?p=3>; rel=\"next last\"",
];

fn api() -> Api {
    toml::from_str(
        r#"
        base = "https://api.test/v1"
        headers = { x-a = "b" }
        query = { v = "1" }
        error_at = ["error.message", "error"]
        ok_at = "ok"
        rate_limit = { remaining = "x-left", reset = "x-reset" }"#,
    )
    .expect("an API")
}

fn operation(dice: &mut Dice) -> Operation {
    let mut operation: Operation = toml::from_str(TOOL).expect("an operation");
    if dice.below(4) > 0 {
        let pagination = PAGINATIONS[dice.below(PAGINATIONS.len())];
        operation.pagination = Some(serde_json::from_str(pagination).expect("a pagination"));
    }
    operation
}

fn arguments(dice: &mut Dice, operation: &Operation) -> Map<String, Value> {
    let mut arguments = Map::new();
    for name in ["a", "b", "q", "h", "body"] {
        if name < "c" || dice.below(2) == 0 {
            arguments.insert(
                name.into(),
                json!(dice.text_like(&["1", "a b", "..", "ü/?"])),
            );
        }
    }
    if dice.below(2) == 0 {
        arguments.insert("many".into(), json!([dice.text_like(&["x"]), "y"]));
    }
    if operation.pagination.is_some() && dice.below(2) == 0 {
        let mut page = BASE64_URL_SAFE_NO_PAD.encode(dice.like(PAGES));
        if dice.below(8) == 0 {
            page = dice.text_like(&[&page]);
        }
        arguments.insert("page".into(), json!(page));
    }
    arguments
}

fn base() -> Url {
    Url::parse("https://api.test/v1").expect("a URL")
}

/// The request goes to its endpoint, or below it for a page.
fn check_request(request: &Request) {
    let shown = request.url.as_str();
    assert_eq!(request.url.origin(), base().origin(), "{shown}");
    assert!(
        request.url.username().is_empty() && request.url.fragment().is_none(),
        "{shown}"
    );
    let segments: Vec<_> = request.url.path_segments().expect("a path").collect();
    assert_eq!(segments[..2], ["v1", "things"], "{shown}");
    assert!(
        segments.len() >= 4 && segments[3].starts_with('x'),
        "{shown}"
    );
    let whole = segments[3].strip_suffix(".json");
    assert!(whole.is_some() && !segments.contains(&""), "{shown}");
    let fixed = |name: &str, value: &str| {
        let all: Vec<_> = request
            .url
            .query_pairs()
            .filter(|(known, _)| known == name)
            .collect();
        assert!(all.len() == 1 && all[0].1 == value, "{shown}");
    };
    fixed("kind", "thing");
    fixed("v", "1");
    for (name, value) in &request.headers {
        assert!(name.bytes().all(|b| b.is_ascii_graphic()) && !value.contains(char::is_control));
    }
    let (_, body) = request.body.as_ref().expect("a body");
    let body: Value = serde_json::from_slice(body).expect("JSON");
    assert_eq!(body["deep"]["kind"], 1);
}

#[test]
fn requests() {
    run("requests", |dice| {
        let operation = operation(dice);
        let arguments = arguments(dice, &operation);
        let Ok(mut request) = operation.request(&base(), &api(), &arguments) else {
            return false;
        };
        check_request(&request);
        let secret = dice.text_like(&["S3CRET", "a:b&c=d"]);
        let placement = match dice.below(2) {
            0 => Placement::default(),
            _ => toml::from_str("query = { name = \"key\" }").expect("a placement"),
        };
        placement.apply(&mut request, &secret);
        check_request(&request);
        true
    });
}

#[test]
fn results_and_their_pages() {
    let schemas: Vec<_> = (0..2)
        .map(|paged| {
            let mut operation: Operation = toml::from_str(TOOL).expect("an operation");
            operation.pagination = (paged == 1).then_some(connector::Pagination::Link);
            let schema = operation.output_schema().expect("a schema");
            jsonschema::draft202012::new(&schema).expect("a schema")
        })
        .collect();
    run("results", |dice| {
        let operation = operation(dice);
        let mut arguments = Map::from_iter([("a".into(), json!("1")), ("b".into(), json!("2"))]);
        let asked = operation
            .request(&base(), &api(), &arguments)
            .expect("a request");
        let headers = [("link".to_owned(), dice.text_like(LINKS))];
        let body = dice.like(ANSWERS);
        let answer = Answer {
            status: 200,
            headers: &headers,
            body: &body,
        };
        let Ok(output) = operation.result(&asked, &answer) else {
            return false;
        };
        let schema = &schemas[usize::from(operation.pagination.is_some())];
        assert!(schema.is_valid(&output.data), "{}", output.data);
        let Some(page) = output.next_page else {
            return true;
        };
        assert_eq!(output.data["next_page"], *page);
        arguments.insert("page".into(), json!(page));
        // A link may name what the operation fixes.
        if let Ok(request) = operation.request(&base(), &api(), &arguments) {
            check_request(&request);
        }
        true
    });
}

#[test]
fn tokens() {
    let oauth: OAuth2 = toml::from_str(
        r#"
        authorize = "https://{site}.test/authorize"
        token = "https://a.test/token"
        pkce = true
        refresh = true
        remember = { site = "team.id" }"#,
    )
    .expect("OAuth");
    let bodies = [
        r#"{"access_token":"abc","refresh_token":"d","expires_in":3600,"scope":"a b","team":{"id":"x"}}"#,
        "access_token=abc&scope=a%2Cb&expires_in=60",
        r#"{"ok":false,"error":"invalid_grant","error_description":"No."}"#,
    ];
    run("tokens", |dice| {
        let status = [200, 400][dice.below(2)];
        let tokens = match read_tokens(&oauth, &dice.like(&bodies), status) {
            Ok(tokens) => tokens,
            Err(refusal) => {
                assert!(!refusal.error.is_empty() && !refusal.error.contains(char::is_control));
                return false;
            }
        };
        assert_eq!(status, 200);
        assert!(
            tokens
                .access_token
                .bytes()
                .all(|byte| byte.is_ascii_graphic())
        );
        assert!(tokens.expires_in.unwrap_or_default() <= 315_360_000);
        let remembered = tokens.remembered;
        if let Ok(url) = authorize_url(&oauth, "id", "https://b.test/", "s", None, &[], &remembered)
        {
            let host = url.host_str().expect("a host");
            assert!(
                host.strip_suffix(".test")
                    .is_some_and(|label| !label.contains('.')),
                "{url}"
            );
        }
        true
    });
}

#[test]
fn descriptions_of_providers() {
    let files = catalogue()
        .providers
        .iter()
        .map(toml_like)
        .collect::<Vec<_>>();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    run("providers", |dice| {
        let Ok(provider) = serde_json::from_slice::<Provider>(&dice.like(&files)) else {
            let _ =
                Provider::parse(&dice.text_like(&[TOOL, "id = \"a\"\n[auth]\nkind = \"oauth2\""]));
            return false;
        };
        if provider.check(false).is_err() {
            return false;
        }
        let words = dice.text_like(&["acme", "https://acme.test", "git.acme.test:8443"]);
        let asked = provider
            .questions
            .iter()
            .map(|question| question.id.clone());
        let words: BTreeMap<_, _> = asked.map(|word| (word, words.clone())).collect();
        let mut templates = vec![provider.api.base.clone()];
        if let Auth::Oauth2(oauth) = &provider.auth {
            templates.extend([oauth.authorize.clone(), oauth.token.clone()]);
        }
        for template in templates {
            if let Ok(url) = provider.address(&template, &words) {
                assert!(
                    url.scheme() == "https" && url.username().is_empty(),
                    "{url}"
                );
            }
        }
        true
    });
}

/// The provider as JSON, which changes do not break as easily as TOML.
fn toml_like(provider: &Provider) -> String {
    serde_json::to_string(provider).expect("JSON")
}

#[test]
fn what_answers_say_of_themselves() {
    let api = api();
    run("headers", |dice| {
        let header = |name: &str, value| (name.to_owned(), value);
        let headers = [
            header(
                "retry-after",
                dice.text_like(&["120", "Sun, 06 Nov 1994 08:49:37 GMT"]),
            ),
            header("x-left", dice.text_like(&["7", "7, 100;w=60"])),
            header("x-reset", dice.text_like(&["1700000000", "60"])),
        ];
        let now = [0, 1_700_000_000, u64::MAX][dice.below(3)];
        let _ = rate_limit(&api, &headers, now);
        let body = dice.like(&[
            r#"{"ok":false,"error":{"message":"No."}}"#,
            r#"{"error":"No."}"#,
        ]);
        let words = problem(&api, 400, &body);
        assert!(!words.contains(char::is_control) && words.chars().count() <= 300);
        let _ = is_refusal(&api, 200, &body);
        let wait = retry_after(&headers, now);
        assert!(wait.is_none_or(|wait| wait.as_secs() <= 3600));
        wait.is_some()
    });
}
