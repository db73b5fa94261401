//! Calls that are sent again (rule R22): executed once, billed once, answered as often as they are asked.

use super::Scene;
use crate::mcp::owner_with_key;
use crate::oauth::twin;
use crate::support::{TestServer, legacy, modern, short_or_soak};
use api_types::tasks::TaskFilter;
use domain::toolkits::tasks;
use futures::{StreamExt as _, future::join_all, stream};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// Logical calls on their way at once.
const AT_ONCE: usize = 16;

/// Sends one call until there is an answer to it, as a client does that retries.
async fn insist(client: &Client, url: &str, key: &str, call: usize, nth: usize) -> Value {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let arguments = json!({ "title": format!("call {call}") });
        let params = json!({
            "name": "create_task",
            "arguments": arguments,
            "_meta": { "bulkhead/idempotencyKey": format!("call-{call}") },
        });
        let request = match nth % 2 {
            0 => modern(client, url, key, "tools/call", params),
            _ => legacy(client, url, key, "tools/call", &params),
        };
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let body: Value = answer.json().await.expect("JSON");
        match status {
            StatusCode::OK => return body["result"]["structuredContent"].clone(),
            StatusCode::SERVICE_UNAVAILABLE => {}
            StatusCode::CONFLICT if body["error"]["data"]["idempotencyKey"] == "running" => {}
            other => panic!("{other} {body}"),
        }
        assert!(Instant::now() < deadline, "call {call}: {status} {body}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_sent_to_two_servers_up_to_five_times_is_done_and_billed_once() {
    let one = TestServer::start().await;
    let two = twin(&one).await;
    let (ada, key) = owner_with_key(&one).await;
    let urls = [&one, &two].map(|server| format!("{}/t/{}/mcp", server.base, ada.actor.slug()));
    let client = Client::new();
    let calls = short_or_soak(200, 10_000);
    let began = Instant::now();
    let sent: Vec<usize> = stream::iter(0..calls)
        .map(|call| {
            let (client, urls, key) = (&client, &urls, &key);
            async move {
                let times = 1 + call % 5;
                let answers = (0..times).map(|nth| insist(client, &urls[nth % 2], key, call, call));
                let answers = join_all(answers).await;
                assert!(answers[0]["title"] == format!("call {call}"), "{answers:?}");
                assert!(
                    answers.windows(2).all(|two| two[0] == two[1]),
                    "{answers:?}"
                );
                times
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let pool = one.world.database.pool("postgres", 1);
    let (done, billed, units, keys): (i64, i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from tasks),
            (select count(*) from usage_events where outcome = 'ok'),
            (select sum(units)::bigint from usage_events),
            (select count(*) from idempotency_keys where state = 'done')",
    )
    .fetch_one(&pool)
    .await
    .expect("numbers");
    let calls = calls as i64;
    assert_eq!((done, billed, units, keys), (calls, calls, calls, calls));
    println!(
        "{calls} calls, sent {} times: {done} done, {billed} billed, in {:.1} s",
        sent.iter().sum::<usize>(),
        began.elapsed().as_secs_f64()
    );
}

#[tokio::test]
async fn a_key_with_other_arguments_is_refused_and_nothing_is_done() {
    let scene = Scene::new().await;
    let first = scene
        .call_with("slow_call", json!({ "a": 1 }), Some("k"))
        .await;
    assert_eq!(first.0, StatusCode::OK, "{}", first.1);
    for (tool, arguments) in [
        ("slow_call", json!({ "a": 2 })),
        ("slow_look", json!({ "a": 1 })),
    ] {
        let (status, answer) = scene.call_with(tool, arguments, Some("k")).await;
        assert_eq!(status, StatusCode::CONFLICT, "{answer}");
        let error = &answer["error"];
        assert_eq!(
            (&error["code"], &error["data"]["idempotencyKey"]),
            (&json!(409), &json!("reused"))
        );
    }
    assert_eq!(scene.begun.load(Ordering::SeqCst), 1);
    let units: Vec<i64> = scene.counted().await.into_iter().map(|row| row.2).collect();
    assert_eq!(units, [1, 0, 0]);
    // The first is answered as before, to another id.
    let again = scene
        .call_with("slow_call", json!({ "a": 1 }), Some("k"))
        .await;
    assert_eq!(again, first);
    assert_eq!(scene.counted().await.len(), 3);
}

#[tokio::test]
async fn a_key_must_be_visible_characters() {
    let scene = Scene::new().await;
    for bad in ["", "a b", &"k".repeat(256)] {
        let (status, answer) = scene.call_with("slow_call", json!({}), Some(bad)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
    assert_eq!(scene.begun.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_call_whose_client_goes_away_is_finished_and_its_answer_kept() {
    let scene = Scene::new().await;
    let arguments = json!({ "wait": 1500 });
    let request = scene.request("slow_call", arguments.clone(), Some("k"));
    let gone = timeout(Duration::from_millis(600), request.send()).await;
    assert!(gone.is_err(), "answered before its time");
    scene.begun(1).await;
    // Sent again, it waits for the one that runs.
    let (status, answer) = scene.call_with("slow_call", arguments, Some("k")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["result"]["content"][0]["text"], "done");
    assert_eq!(scene.ended.load(Ordering::SeqCst), 1);
    let counted = scene.counted().await;
    assert_eq!(counted, [("slow_call".into(), "ok".into(), 1)]);
}

#[tokio::test]
async fn what_broke_is_unknown_unless_it_only_looks() {
    let scene = Scene::new().await;
    let arguments = json!({ "break": true });
    for tool in ["slow_call", "slow_look"] {
        let (status, _) = scene.call_with(tool, arguments.clone(), Some(tool)).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    let (status, answer) = scene
        .call_with("slow_call", arguments.clone(), Some("slow_call"))
        .await;
    assert_eq!(status, StatusCode::CONFLICT, "{answer}");
    assert_eq!(
        answer["error"]["data"]["idempotencyKey"], "unknown",
        "{answer}"
    );
    assert_eq!(scene.begun.load(Ordering::SeqCst), 2);
    scene
        .call_with("slow_look", arguments, Some("slow_look"))
        .await;
    assert_eq!(scene.begun.load(Ordering::SeqCst), 3);
    let units: i64 = scene.counted().await.into_iter().map(|row| row.2).sum();
    assert_eq!(units, 0);
}

#[tokio::test]
async fn an_error_of_the_tool_is_an_answer_like_any_other() {
    let scene = Scene::new().await;
    let arguments = json!({ "fail": true });
    let first = scene
        .call_with("slow_call", arguments.clone(), Some("k"))
        .await;
    assert_eq!(first.1["result"]["isError"], true);
    let again = scene.call_with("slow_call", arguments, Some("k")).await;
    assert_eq!(again, first);
    assert_eq!(scene.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn another_credential_has_keys_of_its_own() {
    let one = TestServer::start().await;
    let (ada, key) = owner_with_key(&one).await;
    let client = ada.client("another").await;
    let other = ada.key(&client).await.secret;
    let url = format!("{}/t/{}/mcp", one.base, ada.actor.slug());
    for key in [&key, &other] {
        insist(&Client::new(), &url, key, 1, 0).await;
    }
    let all = tasks::list(&one.world.services, &ada.actor, TaskFilter::default()).await;
    assert_eq!(all.expect("a list").tasks.len(), 2);
}
