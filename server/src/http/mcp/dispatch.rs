//! From a body to its answer: the envelope, the era, the method.

use super::admission::Caller;
use super::endpoint::Shared;
use super::reply::{Failure, Reply};
use super::{legacy, modern};
use axum::body::Bytes;
use mcp_wire::{Body, Era, Fault, Id, Message, Params, Request, body, era, headers};
use std::sync::Arc;

/// One request and all that its method may need.
pub(super) struct Exchange<'a> {
    pub(super) endpoint: &'a Arc<Shared>,
    pub(super) caller: &'a Caller,
    pub(super) era: Era,
    pub(super) id: Id<'a>,
    pub(super) method: &'a str,
    pub(super) params: &'a Params<'a>,
    /// Size of the body that it came in.
    pub(super) request_bytes: usize,
    /// Whether the answer may be a stream of events.
    pub(super) streams: bool,
}

/// A method's answer.
pub(super) type Answer = Result<Reply, Failure>;

/// Answers a body. Never fails: a failure is an answer too.
pub(super) async fn answer(endpoint: &Arc<Shared>, caller: Caller, bytes: Bytes) -> Reply {
    let version = match headers::protocol_version(&caller.headers) {
        Ok(version) => version,
        Err(fault) => return Failure::bad_request(fault).into_reply(None, caller.request_id),
    };
    match body::parse(&bytes) {
        Ok(Body::One(message)) => {
            one(
                endpoint,
                &caller,
                &message,
                version,
                bytes.len(),
                caller.takes_events(),
            )
            .await
        }
        Ok(Body::Batch(batch)) => several(endpoint, &caller, &batch, version, bytes.len()).await,
        Err(wrong) => Failure::bad_request(wrong.fault).into_reply(wrong.id, caller.request_id),
    }
}

async fn one(
    endpoint: &Arc<Shared>,
    caller: &Caller,
    message: &Message<'_>,
    version: Option<&str>,
    request_bytes: usize,
    streams: bool,
) -> Reply {
    let id = match message {
        Message::Request(request) => Some(request.id),
        _ => None,
    };
    let answer = match era::detect(message, version) {
        Err(fault) => Err(Failure::bad_request(fault)),
        Ok(era) => match message {
            Message::Request(request) => {
                let (endpoint, caller) = (endpoint, caller);
                let Request { id, method, params } = request;
                let exchange = Exchange {
                    endpoint,
                    caller,
                    era,
                    id: *id,
                    method,
                    params,
                    request_bytes,
                    streams,
                };
                by_era(&exchange, request).await
            }
            Message::Notification(method) => notification(era, method),
            Message::Response => Err(unexpected_response()),
        },
    };
    answer.unwrap_or_else(|failure| failure.into_reply(id, caller.request_id))
}

async fn by_era(exchange: &Exchange<'_>, request: &Request<'_>) -> Answer {
    if exchange.era == Era::Modern {
        modern::check(exchange)?;
        headers::check(&exchange.caller.headers, request).map_err(Failure::bad_request)?;
        modern::answer(exchange).await
    } else {
        legacy::answer(exchange).await
    }
}

/// Nothing that a client tells us matters to a server without sessions.
fn notification(era: Era, method: &str) -> Answer {
    if era == Era::Modern && !method.starts_with("notifications/") {
        return Err(Failure::of_method(era, Fault::method_not_found(method)));
    }
    Ok(Reply::Accepted)
}

fn unexpected_response() -> Failure {
    Failure::bad_request(Fault::invalid_request("no request of this server is open"))
}

/// A batch, which only clients of 2025-03-26 may send. Its requests are answered one after the other.
async fn several(
    endpoint: &Arc<Shared>,
    caller: &Caller,
    batch: &[&serde_json::value::RawValue],
    version: Option<&str>,
    request_bytes: usize,
) -> Reply {
    let batches = matches!(era::detect(&Message::Response, version), Ok(era) if era.batches());
    if !batches {
        let fault =
            Fault::invalid_request("a body must be one message; batches ended with 2025-03-26");
        return Failure::bad_request(fault).into_reply(None, caller.request_id);
    }
    let mut bodies = Vec::new();
    for raw in batch {
        let reply = match body::message(raw) {
            Ok(Message::Request(request)) if request.method == "initialize" => {
                let fault = Fault::invalid_request("initialize must not be in a batch");
                Failure::bad_request(fault).into_reply(Some(request.id), caller.request_id)
            }
            Ok(message) => {
                let bytes = request_bytes / batch.len();
                Box::pin(one(endpoint, caller, &message, version, bytes, false)).await
            }
            Err(wrong) => Failure::bad_request(wrong.fault).into_reply(wrong.id, caller.request_id),
        };
        if let Reply::Json { body, .. } = reply {
            bodies.push(body);
        }
    }
    if bodies.is_empty() {
        return Reply::Accepted;
    }
    Reply::ok([&b"["[..], &bodies.join(&b','), b"]"].concat())
}
