//! A test's hand from outside: `POST /_fake/<what>` with a form, answered in JSON.
//!
//! | what | fields |
//! |---|---|
//! | `clock` | `now`: stops the clock there; `advance`: lets so many seconds pass |
//! | `checkout` | `session`: pays in it |
//! | `decline` | `customer`, `decline`: lets its card say no, or yes again |
//! | `refuse`, `lose` | `path`, `times`, and `status`: what goes wrong next |
//! | `endpoint` | `url`, `secret`: where events are sent from now on |
//! | `deliver` | `event`, `url`, `secret`, `times`: sends an event again; answers the statuses |
//! | `ledger`, `events`, `meter` (GET) | what it was asked, what happened, what was metered |

use crate::{
    Stripe, WEBHOOK_SECRET,
    form::{self, Params},
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

pub(crate) async fn answer(
    fake: &Stripe,
    method: &str,
    what: &str,
    query: &str,
    body: &[u8],
) -> Response {
    let form = if method == "GET" {
        query.to_owned()
    } else {
        String::from_utf8_lossy(body).into_owned()
    };
    let params = Params(form::read(&form));
    let done = match (method, what) {
        ("POST", "deliver") => deliver(fake, &params).await,
        ("POST", _) => act(fake, what, &params),
        ("GET", _) => look(fake, what),
        _ => None,
    };
    match done {
        Some(answer) => Json(answer).into_response(),
        None => (StatusCode::BAD_REQUEST, "this is not understood").into_response(),
    }
}

fn act(fake: &Stripe, what: &str, params: &Params) -> Option<Value> {
    let text = |name: &str| params.text(name);
    let times = usize::try_from(params.number("times").unwrap_or(1)).ok()?;
    match what {
        "clock" => {
            if let Some(now) = params.number("now") {
                fake.set_clock(now);
            }
            if let Some(seconds) = params.number("advance") {
                fake.advance(fake.now() + seconds);
            }
        }
        "checkout" => {
            let done = fake.books().complete_checkout(text("session")?);
            done.ok()?;
        }
        "decline" => fake.decline(text("customer")?, params.flag("decline") != Some(false)),
        "refuse" => fake.refuse(
            text("path")?,
            u16::try_from(params.number("status")?).ok()?,
            times,
        ),
        "lose" => fake.lose_answers(text("path")?, times),
        "endpoint" => fake.send_to(text("url")?, text("secret").unwrap_or(WEBHOOK_SECRET)),
        _ => return None,
    }
    Some(json!({ "now": fake.now() }))
}

fn look(fake: &Stripe, what: &str) -> Option<Value> {
    match what {
        "ledger" => Some(fake.ledger().iter().map(entry).collect()),
        "events" => Some(Value::Array(fake.events())),
        "meter" => {
            let events = fake.meter_events();
            let said = events.iter().map(|event| {
                json!({
                    "identifier": event.identifier, "customer": event.customer,
                    "value": event.value, "timestamp": event.timestamp,
                })
            });
            Some(said.collect())
        }
        _ => None,
    }
}

fn entry(entry: &crate::Entry) -> Value {
    json!({
        "at": entry.at, "method": entry.method, "path": entry.path, "params": entry.params,
        "status": entry.status, "idempotency_key": entry.idempotency_key,
    })
}

async fn deliver(fake: &Stripe, params: &Params) -> Option<Value> {
    let id = params.text("event")?;
    let event = fake.events().into_iter().find(|event| event["id"] == id)?;
    let secret = params.text("secret").unwrap_or(WEBHOOK_SECRET);
    let mut statuses = Vec::new();
    for _ in 0..params.number("times").unwrap_or(1) {
        statuses.push(fake.deliver(params.text("url")?, secret, &event).await);
    }
    Some(json!(statuses))
}
