//! Bodies of forms: read whole before anything is done with them, up to a size and within a time.

use crate::http::error::problem;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use std::time::Duration;

const MOST_BYTES: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(15);

/// Refuses a body that is too long with 413 and one that does not end with 408.
pub(crate) async fn collect(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(PATIENCE, to_bytes(body, MOST_BYTES)).await {
        Ok(Ok(bytes)) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Ok(Err(_)) => problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request is larger than 1 MiB or broke off",
        ),
        Err(_) => problem(
            StatusCode::REQUEST_TIMEOUT,
            "the request did not arrive in time",
        ),
    }
}
