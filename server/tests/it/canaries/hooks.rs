//! The secrets that webhooks are signed with.

use super::NAME;
use super::log_ins::{text, told};
use crate::service::Service;
use crate::support::Browser;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use std::time::Duration;

/// Sets an endpoint up, has something delivered with each of its secrets and with both, and answers the secrets: as they
/// are shown, and what they are the words for.
pub(super) async fn use_webhooks(
    browser: &Browser,
    slug: &str,
    service: &Service,
) -> Vec<(&'static str, Vec<u8>)> {
    let url = format!("http://{}/hooks", service.host);
    let form = json!({ "tenant": slug, "url": url, "about": NAME, "events[0]": "api.*" });
    let made = told(browser.calling("create_webhook", &form)).await;
    let form = json!({ "tenant": slug, "id": text(&made, "id") });
    deliver(browser, &form, 1).await;
    let rotated = told(browser.calling("rotate_webhook_secret", &form)).await;
    deliver(browser, &form, 2).await;
    let mut secrets = Vec::new();
    for made in [made, rotated] {
        let secret = text(&made, "secret");
        let key = secret.strip_prefix("whsec_").expect("a secret");
        let key = STANDARD.decode(key).expect("base64");
        secrets.push(("a webhook's secret", secret.into_bytes()));
        secrets.push(("a webhook's key", key));
    }
    secrets
}

/// Sends a test event, and waits until so many have arrived.
async fn deliver(browser: &Browser, endpoint: &serde_json::Value, number: usize) {
    let sent = browser.calling("test_webhook", endpoint).send().await;
    let status = sent.expect("an answer").status();
    assert!(status.is_success() || status.is_redirection(), "{status}");
    let mut form = endpoint.clone();
    form["state"] = "delivered".into();
    for _ in 0..200 {
        let listed = told(browser.calling("list_deliveries", &form)).await;
        let delivered = listed["page"]["deliveries"].as_array().map_or(0, Vec::len);
        if delivered == number {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{number} deliveries have not arrived");
}
