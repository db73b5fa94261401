//! The endpoint as clients meet it: both eras, refusals, scopes, limits, and what is counted.

use crate::support::{TestServer, legacy, modern};
use api_types::{input::TaskTitle, tasks::TaskFilter};
use domain::toolkits::tasks::{self, NewTask};
use reqwest::{Client, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;
use test_support::Person;

pub(crate) async fn answer(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    (status, response.json().await.unwrap_or_default())
}

pub(crate) async fn owner_with_key(server: &TestServer) -> (Person, String) {
    let ada = server.world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    (ada, key.secret)
}

/// Usage rows as (tool, era, outcome, error, request id), oldest first.
pub(crate) async fn counted(
    server: &TestServer,
) -> Vec<(String, String, String, Option<String>, uuid::Uuid)> {
    sqlx::query_as(
        "select tool, era, outcome, error, request_id from usage_events order by event_id",
    )
    .fetch_all(&server.world.database.pool("postgres", 1))
    .await
    .expect("rows")
}

#[tokio::test]
async fn both_eras_speak_at_one_url() {
    let server = TestServer::start().await;
    let (ada, key) = owner_with_key(&server).await;
    let url = format!("{}/t/{}/mcp", server.base, ada.actor.slug());
    let client = Client::new();

    let (status, found) = answer(
        modern(&client, &url, &key, "server/discover", json!({}))
            .send()
            .await
            .expect("sent"),
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{found}");
    let result = &found["result"];
    assert!(
        result["supportedVersions"]
            .as_array()
            .is_some_and(|all| all.contains(&"2026-07-28".into())),
        "{found}"
    );
    assert_eq!(
        (&result["resultType"], &result["cacheScope"]),
        (&json!("complete"), &json!("private"))
    );
    let call = json!({ "name": "whoami", "arguments": {} });
    let (_, called) = answer(
        modern(&client, &url, &key, "tools/call", call.clone())
            .send()
            .await
            .expect("sent"),
    )
    .await;
    assert_eq!(
        called["result"]["structuredContent"]["tenant"],
        ada.actor.slug()
    );

    for version in ["2025-11-25", "2025-06-18", "2025-03-26"] {
        let hello = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello });
        let request = client
            .post(&url)
            .bearer_auth(&key)
            .header(header::ACCEPT, "application/json, text/event-stream");
        let (status, hello) = answer(request.json(&body).send().await.expect("sent")).await;
        assert_eq!(
            (status, &hello["result"]["protocolVersion"]),
            (StatusCode::OK, &json!(version)),
            "{hello}"
        );
    }
    let (_, called) = answer(
        legacy(&client, &url, &key, "tools/call", &call)
            .send()
            .await
            .expect("sent"),
    )
    .await;
    assert_eq!(
        called["result"]["structuredContent"]["tenant"],
        ada.actor.slug()
    );
    assert_eq!(called["result"]["resultType"], Value::Null);

    let rows = counted(&server).await;
    let eras: Vec<_> = rows
        .iter()
        .map(|row| (row.0.as_str(), row.1.as_str(), row.2.as_str()))
        .collect();
    assert_eq!(
        eras,
        [("whoami", "modern", "ok"), ("whoami", "legacy", "ok")]
    );
}

#[tokio::test]
async fn every_tool_answers_what_its_schema_says() {
    let server = TestServer::start().await;
    let (ada, key) = owner_with_key(&server).await;
    let title = TaskTitle::parse("one").expect("a title");
    let task = tasks::create(&server.world.services, &ada.actor, NewTask::titled(title))
        .await
        .expect("a task");
    let (_, listed) = answer(server.mcp(&key, "tools/list", json!({})).await).await;
    let tools = listed["result"]["tools"].as_array().expect("tools").clone();
    assert_eq!(tools.len(), 9);
    for tool in tools {
        let name = tool["name"].as_str().expect("a name");
        let arguments = match name {
            "create_task" => {
                json!({ "title": "two", "due_on": "2026-12-24", "labels": ["a"], "priority": "high" })
            }
            "get_task" | "complete_task" | "delete_task" => json!({ "id": task.id }),
            "update_task" => json!({ "id": task.id, "assignee": null, "due_on": "2027-01-01" }),
            _ => json!({}),
        };
        let (status, called) = answer(
            server
                .mcp(
                    &key,
                    "tools/call",
                    json!({ "name": name, "arguments": arguments }),
                )
                .await,
        )
        .await;
        assert_eq!(status, StatusCode::OK);
        assert_ne!(called["result"]["isError"], true, "{name}: {called}");
        let content = &called["result"]["structuredContent"];
        for required in tool["outputSchema"]["required"]
            .as_array()
            .expect("required fields")
        {
            assert!(
                content.get(required.as_str().expect("a name")).is_some(),
                "{name} lacks {required}: {content}"
            );
        }
        if let Some(due) = content.get("due_on").filter(|due| !due.is_null()) {
            assert!(due.is_string(), "a day is told as text: {due}");
        }
    }
}

#[tokio::test]
async fn bad_arguments_are_told_to_the_model_and_change_nothing() {
    let server = TestServer::start().await;
    let (ada, key) = owner_with_key(&server).await;
    for arguments in [
        json!({}),
        json!({ "title": "" }),
        json!({ "title": 5 }),
        json!({ "title": "x", "nonsense": 1 }),
        json!({ "title": "x", "due_on": "soon" }),
        json!({ "title": "x", "status": "sleeping" }),
        json!({ "title": "x", "progress": 1000 }),
        json!({ "title": "x", "depends_on": ["1"] }),
        json!({ "title": "x\u{0}y" }),
    ] {
        let (status, called) = answer(
            server
                .mcp(
                    &key,
                    "tools/call",
                    json!({ "name": "create_task", "arguments": arguments }),
                )
                .await,
        )
        .await;
        assert_eq!(status, StatusCode::OK, "{arguments}: {called}");
        assert_eq!(called["result"]["isError"], true, "{arguments}: {called}");
    }
    let page = tasks::list(&server.world.services, &ada.actor, TaskFilter::default())
        .await
        .expect("a page");
    assert!(page.tasks.is_empty());
    assert!(
        counted(&server)
            .await
            .iter()
            .all(|row| row.2 == "tool_error" && row.3.is_some())
    );
}

#[tokio::test]
async fn malformed_requests_get_the_protocols_own_errors() {
    let server = TestServer::start().await;
    let (_, key) = owner_with_key(&server).await;
    let client = Client::new();
    let url = format!("{}/mcp", server.base);
    let raw = |body: String| {
        client
            .post(&url)
            .bearer_auth(&key)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .body(body)
            .send()
    };
    let (status, told) = answer(raw("{not json".into()).await.expect("sent")).await;
    assert_eq!(
        (status, &told["error"]["code"]),
        (StatusCode::BAD_REQUEST, &json!(-32700)),
        "{told}"
    );
    let deep = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{}1{}}}",
        "[".repeat(100),
        "]".repeat(100)
    );
    assert_eq!(
        raw(deep).await.expect("sent").status(),
        StatusCode::BAD_REQUEST
    );
    let large = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"x\":\"{}\"}}",
        "x".repeat(1024 * 1024)
    );
    assert_eq!(
        raw(large).await.expect("sent").status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );

    let call = || {
        modern(
            &client,
            &url,
            &key,
            "tools/call",
            json!({ "name": "whoami", "arguments": {} }),
        )
    };
    let cases = [
        (
            call().header("mcp-method", "tools/list"),
            StatusCode::BAD_REQUEST,
        ),
        (
            call().header("mcp-name", "get_task"),
            StatusCode::BAD_REQUEST,
        ),
        (
            call().header("mcp-protocol-version", "2025-11-25"),
            StatusCode::BAD_REQUEST,
        ),
    ];
    for (request, wanted) in cases {
        let (status, told) = answer(request.send().await.expect("sent")).await;
        assert_eq!(
            (status, &told["error"]["code"]),
            (wanted, &json!(-32020)),
            "{told}"
        );
    }
    let (status, told) = answer(server.mcp(&key, "tools/dance", json!({})).await).await;
    assert_eq!(
        (status, &told["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!(-32601))
    );
    let (_, told) = answer(
        server
            .mcp(
                &key,
                "tools/call",
                json!({ "name": "no_such_tool", "arguments": {} }),
            )
            .await,
    )
    .await;
    assert_eq!(told["error"]["code"], -32602);
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let status = client
            .request(method, &url)
            .bearer_auth(&key)
            .send()
            .await
            .expect("sent")
            .status();
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[tokio::test]
async fn foreign_origins_and_hosts_are_refused() {
    let server = TestServer::start().await;
    let (_, key) = owner_with_key(&server).await;
    let url = format!("{}/mcp", server.base);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("host", "evil.example"),
    ] {
        let request =
            modern(&Client::new(), &url, &key, "tools/list", json!({})).header(name, value);
        let status = request.send().await.expect("sent").status();
        assert!(
            matches!(
                status,
                StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST
            ),
            "{name}: {value}: {status}"
        );
    }
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_call_and_is_counted() {
    let server = TestServer::start().await;
    let (ada, key) = owner_with_key(&server).await;
    let title = TaskTitle::parse("one").expect("a title");
    let task = tasks::create(&server.world.services, &ada.actor, NewTask::titled(title))
        .await
        .expect("a task");
    let pool = server.world.database.pool("postgres", 1);
    let mut lock = pool.begin().await.expect("a transaction");
    sqlx::query("select from tasks for update")
        .execute(&mut *lock)
        .await
        .expect("locked");
    let call = json!({ "name": "complete_task", "arguments": { "id": task.id } });
    let url = format!("{}/mcp", server.base);
    let hurried =
        modern(&Client::new(), &url, &key, "tools/call", call).timeout(Duration::from_millis(300));
    assert!(hurried.send().await.is_err_and(|error| error.is_timeout()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    lock.rollback().await.expect("unlocked");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let rows = counted(&server).await;
    assert_eq!(
        rows.iter().map(|row| row.2.as_str()).collect::<Vec<_>>(),
        ["cancelled"]
    );
    let task = tasks::get(&server.world.services, &ada.actor, task.id)
        .await
        .expect("there");
    assert_eq!(
        task.status,
        api_types::tasks::TaskStatus::Todo,
        "the cancelled call went on"
    );
}

#[tokio::test]
async fn tasks_are_resources_too() {
    let server = TestServer::start().await;
    let (ada, key) = owner_with_key(&server).await;
    let title = TaskTitle::parse("one").expect("a title");
    let task = tasks::create(&server.world.services, &ada.actor, NewTask::titled(title))
        .await
        .expect("a task");
    let uri = format!("bulkhead://tasks/{}", task.id);
    let (_, listed) = answer(server.mcp(&key, "resources/list", json!({})).await).await;
    assert_eq!(listed["result"]["resources"][0]["uri"], uri);
    let (_, read) = answer(
        server
            .mcp(&key, "resources/read", json!({ "uri": uri }))
            .await,
    )
    .await;
    assert!(
        read["result"]["contents"][0]["text"]
            .as_str()
            .is_some_and(|text| text.contains("one")),
        "{read}"
    );
    let rows = counted(&server).await;
    assert_eq!(rows[0].0, "bulkhead://tasks/{id}");
}
