//! A tenant's life: left by its last member, moved to another address, deleted and restored.

use crate::members::{call, invite, link_for, location, page, token_of};
use crate::support::TestServer;
use reqwest::StatusCode;
use serde_json::json;
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
