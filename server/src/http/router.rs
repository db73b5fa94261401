//! All routes but those of MCP, which [`super::front`] tells by their path.

use super::{billing, health, leaked_keys, oauth_server, pages, static_files};
use crate::AppState;
use axum::Router;

pub(super) fn build(state: &AppState) -> Router {
    Router::new()
        .merge(health::routes())
        .merge(static_files::routes())
        .merge(pages::routes(state))
        .merge(oauth_server::routes())
        .merge(leaked_keys::routes())
        .merge(billing::routes())
        .with_state(state.clone())
}
