//! Pages and the functions behind them, as `app` defines them, and what a browser's page needs around it.

use super::middleware::{CspNonce, body, csp, origin, patience, session};
use super::{
    audit_export, billing, connections, error, live, moved, oauth_server, sign_in_with, sso,
    tenant_export, usage_export,
};
use crate::AppState;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get, post};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes as _, generate_route_list, render_app_async_stream_with_context};

/// Everything that a browser asks for: only here are there sessions.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    let options = state.leptos_options.clone();
    Router::new()
        .leptos_routes_with_context(
            state,
            generate_route_list(app::App),
            context(state),
            move || app::shell(options.clone()),
        )
        .layer(from_fn(patience::render_again))
        .route("/api/{*unknown}", any(unknown_function))
        .route("/t/{slug}/usage/live", get(live::usage))
        .route("/t/{slug}/audit/live", get(live::audit))
        .route("/t/{slug}/oauth/live", get(live::log_ins))
        .route("/t/{slug}/connections/live", get(live::connections))
        .route("/t/{slug}/webhooks/live", get(live::webhooks))
        .route("/t/{slug}/billing/live", get(live::billing))
        .route("/t/{slug}/audit/export.jsonl", get(audit_export::jsonl))
        .route("/t/{slug}/audit/export.csv", get(audit_export::csv))
        .route("/t/{slug}/export", post(tenant_export::jsonl))
        .route("/t/{slug}/usage/export", post(usage_export::file))
        .merge(sign_in_with::routes())
        .merge(sso::routes())
        .merge(connections::routes())
        .merge(billing::page_routes())
        .merge(oauth_server::page_routes())
        .fallback(missing_page)
        // The last layer is the first to see a request.
        .layer(from_fn_with_state(state.clone(), moved::follow))
        .layer(from_fn_with_state(state.clone(), session::keep))
        .layer(session::layer(state))
        .layer(from_fn(body::collect))
        .layer(from_fn_with_state(state.clone(), origin::require_ours))
        .layer(from_fn_with_state(state.clone(), csp::protect))
}

/// What a page or a server function finds in its context besides the request.
fn context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let services = state.services.clone();
    move || {
        provide_context(services.clone());
        let parts = use_context::<Parts>();
        // Leptos has drawn a nonce of its own, which the policy in the answer's header would not know.
        if let Some(CspNonce(nonce)) = parts.and_then(|parts| parts.extensions.get().cloned()) {
            provide_context(Nonce::from_value(nonce));
        }
    }
}

async fn unknown_function() -> Response {
    error::problem(
        StatusCode::NOT_FOUND,
        "there is no such function; the page may be older than the server",
    )
}

/// The app's own page that says there is nothing here.
async fn missing_page(State(state): State<AppState>, request: Request<Body>) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return error::problem(StatusCode::NOT_FOUND, "not found");
    }
    let options = state.leptos_options.clone();
    let page =
        render_app_async_stream_with_context(context(&state), move || app::shell(options.clone()));
    let mut response = patience::patiently(request, page).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
