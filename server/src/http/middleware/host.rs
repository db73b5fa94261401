//! A request must be meant for us: a page elsewhere can point its own name at our address (DNS rebinding), and the
//! browser would then treat the two as one site.

use crate::config::Config;
use crate::http::error::problem;
use axum::extract::Request;
use axum::response::Response;
use http::{StatusCode, header};

/// Refuses a `Host` that is not the public URL's.
pub(crate) fn require_ours(config: &Config, request: &Request) -> Result<(), Response> {
    if host(request).is_some_and(|host| config.public_url.accepts_host(host)) {
        return Ok(());
    }
    let message = format!(
        "this server is {}; ask for it by that name",
        config.public_url
    );
    Err(problem(StatusCode::MISDIRECTED_REQUEST, &message))
}

/// HTTP/2 has it in the address, HTTP/1 in a header; more than one header is nobody's.
fn host(request: &Request) -> Option<&str> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.as_str());
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next()?.to_str().ok();
    if hosts.next().is_some() { None } else { host }
}
