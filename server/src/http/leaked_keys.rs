//! `POST /leaked-keys`: whoever finds a key where it must not be can have it revoked, without an account.

use super::ApiError;
use super::error::problem;
use crate::AppState;
use app::request::{ClientAddress, RequestId};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use domain::{Origin, api_keys};
use http::StatusCode;
use serde::Deserialize;
use vault::KeySecret;

/// A key is shorter than fifty characters.
const MOST_BYTES: usize = 4096;

#[derive(Deserialize)]
struct Report {
    key: String,
}

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/leaked-keys", post(report))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// Answers the same for a key that worked, one that no longer does, and one that nobody has: 202.
async fn report(
    State(state): State<AppState>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Extension(RequestId(id)): Extension<RequestId>,
    body: Result<Json<Report>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Ok(Json(report)) = body else {
        let message = r#"send {"key": "bh_key_…"} as application/json"#;
        return Ok(problem(StatusCode::BAD_REQUEST, message));
    };
    // Nonsense is told by its checksum, without asking the database.
    let Ok(secret) = KeySecret::parse(report.key.trim()) else {
        let message = "this is no key of Bulkhead: it is cut or mistyped";
        return Ok(problem(StatusCode::BAD_REQUEST, message));
    };
    api_keys::report_leaked(&state.services, Origin::request(address, id), &secret).await?;
    Ok((
        StatusCode::ACCEPTED,
        "Thank you. If the key worked, it is revoked and its owner can see why.\n",
    )
        .into_response())
}
