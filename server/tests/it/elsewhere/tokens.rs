//! Tokens that the service no longer takes.

use super::{NOTHING, Scene};
use api_types::connections::ConnectionState;
use serde_json::json;

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once_and_the_call_made_again() {
    let (scene, ada, _) = Scene::connected().await;
    scene.stub.expire();
    let told = scene
        .call(&ada.key, "shop_get_thing", json!({ "id": "1" }))
        .await;
    assert_eq!(told.good()["account"], "ada");
    let tokens: Vec<_> = scene
        .stub
        .calls()
        .iter()
        .map(|asked| asked.header("authorization").to_owned())
        .collect();
    let bearer = |number: usize| format!("Bearer canary-secret-access-ada-{number}");
    assert_eq!(
        (tokens, scene.stub.refreshes()),
        (vec![bearer(1), bearer(2)], 1)
    );
    // What is written is done twice as well: the service has done nothing yet.
    scene.stub.expire();
    scene.stub.forget();
    let arguments = json!({ "id": "1", "name": "Cup" });
    scene
        .call(&ada.key, "shop_put_thing", arguments)
        .await
        .good();
    let calls = scene.stub.calls();
    assert_eq!((calls.len(), scene.stub.refreshes()), (2, 1));
    assert_eq!(calls[0].body, calls[1].body);
}

/// Some services answer with the request that they got.
#[tokio::test]
async fn a_token_that_the_service_repeats_is_not_shown() {
    let (scene, ada, _) = Scene::connected().await;
    let told = scene
        .call(&ada.key, "shop_get_odd", json!({ "how": "repeating" }))
        .await;
    assert_eq!(told.good(), json!({ "sent": "Bearer …" }));
}

#[tokio::test]
async fn a_second_refusal_is_told() {
    let (scene, ada, _) = Scene::connected().await;
    let told = scene
        .call(&ada.key, "shop_get_odd", json!({ "how": "refused" }))
        .await;
    assert_eq!(told.failed(), "Shop refused this (401): not today.");
    assert_eq!((scene.stub.calls().len(), scene.stub.refreshes()), (2, 1));
    // The connection is none the worse.
    scene
        .call(&ada.key, "shop_get_thing", json!({ "id": "1" }))
        .await
        .good();
}

/// There is nothing to renew, and the service takes the key elsewhere.
#[tokio::test]
async fn a_key_that_is_refused_once_is_not_lost() {
    let (scene, ada, _) = Scene::connected().await;
    let id = ada.connect_key().await;
    let told = scene
        .call(&ada.key, "safe_get_odd", json!({ "how": "refused" }))
        .await;
    assert_eq!(told.failed(), "Shop refused this (401): not today.");
    assert_eq!(
        ada.detail(id).await.connection.state,
        ConnectionState::Healthy
    );
}

#[tokio::test]
async fn a_connection_that_is_lost_keeps_its_tools_which_say_what_to_do() {
    let (scene, ada, id) = Scene::connected().await;
    scene.stub.expire();
    scene.stub.close();
    let page = ada.page(&id.to_string());
    for asked in [1, 0, 0] {
        scene.stub.forget();
        let told = scene
            .call(&ada.key, "shop_get_thing", json!({ "id": "1" }))
            .await;
        let words = told.failed();
        assert!(words.contains("has to be connected again"), "{words}");
        assert!(words.contains(&page), "{words}");
        let (calls, refreshes) = (scene.stub.calls().len(), scene.stub.refreshes());
        assert_eq!((calls, refreshes), (asked, asked));
    }
    let connection = ada.detail(id).await.connection;
    assert_eq!(connection.state, ConnectionState::NeedsAttention);
    let url = format!("{}/mcp", scene.server.base);
    let listed = scene
        .ask(&url, &ada.key, NOTHING(), "tools/list", json!({}))
        .await;
    let tools = listed.result()["tools"].as_array().expect("tools");
    assert!(tools.iter().any(|tool| tool["name"] == "shop_get_thing"));
    let letters = scene.server.world.unsent_letters().await;
    assert!(
        letters
            .iter()
            .any(|letter| letter.contains(&id.to_string())),
        "{letters:?}"
    );
}
