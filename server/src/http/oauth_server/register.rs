//! `POST /oauth/register` and the registrations behind it (RFC 7591, RFC 7592).

use super::answer::{Told, no_store};
use super::token::From;
use crate::AppState;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::Origin;
use domain::oauth_server::{self, Managed};
use http::{HeaderMap, StatusCode, header};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/oauth/register", post(register))
        .route(
            "/oauth/register/{client_id}",
            get(read).put(replace).delete(remove),
        )
}

async fn register(
    State(state): State<AppState>,
    From(seen): From,
    body: Bytes,
) -> Result<Response, Told> {
    let origin = Origin::request(seen.address, seen.request_id);
    let registered = oauth_server::register(&state.services, origin, &body).await?;
    let answer = (StatusCode::CREATED, Json(registered.into_json()));
    Ok(no_store(answer.into_response()))
}

async fn read(
    State(state): State<AppState>,
    Path(oauth_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Told> {
    let shown = managed(&oauth_id, &headers);
    let registered = oauth_server::read_registration(&state.services, &shown).await?;
    Ok(no_store(Json(registered.into_json()).into_response()))
}

async fn replace(
    State(state): State<AppState>,
    Path(oauth_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Told> {
    let shown = managed(&oauth_id, &headers);
    let registered = oauth_server::replace_registration(&state.services, &shown, &body).await?;
    Ok(no_store(Json(registered.into_json()).into_response()))
}

async fn remove(
    State(state): State<AppState>,
    Path(oauth_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Told> {
    let shown = managed(&oauth_id, &headers);
    oauth_server::remove_registration(&state.services, &shown).await?;
    Ok(no_store(StatusCode::NO_CONTENT.into_response()))
}

/// A registration with the token that is shown for it; none is as good as a wrong one.
fn managed<'a>(oauth_id: &'a str, headers: &'a HeaderMap) -> Managed<'a> {
    let value = headers.get(header::AUTHORIZATION);
    let text = value.and_then(|value| value.to_str().ok());
    Managed {
        oauth_id,
        token: text.and_then(oauth::bearer_token).unwrap_or_default(),
    }
}
