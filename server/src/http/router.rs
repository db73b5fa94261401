//! All routes, and what every request passes on its way. Outermost first:
//!
//! 1. a panic becomes 500
//! 2. the request gets its id, its span and its line in the log
//! 3. the answer gets its security headers
//! 4. the client's address is established (trusted proxies)
//! 5. the `Host` must be ours
//! 6. too many requests at once are refused
//!
//! `/livez` and `/readyz` pass the first three alone.

use super::middleware::guard::{self, Guard};
use super::middleware::request_id;
use super::{error, health, mcp, oauth_server, pages, static_files};
use crate::AppState;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use http::StatusCode;
use std::any::Any;
use tower_http::catch_panic::CatchPanicLayer;

/// The production router: what the binary, the tests and the conformance suite serve.
pub fn build_router(state: AppState) -> Router {
    let config = state.config.clone();
    let guard = Guard::new(config.clone());
    let guarded = Router::new()
        .merge(static_files::routes())
        .merge(pages::routes(&state))
        .merge(mcp::routes(&state))
        .merge(oauth_server::routes())
        .layer(from_fn_with_state(guard, guard::pass));
    Router::new()
        .merge(health::routes())
        .merge(guarded)
        .layer(from_fn_with_state(config, request_id::give))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(state)
}

/// The panic itself was logged by the hook.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    error::problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "something went wrong on our side",
    )
}
