//! What clients are told of limits: fields, errors, and words for models.

use super::{give, set};
use crate::support::{TestServer, legacy};
use api_types::{
    limits::OwnLimits,
    plans::{Loops, PlanState},
};
use domain::{api_keys, plans::Standing};
use reqwest::{Client, Response, StatusCode, header};
use serde_json::{Value, json};
use test_support::{Person, new_key};

fn field<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer
        .headers()
        .get(name)
        .map(|value| value.to_str().expect("text"))
}

async fn key_of(person: &Person) -> String {
    let client = person.client("agent").await;
    person.key(&client).await.secret
}

async fn whoami(server: &TestServer, key: &str) -> Response {
    let call = json!({ "name": "whoami", "arguments": {} });
    server.mcp(key, "tools/call", call).await
}

#[tokio::test]
async fn who_is_not_limited_is_told_nothing_of_limits() {
    let server = TestServer::start().await;
    let key = key_of(&server.world.owner("ada").await).await;
    let answer = whoami(&server, &key).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        (
            field(&answer, "ratelimit"),
            field(&answer, "ratelimit-policy")
        ),
        (None, None)
    );
}

#[tokio::test]
async fn a_rate_is_told_before_it_is_reached_and_when_it_is() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let client = ada.client("agent").await;
    let new = api_keys::NewKey {
        rate_limit_per_minute: Some(2),
        ..new_key(&["account:read"])
    };
    let key = api_keys::create(&server.world.services, &ada.actor, client.id, new).await;
    let key = key.expect("a key").secret;
    for left in [1, 0] {
        let answer = whoami(&server, &key).await;
        assert_eq!(field(&answer, "ratelimit-policy"), Some("\"key\";q=2;w=60"));
        let told = field(&answer, "ratelimit").expect("a field");
        assert!(told.starts_with(&format!("\"key\";r={left};t=")), "{told}");
    }
    let answer = whoami(&server, &key).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = field(&answer, "retry-after")
        .expect("a field")
        .parse()
        .expect("seconds");
    assert!((1..=30).contains(&wait), "{wait}");
    let body: Value = answer.json().await.expect("JSON");
    let data = &body["error"]["data"];
    assert_eq!(
        (
            &data["policy"],
            &data["limitPerMinute"],
            &data["remaining"],
            &data["retryAfterSeconds"]
        ),
        (&json!("key"), &json!(2), &json!(0), &json!(wait))
    );
    let words = body["error"]["message"].as_str().expect("words");
    assert!(
        words.starts_with("this API key's limit is reached; try again in"),
        "{words}"
    );
}

#[tokio::test]
async fn a_quota_that_is_used_up_says_so_in_both_eras_and_what_was_refused_used_nothing() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = key_of(&ada).await;
    let own = OwnLimits {
        monthly_units: Some(2),
        is_hard: true,
        ..OwnLimits::default()
    };
    set(&ada, own).await;
    let unknown = json!({ "name": "no_such_tool", "arguments": {} });
    server.mcp(&key, "tools/call", unknown).await;
    for _ in 0..2 {
        assert_eq!(whoami(&server, &key).await.status(), StatusCode::OK);
    }
    let answer = whoami(&server, &key).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(
        field(&answer, "ratelimit")
            .expect("a field")
            .starts_with("\"month\";r=0;t=")
    );
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(body["error"]["data"]["policy"], "month");
    assert_eq!(body["error"]["data"]["limit"], 2);
    let words = body["error"]["message"].as_str().expect("words");
    assert!(
        words.starts_with("this tenant's quota of this month is used up (2 units)"),
        "{words}"
    );
    let url = format!("{}/mcp", server.base);
    let call = json!({ "name": "whoami", "arguments": {} });
    let old = legacy(&Client::new(), &url, &key, "tools/call", &call)
        .send()
        .await;
    assert_eq!(
        old.expect("an answer").status(),
        StatusCode::TOO_MANY_REQUESTS
    );
    // Refused calls leave rows, though nobody waits for them.
    let pool = server.world.database.pool("postgres", 1);
    let rows = async || -> Vec<(String, i64)> {
        let query = "select outcome, count(*) from usage_events group by 1 order by 1";
        sqlx::query_as(query).fetch_all(&pool).await.expect("rows")
    };
    let wanted = [("invalid", 1), ("limited", 2), ("ok", 2)].map(|(word, n)| (word.to_owned(), n));
    for _ in 0..100 {
        if rows().await == wanted {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(rows().await, wanted);
}

#[tokio::test]
async fn an_agent_in_a_loop_is_warned_then_stopped_and_may_do_something_else() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = key_of(&ada).await;
    let own = OwnLimits {
        loops: Some(Loops::Stop),
        ..OwnLimits::default()
    };
    set(&ada, own).await;
    let list = |status: &str| json!({ "name": "list_tasks", "arguments": { "status": status } });
    let mut warned = Vec::new();
    for nth in 1..=60 {
        let answer = server.mcp(&key, "tools/call", list("todo")).await;
        let body: Value = answer.json().await.expect("JSON");
        let meta = &body["result"]["_meta"];
        let made_by = &meta["io.modelcontextprotocol/serverInfo"]["name"];
        assert_eq!(made_by, "bulkhead");
        let numbers = json!({ "repeats": nth, "stopsAt": 60, "windowSeconds": 60 });
        let numbers = (nth >= 20).then_some(&numbers);
        assert_eq!(meta.get("bulkhead/loop"), numbers);
        let content = body["result"]["content"]
            .as_array()
            .expect("content")
            .clone();
        let last = content.last().expect("text")["text"]
            .as_str()
            .expect("text")
            .to_owned();
        if last.contains("with the same arguments") {
            warned.push((nth, last));
        }
    }
    assert_eq!((warned.len(), warned[0].0), (41, 20));
    assert!(
        warned[0].1.starts_with("You have called list_tasks"),
        "{}",
        warned[0].1
    );
    let answer = server.mcp(&key, "tools/call", list("todo")).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    let body: Value = answer.json().await.expect("JSON");
    let data = &body["error"]["data"];
    assert_eq!(data["policy"], "loop");
    let numbers = json!({ "repeats": 61, "stopsAt": 60, "windowSeconds": 60 });
    assert_eq!(data["loop"], numbers);
    let other = server.mcp(&key, "tools/call", list("done")).await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_client_of_the_handshake_reads_of_a_loop_in_numbers_too() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = key_of(&ada).await;
    let own = OwnLimits {
        loops: Some(Loops::Warn),
        ..OwnLimits::default()
    };
    set(&ada, own).await;
    let (client, url) = (Client::new(), format!("{}/mcp", server.base));
    // Where calls are never refused, no number says when they are.
    let call = json!({ "name": "whoami", "arguments": {} });
    for nth in 1..=61 {
        let answer = legacy(&client, &url, &key, "tools/call", &call)
            .send()
            .await;
        let body: Value = answer.expect("an answer").json().await.expect("JSON");
        let meta = json!({ "bulkhead/loop": { "repeats": nth, "windowSeconds": 60 } });
        let meta = (nth >= 20).then_some(&meta);
        assert_eq!(body["result"].get("_meta"), meta);
        let content = body["result"]["content"].as_array().expect("content");
        assert_eq!(content.len(), if nth < 20 { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_tenant_that_has_not_paid_for_good_is_let_in_nowhere_until_it_has() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = key_of(&ada).await;
    let suspended = Standing {
        state: PlanState::Suspended,
        ..Standing::active("pro")
    };
    give(&ada, suspended).await;
    let answer = whoami(&server, &key).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let text = answer.text().await.expect("a body");
    assert!(text.contains("suspended for want of payment"), "{text}");
    give(&ada, Standing::active("pro")).await;
    assert_eq!(whoami(&server, &key).await.status(), StatusCode::OK);
}
