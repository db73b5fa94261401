//! Links to an old address of a tenant lead on to its new one, for those who belong to it. To anybody
//! else an old address is nothing, like every address that is not theirs.

use crate::AppState;
use api_types::UserId;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::sessions::USER;
use http::{Method, StatusCode, Uri};
use tower_sessions::Session;

/// Looks where the page has gone, once it is not found.
pub(super) async fn follow(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let session = request.extensions().get::<Session>().cloned();
    let (is_page, uri) = (*request.method() == Method::GET, request.uri().clone());
    let response = next.run(request).await;
    if !is_page || response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    match new_address(&state, session, &uri).await {
        Some(address) => Redirect::permanent(&address).into_response(),
        None => response,
    }
}

async fn new_address(state: &AppState, session: Option<Session>, uri: &Uri) -> Option<String> {
    let rest = uri.path().strip_prefix("/t/")?;
    let (old, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let user: UserId = session?.get(USER).await.ok().flatten()?;
    let slug = domain::tenants::moved_to(&state.services, user, old).await;
    let slug = slug.ok().flatten()?;
    let query = uri.query().map(|query| format!("?{query}"));
    let path = format!("/t/{slug}/{rest}");
    Some(format!(
        "{}{}",
        path.trim_end_matches('/'),
        query.unwrap_or_default()
    ))
}
