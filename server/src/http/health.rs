//! Whether the process lives, and whether it can serve. Neither is behind any limit.

use crate::AppState;
use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use http::StatusCode;
use serde::Serialize;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(1);

/// `/livez` and `/readyz`.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
}

/// Whether a path is one of the two.
pub(super) fn is_meant(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz")
}

/// Touches nothing: a process whose database is away must not be restarted for it.
async fn livez() -> &'static str {
    "alive\n"
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    /// The names of what is wrong; their reasons are in the log.
    failed: Vec<&'static str>,
}

async fn readyz(State(state): State<AppState>) -> impl IntoResponse {
    let mut failed = Vec::new();
    if state.lifecycle.is_draining() {
        failed.push("draining");
    }
    if !database_answers(&state).await {
        failed.push("database");
    }
    let status = if failed.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(Readiness {
            ready: failed.is_empty(),
            failed,
        }),
    )
}

async fn database_answers(state: &AppState) -> bool {
    match tokio::time::timeout(PATIENCE, state.services.db.ping()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(
                "the database cannot be reached: {:#}",
                anyhow::Error::from(error)
            );
            false
        }
        Err(_) => {
            tracing::warn!("the database does not answer");
            false
        }
    }
}
