//! What an operator relies on: health, limits, errors that lead to the log.

use crate::mcp::{counted, owner_with_key};
use crate::support::TestServer;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn readiness_names_what_failed_and_liveness_does_not_care() {
    let server = TestServer::start().await;
    let get = |path: &str| Client::new().get(format!("{}{path}", server.base)).send();
    assert_eq!(get("/readyz").await.expect("sent").status(), StatusCode::OK);
    server.world.services.db.close().await;
    let answer = get("/readyz").await.expect("sent");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let told: Value = answer.json().await.expect("JSON");
    assert_eq!(told["failed"][0], "database");
    assert_eq!(get("/livez").await.expect("sent").status(), StatusCode::OK);
}

#[tokio::test]
async fn a_draining_server_says_so() {
    let server = TestServer::start().await;
    server.lifecycle.start_draining();
    let answer = Client::new()
        .get(format!("{}/readyz", server.base))
        .send()
        .await
        .expect("sent");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().await.expect("a body").contains("draining"));
}

#[tokio::test]
async fn an_unknown_address_gets_a_page_that_says_so() {
    let server = TestServer::start().await;
    for path in [
        "/nothing/here",
        "/pkg/nothing.js",
        "/%ff",
        "/..%2f..%2fetc%2fpasswd",
    ] {
        let answer = server.browser().get(path).send().await.expect("sent");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn our_failure_is_told_with_an_id_and_nothing_else() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await.secret;
    server.world.services.db.close().await;
    let answer = server.mcp(&key, "tools/list", serde_json::json!({})).await;
    assert!(answer.status().is_server_error());
    let id = answer.headers()["x-request-id"]
        .to_str()
        .expect("text")
        .to_owned();
    let text = answer.text().await.expect("a body");
    assert!(text.contains(&id), "{text}");
    assert!(
        !text.to_lowercase().contains("pool") && !text.contains("sqlx"),
        "{text}"
    );
}

#[tokio::test]
async fn an_error_names_the_request_that_is_also_counted() {
    let server = TestServer::start().await;
    let (_, key) = owner_with_key(&server).await;
    let missing = uuid::Uuid::now_v7();
    let response = server
        .mcp(
            &key,
            "tools/call",
            json!({ "name": "get_task", "arguments": { "id": missing } }),
        )
        .await;
    let id = response.headers()["x-request-id"]
        .to_str()
        .expect("text")
        .to_owned();
    let rows = counted(&server).await;
    assert_eq!(rows[0].4.to_string(), id);
    assert_eq!(rows[0].2, "tool_error");
}
