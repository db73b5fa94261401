//! Every request has an id: in its log lines, in its answer, and in what it records.

use super::security_headers;
use crate::config::Config;
use app::request::RequestId;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use std::time::Instant;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the id, writes the request's line to the log, and closes what browsers leave open.
pub(crate) async fn give(
    config: &Config,
    mut request: Request,
    next: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let id = Uuid::now_v7();
    let text = id.to_string();
    let span = span(&request, &text);
    let quiet = is_quiet(request.uri().path());
    let counted = is_counted(request.uri().path());
    request.extensions_mut().insert(RequestId(id));
    let began = Instant::now();
    let mut response = next(request).instrument(span.clone()).await;
    span.in_scope(|| log(&response, quiet, counted, began));
    security_headers::add(config, response.headers_mut(), !counted);
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// Gives an id to an answer that was made without looking at its request. It is in no line of the log.
pub(crate) fn name(config: &Config, mut response: Response) -> Response {
    security_headers::add(config, response.headers_mut(), true);
    if let Ok(value) = HeaderValue::from_str(&Uuid::now_v7().to_string()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// The query is left out: it may hold what people typed. A handler that learns the tenant from a credential
/// records it in the same field.
fn span(request: &Request, id: &str) -> Span {
    let path = request.uri().path();
    if is_counted(path) {
        return tracing::info_span!("mcp", request_id = id, tenant = tenant(path));
    }
    tracing::info_span!(
        "request",
        request_id = id,
        method = request.method().as_str(),
        path,
        tenant = tenant(path),
    )
}

/// `/t/{slug}/…`
fn tenant(path: &str) -> Option<&str> {
    path.strip_prefix("/t/")?
        .split('/')
        .next()
        .filter(|slug| !slug.is_empty())
}

/// What a browser or a balancer asks for by the dozen.
fn is_quiet(path: &str) -> bool {
    path.starts_with("/pkg/") || matches!(path, "/livez" | "/readyz" | "/favicon.svg")
}

/// Each MCP call has a usage row with the request's id; a line as well would cost more than the call.
fn is_counted(path: &str) -> bool {
    path.ends_with("/mcp")
}

fn log(response: &Response, quiet: bool, counted: bool, began: Instant) {
    let status = response.status().as_u16();
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    if response.status().is_server_error() && !quiet {
        tracing::warn!(status, ms, "answered");
    } else if quiet || counted {
        tracing::debug!(status, ms, "answered");
    } else {
        tracing::info!(status, ms, "answered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenant_is_read_from_the_path() {
        assert_eq!(tenant("/t/acme/usage"), Some("acme"));
        assert_eq!(tenant("/t/acme"), Some("acme"));
        assert_eq!(tenant("/t/"), None);
        assert_eq!(tenant("/mcp"), None);
    }
}
