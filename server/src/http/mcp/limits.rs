//! Calls that come too fast, too often, or round in circles: refused with words for people and models, and with numbers
//! for programs.

use super::dispatch::Exchange;
use super::endpoint::Shared;
use super::meter::Meter;
use super::reply::{self, Failure, Refused};
use super::{lists, run};
use api_types::{numbers::count, usage::Outcome};
use domain::credentials::Principal;
use domain::limits::{
    Verdict,
    loops::{self, Repeated},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use mcp_wire::{Era, Fault};
use serde_json::{Value, json, value::RawValue};

/// draft-ietf-httpapi-ratelimit-headers-10.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The member of `_meta` that tells programs of a loop.
const LOOP: &str = "bulkhead/loop";

/// Takes one call from the rates of the key, its client and its tenant.
pub(super) fn rate(exchange: &Exchange<'_>) -> Result<(), Refused> {
    let Err(soon) = exchange.principal().gate.take_call() else {
        return Ok(());
    };
    let seconds = soon.wait.as_secs_f64().ceil().max(1.0) as u64;
    let whose = soon.whose;
    let message = format!("{} is reached; try again in {seconds} s", whose.words());
    let fault = Fault::of_status(StatusCode::TOO_MANY_REQUESTS, message)
        .and("policy", whose.as_str())
        .and("limitPerMinute", soon.per_minute)
        .and("remaining", 0);
    Err(limited(fault, seconds))
}

/// Takes what the plan counts for one call, row or second from the quotas of the key and its tenant. The call holds it until it
/// is written down.
pub(super) async fn units(
    endpoint: &Shared,
    principal: &Principal,
    era: Era,
    meter: &mut Meter,
) -> Result<(), Refused> {
    let gate = &principal.gate;
    let units = meter.price(&gate.entitlements.plan);
    let taken = gate.take_units(&endpoint.state.services, units).await;
    match taken {
        Ok(Ok(tickets)) => {
            meter.took(tickets);
            Ok(())
        }
        Ok(Err(spent)) => {
            let seconds = spent.wait_seconds;
            let message = format!(
                "{} ({} units); try again in {}",
                spent.words,
                count(spent.limit),
                told(seconds)
            );
            let fault = Fault::of_status(StatusCode::TOO_MANY_REQUESTS, message)
                .and("policy", spent.policy)
                .and("limit", spent.limit)
                .and("remaining", 0);
            Err(limited(fault, seconds))
        }
        Err(domain::Error::Refused(refusal)) => {
            let fault = Fault::invalid_params(run::explain(&refusal));
            Err((Outcome::Limited, Failure::of_method(era, fault)))
        }
        Err(domain::Error::Broken(error)) => {
            Err((Outcome::Failed, run::broken(era, "quota", &error)))
        }
    }
}

/// What an agent in a loop is told beside its answer.
pub(super) struct Warning {
    /// For the model.
    pub(super) words: String,
    /// For programs.
    numbers: Value,
}

impl Warning {
    /// `_meta` of the answer.
    pub(super) fn meta(&self, era: Era) -> Option<Box<RawValue>> {
        lists::meta_with(era, LOOP, self.numbers.clone())
    }
}

/// Looks whether a call is one of a loop. Answers what its agent is told, if it is let through all the same.
pub(super) fn look_for_loop(
    exchange: &Exchange<'_>,
    tool: &str,
    arguments: &str,
) -> Result<Option<Warning>, Refused> {
    let principal = exchange.principal();
    let verdict = principal
        .gate
        .look_for_loop((principal.credential, tool, arguments));
    match verdict {
        Verdict::Fine => Ok(None),
        Verdict::Warn(repeated) => Ok(Some(Warning {
            words: format!(
                "You have called {tool} with the same arguments {} times within a minute. If you are waiting for \
                 something, wait longer between calls; if you expect another answer, call it otherwise. After {} times \
                 such calls may be refused.",
                repeated.times,
                loops::STOP_AT
            ),
            numbers: numbers(repeated),
        })),
        Verdict::Stop(repeated, seconds) => {
            let message = format!(
                "you have called {tool} with the same arguments more than {} times within a minute: do something else; \
                 this very call is refused for {seconds} s",
                loops::STOP_AT
            );
            let fault = Fault::of_status(StatusCode::TOO_MANY_REQUESTS, message)
                .and("policy", "loop")
                .and("limit", loops::STOP_AT)
                .and("remaining", 0)
                .and("loop", numbers(repeated));
            Err(limited(fault, seconds))
        }
    }
}

/// A loop in numbers. Where such calls are never refused, it stops nowhere.
fn numbers(repeated: Repeated) -> Value {
    let window = loops::WINDOW.as_secs();
    let mut numbers = json!({ "repeats": repeated.times, "windowSeconds": window });
    if let Some(most) = repeated.stops_at {
        numbers["stopsAt"] = most.into();
    }
    numbers
}

fn limited(fault: Fault, seconds: u64) -> Refused {
    let fault = fault.and("retryAfterSeconds", seconds);
    let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, fault)
        .with_header(header::RETRY_AFTER, HeaderValue::from(seconds));
    (Outcome::Limited, failure)
}

/// The answer to a tenant that has not paid.
pub(super) fn not_paid() -> Failure {
    reply::refused(
        StatusCode::FORBIDDEN,
        "this tenant's plan is suspended for want of payment; whoever manages its bills can mend it",
    )
}

/// Says how much is left.
pub(super) fn tell(principal: &Principal, headers: &mut HeaderMap) {
    let Some((policy, left)) = principal.gate.fields() else {
        return;
    };
    let fields = [
        (RATE_LIMIT_POLICY, HeaderValue::from_str(policy)),
        (RATE_LIMIT, HeaderValue::try_from(left)),
    ];
    for (name, value) in fields {
        if let Ok(value) = value {
            headers.insert(name, value);
        }
    }
}

/// How long to wait, as people say it.
fn told(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} minutes", seconds.div_ceil(60)),
        7200..172_800 => format!("{} hours", seconds.div_ceil(3600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}
