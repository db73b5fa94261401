//! Billing: what Stripe tells, and the forms that lead people there.
//!
//! What Stripe tells is checked over the bytes as they came, kept, and answered; what follows from it is a worker's.

use super::ApiError;
use super::caller::Caller;
use super::error::problem;
use super::provider_trip::{lead, plain_page};
use crate::AppState;
use api_types::Refusal;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Form, Router};
use domain::billing::{self, Heard};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::time::Duration;

/// An event has the whole object in it; the longest are invoices with all their lines.
const MOST_BYTES: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

/// What Stripe calls. Nothing here knows a browser.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/webhooks/stripe", post(hear))
}

/// The forms of the page.
pub(super) fn page_routes() -> Router<AppState> {
    Router::new()
        .route("/t/{slug}/billing/checkout", post(checkout))
        .route("/t/{slug}/billing/portal", post(portal))
}

async fn hear(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if state.services.billing.is_none() {
        return Ok(problem(
            StatusCode::NOT_FOUND,
            "this server does not take payments",
        ));
    }
    let Some(signature) = headers
        .get("stripe-signature")
        .and_then(|value| value.to_str().ok())
    else {
        return Ok(problem(
            StatusCode::BAD_REQUEST,
            "there is no Stripe-Signature",
        ));
    };
    let body = match tokio::time::timeout(PATIENCE, to_bytes(body, MOST_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            return Ok(problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "an event is 1 MiB at most",
            ));
        }
        Err(_) => {
            return Ok(problem(
                StatusCode::REQUEST_TIMEOUT,
                "the event did not arrive in time",
            ));
        }
    };
    Ok(
        match billing::hear(&state.services, signature, &body).await? {
            Heard::Kept => StatusCode::OK.into_response(),
            Heard::Unsigned => problem(
                StatusCode::BAD_REQUEST,
                "the signature is not Stripe's for this body and this time",
            ),
            Heard::Unreadable => problem(StatusCode::BAD_REQUEST, "this is no event of this mode"),
        },
    )
}

#[derive(Deserialize)]
struct Wanted {
    plan: String,
}

async fn checkout(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    caller: Caller,
    Form(wanted): Form<Wanted>,
) -> Result<Response, ApiError> {
    let led = billing::checkout(&state.services, &caller.actor, &wanted.plan).await;
    led_to(&slug, led)
}

async fn portal(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    caller: Caller,
) -> Result<Response, ApiError> {
    led_to(&slug, billing::portal(&state.services, &caller.actor).await)
}

fn led_to(slug: &str, led: domain::Result<String>) -> Result<Response, ApiError> {
    match led {
        Ok(url) => Ok(lead("Stripe", &url)),
        Err(domain::Error::Refused(
            refusal @ (Refusal::Invalid { .. } | Refusal::Conflict { .. }),
        )) => {
            let back = format!("Go back to /t/{slug}/billing.");
            let page = plain_page("This cannot be done now", &refusal.to_string(), &back);
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
