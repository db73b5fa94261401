//! What every request handler can ask for.

use crate::config::Config;
use crate::lifecycle::Lifecycle;
use axum::extract::FromRef;
use domain::Services;
use leptos::config::LeptosOptions;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Shared by all requests; cloning is cheap.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Everything a use case needs.
    pub services: Services,
    /// Where the browser's files are.
    pub leptos_options: LeptosOptions,
    /// Cancelled when streams have to end because the server stops.
    pub shutdown: CancellationToken,
    /// Whether the server is about to stop.
    pub lifecycle: Lifecycle,
    /// What handlers need to know of the settings.
    pub config: Arc<Config>,
}

impl AppState {
    /// Puts the parts together.
    pub fn new(
        services: Services,
        leptos_options: LeptosOptions,
        lifecycle: Lifecycle,
        config: Config,
    ) -> Self {
        Self {
            services,
            leptos_options,
            shutdown: lifecycle.stopping().clone(),
            lifecycle,
            config: Arc::new(config),
        }
    }
}
