//! Calls that their client may send again: one of them is executed, the others wait for its answer and are given the same.
//! A call without a key comes nowhere near this.

use super::dispatch::Exchange;
use super::meter::Meter;
use super::reply::{self, Failure, Refused, Reply};
use super::run::{DEADLINE, Run, Told};
use api_types::usage::Outcome;
use domain::Services;
use domain::idempotency::{self, Ask, Claim, Key, LONGEST_ANSWER};
use domain::toolkits::ToolSpec;
use domain::usage::Settled;
use http::{HeaderValue, StatusCode, header};
use mcp_wire::{Fault, Id, reply as wire};
use serde_json::value::RawValue;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;
use uuid::Uuid;

/// How soon a call that waits looks again, at first and at most.
const LOOK: Duration = Duration::from_millis(20);
const LONGEST_LOOK: Duration = Duration::from_millis(400);

/// A call with a key.
pub(super) struct Again {
    ask: Ask,
    /// Whether it does no harm to do it twice.
    repeatable: bool,
}

/// The key of a call, if it has one.
pub(super) fn read(
    exchange: &Exchange<'_>,
    tool: &ToolSpec,
    arguments: &RawValue,
) -> Result<Option<Again>, Fault> {
    let meta = exchange.params.meta.as_ref();
    let Some(key) = meta.and_then(|meta| meta.idempotency_key) else {
        return Ok(None);
    };
    let key: Option<String> = serde_json::from_str(key.get()).ok();
    let key = key.and_then(|key| Key::parse(&key)).ok_or_else(|| {
        Fault::invalid_params(
            "bulkhead/idempotencyKey must be a string of 1 to 255 visible characters",
        )
    })?;
    let principal = exchange.principal();
    let (tenant, credential) = (principal.tenant(), principal.credential);
    Ok(Some(Again {
        ask: Ask::new(tenant, credential, key, &tool.name, arguments),
        repeatable: tool.is_repeatable(),
    }))
}

/// Executes a call unless that was done, and answers as it was answered.
pub(super) async fn once(run: Run, mut meter: Meter, again: Again) -> Reply {
    let (id, request_id) = (run.id.clone(), run.context.request_id);
    let id = Id::known(&id);
    match claim(&run.context.services, &again).await {
        Ok(Claimed::Ours(holder)) => {
            // Whoever goes away will ask again: the call goes on, and its answer is kept.
            let running = tokio::spawn(execute(run, meter, again, holder).in_current_span());
            running.await.unwrap_or_else(|_| {
                let broken = Failure::new(StatusCode::INTERNAL_SERVER_ERROR, Fault::internal());
                broken.into_reply(Some(id), request_id)
            })
        }
        Ok(Claimed::Done(status, said)) => {
            meter.forget();
            Reply::Json {
                status,
                body: wire::to_another(id, &said),
                header: None,
            }
        }
        Err((outcome, failure)) => {
            meter.free();
            meter
                .fail(outcome, failure)
                .await
                .into_reply(Some(id), request_id)
        }
    }
}

enum Claimed {
    Ours(Uuid),
    Done(StatusCode, Vec<u8>),
}

/// Claims the call, or waits for whoever executes it.
async fn claim(services: &Services, again: &Again) -> Result<Claimed, Refused> {
    let deadline = Instant::now() + DEADLINE;
    let mut look = LOOK;
    loop {
        let claimed = idempotency::claim(services, &again.ask, again.repeatable).await;
        let (outcome, failure) = match claimed {
            Ok(Claim::Ours(holder)) => return Ok(Claimed::Ours(holder)),
            Ok(Claim::Done {
                status,
                body: Some(body),
            }) => {
                let status = u16::try_from(status).ok();
                let status = status.and_then(|status| StatusCode::from_u16(status).ok());
                return Ok(Claimed::Done(status.unwrap_or(StatusCode::OK), body));
            }
            Ok(Claim::Running) if Instant::now() < deadline => {
                sleep(look).await;
                look = (look * 2).min(LONGEST_LOOK);
                continue;
            }
            Ok(other) => refused(&other),
            Err(error) => {
                tracing::error!(error = error.for_the_log(), "claiming a call");
                (Outcome::Failed, reply::busy())
            }
        };
        return Err((outcome, failure));
    }
}

/// Why a call is neither executed nor answered as before.
fn refused(claim: &Claim) -> Refused {
    let (outcome, state, message) = match claim {
        Claim::Another => (
            Outcome::Invalid,
            "reused",
            "this idempotency key was used for another call; nothing was done. Choose a new key for a new call",
        ),
        Claim::Unknown => (
            Outcome::Failed,
            "unknown",
            "the outcome of this call is unknown: it was begun, and it may or may not have been done. Look what is \
             there before you call again, with a new key",
        ),
        Claim::Done { .. } => (
            Outcome::Invalid,
            "done",
            "this call was done, and its answer was too long to be kept",
        ),
        Claim::Ours(_) | Claim::Running => (
            Outcome::Timeout,
            "running",
            "the call with this idempotency key still runs; send it again in a second",
        ),
    };
    let fault = Fault::of_status(StatusCode::CONFLICT, message).and("idempotencyKey", state);
    if state != "running" {
        return (outcome, Failure::new(StatusCode::CONFLICT, fault));
    }
    let fault = fault.and("retryAfterSeconds", 1);
    let failure = Failure::new(StatusCode::CONFLICT, fault);
    (
        outcome,
        failure.with_header(header::RETRY_AFTER, HeaderValue::from(1)),
    )
}

/// Executes the call, and keeps its answer and its row together.
async fn execute(run: Run, mut meter: Meter, again: Again, holder: Uuid) -> Reply {
    let told = run.told(&mut meter).await;
    let services = &run.context.services;
    let over = match &told {
        // The client answers what it was asked with a call of the same key.
        Ok(told) if told.asks => idempotency::release(services, &again.ask, holder).await,
        // It did not begin: there is nothing to repeat.
        Err((Outcome::Limited, _)) => idempotency::release(services, &again.ask, holder).await,
        // By our fault, who knows where: that is no answer to repeat.
        Err((Outcome::Failed, _)) => idempotency::abandon(services, &again.ask, holder).await,
        _ => return settle(&run, meter, told, &again.ask, holder).await,
    };
    if let Err(error) = over {
        tracing::error!(error = error.for_the_log(), "letting a call go");
    }
    run.answer(meter, told).await
}

async fn settle(
    run: &Run,
    meter: Meter,
    told: Result<Told, Refused>,
    ask: &Ask,
    holder: Uuid,
) -> Reply {
    let (id, request_id) = (Id::known(&run.id), run.context.request_id);
    let (outcome, error, reply) = match told {
        Ok(told) => (told.outcome, told.error, Reply::ok(told.body)),
        Err((outcome, failure)) => {
            let error = Some(failure.message().to_owned());
            (outcome, error, failure.into_reply(Some(id), request_id))
        }
    };
    let Reply::Json { status, body, .. } = &reply else {
        return reply;
    };
    let said = wire::without_id(id, body);
    let settled = Settled {
        key: ask.key.as_str(),
        holder,
        status: status.as_u16().cast_signed(),
        response: said.filter(|said| said.len() <= LONGEST_ANSWER),
    };
    let kept = meter.settle(outcome, error, body.len(), &settled).await;
    match kept {
        Ok(()) => reply,
        Err(failure) => failure.into_reply(Some(id), request_id),
    }
}
