//! From arguments to requests: what is sent, and that it goes nowhere else.

use connector::{Api, Method, Operation, Placement, Provider, Request, Wrong};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

/// An operation whose TOML, but for what all have, is this.
fn operation(toml: &str) -> Operation {
    let common = "name = \"do_it\"\ntitle = \"Do it\"\nabout = \"Does it.\"";
    let rest = if toml.contains("access") {
        ""
    } else {
        "access = \"read\""
    };
    toml::from_str(&format!("{common}\n{rest}\n{toml}")).expect("an operation")
}

fn api() -> Api {
    let headers = r#"{ accept = "application/vnd.test+json", x-version = "1" }"#;
    toml::from_str(&format!(
        "base = \"https://api.test/v1/\"\nheaders = {headers}\nquery = {{ api = \"2\" }}"
    ))
    .expect("an API")
}

fn ask(operation: &Operation, arguments: Value) -> Result<Request, Wrong> {
    let base = Url::parse("https://api.test/v1/").expect("a URL");
    operation.request(&base, &api(), arguments.as_object().expect("an object"))
}

fn body(request: &Request) -> (&str, String) {
    let (kind, bytes) = request.body.as_ref().expect("a body");
    (kind, String::from_utf8(bytes.clone()).expect("text"))
}

#[test]
fn inputs_go_where_they_belong() {
    let list = operation(
        r#"
        method = "GET"
        path = "/repos/{owner}/{repo}/issues:search"
        fixed = [["query:type", "issue"]]
        input = [
            { name = "owner", place = "path", required = true },
            { name = "repo", place = "path", required = true },
            { name = "state", place = "query", default = "open" },
            { name = "limit", place = "query", send = "$top", type = "integer" },
            { name = "labels", place = "query", send = "label[]", type = "array" },
            { name = "fields", place = "query", type = "array", array = "comma" },
            { name = "range", place = "query", type = "object" },
            { name = "etag", place = "header", send = "If-None-Match" },
        ]"#,
    );
    let request = ask(
        &list,
        json!({
            "owner": "a b/é", "repo": "x?y#z%2e", "limit": 5, "labels": ["bug", "a&b"],
            "fields": ["id", "name"], "range": {"gte": 1}, "etag": "\"1\""
        }),
    );
    let request = request.expect("a request");
    assert_eq!(
        request.url.as_str(),
        "https://api.test/v1/repos/a%20b%2F%C3%A9/x%3Fy%23z%252e/issues:search?api=2&state=open&$top=5\
         &label%5B%5D=bug&label%5B%5D=a%26b&fields=id,name&range%5Bgte%5D=1&type=issue"
    );
    let headers = [
        ("accept", "application/vnd.test+json"),
        ("x-version", "1"),
        ("if-none-match", "\"1\""),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!((request.headers, request.body), (headers.to_vec(), None));
}

#[test]
fn a_segment_leads_neither_up_nor_away() {
    let get = operation(
        r#"
        method = "GET"
        path = "/a/{x}/b"
        input = [{ name = "x", place = "path", required = true }]"#,
    );
    for x in ["", ".", ".."] {
        assert!(ask(&get, json!({"x": x})).is_err(), "{x}");
    }
    for x in [
        "../..",
        "%2e%2e",
        "//evil.test",
        "\\",
        "@evil.test",
        "?",
        "\0",
        "...",
        ".%2E",
    ] {
        let url = ask(&get, json!({"x": x})).expect("a request").url;
        let segments: Vec<_> = url.path_segments().expect("a path").collect();
        assert_eq!((segments.len(), segments[3]), (4, "b"), "{url}");
        assert_eq!(url.host_str(), Some("api.test"));
    }
    let header = operation(
        r#"
        method = "GET"
        path = "/"
        input = [{ name = "x", place = "header" }]"#,
    );
    for x in ["a\r\nb: c", "\0", "é"] {
        assert!(ask(&header, json!({"x": x})).is_err(), "{x}");
    }
}

#[test]
fn bodies_are_made_of_members() {
    let inputs = r#"
        access = "write"
        method = "POST"
        path = "/x"
        fixed = [["fields.type", { name = "Task" }]]
        input = [
            { name = "summary", place = "body", send = "fields.summary", required = true },
            { name = "to", place = "body", send = "people[0].mail" },
            { name = "labels", place = "body", type = "array" },
            { name = "a.b", place = "body" },
        ]"#;
    let arguments = json!({"summary": "é&", "to": "a@b", "labels": ["x", "y"], "a.b": "c"});
    let request = ask(&operation(inputs), arguments.clone()).expect("a request");
    let (kind, text) = body(&request);
    assert_eq!((kind, request.method), ("application/json", Method::Post));
    let sent = json!({
        "fields": {"summary": "é&", "type": {"name": "Task"}}, "people": [{"mail": "a@b"}],
        "labels": ["x", "y"], "a.b": "c"
    });
    assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), sent);

    let form = operation(&format!("body = \"form\"\n{inputs}"));
    let request = ask(&form, arguments).expect("a request");
    let form = "a.b=c&fields%5Bsummary%5D=%C3%A9%26&fields%5Btype%5D%5Bname%5D=Task&labels%5B0%5D=x\
                &labels%5B1%5D=y&people%5B0%5D%5Bmail%5D=a%40b";
    assert_eq!(
        body(&request),
        ("application/x-www-form-urlencoded", form.to_owned())
    );
}

#[test]
fn a_body_may_be_one_input_or_a_query() {
    let one = |kind: &str, of: &str| {
        let toml = format!(
            "access = \"write\"\nmethod = \"PUT\"\npath = \"/x\"\nbody = {kind}\n\
             input = [{{ name = \"it\", place = \"body\", type = \"{of}\", required = true }}]"
        );
        operation(&toml)
    };
    let request = ask(&one("\"whole\"", "array"), json!({"it": ["a"]})).expect("a request");
    assert_eq!(body(&request), ("application/json", "[\"a\"]".into()));
    let text = one("{ text = \"text/csv\" }", "string");
    let request = ask(&text, json!({"it": "a,b\n"})).expect("a request");
    assert_eq!(body(&request), ("text/csv", "a,b\n".into()));

    let graphql = operation(
        r#"
        method = "POST"
        path = "/graphql"
        graphql = "query($first: Int) { issues(first: $first) { nodes { id } } }"
        input = [{ name = "limit", place = "body", send = "first", type = "integer" }]"#,
    );
    let (_, text) = body(&ask(&graphql, json!({"limit": 3})).expect("a request")).clone();
    let sent: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(sent["variables"], json!({"first": 3}));
    assert_eq!(
        Some(sent["query"].as_str()),
        Some(graphql.graphql.as_deref())
    );
}

#[test]
fn a_schema_of_an_imported_operation_is_the_callers_business() {
    let mut import = operation(
        r#"
        access = "write"
        method = "PATCH"
        path = "/x"
        input = [{ name = "due", place = "body" }]"#,
    );
    assert!(ask(&import, json!({"due": 7})).is_err());
    import.input_schema = Some(json!({"type": "object"}));
    let request = ask(&import, json!({"due": null, "other": 1})).expect("a request");
    assert_eq!(body(&request).1, "{\"due\":null}");
}

#[test]
fn a_secret_stands_in_one_place_and_is_not_shown() {
    let get = operation("method = \"GET\"\npath = \"/x\"");
    let mut request = ask(&get, json!({})).expect("a request");
    Placement::default().apply(&mut request, "S3CRET\r\n");
    Placement::default().apply(&mut request, "S3CRET");
    let tokens: Vec<_> = request
        .headers
        .iter()
        .filter(|(name, _)| name == "authorization")
        .collect();
    assert_eq!(
        tokens,
        [&("authorization".to_owned(), "Bearer S3CRET".to_owned())]
    );
    let query: Placement = toml::from_str("query = { name = \"key\" }").expect("a placement");
    let mut request = ask(&get, json!({})).expect("a request");
    query.apply(&mut request, "S3&CRET");
    assert_eq!(request.url.query(), Some("api=2&key=S3%26CRET"));
    assert!(!format!("{request:?}").contains("S3"));
    assert_eq!(request.headers.len(), 2);
}

#[test]
fn an_account_is_asked_for() {
    let provider = Provider::parse(
        r#"
        id = "acme"
        name = "Acme"
        category = "Data"
        about = "Things."
        docs = "https://acme.test/docs"
        setup = "Make an app."
        questions = [{ id = "site", label = "Site", example = "acme", kind = "subdomain" }]
        auth = { kind = "api_key", placement = { header = { name = "x-key" } }, label = "Key" }
        [api]
        base = "https://{site}.acme.test/api"
        account = { path = "/me", label_at = ["user.mail", "id"] }"#,
    );
    let provider = provider.expect("a provider");
    assert_eq!(provider.check(false), Ok(()));
    let words = BTreeMap::from([("site".to_owned(), "Ada".to_owned())]);
    let request = provider
        .account_request(&words)
        .expect("one")
        .expect("a request");
    assert_eq!(request.url.as_str(), "https://ada.acme.test/api/me");
    assert!(
        provider
            .account_request(&BTreeMap::new())
            .expect("one")
            .is_err()
    );
    let label = |body: &str| provider.account_label(body.as_bytes());
    assert_eq!(
        label(r#"{"user":{"mail":""},"id":7}"#).as_deref(),
        Some("7")
    );
    assert_eq!(label("nothing"), None);
}
