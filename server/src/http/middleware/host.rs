//! A request must be meant for us: a page elsewhere can point its own name at our address (DNS rebinding), and the
//! browser would then treat the two as one site.

use crate::AppState;
use crate::http::error::problem;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{StatusCode, header};

/// Refuses a `Host` that is not the public URL's.
pub(crate) async fn require_ours(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let ours = host(&request).is_some_and(|host| state.config.public_url.accepts_host(host));
    if ours {
        return next.run(request).await;
    }
    let message = format!(
        "this server is {}; ask for it by that name",
        state.config.public_url
    );
    problem(StatusCode::MISDIRECTED_REQUEST, &message)
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
