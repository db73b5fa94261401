//! How a use case's error is told over HTTP, for everything that is neither a page nor MCP.

use super::pause::REST;
use api_types::Refusal;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// A use case did not do what was asked.
#[derive(Debug)]
pub struct ApiError(domain::Error);

impl<E: Into<domain::Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self.0 {
            domain::Error::Refused(refusal) => refused(&refusal),
            domain::Error::Broken(error) => broken(&error),
        }
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::NotFound => StatusCode::NOT_FOUND,
        Refusal::SignedOut | Refusal::WrongCredentials => StatusCode::UNAUTHORIZED,
        Refusal::Forbidden { .. }
        | Refusal::StepUp
        | Refusal::SecondFactorNeeded
        | Refusal::SsoNeeded
        | Refusal::LooksOnly => StatusCode::FORBIDDEN,
        Refusal::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Taken { .. } | Refusal::Conflict { .. } => StatusCode::CONFLICT,
        Refusal::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
    };
    let mut response = problem(status, &refusal.to_string());
    if let Refusal::TooMany {
        retry_after_seconds,
    } = refusal
    {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_seconds));
    }
    response
}

/// Logged here, once; the request's id is in the line's span and in the answer's header.
fn broken(error: &anyhow::Error) -> Response {
    tracing::error!("{error:#}");
    if is_overload(error) {
        return busy();
    }
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "something went wrong on our side",
    )
}

/// The database is away or has no connection to spare: worth trying again.
pub(super) fn is_overload(error: &anyhow::Error) -> bool {
    let cause = error.downcast_ref::<sqlx::Error>();
    matches!(
        cause,
        Some(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_))
    )
}

/// "Come back in a second."
pub(super) fn busy() -> Response {
    let mut response = problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "the server is busy; try again in a second",
    );
    let rest = HeaderValue::from(REST.as_secs());
    response.headers_mut().insert(header::RETRY_AFTER, rest);
    response
}

/// An answer with a reason in it.
pub(super) fn problem(status: StatusCode, message: &str) -> Response {
    (
        status,
        Json(json!({ "error": { "status": status.as_u16(), "message": message } })),
    )
        .into_response()
}
