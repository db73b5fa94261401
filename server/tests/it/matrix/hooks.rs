//! Webhooks: endpoints, what they were told, and whether that is still tried.

use super::twins::{CANARY, Twins};
use api_types::webhooks::DeliveryState;
use domain::webhooks;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use test_support::Person;

/// An endpoint of Bob's, and what it is to be told.
pub(super) struct Hooks {
    pub(super) endpoint: String,
    pub(super) delivery: String,
}

impl Hooks {
    pub(super) async fn of(bob: &Person) -> Self {
        let (s, a) = (&bob.world.services, &bob.actor);
        let url = format!("https://{CANARY}.example/in");
        let about = format!("{CANARY} endpoint");
        let made = webhooks::create(s, a, &url, &about, vec!["api.*".into()]).await;
        let id = made.expect("an endpoint").id;
        webhooks::test(s, a, id).await.expect("a test event");
        let page = webhooks::deliveries(s, a, id, None, None).await;
        Self {
            endpoint: id.to_string(),
            delivery: page.expect("deliveries").deliveries[0].id.to_string(),
        }
    }
}

/// What Ada sends, as in [`arguments`](super::twins::arguments).
pub(super) fn arguments(t: &Hooks) -> BTreeMap<&'static str, (Value, bool)> {
    let endpoint = json!({ "id": t.endpoint });
    let delivery = json!({ "webhook": t.endpoint, "id": t.delivery });
    let fields = json!({ "url": "https://planted.example/in", "events[0]": "*" });
    let mut changed = fields.clone();
    changed["id"] = t.endpoint.clone().into();
    let range = json!({ "id": t.endpoint, "from": "2026-01-01T00:00", "to": "2100-01-01T00:00" });
    BTreeMap::from([
        ("list_webhooks", (json!({}), false)),
        ("get_webhook", (endpoint.clone(), true)),
        ("create_webhook", (fields, false)),
        ("change_webhook", (changed, true)),
        ("rotate_webhook_secret", (endpoint.clone(), true)),
        ("disable_webhook", (endpoint.clone(), true)),
        ("enable_webhook", (endpoint.clone(), true)),
        ("delete_webhook", (endpoint.clone(), true)),
        ("test_webhook", (endpoint.clone(), true)),
        ("list_deliveries", (endpoint, true)),
        ("get_delivery", (delivery.clone(), true)),
        ("resend_delivery", (delivery, true)),
        ("resend_deliveries", (range, true)),
    ])
}

/// What one tenant does is told to its own endpoints alone, whatever they listen to.
#[tokio::test]
async fn nothing_is_told_to_another_tenants_endpoint() {
    let t = Twins::new().await;
    let s = &t.server.world.services;
    let all = vec!["*".to_owned()];
    let made = webhooks::create(s, &t.ada.actor, "https://ada.example/in", "", all).await;
    let id = made.expect("an endpoint").id;
    t.bob.client(&format!("{CANARY} again")).await;
    t.ada.client("told").await;
    let page = webhooks::deliveries(s, &t.ada.actor, id, None, None).await;
    let page = page.expect("deliveries");
    // Whether her own endpoint is told that it was made is not the question.
    let told = page
        .deliveries
        .iter()
        .filter(|one| one.event == "client.registered");
    assert_eq!(told.count(), 1, "{page:?}");
    for one in &page.deliveries {
        let detail = webhooks::delivery(s, &t.ada.actor, one.id).await;
        assert!(!detail.expect("a delivery").payload.contains(CANARY));
    }
    let waiting = Some(DeliveryState::Waiting);
    let refused = webhooks::deliveries(s, &t.bob.actor, id, waiting, None).await;
    refused.expect_err("Ada's endpoint looks missing to Bob");
}
