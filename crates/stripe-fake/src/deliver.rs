//! Sending events: by themselves, in their order, or by a test's hand in whatever order and as often as it likes.

use crate::{Stripe, books::Endpoint, signature};
use serde_json::Value;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::{sync::mpsc::UnboundedReceiver, time::sleep};

/// How often an event is tried, and the pause between.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(300);

/// Sends what happens to the endpoints that there are.
pub(crate) async fn send_all(fake: Stripe, mut events: UnboundedReceiver<(Endpoint, Value)>) {
    while let Some((endpoint, event)) = events.recv().await {
        let fake = fake.clone();
        tokio::spawn(async move {
            for _ in 0..TRIES {
                if fake.deliver(&endpoint.url, &endpoint.secret, &event).await == Some(200) {
                    return;
                }
                sleep(PAUSE).await;
            }
        });
    }
}

impl Stripe {
    /// Sends an event now, signed as of now. Answers the status, if there was one.
    pub async fn deliver(&self, url: &str, secret: &str, event: &Value) -> Option<u16> {
        let body = event.to_string();
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let signed = signature(secret, now, &body);
        self.deliver_raw(url, &signed, body).await
    }

    /// Sends these bytes with this signature.
    pub async fn deliver_raw(&self, url: &str, signature: &str, body: String) -> Option<u16> {
        let sent = self.client.post(url).header("stripe-signature", signature);
        let sent = sent.header("content-type", "application/json; charset=utf-8");
        let sent = sent.header(
            "user-agent",
            "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        );
        let answer = sent
            .timeout(Duration::from_secs(10))
            .body(body)
            .send()
            .await;
        answer.ok().map(|answer| answer.status().as_u16())
    }
}
