//! A tenant's life: left by its last member, moved to another address, deleted and restored.

use crate::members::{call, invite, link_for, location, page, token_of};
use crate::support::TestServer;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use test_support::PASSWORD;

#[tokio::test]
async fn whoever_leaves_their_last_tenant_is_offered_a_new_one() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let adas = server.browser_of(&ada).await;
    invite(&adas, ada.actor.slug(), "bob@example.com", "viewer").await;
    let link = link_for(&server, "bob@example.com").await;
    let bobs = server.browser();
    let form = json!({ "token": token_of(&link), "name": "Bob", "password": PASSWORD });
    call(&bobs, "join_with_new_account", form).await;
    let form = json!({ "tenant": ada.actor.slug() });
    let answer = call(&bobs, "leave_tenant", form.clone()).await;
    assert_eq!(location(&answer), "/");
    let home = bobs.get("/").send().await.expect("an answer");
    assert_eq!(location(&home), "/new-tenant");
    let (status, text) = page(&bobs, "/new-tenant").await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("Create tenant"), "{text}");
    // The last owner cannot leave.
    let answer = call(&adas, "leave_tenant", form).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_old_address_leads_on_and_its_endpoint_goes_on() {
    let server = TestServer::start().await;
    let (ada, eve) = (
        server.world.owner("ada").await,
        server.world.owner("eve").await,
    );
    let adas = server.browser_of(&ada).await;
    let old = ada.actor.slug();
    let key = ada.key(&ada.client("ci").await).await.secret;
    let form = json!({ "tenant": old, "slug": "engine" });
    assert!(call(&adas, "change_slug", form).await.status().is_success());
    let answer = adas.get(&format!("/t/{old}/usage?range=7d")).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(location(&answer), "/t/engine/usage?range=7d");
    let (status, _) = page(&adas, "/t/engine/usage").await;
    assert_eq!(status, StatusCode::OK);
    // To somebody else the old address is nothing, and so is the new one.
    let eves = server.browser_of(&eve).await;
    for slug in [old, "engine"] {
        assert_eq!(
            page(&eves, &format!("/t/{slug}")).await.0,
            StatusCode::NOT_FOUND
        );
    }
    for slug in [old, "engine"] {
        let answer = server
            .mcp_at(&format!("/t/{slug}/mcp"), &key, "tools/list", json!({}))
            .await;
        assert_eq!(answer.status(), StatusCode::OK, "{slug}");
    }
}

#[tokio::test]
async fn a_deleted_tenant_can_be_restored_from_the_page_of_tenants() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let adas = server.browser_of(&ada).await;
    let slug = ada.actor.slug();
    let form = json!({ "tenant": slug, "confirm": slug });
    let answer = call(&adas, "delete_tenant", form).await;
    assert!(answer.status().is_success());
    assert_eq!(
        page(&adas, &format!("/t/{slug}")).await.0,
        StatusCode::NOT_FOUND
    );
    let (_, text) = page(&adas, "/new-tenant").await;
    assert!(text.contains("Restore"), "{text}");
    let answer = call(&adas, "restore_tenant", json!({ "slug": slug })).await;
    assert!(answer.status().is_success());
    assert_eq!(page(&adas, &format!("/t/{slug}")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_suspended_tenant_lets_no_client_in_until_it_is_resumed() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let (adas, slug) = (server.browser_of(&ada).await, ada.actor.slug());
    let key = ada.key(&ada.client("ci").await).await.secret;
    let form = |suspended: &str| json!({ "tenant": slug, "suspended": suspended });
    let listed = || server.mcp_at("/mcp", &key, "tools/list", json!({}));
    assert_eq!(listed().await.status(), StatusCode::OK);
    let answer = call(&adas, "suspend_tenant", form("true")).await;
    assert!(answer.status().is_success(), "{}", answer.status());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let refused = listed().await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let body: Value = refused.json().await.expect("JSON");
    let message = body["error"]["message"].as_str().expect("a message");
    assert!(message.starts_with("this tenant is suspended"), "{message}");
    // Its people go on working, and every page says why no call comes in.
    let (status, text) = page(&adas, &format!("/t/{slug}/tasks")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("This tenant is suspended"), "{text}");
    call(&adas, "suspend_tenant", form("false")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(listed().await.status(), StatusCode::OK);
    let (_, text) = page(&adas, &format!("/t/{slug}/tasks")).await;
    assert!(!text.contains("This tenant is suspended"));
}

#[tokio::test]
async fn an_export_is_one_file_of_everything_without_a_secret() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await.secret;
    let path = format!("/t/{}/export", ada.actor.slug());
    let browser = server.browser_of(&ada).await;
    let answer = browser.post(&path).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let name = answer.headers()["content-disposition"].to_str();
    let name = name.expect("text");
    assert!(name.ends_with(".jsonl\""), "{name}");
    let text = answer.text().await.expect("a body");
    assert!(!text.contains(&key) && !text.contains("\"digest\""));
    assert!(text.contains(&ada.email) && text.contains("tenant.exported"));
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let last = lines.last().expect("an end");
    assert_eq!(last["end"]["rows"], lines.len() - 1);
}
