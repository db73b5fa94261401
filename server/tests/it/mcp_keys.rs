//! Keys at the endpoint: malformed, limited, revoked, and what they open.

use crate::mcp::{answer, counted, owner_with_key};
use crate::support::TestServer;
use domain::{
    api_keys::{self, NewKey},
    toolkits,
};
use reqwest::{Client, StatusCode, header};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_support::new_key;
use tokio::net::TcpListener;

#[tokio::test]
async fn without_a_key_the_way_to_one_is_named() {
    let server = TestServer::start().await;
    let (ada, key) = owner_with_key(&server).await;
    let path = format!("/t/{}/mcp", ada.actor.slug());
    let bare = Client::new()
        .post(format!("{}{path}", server.base))
        .json(&json!({}))
        .send()
        .await
        .expect("sent");
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    let challenge = bare.headers()[header::WWW_AUTHENTICATE]
        .to_str()
        .expect("text")
        .to_owned();
    let metadata = challenge
        .split("resource_metadata=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("an address");
    let document: Value = Client::new()
        .get(metadata)
        .send()
        .await
        .expect("sent")
        .json()
        .await
        .expect("JSON");
    assert_eq!(document["resource"], format!("{}{path}", server.base));
    let in_query = Client::new()
        .post(format!("{}{path}?access_token={key}", server.base))
        .json(&json!({}))
        .send()
        .await
        .expect("sent");
    assert_eq!(in_query.status(), StatusCode::UNAUTHORIZED);
    let no_json = Client::new()
        .post(format!("{}{path}", server.base))
        .body("hello")
        .send()
        .await
        .expect("sent");
    // What is wrong with a body is nobody's business who has no key.
    assert_eq!(no_json.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_malformed_key_is_refused_without_a_query() {
    let server = TestServer::start().await;
    let (_, key) = owner_with_key(&server).await;
    // With the database gone, only an answer that needs no query can be right.
    server.world.services.db.close().await;
    let mut mutated = 0;
    for place in 0..key.len() {
        let mut bytes = key.clone().into_bytes();
        bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
        let text = String::from_utf8(bytes).expect("ascii");
        let status = server.mcp(&text, "tools/list", json!({})).await.status();
        assert_eq!(status, StatusCode::UNAUTHORIZED, "place {place}");
        mutated += 1;
    }
    assert_eq!(mutated, 43);
    let unknown = vault::KeySecret::generate().reveal();
    let asked = server.mcp(&unknown, "tools/list", json!({})).await.status();
    assert!(
        asked.is_server_error(),
        "a well-formed key asks the database: {asked}"
    );
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_say() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let client = ada.client("ci").await;
    let key = ada.key_with(&client, &["tasks:read"]).await.secret;
    let (_, listed) = answer(server.mcp(&key, "tools/list", json!({})).await).await;
    let names: Vec<_> = listed["result"]["tools"]
        .as_array()
        .expect("tools")
        .iter()
        .map(|tool| tool["name"].clone())
        .collect();
    assert_eq!(names, ["list_tasks", "get_task"]);
    let refused = server
        .mcp(
            &key,
            "tools/call",
            json!({ "name": "create_task", "arguments": { "title": "x" } }),
        )
        .await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let challenge = refused.headers()[header::WWW_AUTHENTICATE]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        challenge.contains("insufficient_scope") && challenge.contains("tasks:write"),
        "{challenge}"
    );
    assert_eq!(counted(&server).await[0].2, "refused");
}

#[tokio::test]
async fn a_switched_off_toolkit_is_not_there() {
    let server = TestServer::start().await;
    let (ada, key) = owner_with_key(&server).await;
    assert_eq!(
        server.mcp(&key, "tools/list", json!({})).await.status(),
        StatusCode::OK
    );
    toolkits::switch(&server.world.services, &ada.actor, "tasks", false)
        .await
        .expect("switched");
    let begun = Instant::now();
    loop {
        let (_, listed) = answer(server.mcp(&key, "tools/list", json!({})).await).await;
        if listed["result"]["tools"].as_array().expect("tools").len() == 3 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
    let (_, told) = answer(
        server
            .mcp(
                &key,
                "tools/call",
                json!({ "name": "list_tasks", "arguments": {} }),
            )
            .await,
    )
    .await;
    assert_eq!(told["error"]["code"], -32602, "{told}");
}

#[tokio::test]
async fn a_key_has_its_own_limit_and_places() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let client = ada.client("ci").await;
    let s = &server.world.services;
    let limited = NewKey {
        rate_limit_per_minute: Some(3),
        ..new_key(&["account:read"])
    };
    let limited = api_keys::create(s, &ada.actor, client.id, limited)
        .await
        .expect("issued")
        .secret;
    let call = json!({ "name": "whoami", "arguments": {} });
    for _ in 0..3 {
        assert_eq!(
            server
                .mcp(&limited, "tools/call", call.clone())
                .await
                .status(),
            StatusCode::OK
        );
    }
    let refused = server.mcp(&limited, "tools/call", call.clone()).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()[header::RETRY_AFTER]
        .to_str()
        .expect("text")
        .parse()
        .expect("seconds");
    assert!((1..=60).contains(&wait));
    let elsewhere = NewKey {
        allowed_networks: vec!["192.0.2.0/24".into()],
        ..new_key(&["account:read"])
    };
    let elsewhere = api_keys::create(s, &ada.actor, client.id, elsewhere)
        .await
        .expect("issued")
        .secret;
    let status = server.mcp(&elsewhere, "tools/call", call).await.status();
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_revoked_key_is_refused_by_two_servers_within_a_second() {
    let server = TestServer::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut twin = server.world.clone();
    twin.services = server.world.sibling();
    let other = TestServer::over(twin, listener, address);
    let ada = server.world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    for server in [&server, &other] {
        assert_eq!(
            server
                .mcp(&key.secret, "tools/list", json!({}))
                .await
                .status(),
            StatusCode::OK
        );
    }
    api_keys::revoke(&server.world.services, &ada.actor, key.key.id)
        .await
        .expect("revoked");
    tokio::time::sleep(Duration::from_millis(900)).await;
    for server in [&server, &other] {
        assert_eq!(
            server
                .mcp(&key.secret, "tools/list", json!({}))
                .await
                .status(),
            StatusCode::UNAUTHORIZED
        );
    }
}

#[tokio::test]
async fn a_key_found_in_public_is_revoked_by_whoever_reports_it() {
    let server = TestServer::start().await;
    let (_, key) = owner_with_key(&server).await;
    let works = async || server.mcp(&key, "tools/list", json!({})).await.status();
    let report = async |key: &str| {
        let sent = Client::new()
            .post(format!("{}/leaked-keys", server.base))
            .json(&json!({ "key": key }))
            .send()
            .await
            .expect("sent");
        let status = sent.status();
        (status, sent.text().await.expect("text"))
    };
    assert_eq!(works().await, StatusCode::OK, "before the report");
    let began = Instant::now();
    let found = report(&key).await;
    assert_eq!(found.0, StatusCode::ACCEPTED);
    while works().await != StatusCode::UNAUTHORIZED {
        assert!(began.elapsed() < Duration::from_secs(1), "still works");
    }
    let nobodys = vault::KeySecret::generate().reveal();
    assert_eq!(report(&nobodys).await, found, "a key that nobody has");
    assert_eq!(report(&key).await, found, "a key that works no more");
    let (status, message) = report("bh_key_cut").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{message}");
    let recorded: Vec<(String, String)> =
        sqlx::query_as("select act, actor_kind from audit_events where act like '%leaked'")
            .fetch_all(&server.world.database.pool("postgres", 1))
            .await
            .expect("rows");
    assert_eq!(
        recorded,
        [("api_key.reported_leaked".into(), "system".into())]
    );
}
