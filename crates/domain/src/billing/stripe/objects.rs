//! What Stripe answers, as far as we use it.

use super::client::Named;
use serde::Deserialize;
use std::collections::HashMap;

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(in crate::billing) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// Anything of which the id is enough.
#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Thing {
    pub id: String,
}

/// Something that happened.
#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Event {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub created: i64,
    pub livemode: bool,
    pub data: EventData,
}

#[derive(Debug, Deserialize)]
pub(in crate::billing) struct EventData {
    pub object: EventObject,
}

/// What an event is about, of which it matters whose it is.
#[derive(Debug, Deserialize)]
pub(in crate::billing) struct EventObject {
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub object: String,
    #[serde(default)]
    pub customer: Option<Customer>,
}

/// A customer, by id or whole.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::billing) enum Customer {
    Id(String),
    Whole(Thing),
}

impl Event {
    /// Whose it is, if it is a customer's.
    pub fn customer(&self) -> Option<&str> {
        let object = &self.data.object;
        match &object.customer {
            Some(Customer::Id(id) | Customer::Whole(Thing { id })) => Some(id.as_str()),
            None => object.id.as_deref().filter(|_| object.object == "customer"),
        }
    }
}

/// A price.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::billing) struct Price {
    pub id: String,
    #[serde(default)]
    pub lookup_key: Option<String>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
}

/// A subscription.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::billing) struct Subscription {
    pub id: String,
    pub status: String,
    pub created: i64,
    #[serde(default)]
    pub cancel_at: Option<i64>,
    #[serde(default)]
    pub cancel_at_period_end: bool,
    #[serde(default)]
    pub trial_end: Option<i64>,
    #[serde(default)]
    pub ended_at: Option<i64>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
    pub items: Items,
}

/// Its items: at most twenty, which is one page.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::billing) struct Items {
    pub data: Vec<Item>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::billing) struct Item {
    pub id: String,
    #[serde(default)]
    pub quantity: Option<i64>,
    pub price: Price,
    pub current_period_start: i64,
    pub current_period_end: i64,
}

/// A session of Checkout or of the portal: where a person is led.
#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Session {
    pub id: String,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
}

/// An invoice, made or previewed.
#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Invoice {
    pub id: String,
    #[serde(default)]
    pub customer: Option<String>,
    #[serde(default)]
    pub number: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
    pub currency: String,
    pub created: i64,
    pub total: i64,
    pub amount_due: i64,
    #[serde(default)]
    pub amount_remaining: i64,
    pub period_start: i64,
    pub period_end: i64,
    #[serde(default)]
    pub next_payment_attempt: Option<i64>,
    #[serde(default)]
    pub hosted_invoice_url: Option<String>,
    #[serde(default, rename = "invoice_pdf")]
    pub pdf: Option<String>,
    pub lines: List<Line>,
}

/// One of its lines.
#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Line {
    pub id: String,
    pub amount: i64,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub quantity: Option<i64>,
    pub period: Period,
    #[serde(default)]
    pub pricing: Option<Pricing>,
    #[serde(default)]
    pub parent: Option<Parent>,
}

/// From when until when.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(in crate::billing) struct Period {
    pub start: i64,
    pub end: i64,
}

#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Pricing {
    #[serde(default)]
    pub price_details: Option<PriceDetails>,
}

#[derive(Debug, Deserialize)]
pub(in crate::billing) struct PriceDetails {
    #[serde(default)]
    pub price: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Parent {
    #[serde(default)]
    pub subscription_item_details: Option<Details>,
    #[serde(default)]
    pub invoice_item_details: Option<Details>,
}

#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Details {
    #[serde(default)]
    pub proration: bool,
}

impl Line {
    /// Whether it is about a part of a period that a change made.
    pub fn is_proration(&self) -> bool {
        let Some(parent) = &self.parent else {
            return false;
        };
        let details = [
            &parent.subscription_item_details,
            &parent.invoice_item_details,
        ];
        details
            .into_iter()
            .flatten()
            .any(|details| details.proration)
    }

    /// Which price it is for.
    pub fn price(&self) -> Option<&str> {
        self.pricing
            .as_ref()?
            .price_details
            .as_ref()?
            .price
            .as_deref()
    }
}

/// A number under which a customer pays taxes.
#[derive(Debug, Deserialize)]
pub(in crate::billing) struct TaxId {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub value: String,
    #[serde(default)]
    pub verification: Option<Verification>,
}

#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Verification {
    pub status: String,
}

/// A meter.
#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Meter {
    pub id: String,
    pub event_name: String,
    pub status: String,
}

/// What a meter has added up for a customer.
#[derive(Debug, Deserialize)]
pub(in crate::billing) struct Summary {
    pub id: String,
    pub aggregated_value: f64,
}

macro_rules! named {
    ($($name:ty),+) => {$(
        impl Named for $name {
            fn id(&self) -> &str {
                &self.id
            }
        }
    )+};
}

named!(
    Event,
    Price,
    Subscription,
    Session,
    Invoice,
    Line,
    TaxId,
    Meter,
    Summary
);
