//! How a program that may not come in learns why, and where to ask (RFC 6750, RFC 9728).

use crate::oauth::support::{Flow, REVISIONS, Reply, parameter, since};
use crate::support::TestServer;
use reqwest::{Client, StatusCode};
use serde_json::json;

/// What one can ask for. Toolkits that act elsewhere are many, and are asked for together.
const SCOPES: [&str; 5] = [
    "account:read",
    "connections:read",
    "connections:write",
    "tasks:read",
    "tasks:write",
];

/// Both addresses of the endpoint.
fn addresses(flow: &Flow<'_>) -> [String; 2] {
    ["/mcp".into(), format!("/t/{}/mcp", flow.slug)]
}

/// What the endpoint answers to somebody without a token.
async fn bare(flow: &Flow<'_>, path: &str) -> Reply {
    let request = Client::new().post(format!("{}{path}", flow.server.base));
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let request = request.header("mcp-protocol-version", flow.revision);
    Reply::of(request.json(&body)).await
}

#[tokio::test]
async fn without_a_token_one_is_asked_for_and_nothing_is_called_wrong() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        for path in addresses(&flow) {
            let reply = bare(&flow, &path).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{revision}");
            assert!(reply.header("cache-control").contains("no-store"));
            let challenge = reply.header("www-authenticate");
            assert!(challenge.starts_with("Bearer "), "{challenge}");
            assert!(!challenge.contains("error="), "{challenge}");
        }
    }
}

#[tokio::test]
async fn what_is_no_token_is_called_an_invalid_one() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        for nonsense in ["not-an-access-token", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            let reply = flow.mcp(nonsense, "tools/list", json!({})).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{nonsense}");
            let challenge = reply.header("www-authenticate");
            assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
            assert!(reply.body["error"].is_object(), "{revision}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn a_challenge_leads_to_the_resources_metadata_and_that_to_the_issuer() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in since("2025-06-18") {
        let flow = flow.speaking(revision);
        for path in addresses(&flow) {
            let well_known = format!("/.well-known/oauth-protected-resource{path}");
            let reply = bare(&flow, &path).await;
            let challenge = reply.header("www-authenticate");
            let link = format!("resource_metadata=\"{}{well_known}\"", server.base);
            assert!(challenge.contains(&link), "{challenge}");

            let reply = Reply::of(flow.get(&well_known)).await;
            assert_eq!(reply.status, StatusCode::OK, "{revision}");
            assert!(reply.header("content-type").starts_with("application/json"));
            let wanted = json!({
                "resource": format!("{}{path}", server.base),
                "authorization_servers": [server.base],
                "scopes_supported": SCOPES,
                "bearer_methods_supported": ["header"],
                "resource_name": "Bulkhead",
            });
            let sorted = |mut document: serde_json::Value| {
                let scopes = document["scopes_supported"].as_array_mut();
                scopes.expect("scopes").sort_by_key(ToString::to_string);
                document
            };
            assert_eq!(sorted(reply.body), wanted, "{revision}");
        }
    }
}

/// `offline_access` is a matter between a program and the issuer (2026-07-28, "Refresh Tokens").
#[tokio::test]
async fn a_resource_asks_for_its_own_scopes_each_once_and_never_for_offline_access() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in since("2025-11-25") {
        let flow = flow.speaking(revision);
        for path in addresses(&flow) {
            let well_known = format!("/.well-known/oauth-protected-resource{path}");
            let reply = Reply::of(flow.get(&well_known)).await.good();
            let listed = reply.body["scopes_supported"].as_array().expect("scopes");
            let listed: Vec<_> = listed.iter().filter_map(|scope| scope.as_str()).collect();
            let mut once = listed.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once, SCOPES);
            assert_eq!(once.len(), listed.len(), "{listed:?}");

            let reply = bare(&flow, &path).await;
            let challenge = reply.header("www-authenticate");
            let asked = format!("scope=\"{}\"", listed.join(" "));
            assert!(challenge.contains(&asked), "{revision}: {challenge}");
            assert!(!challenge.contains("offline_access"), "{challenge}");
        }
    }
}

#[tokio::test]
async fn a_token_that_opens_too_little_learns_which_scopes_would_do() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in since("2025-11-25") {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let token = flow.tokens(&app, "account:read").await.text("access_token");
        for (tool, arguments, scope) in [
            ("list_tasks", json!({}), "tasks:read"),
            ("create_task", json!({ "title": "x" }), "tasks:write"),
        ] {
            let reply = flow.call(&token, tool, arguments).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{revision}: {tool}");
            let challenge = reply.header("www-authenticate");
            assert!(
                challenge.contains("error=\"insufficient_scope\""),
                "{challenge}"
            );
            assert!(
                // What it has as well, so that a new log-in does not lose it.
                challenge.contains(&format!("scope=\"account:read {scope}\"")),
                "{challenge}"
            );
            assert!(challenge.contains("resource_metadata=\""), "{challenge}");
            assert_eq!(reply.body["error"]["data"]["requiredScope"], scope);
        }
    }
}

/// A program that was told of the scope may ask for it; it opens nothing, and is no reason to refuse.
#[tokio::test]
async fn the_issuer_alone_tells_of_offline_access() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in since("2026-07-28") {
        let flow = flow.speaking(revision);
        let metadata = flow.get("/.well-known/oauth-authorization-server");
        let metadata = Reply::of(metadata).await.good();
        let scopes = metadata.body["scopes_supported"].as_array();
        assert!(scopes.expect("scopes").contains(&json!("offline_access")));
        let app = flow.register("none").await;
        let question = flow.question(&app, "account:read offline_access");
        let page = flow.page(&question).await;
        let told = flow.decide(&page, "approve", "account:read").await;
        let code = parameter(&told, "code").expect("a code");
        let reply = flow.exchange(&app, &code).await.good();
        assert!(!reply.text("refresh_token").is_empty());
        let token = reply.text("access_token");
        assert_eq!(flow.opens(&token).await, StatusCode::OK);
    }
}
