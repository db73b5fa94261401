//! Answers that are no text, or too long for a message.

use super::{NOTHING, Scene, Told};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use test_support::Person;

async fn read(scene: &Scene, key: &str, uri: &str) -> Told {
    let url = format!("{}/mcp", scene.server.base);
    scene
        .ask(
            &url,
            key,
            NOTHING(),
            "resources/read",
            json!({ "uri": uri }),
        )
        .await
}

/// The address of what a tool gave.
fn linked(told: &Told) -> (String, Value) {
    assert_ne!(told.result()["isError"], true, "{told:?}");
    let link = told.result()["content"][1].clone();
    assert_eq!(link["type"], "resource_link", "{told:?}");
    (link["uri"].as_str().expect("an address").to_owned(), link)
}

async fn another_key(person: &Person) -> String {
    let client = person.client("another").await;
    person
        .key_with(&client, &["connections:write"])
        .await
        .secret
}

#[tokio::test]
async fn large_and_binary_answers_are_resources_of_the_key_that_asked() {
    let (scene, ada, _) = Scene::connected().await;
    let told = scene
        .call(&ada.key, "shop_get_image", json!({ "id": "1" }))
        .await;
    let (image, link) = linked(&told);
    assert_eq!(link["name"], "a cat.png");
    assert_eq!(
        (&link["mimeType"], &link["size"]),
        (&json!("image/png"), &json!(10))
    );
    let found = read(&scene, &ada.key, &image).await;
    let content = &found.result()["contents"][0];
    assert_eq!(content["mimeType"], "image/png", "{found:?}");
    let bytes = STANDARD.decode(content["blob"].as_str().expect("base64"));
    assert_eq!(bytes.expect("base64"), b"\x89PNG\r\n\x1a\n\xff\x00");

    let told = scene
        .call(&ada.key, "shop_get_text", json!({ "id": "1" }))
        .await;
    let (text, link) = linked(&told);
    assert_eq!(link["mimeType"], "application/json");
    assert!(told.text().contains("begins so:\n{\"id\":\"1\"") && told.text().len() < 5000);
    let found = read(&scene, &ada.key, &text).await;
    let content = found.result()["contents"][0]["text"].as_str();
    let whole: Value = serde_json::from_str(content.expect("text")).expect("JSON");
    assert_eq!(whole["text"].as_str().map(str::len), Some(100_000));

    // To everybody else they look as if they never were.
    let bob = scene.tenant("bob").await;
    let same = another_key(&ada.person).await;
    let gone = "bulkhead://shop/files/00000000-0000-7000-8000-000000000000";
    let nothing = read(&scene, &ada.key, gone).await.body["error"].clone();
    assert_eq!(nothing["message"], "Resource not found", "{nothing}");
    for uri in [&image, &text] {
        for key in [&bob.key, &same] {
            let told = read(&scene, key, uri).await;
            assert_eq!(told.body["error"]["code"], nothing["code"], "{told:?}");
            assert_eq!(told.body["error"]["message"], nothing["message"]);
        }
    }
    let url = format!("{}/mcp", scene.server.base);
    for key in [&ada.key, &bob.key, &same] {
        let listed = scene
            .ask(&url, key, NOTHING(), "resources/list", json!({}))
            .await;
        let listed = listed.body.to_string();
        assert!(!listed.contains("/files/"), "{listed}");
    }
}
