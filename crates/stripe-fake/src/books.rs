//! Everything that the fake knows: its clock, its objects, and a ledger of what it was asked.

use crate::problem::Problem;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use time::OffsetDateTime;
use tokio::sync::mpsc::UnboundedSender;

/// The version of the API whose shapes these are.
pub const API_VERSION: &str = "2026-09-30.endive";

/// A request that came, and what it was answered.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When, on the fake's clock.
    pub at: i64,
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// What was asked for, nested.
    pub params: Value,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The header `Stripe-Version`.
    pub version: Option<String>,
    /// What was answered.
    pub status: u16,
    /// Whether the answer was one of before.
    pub is_replayed: bool,
}

/// A meter event that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterEvent {
    /// When it came.
    pub received: i64,
    /// Of when it says it is.
    pub timestamp: i64,
    /// The meter's name for it.
    pub event_name: String,
    /// What it may come once by, for a day.
    pub identifier: String,
    /// Whose it is.
    pub customer: String,
    /// How many units.
    pub value: i64,
    /// Whether it is of the live mode.
    pub livemode: bool,
}

/// Something that goes wrong on command.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) path: String,
    pub(crate) kind: FaultKind,
    pub(crate) times: usize,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// It answers so and does nothing.
    Refuse(u16),
    /// It does what is asked, and the connection breaks before the answer.
    LoseAnswer,
}

/// Where events are sent by themselves.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) secret: String,
}

/// An answer that is given again to the same key.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) at: i64,
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// The fake's state.
pub(crate) struct Books {
    /// Set: the clock stands there. Not set: it goes as the machine's.
    pub(crate) frozen: Option<i64>,
    objects: HashMap<String, Value>,
    by_kind: HashMap<(String, bool), Vec<String>>,
    by_customer: HashMap<(String, String), Vec<String>>,
    pub(crate) events: Vec<Value>,
    pub(crate) meter_events: Vec<MeterEvent>,
    pub(crate) identifiers: HashMap<(bool, String), i64>,
    pub(crate) ledger: Vec<Entry>,
    pub(crate) answers: HashMap<(bool, String), Kept>,
    pub(crate) faults: VecDeque<Fault>,
    /// Customers whose card says no.
    pub(crate) declining: HashSet<String>,
    /// Subscriptions of which it was told that their trial ends.
    pub(crate) warned: HashSet<String>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) outgoing: UnboundedSender<(Endpoint, Value)>,
    pub(crate) invoices: u64,
    /// Where the fake is, for the pages that people are led to.
    pub(crate) base: String,
}

impl Books {
    pub(crate) fn new(base: String, outgoing: UnboundedSender<(Endpoint, Value)>) -> Self {
        Self {
            frozen: None,
            objects: HashMap::new(),
            by_kind: HashMap::new(),
            by_customer: HashMap::new(),
            events: Vec::new(),
            meter_events: Vec::new(),
            identifiers: HashMap::new(),
            ledger: Vec::new(),
            answers: HashMap::new(),
            faults: VecDeque::new(),
            declining: HashSet::new(),
            warned: HashSet::new(),
            endpoints: Vec::new(),
            outgoing,
            invoices: 0,
            base,
        }
    }

    /// The fake's time.
    pub(crate) fn now(&self) -> i64 {
        let real = || OffsetDateTime::now_utc().unix_timestamp();
        self.frozen.unwrap_or_else(real)
    }

    /// Keeps a new thing under an id that begins so.
    pub(crate) fn insert(&mut self, prefix: &str, live: bool, object: Value) -> Value {
        self.keep(format!("{prefix}_{}", drawn()), live, object)
    }

    /// Keeps a new thing under this id, if that is free.
    pub(crate) fn insert_as(
        &mut self,
        id: &str,
        live: bool,
        object: Value,
    ) -> Result<Value, Problem> {
        if self.objects.contains_key(id) {
            return Err(Problem::invalid(format!("Product already exists: {id}")));
        }
        Ok(self.keep(id.to_owned(), live, object))
    }

    fn keep(&mut self, id: String, live: bool, mut object: Value) -> Value {
        object["id"] = json!(id);
        object["livemode"] = json!(live);
        let kind = object["object"].as_str().unwrap_or_default().to_owned();
        if let Some(customer) = object["customer"].as_str() {
            let key = (kind.clone(), customer.to_owned());
            self.by_customer.entry(key).or_default().push(id.clone());
        }
        self.by_kind
            .entry((kind, live))
            .or_default()
            .push(id.clone());
        self.objects.insert(id, object.clone());
        object
    }

    /// A thing of this kind and mode.
    pub(crate) fn get(&self, kind: &str, live: bool, id: &str) -> Result<Value, Problem> {
        let found = self.objects.get(id);
        let found = found.filter(|object| object["object"] == kind && object["livemode"] == live);
        found.cloned().ok_or_else(|| Problem::no_such(kind, id))
    }

    /// A thing of any kind, as it is.
    pub(crate) fn any(&self, id: &str) -> Option<&Value> {
        self.objects.get(id)
    }

    /// Keeps a thing as it is now.
    pub(crate) fn put(&mut self, object: &Value) {
        if let Some(id) = object["id"].as_str() {
            self.objects.insert(id.to_owned(), object.clone());
        }
    }

    /// All of a kind, the newest first; those of a customer, where one is named.
    pub(crate) fn all(&self, kind: &str, live: bool, customer: Option<&str>) -> Vec<&Value> {
        let ids = match customer {
            Some(customer) => self
                .by_customer
                .get(&(kind.to_owned(), customer.to_owned())),
            None => self.by_kind.get(&(kind.to_owned(), live)),
        };
        let found = ids.into_iter().flatten().rev();
        let found = found.filter_map(|id| self.objects.get(id));
        found.filter(|object| object["livemode"] == live).collect()
    }

    /// Tells of something that happened: an event, which is sent where endpoints are.
    pub(crate) fn tell(&mut self, kind: &str, object: &Value, previous: Option<Value>) {
        let mut data = json!({ "object": object });
        if let Some(previous) = previous {
            data["previous_attributes"] = previous;
        }
        let event = json!({
            "id": format!("evt_{}", drawn()),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": data,
            "livemode": object["livemode"].as_bool().unwrap_or(false),
            "pending_webhooks": self.endpoints.len(),
            "request": { "id": null, "idempotency_key": null },
            "type": kind,
        });
        for endpoint in &self.endpoints {
            let _ = self.outgoing.send((endpoint.clone(), event.clone()));
        }
        self.events.push(event);
    }

    /// The next thing that goes wrong at this path.
    pub(crate) fn fault(&mut self, path: &str) -> Option<FaultKind> {
        let at = self
            .faults
            .iter()
            .position(|fault| path.starts_with(&fault.path))?;
        let fault = &mut self.faults[at];
        fault.times -= 1;
        let kind = fault.kind;
        if fault.times == 0 {
            self.faults.remove(at);
        }
        Some(kind)
    }
}

/// What makes an id nobody's but its own.
pub(crate) fn drawn() -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(20)
        .collect()
}
