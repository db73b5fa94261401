//! What becomes of tokens: renewed, narrowed, and never widened or used twice.

use crate::oauth::support::{Flow, REVISIONS, SCOPES};
use crate::support::TestServer;
use reqwest::StatusCode;
use serde_json::json;

/// Lets the minute pass in which a rotated token may be presented again.
async fn a_minute_passes(flow: &Flow<'_>) {
    let pool = flow.server.world.database.pool("postgres", 1);
    sqlx::query(
        "update oauth_refresh_tokens set rotated_at = rotated_at - interval '61 s'
        where rotated_at is not null",
    )
    .execute(&pool)
    .await
    .expect("moved");
}

#[tokio::test]
async fn a_refresh_may_be_repeated_until_its_answer_is_used_and_a_minute_has_passed() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let narrowed = [("scope", "account:read")];
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let first = flow.tokens(&app, SCOPES).await.text("refresh_token");

        let reply = flow.refresh(&app, &first, &narrowed).await.good();
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.text("scope"), "account:read");
        let second = reply.text("refresh_token");
        assert_ne!(second, first);

        // The answer was lost on its way: however late, the same successor comes again.
        a_minute_passes(&flow).await;
        let again = flow.refresh(&app, &first, &narrowed).await.good();
        assert_eq!(again.text("refresh_token"), second, "{revision}");
        let token = again.text("access_token");
        assert_eq!(flow.opens(&token).await, StatusCode::OK, "{revision}");

        // The program has the successor, so whoever comes with the first one has stolen it.
        let third = flow.refresh(&app, &second, &narrowed).await.good();
        a_minute_passes(&flow).await;
        let stolen = flow.refresh(&app, &first, &narrowed).await;
        stolen.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
        flow.closes(&third.text("access_token")).await;
        let third = third.text("refresh_token");
        let ended = flow.refresh(&app, &third, &[]).await;
        ended.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
    }
}

#[tokio::test]
async fn a_token_is_narrowed_on_demand_and_never_widened() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let approved = "account:read tasks:read";
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let code = flow.code(&app, approved).await;
        // An exchange has no such parameter; it does not help to send one.
        let wider = [("scope", "tasks:read tasks:write")];
        let reply = flow.exchange_with(&app, &code, &wider).await.good();
        let granted = reply.text("scope");
        assert!(!granted.contains("tasks:write"), "{revision}: {granted}");
        let (token, call) = (reply.text("access_token"), json!({ "title": "x" }));
        let called = flow.call(&token, "create_task", call).await;
        assert_eq!(called.status, StatusCode::FORBIDDEN, "{revision}");

        let refresh = reply.text("refresh_token");
        let reply = flow.refresh(&app, &refresh, &wider).await;
        reply.refuses(StatusCode::BAD_REQUEST, "invalid_scope");
        let narrower = [("scope", "account:read")];
        let reply = flow.refresh(&app, &refresh, &narrower).await.good();
        assert_eq!(reply.text("scope"), "account:read", "{revision}");
        let token = reply.text("access_token");
        let called = flow.call(&token, "list_tasks", json!({})).await;
        assert_eq!(called.status, StatusCode::FORBIDDEN, "{revision}");

        // Without a scope it is what was approved (RFC 6749, section 6).
        let next = reply.text("refresh_token");
        let reply = flow.refresh(&app, &next, &[]).await.good();
        assert_eq!(reply.text("scope"), approved, "{revision}");
    }
}

#[tokio::test]
async fn a_code_that_comes_twice_ends_what_came_of_it() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let code = flow.code(&app, "account:read").await;
        let first = flow.exchange(&app, &code).await.good();
        let token = first.text("access_token");
        assert_eq!(flow.opens(&token).await, StatusCode::OK, "{revision}");
        let second = flow.exchange(&app, &code).await;
        second.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
        flow.closes(&token).await;
        let reply = flow.refresh(&app, &first.text("refresh_token"), &[]).await;
        reply.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
    }
}
