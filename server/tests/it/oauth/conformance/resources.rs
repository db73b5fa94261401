//! What a token is for (RFC 8707), and that it is for nothing else.

use crate::oauth::support::{CALLBACK, Flow, REVISIONS, claims, parameter, since};
use crate::support::TestServer;
use reqwest::StatusCode;
use serde_json::json;

/// The first revision whose programs name a resource.
const NAMED: &str = "2025-06-18";

#[tokio::test]
async fn a_program_that_names_no_resource_gets_the_tenants_that_the_person_chose() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await.speaking(REVISIONS[0]);
    let app = flow.register("none").await;
    let reply = flow.tokens(&app, "account:read").await;
    let token = reply.text("access_token");
    assert_eq!(claims(&token)["aud"], flow.resource());
    assert_eq!(flow.opens(&token).await, StatusCode::OK);
    let next = flow.refresh(&app, &reply.text("refresh_token"), &[]).await;
    let token = next.good().text("access_token");
    assert_eq!(claims(&token)["aud"], flow.resource());
}

#[tokio::test]
async fn a_program_of_a_later_revision_may_leave_the_resource_out_too() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in since(NAMED) {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let question = flow.question(&app, "account:read").with("resource", "");
        let told = flow.approved(&question).await;
        let code = parameter(&told, "code").expect("a code");
        let reply = flow.exchange_with(&app, &code, &[("resource", "")]).await;
        let token = reply.good().text("access_token");
        assert_eq!(claims(&token)["aud"], flow.resource(), "{revision}");
    }
}

#[tokio::test]
async fn a_resource_that_is_none_of_ours_is_refused() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in since(NAMED) {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        for resource in [
            // A fragment is never part of a resource's name (section 2).
            format!("{}#fragment", flow.resource()),
            format!("{}/other", server.base),
            format!("{}/mcp/other", server.base),
            "https://elsewhere.example/mcp".into(),
            "not-a-uri".into(),
        ] {
            let question = flow
                .question(&app, "account:read")
                .with("resource", &resource);
            let answer = flow.ask(&question).await;
            assert_eq!(answer.status(), StatusCode::FOUND, "{revision}: {resource}");
            let told = flow.led(&answer);
            assert!(told.as_str().starts_with(&format!("{CALLBACK}?")), "{told}");
            let error = parameter(&told, "error");
            assert_eq!(error.as_deref(), Some("invalid_target"), "{told}");
            assert_eq!(parameter(&told, "code"), None, "{told}");
        }
    }
}

#[tokio::test]
async fn the_resource_that_was_named_is_that_of_every_token() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let shared = format!("{}/mcp", server.base);
    for revision in since(NAMED) {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        for (resource, path) in [
            (flow.resource(), format!("/t/{}/mcp", flow.slug)),
            (shared.clone(), "/mcp".into()),
        ] {
            let named = [("resource", resource.as_str())];
            let question = flow.question(&app, "account:read");
            let question = question.with("resource", &resource);
            let told = flow.approved(&question).await;
            let code = parameter(&told, "code").expect("a code");
            let reply = flow.exchange_with(&app, &code, &named).await.good();
            let refresh = reply.text("refresh_token");
            let again = flow.refresh(&app, &refresh, &named).await.good();
            for reply in [reply, again] {
                let token = reply.text("access_token");
                assert_eq!(claims(&token)["aud"], resource, "{revision}");
                let call = json!({ "name": "whoami", "arguments": {} });
                let called = flow.mcp_at(&path, &token, "tools/call", call).await;
                let tenant = &called.body["result"]["structuredContent"]["tenant"];
                assert_eq!(tenant, flow.slug.as_str(), "{revision}: {called:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_opens_no_resource_but_its_own() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let bob = server.world.owner("bob").await;
    let flow = Flow::of(&server, &ada).await;
    let shared = format!("{}/mcp", server.base);
    for revision in since(NAMED) {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let of_tenant = flow.tokens(&app, "account:read").await.text("access_token");
        let question = flow.question(&app, "account:read");
        let told = flow.approved(&question.with("resource", &shared)).await;
        let code = parameter(&told, "code").expect("a code");
        let named = [("resource", shared.as_str())];
        let of_all = flow.exchange_with(&app, &code, &named).await.good();
        let of_all = of_all.text("access_token");
        let bobs = format!("/t/{}/mcp", bob.actor.slug());
        let own = format!("/t/{}/mcp", flow.slug);
        for (path, token) in [(&bobs, &of_tenant), (&bobs, &of_all), (&own, &of_all)] {
            let reply = flow.mcp_at(path, token, "tools/list", json!({})).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{revision}: {path}");
            let challenge = reply.header("www-authenticate");
            assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        }
    }
}

#[tokio::test]
async fn another_resource_than_the_person_approved_is_refused_and_leaves_the_code_good() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let bob = server.world.owner("bob").await;
    let flow = Flow::of(&server, &ada).await;
    let bobs = format!("{}/t/{}/mcp", server.base, bob.actor.slug());
    let shared = format!("{}/mcp", server.base);
    for revision in since(NAMED) {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let code = flow.code(&app, "account:read").await;
        for other in [&bobs, &shared] {
            let named = [("resource", other.as_str())];
            let reply = flow.exchange_with(&app, &code, &named).await;
            reply.refuses(StatusCode::BAD_REQUEST, "invalid_target");
        }
        let reply = flow.exchange(&app, &code).await.good();
        assert_eq!(claims(&reply.text("access_token"))["aud"], flow.resource());
    }
}
