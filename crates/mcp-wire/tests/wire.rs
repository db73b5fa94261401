//! The envelope from the outside: what is taken, what is refused and with which code.

use http::{HeaderMap, HeaderName, HeaderValue};
use mcp_wire::{
    Body, Era, Fault, HEADER_MISMATCH, INVALID_PARAMS, INVALID_REQUEST, Message, PARSE_ERROR,
    Request, UNSUPPORTED_VERSION, body, era, headers, reply,
};
use serde_json::{Value, json, value::RawValue};

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::try_from(*name).expect("name"),
                HeaderValue::try_from(*value).expect("value"),
            )
        })
        .collect()
}

fn message(text: &str) -> Message<'_> {
    match body::parse(text.as_bytes()) {
        Ok(Body::One(message)) => message,
        other => panic!("{other:?}"),
    }
}

fn request(text: &str) -> Request<'_> {
    match message(text) {
        Message::Request(request) => request,
        other => panic!("{other:?}"),
    }
}

fn refused(text: &str) -> Fault {
    body::parse(text.as_bytes())
        .expect_err("should be refused")
        .fault
}

#[test]
fn a_request_keeps_its_id_as_it_was_spelled() {
    for id in ["1", "-7", "\"a\\u0062\"", "12345678901234567890"] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        assert_eq!(request(&text).id.as_json(), id);
    }
}

#[test]
fn ids_that_mcp_forbids_are_refused() {
    for id in ["null", "1.5", "{}", "true", "[1]", "1e3"] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        assert_eq!(refused(&text).code, INVALID_REQUEST, "{id}");
    }
}

#[test]
fn what_is_no_json_and_what_is_no_request_are_told_apart() {
    assert_eq!(refused("").code, PARSE_ERROR);
    assert_eq!(refused("{").code, PARSE_ERROR);
    assert_eq!(
        refused(r#"{"jsonrpc":"2.0","id":1,"method":"a"} x"#).code,
        PARSE_ERROR
    );
    assert_eq!(refused("5").code, INVALID_REQUEST);
    assert_eq!(refused("{}").code, INVALID_REQUEST);
    assert_eq!(refused("[]").code, INVALID_REQUEST);
    assert_eq!(
        refused(r#"{"jsonrpc":"1.0","id":1,"method":"a"}"#).code,
        INVALID_REQUEST
    );
    assert_eq!(
        refused(r#"{"jsonrpc":"2.0","id":1,"method":7}"#).code,
        INVALID_REQUEST
    );
    assert_eq!(
        refused(r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[]}"#).code,
        INVALID_PARAMS
    );
    assert_eq!(
        body::parse(b"\xff").expect_err("not UTF-8").fault.code,
        PARSE_ERROR
    );
}

#[test]
fn members_that_occur_twice_are_refused() {
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#;
    assert_eq!(refused(twice).code, INVALID_REQUEST);
    let twice =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#;
    let refused = body::parse(twice.as_bytes()).expect_err("should be refused");
    assert_eq!(refused.fault.code, INVALID_PARAMS);
    assert_eq!(refused.id.map(mcp_wire::Id::as_json), Some("1"));
}

#[test]
fn deep_nesting_is_refused_without_parsing_it() {
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{}"#,
        "[".repeat(100_000)
    );
    assert_eq!(refused(&deep).code, INVALID_REQUEST);
}

#[test]
fn notifications_responses_and_batches_are_recognised() {
    assert!(matches!(
        message(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
        Message::Notification(method) if method == "notifications/initialized"
    ));
    assert!(matches!(
        message(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
        Message::Response
    ));
    let batch = body::parse(br#" [{"jsonrpc":"2.0","id":1,"method":"ping"}]"#);
    assert!(matches!(batch, Ok(Body::Batch(batch)) if batch.len() == 1));
}

fn with_meta(meta: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } })
        .to_string()
}

#[test]
fn the_body_decides_the_era_and_the_header_must_agree() {
    let modern = with_meta(&json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" }));
    assert_eq!(
        era::detect(&message(&modern), Some("2026-07-28")),
        Ok(Era::Modern)
    );
    for header in [None, Some("2025-11-25"), Some("v999")] {
        let fault = era::detect(&message(&modern), header).expect_err("headers differ");
        assert_eq!(fault.code, HEADER_MISMATCH);
    }
    let plain = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    assert_eq!(
        era::detect(&message(plain), None),
        Ok(Era::Legacy("2025-03-26"))
    );
    assert_eq!(
        era::detect(&message(plain), Some("2025-06-18")),
        Ok(Era::Legacy("2025-06-18"))
    );
    let fault = era::detect(&message(plain), Some("2026-07-28")).expect_err("no _meta");
    assert_eq!(fault.code, INVALID_PARAMS);
}

#[test]
fn an_unknown_version_is_answered_with_those_we_speak() {
    let future = with_meta(&json!({ "io.modelcontextprotocol/protocolVersion": "v999.0.0" }));
    let fault = era::detect(&message(&future), Some("v999.0.0")).expect_err("unknown");
    assert_eq!(fault.code, UNSUPPORTED_VERSION);
    assert_eq!(fault.status(), 400);
    let data = fault.data.expect("details");
    assert_eq!(data["requested"], "v999.0.0");
    assert_eq!(data["supported"][0], "2026-07-28");
    let plain = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let fault = era::detect(&message(plain), Some("1900-01-01")).expect_err("unknown");
    assert_eq!(fault.code, UNSUPPORTED_VERSION);
}

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"héllo"}}"#;

#[test]
fn standard_headers_must_repeat_the_body() {
    let call = request(CALL);
    let good = [
        ("mcp-method", "tools/call"),
        ("mcp-name", "=?base64?aMOpbGxv?="),
    ];
    assert_eq!(headers::check(&headers(&good), &call), Ok(()));
    let spaced = [
        ("Mcp-Method", "  tools/call "),
        ("MCP-NAME", "=?base64?aMOpbGxv?="),
    ];
    assert_eq!(headers::check(&headers(&spaced), &call), Ok(()));
    for bad in [
        &[][..],
        &[("mcp-method", "tools/call")],
        &[
            ("mcp-method", "TOOLS/CALL"),
            ("mcp-name", "=?base64?aMOpbGxv?="),
        ],
        &[("mcp-method", "tools/call"), ("mcp-name", "hello")],
        &[
            ("mcp-method", "tools/call"),
            ("mcp-name", "=?base64?aMOpbGx?="),
        ],
        &[
            ("mcp-method", "tools/call"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "x"),
        ],
    ] {
        let fault = headers::check(&headers(bad), &call).expect_err("should be refused");
        assert_eq!(fault.code, HEADER_MISMATCH, "{bad:?}");
    }
}

#[test]
fn headers_of_arguments_must_repeat_the_arguments() {
    let wanted = [
        ("Region".to_owned(), vec!["region".to_owned()]),
        ("Deep".to_owned(), vec!["a".to_owned(), "b".to_owned()]),
    ];
    let arguments = serde_json::value::to_raw_value(&json!({ "region": "eu", "a": { "b": 42 } }));
    let arguments = arguments.expect("json");
    let check = |pairs: &[(&str, &str)]| {
        headers::check_arguments(&headers(pairs), &wanted, Some(&arguments)).is_ok()
    };
    assert!(check(&[
        ("mcp-param-region", "eu"),
        ("mcp-param-deep", "42")
    ]));
    assert!(check(&[
        ("mcp-param-region", "=?base64?ZXU=?="),
        ("mcp-param-deep", "42.0")
    ]));
    assert!(!check(&[
        ("mcp-param-region", "us"),
        ("mcp-param-deep", "42")
    ]));
    assert!(!check(&[("mcp-param-region", "eu")]));
    assert!(headers::check_arguments(&headers(&[]), &wanted, None).is_ok());
    assert!(
        headers::check_arguments(&headers(&[("mcp-param-region", "eu")]), &wanted, None).is_err()
    );
}

#[test]
fn answers_are_valid_and_shaped_by_the_era() {
    let request = request(CALL);
    let extras = reply::Extras {
        result_type: "complete",
        meta: None,
        ttl_ms: Some(5),
    };
    let told = |era, extras| {
        let bytes = reply::result(era, request.id, json!({ "tools": [] }), extras).expect("json");
        serde_json::from_slice::<Value>(&bytes).expect("json")
    };
    let read = |era| told(era, extras);
    let modern =
        json!({ "resultType": "complete", "ttlMs": 5, "cacheScope": "private", "tools": [] });
    assert_eq!(
        read(Era::Modern),
        json!({ "jsonrpc": "2.0", "id": 1, "result": modern })
    );
    let legacy = json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": [] } });
    assert_eq!(read(Era::Legacy("2025-11-25")), legacy);
    let meta = RawValue::from_string(r#"{"a/b":1}"#.into()).expect("json");
    let with_meta = reply::Extras {
        meta: Some(&meta),
        ..extras
    };
    for era in [Era::Modern, Era::Legacy("2025-11-25")] {
        let answer = told(era, with_meta);
        let result = &answer["result"];
        assert_eq!(result["_meta"], json!({ "a/b": 1 }));
        assert_eq!(result["tools"], json!([]));
    }
    let fault: Value =
        serde_json::from_slice(&reply::fault(None, &Fault::internal())).expect("json");
    assert_eq!(
        fault,
        json!({ "jsonrpc": "2.0", "error": { "code": -32603, "message": "Internal error" } })
    );
}

mod never_panics {
    use super::*;
    use proptest::prelude::*;

    fn json_like() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            Just("{".to_owned()),
            Just("}".to_owned()),
            Just("[".to_owned()),
            Just("]".to_owned()),
            Just(",".to_owned()),
            Just(":".to_owned()),
            Just("\"".to_owned()),
            Just("\\".to_owned()),
            Just("\"jsonrpc\":\"2.0\"".to_owned()),
            Just("\"id\":1".to_owned()),
            Just("\"method\":\"tools/call\"".to_owned()),
            Just("\"params\":".to_owned()),
            Just("\"_meta\":".to_owned()),
            Just("\"name\":".to_owned()),
            Just("null".to_owned()),
            "[0-9a-zé€\u{1F600}.+-]{0,6}",
        ];
        prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = body::parse(&bytes);
        }

        #[test]
        fn on_what_looks_like_json(text in json_like(), header in "\\PC{0,20}") {
            if let Ok(Body::One(message)) = body::parse(text.as_bytes()) {
                let _ = era::detect(&message, Some(&header));
                if let (Message::Request(request), Ok(value)) = (&message, HeaderValue::from_str(&header)) {
                    let map = HeaderMap::from_iter([(HeaderName::from_static("mcp-method"), value)]);
                    let _ = headers::check(&map, request);
                }
            }
        }

        #[test]
        fn a_name_survives_its_header(name in "\\PC{1,40}") {
            use base64::{Engine as _, engine::general_purpose::STANDARD};
            let text = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name } })
                .to_string();
            let encoded = format!("=?base64?{}?=", STANDARD.encode(&name));
            let map = super::headers(&[("mcp-method", "tools/call"), ("mcp-name", &encoded)]);
            prop_assert_eq!(headers::check(&map, &request(&text)), Ok(()));
        }
    }
}
