//! `resources/list` and `resources/read`.

use super::calls;
use super::dispatch::{Answer, Exchange};
use super::legacy;
use super::limits;
use super::lists::is_open;
use super::meter::Meter;
use super::reply::{Failure, Refused, Reply};
use super::run::{self, DEADLINE};
use api_types::Refusal;
use api_types::usage::Outcome;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::toolkits::{Access, CallContext, ClientInput, Notifier, ResourceEntry, Toolkit, Unit};
use http::StatusCode;
use mcp_wire::{Era, Fault, RESOURCE_NOT_FOUND};
use serde::Serialize;
use serde_json::json;

/// What a resource says may be another thing a moment later.
const TTL_MS: u64 = 0;

/// Lists resources of all toolkits one after the other; the cursor is a toolkit and that toolkit's own cursor.
pub(super) async fn list(exchange: &Exchange<'_>) -> Answer {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Page {
        resources: Vec<ResourceEntry>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_cursor: Option<String>,
    }
    let context = context(exchange);
    let (from, mut cursor) = start(exchange)?;
    let mut page = Page {
        resources: Vec::new(),
        next_cursor: None,
    };
    let toolkits = exchange.open_toolkits();
    for toolkit in
        toolkits.skip_while(|toolkit| from.as_deref().is_some_and(|from| toolkit.name() != from))
    {
        let listed = timely(toolkit.resources(&context, cursor.take().as_deref())).await;
        let listed = listed.map_err(|error| failure(exchange, error).1)?;
        page.resources.extend(listed.resources);
        if let Some(next) = listed.next {
            page.next_cursor = Some(URL_SAFE_NO_PAD.encode(format!("{} {next}", toolkit.name())));
            break;
        }
    }
    Ok(Reply::ok(exchange.render_for(page, TTL_MS)?))
}

/// Where the page begins: the toolkit and its cursor.
fn start(exchange: &Exchange<'_>) -> Result<(Option<String>, Option<String>), Failure> {
    let Some(cursor) = exchange.params.cursor.as_deref() else {
        return Ok((None, None));
    };
    let plain = URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let plain = plain.as_deref().and_then(|plain| plain.split_once(' '));
    let known = plain.filter(|(name, _)| {
        exchange
            .open_toolkits()
            .any(|toolkit| toolkit.name() == *name)
    });
    let Some((toolkit, cursor)) = known else {
        return Err(exchange.fault(Fault::invalid_params(
            "cursor: take it from nextCursor of the page before",
        )));
    };
    Ok((Some(toolkit.into()), Some(cursor.into())))
}

/// Reads one resource, and counts it like a call.
pub(super) async fn read(exchange: &Exchange<'_>) -> Answer {
    let mut meter = Meter::start(exchange);
    match read_one(exchange, &mut meter).await {
        Ok(body) => {
            meter.finish(Outcome::Ok, None, body.len()).await?;
            Ok(Reply::ok(body))
        }
        Err((outcome, failure)) => Err(meter.fail(outcome, failure).await),
    }
}

async fn read_one(exchange: &Exchange<'_>, meter: &mut Meter) -> Result<Vec<u8>, Refused> {
    let owner = owner(exchange, Some(&mut *meter));
    limits::rate(exchange)?;
    let (toolkit, uri) = owner?;
    limits::units(exchange.endpoint, exchange.principal(), exchange.era, meter).await?;
    meter.runs(Unit::Call, &exchange.principal().gate.entitlements.plan);
    let context = context(exchange);
    let contents =
        timely(toolkit.read_resource(&context, uri))
            .await
            .map_err(|error| match error {
                Ended::Broke(domain::Error::Refused(Refusal::NotFound)) => {
                    (Outcome::Invalid, not_found(exchange, uri))
                }
                error => failure(exchange, error),
            })?;
    exchange
        .render_for(json!({ "contents": contents }), TTL_MS)
        .map_err(|failure| (Outcome::Failed, failure))
}

/// Accepts a subscription to a resource that the key can read. There is no stream on which a client of the
/// handshake could hear of changes; the capabilities do not promise one.
pub(super) fn subscribe(exchange: &Exchange<'_>) -> Answer {
    owner(exchange, None).map_err(|(_, failure)| failure)?;
    legacy::nothing(exchange)
}

/// The toolkit that has the resource of the request, if the key may read there.
fn owner<'a>(
    exchange: &Exchange<'a>,
    meter: Option<&mut Meter>,
) -> Result<(&'a dyn Toolkit, &'a str), Refused> {
    let Some(uri) = exchange.params.uri.as_deref() else {
        return Err((
            Outcome::Invalid,
            exchange.fault(Fault::invalid_params("uri is missing")),
        ));
    };
    let principal = exchange.principal();
    let all = exchange.toolkits().iter().chain(principal.own.iter());
    let found = all
        .filter(|toolkit| principal.has(*toolkit))
        .find_map(|toolkit| Some((toolkit, toolkit.resource_kind(uri)?)));
    let Some((toolkit, kind)) = found else {
        return Err((Outcome::Invalid, not_found(exchange, uri)));
    };
    if let Some(meter) = meter {
        meter.name(toolkit.name(), kind);
    }
    if is_open(principal, toolkit, Access::Read) {
        return Ok((toolkit, uri));
    }
    let scope = format!("{}:read", toolkit.name());
    Err((
        Outcome::Refused,
        calls::insufficient_scope(exchange, &scope),
    ))
}

fn not_found(exchange: &Exchange<'_>, uri: &str) -> Failure {
    let code = match exchange.era {
        Era::Modern => mcp_wire::INVALID_PARAMS,
        Era::Legacy(_) => RESOURCE_NOT_FOUND,
    };
    exchange.fault(Fault::new(code, "Resource not found").and("uri", mcp_wire::clip(uri)))
}

/// The context of a request that neither talks to the client nor asks it anything.
pub(super) fn context(exchange: &Exchange<'_>) -> CallContext {
    calls::context(exchange, Notifier::default(), ClientInput::default())
}

/// Why there is no answer from a toolkit.
pub(super) enum Ended {
    Late,
    Broke(domain::Error),
}

/// Waits for a toolkit, for as long as a call may take.
pub(super) async fn timely<T>(answer: impl Future<Output = domain::Result<T>>) -> Result<T, Ended> {
    match tokio::time::timeout(DEADLINE, answer).await {
        Ok(answer) => answer.map_err(Ended::Broke),
        Err(_) => Err(Ended::Late),
    }
}

/// How a toolkit's failure is told and counted where there is no model to read it.
pub(super) fn failure(exchange: &Exchange<'_>, ended: Ended) -> Refused {
    match ended {
        Ended::Late => {
            let fault = Fault::of_status(
                StatusCode::GATEWAY_TIMEOUT,
                "this took longer than 30 seconds",
            );
            (Outcome::Timeout, exchange.fault(fault))
        }
        Ended::Broke(domain::Error::Refused(refusal)) => (
            Outcome::Invalid,
            exchange.fault(Fault::invalid_params(run::explain(&refusal))),
        ),
        Ended::Broke(domain::Error::Broken(error)) => (
            Outcome::Failed,
            run::broken(exchange.era, exchange.method, &error),
        ),
    }
}
