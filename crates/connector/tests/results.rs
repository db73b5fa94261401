//! From answers to results, and from one page to the next.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use connector::{Answer, Api, Operation, Output, Request, Wrong};
use serde_json::{Map, Value, json};
use url::Url;

fn operation(toml: &str) -> Operation {
    let common = "name = \"get_it\"\ntitle = \"Get it\"\nabout = \"Gets it.\"\naccess = \"read\"";
    let rest = if toml.contains("method") {
        ""
    } else {
        "method = \"GET\""
    };
    toml::from_str(&format!("{common}\n{rest}\npath = \"/items\"\n{toml}")).expect("an operation")
}

fn api() -> Api {
    toml::from_str("base = \"https://api.test/v1\"\nquery = { v = \"2\" }").expect("an API")
}

fn ask(operation: &Operation, arguments: Value) -> Result<Request, Wrong> {
    let base = Url::parse("https://api.test/v1").expect("a URL");
    operation.request(&base, &api(), arguments.as_object().expect("an object"))
}

fn result(operation: &Operation, arguments: Value, link: &str, body: &Value) -> Output {
    let headers = [("Link".to_owned(), link.to_owned())];
    let body = body.to_string();
    let answer = Answer {
        status: 200,
        headers: &headers,
        body: body.as_bytes(),
    };
    let asked = ask(operation, arguments).expect("a request");
    operation.result(&asked, &answer).expect("a result")
}

/// The request for the page after this answer.
fn next(operation: &Operation, arguments: Value, link: &str, body: &Value) -> Option<Request> {
    let page = result(operation, arguments.clone(), link, body).next_page?;
    let mut arguments: Map<_, _> = arguments.as_object().expect("an object").clone();
    arguments.insert("page".into(), json!(page));
    Some(ask(operation, Value::Object(arguments)).expect("a request"))
}

#[test]
fn a_result_has_the_form_of_its_schema() {
    let one = operation("items = \"data\"\nkeep = [\"id\", \"user.login\"]");
    let output = result(
        &one,
        json!({}),
        "",
        &json!({"data": {"id": 1, "user": {"login": "a", "x": 2}}}),
    );
    assert_eq!(output.data, json!({"id": 1, "user": {"login": "a"}}));
    assert_eq!(
        result(&one, json!({}), "", &json!({"data": null})).data,
        json!({})
    );
    let many = operation("items = \"data[]\"\nkeep = [\"id\"]");
    let output = result(
        &many,
        json!({}),
        "",
        &json!({"data": [{"id": 1, "x": 2}, null, 7]}),
    );
    assert_eq!(output.data, json!({"items": [{"id": 1}]}));
    assert_eq!(
        result(&many, json!({}), "", &json!({})).data,
        json!({"items": []})
    );
    let all = operation("");
    assert_eq!(
        result(&all, json!({}), "", &json!({"a": 1})).data,
        json!({"a": 1})
    );
    let schema = many.output_schema().expect("a schema");
    assert_eq!(
        schema["properties"]["items"]["items"]["properties"]["id"]["type"][0],
        "string"
    );
    assert_eq!(
        (schema["properties"].get("next_page"), all.output_schema()),
        (None, None)
    );
}

#[test]
fn what_is_not_json_is_text_or_a_refusal() {
    let asked = ask(&operation(""), json!({})).expect("a request");
    let answer = |body| Answer {
        status: 200,
        headers: &[],
        body,
    };
    let text = operation("")
        .result(&asked, &answer(b"<p>\xff"))
        .expect("a result");
    assert_eq!(text.data, json!("<p>\u{fffd}"));
    assert!(
        operation("keep = [\"id\"]")
            .result(&asked, &answer(b"<p>"))
            .is_err()
    );
    let nothing = operation("keep = [\"id\"]").result(&asked, &answer(b" "));
    assert_eq!(nothing.expect("a result").data, json!({}));
    let graphql = operation("method = \"POST\"\ngraphql = \"query { a }\"");
    let refusal = graphql.result(
        &asked,
        &answer(br#"{"data":null,"errors":[{"message":"No."}]}"#),
    );
    assert_eq!(refusal.expect_err("a refusal").to_string(), "No.");
    let partly = graphql.result(
        &asked,
        &answer(br#"{"data":{"a":1},"errors":[{"message":"No."}]}"#),
    );
    assert!(partly.is_ok());
}

#[test]
fn a_link_sets_what_it_changes() {
    let list = operation(
        "pagination = { kind = \"link\" }\ninput = [{ name = \"q\", place = \"query\" }]",
    );
    let link = "<https://api.test/v1/items?page=1>; rel=\"prev\", \
                <https://api.test/other/7/items?v=2&q=a&page=3&x=a%2Cb>; rel=\"next\"; title=\"a\"";
    let request = next(&list, json!({"q": "a"}), link, &json!([{}])).expect("a page");
    assert_eq!(
        request.url.as_str(),
        "https://api.test/v1/items?v=2&q=a&page=3&x=a,b"
    );
    let relative = next(&list, json!({}), "</v1/items?page=2>;rel=next", &json!([]));
    assert_eq!(relative.expect("a page").url.query(), Some("v=2&page=2"));
    for last in [
        "",
        "<https://evil.test/v1/items?page=2>; rel=\"next\"",
        "<http://api.test/v1/items?page=2>; rel=\"next\"",
        "<https://api.test/v1/items?page=2>; rel=\"last\"",
        "<https://api.test/v1/items?page=2>; rel=\"next\"; results=\"false\"",
        "<https://api.test/v1/items?v=2>; rel=\"next\"",
        "<https://api.test/v1/items?page=2",
    ] {
        assert!(
            next(&list, json!({}), last, &json!([{}])).is_none(),
            "{last}"
        );
    }
    let url = operation(
        "pagination = { kind = \"next_url\", read = \"@odata.nextLink\" }\nitems = \"value\"",
    );
    let body = json!({"value": [1], "@odata.nextLink": "https://api.test/v1/items/01g-2000?v=2"});
    let request = next(&url, json!({}), "", &body).expect("a page");
    assert_eq!(
        request.url.as_str(),
        "https://api.test/v1/items/01g-2000?v=2"
    );
}

#[test]
fn a_cursor_is_sent_back() {
    let query = operation(
        "pagination = { kind = \"cursor\", read = \"meta.next\", send = \"after\" }\nitems = \"data\"",
    );
    let body = json!({"data": [], "meta": {"next": "a&b"}});
    let request = next(&query, json!({}), "", &body).expect("a page");
    assert_eq!(request.url.query(), Some("v=2&after=a%26b"));
    for last in [json!(""), json!(null), json!(false), json!({"a": 1})] {
        let body = json!({"data": [1], "meta": {"next": last}});
        assert!(next(&query, json!({}), "", &body).is_none(), "{body}");
    }
    let more = json!({"data": [1], "meta": {"next": "x", "hasNextPage": false}});
    assert!(next(&query, json!({}), "", &more).is_none());
    let graphql = operation(
        "method = \"POST\"\ngraphql = \"query\"\nitems = \"data.a.nodes\"\n\
         pagination = { kind = \"cursor\", read = \"data.a.pageInfo.endCursor\", send = \"body:after\" }",
    );
    let body =
        json!({"data": {"a": {"nodes": [], "pageInfo": {"endCursor": "x", "hasNextPage": true}}}});
    let (_, bytes) = next(&graphql, json!({}), "", &body)
        .expect("a page")
        .body
        .expect("a body");
    assert_eq!(bytes, br#"{"query":"query","variables":{"after":"x"}}"#);
}

#[test]
fn pages_go_on_while_they_are_full() {
    let inputs = "input = [{ name = \"limit\", place = \"query\", send = \"n\", type = \"integer\", default = 2 }]";
    let asked = |pagination: &str, arguments: Value, body: &Value| {
        let list = operation(&format!("pagination = {{ {pagination} }}\n{inputs}"));
        Some(next(&list, arguments, "", body)?.url.query()?.to_owned())
    };
    let page = "kind = \"page\", send = \"p\", first = 1, size = \"limit\"";
    assert_eq!(
        asked(page, json!({}), &json!([1, 2])).as_deref(),
        Some("v=2&n=2&p=2")
    );
    assert_eq!(asked(page, json!({"limit": 3}), &json!([1, 2])), None);
    let offset = "kind = \"offset\", send = \"skip\", size = \"limit\"";
    assert_eq!(
        asked(offset, json!({}), &json!([1, 2])).as_deref(),
        Some("v=2&n=2&skip=2")
    );
    assert_eq!(asked(offset, json!({}), &json!([1])), None);
    let after = "kind = \"after\", read = \"id\", send = \"since\"";
    let items = json!([{"id": "a"}, {"id": "b"}]);
    assert_eq!(
        asked(after, json!({}), &items).as_deref(),
        Some("v=2&n=2&since=b")
    );
    assert_eq!(asked(after, json!({"limit": 3}), &items), None);
    // The third page, from the second.
    let list = operation(&format!("pagination = {{ {page} }}\n{inputs}"));
    let second = BASE64_URL_SAFE_NO_PAD.encode(r#"{"number":2}"#);
    let third = next(&list, json!({"page": second}), "", &json!([1, 2])).expect("a page");
    assert_eq!(third.url.query(), Some("v=2&n=2&p=3"));
}

#[test]
fn a_page_that_nobody_gave_does_nothing() {
    let link =
        operation("pagination = { kind = \"link\" }\nfixed = [[\"query:type\", \"public\"]]");
    let cursor = operation("pagination = { kind = \"cursor\", read = \"n\", send = \"after\" }");
    for page in [
        r#"{"link":{"query":[["type","private"]],"below":null}}"#,
        r#"{"link":{"query":[["v","1"]],"below":null}}"#,
        r#"{"link":{"query":[],"below":"../secrets"}}"#,
        r#"{"link":{"query":[],"below":"/evil.test"}}"#,
        r#"{"link":{"query":[],"below":"a?b"}}"#,
        r#"{"link":{"query":[],"below":""}}"#,
        r#"{"at":{"a":1}}"#,
        r#"{"at":null}"#,
        r#"{"number":-1}"#,
        r#"{"url":"https://evil.test/"}"#,
        "[]",
        "",
    ] {
        let page = json!({"page": BASE64_URL_SAFE_NO_PAD.encode(page)});
        assert!(
            ask(&link, page.clone()).is_err() && ask(&cursor, page.clone()).is_err(),
            "{page}"
        );
    }
    for page in [json!("?"), json!(1), json!("x".repeat(9000))] {
        assert!(ask(&link, json!({"page": page})).is_err());
    }
    assert!(ask(&operation(""), json!({"page": "x"})).is_err());
}

#[test]
fn a_secret_in_the_query_goes_into_no_page() {
    let list = operation("pagination = { kind = \"link\" }");
    let mut asked = ask(&list, json!({})).expect("a request");
    let key: connector::Placement =
        toml::from_str("query = { name = \"key\" }").expect("a placement");
    key.apply(&mut asked, "S3CRET");
    let link = "<https://api.test/v1/items?v=2&key=S3CRET&page=2>; rel=\"next\"";
    let headers = [("link".to_owned(), link.to_owned())];
    let answer = Answer {
        status: 200,
        headers: &headers,
        body: b"[]",
    };
    let page = list
        .result(&asked, &answer)
        .expect("a result")
        .next_page
        .expect("a page");
    let page =
        String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(page).expect("base64")).expect("text");
    assert_eq!(page, r#"{"link":{"query":[["page","2"]],"below":null}}"#);
}
