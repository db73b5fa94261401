//! `/.well-known/oauth-protected-resource…` (RFC 9728): public, the same for everybody, and silent about which
//! tenants exist.

use crate::AppState;
use api_types::input::TenantSlug;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::toolkits::{Access, Registry};
use http::{HeaderName, StatusCode, header};
use oauth::{ProtectedResource, WELL_KNOWN};

/// One form for each address that clients try: of the endpoints, and of the origin.
pub(in crate::http) fn routes() -> Router<AppState> {
    Router::new()
        .route(
            WELL_KNOWN,
            get(async |State(state): State<AppState>| describe(&state, "")),
        )
        .route(
            &format!("{WELL_KNOWN}/mcp"),
            get(async |State(state): State<AppState>| describe(&state, "/mcp")),
        )
        .route(&format!("{WELL_KNOWN}/t/{{slug}}/mcp"), get(of_tenant))
}

async fn of_tenant(State(state): State<AppState>, Path(slug): Path<String>) -> Response {
    match TenantSlug::parse(&slug) {
        Ok(slug) => describe(&state, &format!("/t/{slug}/mcp")),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn describe(state: &AppState, path: &str) -> Response {
    let origin = &state.services.public_url;
    let metadata = ProtectedResource {
        resource: format!("{origin}{path}"),
        authorization_servers: vec![origin.to_string()],
        scopes_supported: scopes(&state.services.toolkits),
        bearer_methods_supported: ["header"],
        resource_name: "Bulkhead",
    };
    let headers = [
        (header::CACHE_CONTROL, "public, max-age=3600"),
        // Clients in browsers must be able to read it.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ];
    (headers, Json(metadata)).into_response()
}

/// Every scope of this build: reading each toolkit, and writing where something can be written.
pub(in crate::http) fn scopes(toolkits: &Registry) -> Vec<String> {
    let mut scopes = Vec::new();
    for toolkit in toolkits.iter() {
        scopes.push(format!("{}:read", toolkit.name()));
        if toolkit
            .tools()
            .iter()
            .any(|tool| tool.access == Access::Write)
        {
            scopes.push(format!("{}:write", toolkit.name()));
        }
    }
    scopes
}
