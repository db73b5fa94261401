//! `/t/{slug}/usage/live`, `/audit/live`, `/oauth/live`, `/connections/live`, `/webhooks/live` and `/billing/live` beside
//! it: tell an open page that there is something new. They carry none of it themselves. With `?since=`, in milliseconds
//! since 1970, the first message comes at once if there is something new since then, or if nobody knows.

use super::caller::Caller;
use crate::AppState;
use api_types::Permission;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use domain::{Services, sessions};
use futures::{Stream, StreamExt as _, stream};
use http::header;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use time::OffsetDateTime;
use tower_sessions::SessionStore as _;

/// A person who was signed out or removed hears nothing more after this.
const CHECK_ACCESS: Duration = Duration::from_secs(4);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a page says with its stream's address.
#[derive(Deserialize)]
pub(super) struct Opened {
    since: Option<String>,
}

impl Opened {
    /// When the page's data was read. Whoever names no moment has nothing to catch up with, and no error is worth a page
    /// that hears nothing.
    fn since(&self) -> Option<OffsetDateTime> {
        let milliseconds: i64 = self.since.as_deref()?.parse().ok()?;
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()
    }
}

/// New numbers of usage.
pub(super) async fn usage(
    State(state): State<AppState>,
    caller: Caller,
    Query(opened): Query<Opened>,
) -> Result<impl IntoResponse, super::ApiError> {
    let changes = domain::usage::live(&state.services, caller.actor.tenant(), opened.since());
    told(state, caller, Permission::ViewUsage, changes)
}

/// New rows of the audit log.
pub(super) async fn audit(
    State(state): State<AppState>,
    caller: Caller,
    Query(opened): Query<Opened>,
) -> Result<impl IntoResponse, super::ApiError> {
    let changes = domain::audit::live(&state.services, &caller.actor, opened.since());
    told(state, caller, Permission::ViewAudit, changes)
}

/// New steps of log-ins.
pub(super) async fn log_ins(
    State(state): State<AppState>,
    caller: Caller,
    Query(opened): Query<Opened>,
) -> Result<impl IntoResponse, super::ApiError> {
    let changes = domain::oauth_server::live_steps(&state.services, &caller.actor, opened.since());
    told(state, caller, Permission::ViewClients, changes)
}

/// Accounts at other services: connected, broken, mended.
pub(super) async fn connections(
    State(state): State<AppState>,
    caller: Caller,
    Query(opened): Query<Opened>,
) -> Result<impl IntoResponse, super::ApiError> {
    let changes = domain::connections::live(&state.services, &caller.actor, opened.since());
    told(state, caller, Permission::ViewConnections, changes)
}

/// Endpoints of webhooks, and what came of deliveries.
pub(super) async fn webhooks(
    State(state): State<AppState>,
    caller: Caller,
    Query(opened): Query<Opened>,
) -> Result<impl IntoResponse, super::ApiError> {
    let changes = domain::webhooks::live(&state.services, &caller.actor, opened.since());
    told(state, caller, Permission::ViewWebhooks, changes)
}

/// The subscription, and what is owed.
pub(super) async fn billing(
    State(state): State<AppState>,
    caller: Caller,
    Query(opened): Query<Opened>,
) -> Result<impl IntoResponse, super::ApiError> {
    let changes = domain::billing::live(&state.services, &caller.actor, opened.since());
    told(state, caller, Permission::ViewBilling, changes)
}

/// Streams a message for every change until the page goes, access ends, or the server stops.
fn told(
    state: AppState,
    caller: Caller,
    needed: Permission,
    changes: impl Stream<Item = ()> + Send + 'static,
) -> Result<impl IntoResponse, super::ApiError> {
    caller.actor.require(needed)?;
    let end = async move {
        tokio::select! {
            () = state.shutdown.cancelled() => {}
            () = access_lost(&state.services, &caller, needed) => {}
        }
    };
    // Firefox takes a stream for open when the first bytes of it have come.
    let opening = stream::iter([Event::default().comment("open")]);
    let events = opening
        .chain(changes.map(|()| Event::default().data("changed")))
        .map(Ok::<_, Infallible>)
        .take_until(Box::pin(end));
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Proxies that collect an answer before they pass it on would hold events back.
    Ok((
        [(header::HeaderName::from_static("x-accel-buffering"), "no")],
        sse,
    ))
}

/// Returns when the person may no longer listen. When that cannot be asked, the browser will come again.
async fn access_lost(services: &Services, caller: &Caller, needed: Permission) {
    let store = sessions::Store::new(services.db.clone());
    loop {
        tokio::time::sleep(CHECK_ACCESS).await;
        let Some(id) = caller.session.id() else {
            return;
        };
        let Ok(Some(_)) = store.load(&id).await else {
            return;
        };
        let actor = domain::members::actor(services, caller.who, caller.actor.slug()).await;
        if !actor.is_ok_and(|actor| actor.may(needed)) {
            return;
        }
    }
}
