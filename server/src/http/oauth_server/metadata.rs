//! What clients read before they log in: about an endpoint (RFC 9728), about the authorization server (RFC 8414, and as
//! OpenID Connect names it), and the keys that verify tokens (RFC 7517). Public, the same for everybody, and silent
//! about which tenants exist.

use super::token::From;
use crate::AppState;
use crate::http::ApiError;
use api_types::input::TenantSlug;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::oauth_server;
use domain::toolkits;
use http::{StatusCode, header};
use oauth::{
    AUTHORIZATION_SERVER_WELL_KNOWN, OPENID_WELL_KNOWN, ProtectedResource, ServerMetadata,
    WELL_KNOWN,
};

/// Answers change with a new version of this server alone.
const AN_HOUR: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=3600");

/// A new key is known for an hour before it signs.
const FIVE_MINUTES: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=300");

/// One form for each address that clients try: of the endpoints, and of the origin.
pub(super) fn routes() -> Router<AppState> {
    let mut router = Router::new()
        .route(
            WELL_KNOWN,
            get(async |State(state): State<AppState>| describe(&state, "")),
        )
        .route(
            &format!("{WELL_KNOWN}/mcp"),
            get(async |State(state): State<AppState>| describe(&state, "/mcp")),
        )
        .route(&format!("{WELL_KNOWN}/t/{{slug}}/mcp"), get(of_tenant))
        .route("/oauth/jwks", get(keys));
    for place in ["", "/mcp", "/t/{slug}/mcp"] {
        router = router
            .route(
                &format!("{AUTHORIZATION_SERVER_WELL_KNOWN}{place}"),
                get(authorization_server),
            )
            .route(&format!("{OPENID_WELL_KNOWN}{place}"), get(openid));
    }
    // Where OpenID Connect would look for the document of an issuer with a path.
    router
        .route(&format!("/mcp{OPENID_WELL_KNOWN}"), get(openid))
        .route(&format!("/t/{{slug}}/mcp{OPENID_WELL_KNOWN}"), get(openid))
}

async fn of_tenant(
    State(state): State<AppState>,
    From(seen): From,
    Path(slug): Path<String>,
) -> Response {
    match TenantSlug::parse(&slug) {
        Ok(slug) => {
            oauth_server::described(&state.services, slug.as_str(), &seen);
            describe(&state, &format!("/t/{slug}/mcp"))
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn describe(state: &AppState, path: &str) -> Response {
    let origin = &state.services.public_url;
    let metadata = ProtectedResource {
        resource: format!("{origin}{path}"),
        authorization_servers: vec![origin.to_string()],
        scopes_supported: toolkits::scopes(&state.services.toolkits),
        bearer_methods_supported: ["header"],
        resource_name: "Bulkhead",
    };
    ([AN_HOUR], Json(metadata)).into_response()
}

fn metadata(state: &AppState) -> ServerMetadata {
    let services = &state.services;
    let mut scopes = toolkits::scopes(&services.toolkits);
    // For clients that ask for refresh tokens only where it stands; each log-in has one anyway.
    scopes.push("offline_access".into());
    ServerMetadata::new(&services.public_url, scopes, services.oauth.algorithm())
}

async fn authorization_server(State(state): State<AppState>) -> Response {
    ([AN_HOUR], Json(metadata(&state))).into_response()
}

async fn openid(State(state): State<AppState>) -> Response {
    ([AN_HOUR], Json(metadata(&state).openid())).into_response()
}

async fn keys(State(state): State<AppState>) -> Result<Response, ApiError> {
    let keys = oauth_server::public_keys(&state.services).await?;
    Ok(([FIVE_MINUTES], Json(keys)).into_response())
}
