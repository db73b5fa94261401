//! Webhooks: what happens in a tenant, told to endpoints of its own, signed as Standard Webhooks has it.

use crate::{WebhookId, roles::Decision, words::words};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

words! {
    /// How an endpoint is.
    EndpointState {
        Enabled = "enabled", "Enabled";
        Failing = "failing", "Failing";
        Disabled = "disabled", "Disabled";
    }
}

words! {
    /// How far a delivery is.
    DeliveryState {
        Waiting = "waiting", "Waiting";
        Delivered = "delivered", "Delivered";
        Retrying = "retrying", "Retrying";
        Dead = "dead", "Given up";
    }
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookView {
    /// Its id.
    pub id: WebhookId,
    /// Where deliveries are sent, by POST.
    pub url: String,
    /// What it is for, in the tenant's words; may be empty.
    pub about: String,
    /// What it is told: types as `connection.lost`, families as `connection.*`, or `*`.
    pub events: Vec<String>,
    /// How it is.
    pub state: EndpointState,
    /// Why it is disabled or failing, in plain words.
    pub trouble: Option<String>,
    /// Since when every delivery failed.
    pub failing_since: Option<OffsetDateTime>,
    /// Until when the secret before the last rotation signs too.
    pub previous_secret_until: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Deliveries of the last 24 hours that arrived.
    pub delivered: i64,
    /// Deliveries of the last 24 hours that are still tried.
    pub retrying: i64,
    /// Deliveries of the last 24 hours that were given up.
    pub dead: i64,
}

/// A kind of event that endpoints can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventType {
    /// As in the payload: `connection.lost`.
    pub name: String,
    /// What happened, in plain words.
    pub about: String,
}

/// What the list of endpoints shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookList {
    /// The newest first.
    pub endpoints: Vec<WebhookView>,
    /// Every type there is, in the order in which people look for them.
    pub types: Vec<EventType>,
    /// Whether the person may change them.
    pub may_manage: Decision,
}

/// One endpoint, and what can be chosen for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDetail {
    /// The endpoint.
    pub endpoint: WebhookView,
    /// Every type there is.
    pub types: Vec<EventType>,
    /// Whether the person may change it.
    pub may_manage: Decision,
}

/// The secret of an endpoint, shown once: `whsec_` and base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSecret {
    /// The endpoint.
    pub id: WebhookId,
    /// The secret.
    pub secret: String,
}

/// A delivery in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryView {
    /// The `webhook-id`, the same at every attempt.
    pub id: Uuid,
    /// What happened.
    pub event: String,
    /// How far it is.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: i32,
    /// What the endpoint answered last, if it did.
    pub status: Option<i32>,
    /// When it happened.
    pub created_at: OffsetDateTime,
    /// When it is tried next, while it is.
    pub next_at: Option<OffsetDateTime>,
}

/// A page of deliveries, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryPage {
    /// At most 50.
    pub deliveries: Vec<DeliveryView>,
    /// What to ask for the next page with, if there is one.
    pub next: Option<Uuid>,
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptView {
    /// Counted from 1.
    pub number: i32,
    /// When.
    pub at: OffsetDateTime,
    /// How long it took.
    pub duration_ms: i64,
    /// What the endpoint answered.
    pub status: Option<i32>,
    /// Why there was no answer, in plain words.
    pub error: Option<String>,
    /// How the answer began: at most 4 KiB.
    pub response: Option<String>,
}

/// A delivery with its payload and attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryDetail {
    /// The endpoint that it is for.
    pub webhook: WebhookId,
    /// As in the list.
    pub delivery: DeliveryView,
    /// The body that is sent: JSON.
    pub payload: String,
    /// The newest first.
    pub attempts: Vec<AttemptView>,
    /// Whether the person may have it sent again.
    pub may_manage: Decision,
}
