//! What a person sees, and the server functions behind it. Rules and SQL are `domain`'s; here a
//! page asks, shows and lets a person act. Compiled twice: `ssr` for the server, `hydrate` for
//! the browser.

// The compiler asks for a sentence about every server function and component; their modules have it.
#![allow(missing_docs)]

pub mod access;
mod accounts;
pub mod audit;
pub mod billing;
pub mod clients;
pub mod connections;
pub mod error;
mod layout;
pub mod limits;
mod members;
pub mod oauth;
mod operator;
mod passkeys;
#[cfg(feature = "ssr")]
pub mod request;
mod routes;
mod second_factor;
mod sessions;
mod settings;
mod sign_in_with;
mod sso;
pub mod tasks;
mod tenants;
pub mod ui;
pub mod usage;
mod users;
mod visit;
pub mod webhooks;

pub use error::UiError;
pub use users::{invitation_token, leading_to, next_page};
pub use visit::Visit;

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, Meta, MetaTags, Title, provide_meta_context};
use leptos_router::components::Router;

/// The document around the app, made on the server alone.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = Visit::read().theme;
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <HashedStylesheet id="style" options=options.clone()/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The app: the same in the browser and on the server.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Visit::provide();
    ui::toast::provide_toasts();
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Bulkhead".to_string() } else { format!("{title} · Bulkhead") }
        }/>
        <Meta name="description" content="The control plane for your company's MCP clients."/>
        <Router>
            <routes::Pages/>
        </Router>
        <ui::toast::Toasts/>
    }
}

/// Shows what only works once the browser's half runs. Called when the whole page has been taken over.
pub fn mark_live() {
    if let Some(html) = document().document_element() {
        _ = html.set_attribute("data-live", "");
    }
}

/// Tells whoever asked that the page does not exist.
#[cfg(feature = "ssr")]
fn set_not_found() {
    request::set_status(404);
}

#[cfg(not(feature = "ssr"))]
fn set_not_found() {}

/// What the request's cookies say about this page view.
#[cfg(feature = "ssr")]
fn read_visit() -> Visit {
    request::visit()
}

/// The browser learns it from the page.
#[cfg(not(feature = "ssr"))]
fn read_visit() -> Visit {
    Visit::default()
}
