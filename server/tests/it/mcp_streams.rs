//! What is more than one message: streams that tell of changes, and batches.

use crate::support::{TestServer, modern};
use domain::{api_keys, toolkits};
use futures::StreamExt as _;
use reqwest::{Client, Response, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;
use test_support::Person;
use tokio::time::{Instant, timeout};

/// The events of a stream as they come.
struct Events {
    bytes: futures::stream::BoxStream<'static, Vec<u8>>,
    text: String,
}

impl Events {
    fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK, "{response:?}");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "text/event-stream"
        );
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        let bytes = response
            .bytes_stream()
            .map(|bytes| bytes.unwrap_or_default().to_vec());
        Self {
            bytes: bytes.boxed(),
            text: String::new(),
        }
    }

    /// The next message; none, when the stream has ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event
                    .strip_prefix("data: ")
                    .map(|data| serde_json::from_str(data).expect("JSON"));
                self.text = rest.into();
                if data.is_some() {
                    return data;
                }
                continue;
            }
            let bytes = self.bytes.next().await?;
            self.text
                .push_str(std::str::from_utf8(&bytes).expect("text"));
        }
    }

    async fn soon(&mut self) -> Option<Value> {
        timeout(Duration::from_secs(5), self.next())
            .await
            .expect("within 5 s")
    }

    async fn is_silent(&mut self) -> bool {
        timeout(Duration::from_millis(600), self.next())
            .await
            .is_err()
    }
}

async fn listen(server: &TestServer, key: &str) -> Response {
    let wanted =
        json!({ "notifications": { "toolsListChanged": true, "promptsListChanged": true } });
    server.mcp(key, "subscriptions/listen", wanted).await
}

async fn listener(server: &TestServer, key: &str) -> Events {
    let mut events = Events::of(listen(server, key).await);
    let first = events.soon().await.expect("an acknowledgement");
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(subscription(&first), 1);
    // There are no prompts to hear of.
    assert_eq!(
        first["params"]["notifications"],
        json!({ "toolsListChanged": true })
    );
    events
}

fn subscription(message: &Value) -> &Value {
    let part = if message["method"].is_null() {
        "result"
    } else {
        "params"
    };
    &message[part]["_meta"]["io.modelcontextprotocol/subscriptionId"]
}

async fn switch(server: &TestServer, owner: &Person, enabled: bool) {
    toolkits::switch(&server.world.services, &owner.actor, "tasks", enabled)
        .await
        .expect("switched");
}

async fn key_of(owner: &Person) -> api_types::api_keys::CreatedKey {
    owner.key(&owner.client("ci").await).await
}

#[tokio::test]
async fn a_listener_hears_of_its_own_tenants_tools_alone() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let mut events = listener(&server, &key_of(&ada).await.secret).await;
    switch(&server, &bob, false).await;
    assert!(events.is_silent().await);
    for enabled in [false, true] {
        switch(&server, &ada, enabled).await;
        let told = events.soon().await.expect("a notification");
        assert_eq!(told["method"], "notifications/tools/list_changed");
        assert_eq!(subscription(&told), 1);
    }
    // What is on stays on: nothing has changed for anybody.
    switch(&server, &ada, true).await;
    assert!(events.is_silent().await);
}

#[tokio::test]
async fn a_stream_ends_within_five_seconds_of_its_keys_revocation() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = key_of(&ada).await;
    let mut events = listener(&server, &key.secret).await;
    api_keys::revoke(&server.world.services, &ada.actor, key.key.id)
        .await
        .expect("revoked");
    let began = Instant::now();
    let last = events.soon().await.expect("a farewell");
    assert_eq!(last["result"]["resultType"], "complete");
    assert_eq!((&last["id"], subscription(&last)), (&json!(1), &json!(1)));
    assert_eq!(events.soon().await, None);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn streams_end_in_order_when_the_server_stops() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut events = listener(&server, &key_of(&ada).await.secret).await;
    let stopped = tokio::spawn(server.stopped());
    let last = events.soon().await.expect("a farewell");
    assert_eq!(last["result"]["resultType"], "complete");
    assert_eq!(events.soon().await, None);
    timeout(Duration::from_secs(5), stopped)
        .await
        .expect("within 5 s")
        .expect("an orderly end");
}

#[tokio::test]
async fn a_key_has_so_many_streams_and_no_more() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = key_of(&ada).await.secret;
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(listener(&server, &key).await);
    }
    assert_eq!(
        listen(&server, &key).await.status(),
        StatusCode::TOO_MANY_REQUESTS
    );
    open.clear();
    let began = Instant::now();
    while listen(&server, &key).await.status() != StatusCode::OK {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "places are not given back"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_stream_needs_a_client_that_takes_one() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = key_of(&ada).await.secret;
    let url = format!("{}/mcp", server.base);
    let wanted = json!({ "notifications": {} });
    let mut request = modern(&Client::new(), &url, &key, "subscriptions/listen", wanted)
        .build()
        .expect("a request");
    request.headers_mut().insert(
        header::ACCEPT,
        header::HeaderValue::from_static("application/json"),
    );
    let answer = Client::new().execute(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::NOT_ACCEPTABLE);
    let filterless = server.mcp(&key, "subscriptions/listen", json!({})).await;
    let told: Value = filterless.json().await.expect("JSON");
    assert_eq!(told["error"]["code"], -32602);
}

#[tokio::test]
async fn batches_are_for_the_revision_that_had_them() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = key_of(&ada).await.secret;
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "ping" },
        { "jsonrpc": "2.0", "method": "notifications/cancelled" },
        { "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "whoami" } },
        { "jsonrpc": "2.0", "id": 3, "method": "initialize", "params": { "protocolVersion": "2025-03-26" } },
        7,
    ]);
    let send = |version: Option<&'static str>, body: &Value| {
        let request = Client::new()
            .post(format!("{}/mcp", server.base))
            .bearer_auth(&key)
            .json(body);
        match version {
            Some(version) => request.header("mcp-protocol-version", version),
            None => request,
        }
        .send()
    };
    for version in [None, Some("2025-03-26")] {
        let answer = send(version, &batch).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let told: Vec<Value> = answer.json().await.expect("JSON");
        assert_eq!(told.len(), 4);
        assert_eq!(told[0], json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
        assert_eq!(
            told[1]["result"]["structuredContent"]["tenant"],
            ada.actor.slug()
        );
        assert_eq!(
            (&told[2]["id"], &told[2]["error"]["code"]),
            (&json!(3), &json!(-32600))
        );
        assert_eq!(told[3]["error"]["code"], -32600);
    }
    let silent = json!([{ "jsonrpc": "2.0", "method": "notifications/cancelled" }]);
    assert_eq!(
        send(None, &silent).await.expect("an answer").status(),
        StatusCode::ACCEPTED
    );
    for version in ["2025-06-18", "2025-11-25", "2026-07-28"] {
        let answer = send(Some(version), &batch).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{version}");
    }
}
