//! `/t/{slug}/usage/live`: tells an open usage page that there are new numbers. It carries no numbers itself.

use super::caller::Caller;
use crate::AppState;
use api_types::Permission;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use domain::{Services, sessions};
use futures::StreamExt as _;
use http::header;
use std::convert::Infallible;
use std::time::Duration;
use tower_sessions::SessionStore as _;

/// A person who was signed out or removed hears nothing more after this.
const CHECK_ACCESS: Duration = Duration::from_secs(4);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Streams a message for every change until the page goes, access ends, or the server stops.
pub(super) async fn stream(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<impl IntoResponse, super::ApiError> {
    caller.actor.require(Permission::ViewUsage)?;
    let changes = domain::usage::live(&state.services, caller.actor.tenant());
    let end = async move {
        tokio::select! {
            () = state.shutdown.cancelled() => {}
            () = access_lost(&state.services, &caller) => {}
        }
    };
    let events = changes
        .map(|()| Ok::<_, Infallible>(Event::default().data("changed")))
        .take_until(Box::pin(end));
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Proxies that collect an answer before they pass it on would hold events back.
    Ok((
        [(header::HeaderName::from_static("x-accel-buffering"), "no")],
        sse,
    ))
}

/// Returns when the person may no longer listen. When that cannot be asked, the browser will come again.
async fn access_lost(services: &Services, caller: &Caller) {
    let store = sessions::Store::new(services.db.clone());
    loop {
        tokio::time::sleep(CHECK_ACCESS).await;
        let Some(id) = caller.session.id() else {
            return;
        };
        let Ok(Some(_)) = store.load(&id).await else {
            return;
        };
        let Ok(_) = domain::members::actor(services, caller.user, caller.actor.slug()).await else {
            return;
        };
    }
}
