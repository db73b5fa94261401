//! The browser's session: a cookie that only we can read, and a row in the database.

use super::super::ApiError;
use crate::AppState;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::sessions::{self, IDLE_DAYS, Store, USER};
use http::{HeaderMap, HeaderValue, header};
use time::{Duration, OffsetDateTime};
use tower::{Layer as _, ServiceExt as _};
use tower_sessions::cookie::SameSite;
use tower_sessions::session::Id;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

/// When the session was last written, in tens of minutes since 1970.
const SEEN: &str = "seen";

const TEN_MINUTES: i64 = 600;

/// Reads and writes the session's cookie.
pub(crate) fn layer(state: &AppState) -> SessionManagerLayer<Store> {
    SessionManagerLayer::new(Store::new(state.services.db.clone()))
        .with_name(name(state))
        .with_secure(state.config.public_url.is_https())
        .with_http_only(true)
        // With `Strict`, somebody who follows a link to us from a chat would look signed out.
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::days(IDLE_DAYS)))
}

/// The prefix makes browsers refuse the cookie from a subdomain or over plain http, where it would not be stored at all:
/// so development has a plain name.
fn name(state: &AppState) -> &'static str {
    if state.config.public_url.is_https() {
        "__Host-bulkhead"
    } else {
        "bulkhead"
    }
}

/// Gives a session another id where one is due. Moves the end of one that is in use, every ten minutes: a write with
/// every request would be a waste.
pub(crate) async fn keep(
    State(state): State<AppState>,
    session: Session,
    request: Request,
    next: Next,
) -> Response {
    if let Some(old) = session.id() {
        if let Some(id) = sessions::next_id(&session).await {
            return renewed(&state, &old, &id, request, next).await;
        }
        touch(&session).await;
    }
    next.run(request).await
}

/// Goes on as if the browser had come with the next id already, and sets the cookie to it. The session under the old id
/// stays untouched, so that the layer around this one says nothing of it.
async fn renewed(
    state: &AppState,
    old: &Id,
    id: &Id,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(error) = sessions::renew(&state.services.db, old, id).await {
        return ApiError::from(error).into_response();
    }
    replace_cookie(request.headers_mut(), name(state), &id.to_string());
    let inner = layer(state).with_always_save(true).layer(next);
    match inner.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn replace_cookie(headers: &mut HeaderMap, name: &str, value: &str) {
    let lines = headers.get_all(header::COOKIE).iter();
    let others = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';').map(str::trim))
        .filter(|pair| pair.split('=').next() != Some(name));
    let own = format!("{name}={value}");
    let all: Vec<&str> = others.chain([own.as_str()]).collect();
    if let Ok(line) = HeaderValue::from_str(&all.join("; ")) {
        headers.insert(header::COOKIE, line);
    }
}

async fn touch(session: &Session) {
    let now = OffsetDateTime::now_utc().unix_timestamp() / TEN_MINUTES;
    let signed_in = matches!(session.get_value(USER).await, Ok(Some(_)));
    if !signed_in {
        return;
    }
    if let Ok(seen) = session.get::<i64>(SEEN).await
        && seen != Some(now)
        && let Err(error) = session.insert(SEEN, now).await
    {
        tracing::warn!(%error, "a session was not extended");
    }
}
