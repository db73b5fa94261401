//! What a browser can ask about the apps that people log in with, and about services that a tenant describes.

use super::description::Simple;
use crate::UiError;
use leptos::prelude::*;

/// Sets the tenant's own app at a service.
#[server(endpoint = "set_provider_app")]
pub async fn set_provider_app(
    tenant: String,
    provider: String,
    client_id: String,
    #[server(default)] client_secret: String,
) -> Result<(), UiError> {
    use crate::request;
    request::keep(&[("client_id", &client_id)]);
    let (s, a) = request::caller(&tenant).await?;
    request::require_recent_auth().await?;
    let (id, secret) = (client_id.trim(), client_secret.trim());
    domain::connections::set_app(&s, &a, &provider, id, secret).await?;
    request::back_to(
        &tenant,
        &format!("connections/new/{provider}"),
        "The app is set up. Now connect.",
    )
}

/// Forgets the tenant's own app at a service.
#[server(endpoint = "remove_provider_app")]
pub async fn remove_provider_app(tenant: String, provider: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    request::require_recent_auth().await?;
    domain::connections::remove_app(&s, &a, &provider).await?;
    request::back_to(
        &tenant,
        &format!("connections/new/{provider}"),
        "The app is removed.",
    )
}

/// Adds a service to the tenant's catalogue, from text.
#[server(endpoint = "describe_provider")]
pub async fn describe_provider(tenant: String, description: String) -> Result<(), UiError> {
    use crate::request;
    request::keep(&[("description", &description)]);
    let (s, a) = request::caller(&tenant).await?;
    let id = domain::connections::describe(&s, &a, &description).await?;
    request::back_to(
        &tenant,
        &format!("connections/new/{id}"),
        "Described. Now connect.",
    )
}

/// The same from the fields of a form.
#[server(endpoint = "describe_simple_provider")]
pub async fn describe_simple_provider(tenant: String, simple: Simple) -> Result<(), UiError> {
    use crate::request;
    request::keep(&simple.fields());
    let (s, a) = request::caller(&tenant).await?;
    let id = domain::connections::describe(&s, &a, &simple.text()?).await?;
    request::back_to(
        &tenant,
        &format!("connections/new/{id}"),
        "Described. Now connect.",
    )
}

/// Takes a described service out of the catalogue.
#[server(endpoint = "remove_provider")]
pub async fn remove_provider(tenant: String, provider: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    domain::connections::remove_provider(&s, &a, &provider).await?;
    request::back_to(&tenant, "connections", "The provider is removed.")
}
