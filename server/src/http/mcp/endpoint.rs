//! The outermost part of the endpoint: everything that is decided before the body is read.

use super::admission::{self, Caller};
use super::challenge::Challenges;
use super::dispatch;
use super::limits;
use super::listen::Listeners;
use super::reply::{self, Failure};
use super::request_state::RequestStates;
use crate::AppState;
use axum::body::{Body, Bytes};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use mcp_wire::{Fault, PARSE_ERROR};
use std::sync::Arc;
use std::time::Duration;

/// 1 MiB.
const LARGEST_BODY: usize = 1 << 20;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What all requests of the endpoint share.
pub(super) struct Shared {
    pub(super) state: AppState,
    pub(super) challenges: Challenges,
    pub(super) request_states: RequestStates,
    pub(super) listeners: Listeners,
}

/// The address that was asked for, with the tenant in its path if there is one.
pub(in crate::http) struct Address(Option<String>);

impl Address {
    /// `/mcp` and `/t/{slug}/mcp`.
    pub(in crate::http) fn of(path: &str) -> Option<Self> {
        let front = path.strip_suffix("/mcp")?;
        if front.is_empty() {
            return Some(Self(None));
        }
        let slug = front.strip_prefix("/t/")?;
        (!slug.is_empty() && !slug.contains('/')).then(|| Self(Some(slug.to_owned())))
    }
}

/// Both addresses of the endpoint.
pub(in crate::http) struct Endpoint(Arc<Shared>);

impl Endpoint {
    pub(in crate::http) fn new(state: &AppState) -> Self {
        Self(Arc::new(Shared {
            challenges: Challenges::new(&state.services),
            request_states: RequestStates::new(),
            listeners: Listeners::default(),
            state: state.clone(),
        }))
    }

    pub(in crate::http) async fn answer(
        &self,
        Address(slug): Address,
        request: Request<Body>,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let request_id = admission::request_id(&parts);
        match take(&self.0, slug, parts, body).await {
            Ok((caller, body)) => {
                let principal = caller.principal.clone();
                let reply = dispatch::answer(&self.0, caller, body).await;
                let mut response = reply.into_response();
                limits::tell(&principal, response.headers_mut());
                response
            }
            Err(failure) => failure.into_reply(None, request_id).into_response(),
        }
    }
}

/// Takes a request in, or refuses it. The body is read last: nobody without a key makes us hold one.
async fn take(
    endpoint: &Shared,
    slug: Option<String>,
    parts: Parts,
    body: Body,
) -> Result<(Caller, Bytes), Failure> {
    check_origin(endpoint, &parts)?;
    check_method(&parts)?;
    let caller = admission::admit(endpoint, slug, parts).await?;
    check_content(&caller.headers)?;
    let body = read(body).await?;
    Ok((caller, body))
}

/// A browser says which page asks. Only our own pages may; programs say nothing.
fn check_origin(endpoint: &Shared, parts: &Parts) -> Result<(), Failure> {
    let ours = |origin: &HeaderValue| {
        origin
            .to_str()
            .is_ok_and(|origin| endpoint.state.config.public_url.accepts_origin(origin))
    };
    if parts.headers.get_all(header::ORIGIN).iter().all(ours) {
        return Ok(());
    }
    Err(reply::refused(
        StatusCode::FORBIDDEN,
        "pages of this origin may not use the endpoint",
    ))
}

/// There is no stream to get and no session to delete in either era.
fn check_method(parts: &Parts) -> Result<(), Failure> {
    if parts.method == Method::POST {
        return Ok(());
    }
    let failure = reply::refused(
        StatusCode::METHOD_NOT_ALLOWED,
        "the endpoint takes POST alone",
    );
    Err(failure.with_header(header::ALLOW, HeaderValue::from_static("POST")))
}

fn check_content(headers: &HeaderMap) -> Result<(), Failure> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_json = content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    });
    if !is_json {
        let message = "the body must have Content-Type: application/json";
        return Err(reply::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    match length.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length > LARGEST_BODY => Err(too_large()),
        _ => Ok(()),
    }
}

async fn read(body: Body) -> Result<Bytes, Failure> {
    let whole = Limited::new(body, LARGEST_BODY).collect();
    match tokio::time::timeout(BODY_TIMEOUT, whole).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Failure::bad_request(Fault::new(
            PARSE_ERROR,
            "the body broke off",
        ))),
        Err(_) => Err(reply::refused(
            StatusCode::REQUEST_TIMEOUT,
            "the body took longer than 10 s",
        )),
    }
}

fn too_large() -> Failure {
    reply::refused(
        StatusCode::PAYLOAD_TOO_LARGE,
        "the body is larger than 1 MiB",
    )
}
