//! What a call counts.

use super::{Scene, other_key};
use crate::support::modern;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{sleep, timeout};

fn rows(counted: &[(String, String, i64)]) -> Vec<(&str, &str, i64)> {
    let words = counted.iter();
    words
        .map(|(tool, outcome, units)| (tool.as_str(), outcome.as_str(), *units))
        .collect()
}

#[tokio::test]
async fn a_tool_counts_calls_rows_or_seconds() {
    let scene = Scene::new().await;
    for (tool, arguments) in [
        ("slow_call", json!({ "rows": 9 })),
        ("slow_rows", json!({ "rows": 9 })),
        ("slow_rows", json!({})),
        ("slow_seconds", json!({ "wait": 10, "rows": 9 })),
        ("slow_seconds", json!({ "wait": 1010 })),
        ("slow_call", json!({ "fail": true })),
        ("slow_rows", json!({ "fail": true, "rows": 2 })),
    ] {
        let (status, answer) = scene.call(tool, arguments).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    assert_eq!(
        rows(&scene.counted().await),
        [
            ("slow_call", "ok", 1),
            ("slow_rows", "ok", 9),
            ("slow_rows", "ok", 0),
            ("slow_seconds", "ok", 1),
            ("slow_seconds", "ok", 2),
            ("slow_call", "tool_error", 1),
            ("slow_rows", "tool_error", 2),
        ]
    );
}

#[tokio::test]
async fn what_is_refused_or_breaks_counts_nothing() {
    let scene = Scene::new().await;
    let (status, _) = scene.call("slow_call", json!([])).await;
    assert_eq!(status, StatusCode::OK);
    scene.call("nowhere", json!({})).await;
    let (status, _) = scene.call("slow_call", json!({ "break": true })).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let key = other_key(&scene.ada).await;
    let url = format!("{}/mcp", scene.server.base);
    let params = json!({ "name": "slow_call", "arguments": {} });
    let refused = modern(&Client::new(), &url, &key, "tools/call", params);
    let refused = refused.send().await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        rows(&scene.counted().await),
        [
            ("slow_call", "invalid", 0),
            ("unknown", "invalid", 0),
            ("slow_call", "failed", 0),
            ("slow_call", "refused", 0),
        ]
    );
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_counts_what_was_begun() {
    let scene = Scene::new().await;
    let request = scene.request("slow_call", json!({ "wait": 20_000 }), None);
    let gone = timeout(Duration::from_millis(500), request.send()).await;
    assert!(gone.is_err(), "answered before its time");
    for _ in 0..100 {
        if !scene.counted().await.is_empty() {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        rows(&scene.counted().await),
        [("slow_call", "cancelled", 1)]
    );
}

#[tokio::test]
async fn a_row_says_which_member_stands_behind_it() {
    let scene = Scene::new().await;
    let (_, answer) = scene.call("slow_look", json!({})).await;
    assert_eq!(answer["result"]["isError"], Value::Null);
    let member: uuid::Uuid = sqlx::query_scalar("select member_id from usage_events")
        .fetch_one(&scene.server.world.database.pool("postgres", 1))
        .await
        .expect("a row");
    assert_eq!(member, scene.ada.user.0);
}
