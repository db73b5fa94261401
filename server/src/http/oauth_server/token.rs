//! `POST /oauth/token`, `/oauth/revoke` and `/oauth/introspect`: forms, and JSON back.

use super::answer::{Told, no_store};
use crate::AppState;
use app::request::{ClientAddress, RequestId};
use axum::body::Bytes;
use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::oauth_server::{self, Fault, Seen};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use oauth::{ErrorCode, OAuthError};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;
use uuid::Uuid;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/oauth/token", post(issue))
        .route("/oauth/revoke", post(revoke))
        .route("/oauth/introspect", post(introspect))
}

/// The request as steps of log-ins and the audit log tell of it.
pub(super) struct From(pub(super) Seen);

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(seen(parts)))
    }
}

/// See [`From`].
pub(in crate::http) fn seen(parts: &Parts) -> Seen {
    let address = parts.extensions.get::<ClientAddress>();
    Seen {
        address: address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.0),
        agent: parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .map(|agent| agent.chars().take(200).collect()),
        request_id: parts
            .extensions
            .get::<RequestId>()
            .map_or_else(Uuid::now_v7, |id| id.0),
        arrived: Instant::now(),
    }
}

async fn issue(
    State(state): State<AppState>,
    From(seen): From,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Told> {
    let authorization = read(&headers)?;
    let issued = oauth_server::issue(&state.services, &seen, authorization, &body).await;
    let issued = issued.map_err(Told::after(authorization))?;
    Ok(no_store(Json(issued).into_response()))
}

async fn revoke(
    State(state): State<AppState>,
    From(seen): From,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Told> {
    let authorization = read(&headers)?;
    let revoked = oauth_server::revoke(&state.services, &seen, authorization, &body).await;
    revoked.map_err(Told::after(authorization))?;
    Ok(no_store(StatusCode::OK.into_response()))
}

async fn introspect(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Told> {
    let authorization = read(&headers)?;
    let told = oauth_server::introspect(&state.services, authorization, &body).await;
    let told = told.map_err(Told::after(authorization))?;
    Ok(no_store(Json(told).into_response()))
}

/// The header `Authorization`, of a request whose body is a form.
fn read(headers: &HeaderMap) -> Result<Option<&str>, Fault> {
    let invalid = |told: &str| OAuthError::new(ErrorCode::InvalidRequest, told);
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let told = "the body must have Content-Type: application/x-www-form-urlencoded";
        return Err(invalid(told).into());
    }
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(invalid("there are two Authorization headers").into());
    }
    let text = first.map(|value| value.to_str()).transpose();
    Ok(text.map_err(|_| invalid("the Authorization header is not text"))?)
}
