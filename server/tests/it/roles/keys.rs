//! What keys open: each scope against every tool.

use super::company::Company;
use domain::toolkits::{CONNECTIONS, Tool};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Calls a tool with what most of them understand.
async fn call(company: &Company, key: &str, tool: &Tool) -> (StatusCode, Value) {
    let arguments = json!({ "title": "x", "id": uuid::Uuid::now_v7() });
    let call = json!({ "name": tool.spec.name, "arguments": arguments });
    let answer = company.server.mcp(key, "tools/call", call).await;
    (answer.status(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_key_may_exactly_what_its_scope_opens() {
    let company = Company::new().await;
    let client = company.ada.client("agent").await;
    let s = &company.server.world.services;
    for toolkit in s.toolkits.iter().filter(|toolkit| toolkit.is_elsewhere()) {
        let name = toolkit.name();
        let switched = domain::toolkits::switch(s, &company.ada.actor, &name, true);
        switched.await.expect("switched on");
    }
    for scope in [
        "account:read",
        "account:write",
        "tasks:read",
        "tasks:write",
        "connections:read",
        "connections:write",
        "github:read",
        "github:write",
    ] {
        let key = company.ada.key_with(&client, &[scope]).await.secret;
        for tool in s.toolkits.tools() {
            let (status, body) = call(&company, &key, tool).await;
            let write = tool.scope.ends_with(":write");
            let opens = |toolkit: &str| api_types::roles::opens(scope, toolkit, write);
            let all = tool.toolkit.is_elsewhere() && opens(CONNECTIONS);
            let may = opens(&tool.toolkit.name()) || all;
            let refused = status == StatusCode::FORBIDDEN;
            assert_eq!(refused, !may, "{scope} and {}", tool.spec.name);
            if refused {
                assert_eq!(body["error"]["data"]["requiredScope"], json!(tool.scope));
            } else {
                assert_eq!(status, StatusCode::OK, "{scope} and {}", tool.spec.name);
            }
        }
    }
}

/// Until an account is connected, a provider's tools are as missing as tools that nobody has.
#[tokio::test]
async fn a_tool_that_is_not_switched_on_is_opened_by_no_scope() {
    let company = Company::new().await;
    let client = company.ada.client("agent").await;
    let scopes = ["connections:write", "github:write"];
    let key = company.ada.key_with(&client, &scopes).await.secret;
    let all = company.server.world.services.toolkits.tools();
    for tool in all.iter().filter(|tool| tool.toolkit.is_elsewhere()) {
        let (_, body) = call(&company, &key, tool).await;
        let told = body["error"]["message"].as_str();
        let name = &tool.spec.name;
        assert_eq!(told, Some(&*format!("Unknown tool: {name}")), "{body}");
    }
    let answer = company.server.mcp(&key, "tools/list", json!({})).await;
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["result"]["tools"], json!([]));
}
