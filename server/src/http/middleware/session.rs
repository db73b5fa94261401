//! The browser's session: a cookie that only we can read, and a row in the database.

use crate::AppState;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use domain::sessions::{IDLE_DAYS, Store, USER};
use time::{Duration, OffsetDateTime};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

/// When the session was last written, in tens of minutes since 1970.
const SEEN: &str = "seen";

const TEN_MINUTES: i64 = 600;

/// Reads and writes the session's cookie.
pub(crate) fn layer(state: &AppState) -> SessionManagerLayer<Store> {
    // The prefix makes browsers refuse the cookie from a subdomain or over plain http, where it would not be stored
    // at all: so development has a plain name.
    let https = state.config.public_url.is_https();
    let name = if https { "__Host-bulkhead" } else { "bulkhead" };
    SessionManagerLayer::new(Store::new(state.services.db.clone()))
        .with_name(name)
        .with_secure(https)
        .with_http_only(true)
        // With `Strict`, somebody who follows a link to us from a chat would look signed out.
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::days(IDLE_DAYS)))
}

/// Moves the end of a session that is in use, every ten minutes: a write with every request would be a waste.
pub(crate) async fn keep(session: Session, request: Request, next: Next) -> Response {
    if session.id().is_some() {
        touch(&session).await;
    }
    next.run(request).await
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
