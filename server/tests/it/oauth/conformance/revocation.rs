//! Tokens that are given back (RFC 7009): by whom, and what ends with them.

use crate::oauth::support::{Flow, REVISIONS};
use crate::support::TestServer;
use reqwest::StatusCode;
use std::time::Duration;

#[tokio::test]
async fn a_program_that_proves_itself_in_another_way_than_it_registered_revokes_nothing() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("client_secret_basic").await;
        let token = flow.tokens(&app, "account:read").await.text("access_token");
        let secret = app.secret.clone().expect("a secret");
        let other = app.by("client_secret_post", &secret);
        let reply = flow.revoke(&other, &token, "access_token").await;
        reply.refuses(StatusCode::UNAUTHORIZED, "invalid_client");
        let said = flow.introspect(&app, &token).await.good();
        assert_eq!(said.body["active"], true, "{revision}");
        assert_eq!(flow.opens(&token).await, StatusCode::OK, "{revision}");

        let reply = flow.revoke(&app, &token, "access_token").await;
        assert_eq!(reply.status, StatusCode::OK, "{revision}: {reply:?}");
        flow.closes(&token).await;
        let said = flow.introspect(&app, &token).await.good();
        assert_eq!(said.body["active"], false, "{revision}");
    }
}

#[tokio::test]
async fn giving_an_access_token_back_ends_the_log_in() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let first = flow.tokens(&app, "account:read").await;
        let token = first.text("access_token");
        assert_eq!(flow.opens(&token).await, StatusCode::OK, "{revision}");
        let reply = flow.revoke(&app, &token, "access_token").await;
        assert_eq!(reply.status, StatusCode::OK, "{revision}: {reply:?}");
        flow.closes(&token).await;
        // RFC 7009, section 2.1, lets the rest of the grant end with it.
        let next = flow.refresh(&app, &first.text("refresh_token"), &[]).await;
        next.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
    }
}

#[tokio::test]
async fn with_a_refresh_token_all_ends_that_came_of_it() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let first = flow.tokens(&app, "account:read").await;
        let token = first.text("access_token");
        let refresh = first.text("refresh_token");
        assert_eq!(flow.opens(&token).await, StatusCode::OK, "{revision}");
        let reply = flow.revoke(&app, &refresh, "refresh_token").await;
        assert_eq!(reply.status, StatusCode::OK, "{revision}: {reply:?}");
        flow.closes(&token).await;
        let reply = flow.refresh(&app, &refresh, &[]).await;
        reply.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
    }
}

/// The answer is that for a token of nobody: a program learns nothing of another's.
#[tokio::test]
async fn nobody_revokes_the_tokens_of_another_program() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let (app, other) = (flow.register("none").await, flow.register("none").await);
    let mut tokens = Vec::new();
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let first = flow.tokens(&app, "account:read").await;
        for kind in ["access_token", "refresh_token"] {
            let reply = flow.revoke(&other, &first.text(kind), kind).await;
            let nobodys = flow.revoke(&other, "a token of nobody", kind).await;
            assert_eq!(reply.status, StatusCode::OK, "{revision}: {reply:?}");
            assert_eq!((reply.status, reply.body), (nobodys.status, nobodys.body));
        }
        tokens.push((flow, first));
    }
    // By now it would be known everywhere.
    tokio::time::sleep(Duration::from_millis(900)).await;
    for (flow, first) in tokens {
        let token = first.text("access_token");
        assert_eq!(
            flow.opens(&token).await,
            StatusCode::OK,
            "{}",
            flow.revision
        );
        flow.refresh(&app, &first.text("refresh_token"), &[])
            .await
            .good();
    }
}
