//! What a browser can ask about a tenant's single sign-on.

use crate::UiError;
use api_types::sso::SsoView;
use leptos::prelude::*;

/// Domains and connection.
#[server(name = FindSso, endpoint = "sso")]
pub async fn sso(tenant: String) -> Result<SsoView, UiError> {
    let (services, actor) = crate::request::caller(&tenant).await?;
    Ok(domain::sso::view(&services, &actor).await?)
}

/// Claims a domain.
#[server(endpoint = "add_domain")]
pub async fn add_domain(tenant: String, domain: String) -> Result<(), UiError> {
    use crate::request;
    request::keep(&[("domain", &domain)]);
    let (services, actor) = request::caller(&tenant).await?;
    domain::sso::add(&services, &actor, &domain).await?;
    request::back_to(&tenant, "sso", "Domain added. Now set its record.")
}

/// Looks for a domain's record.
#[server(endpoint = "verify_domain")]
pub async fn verify_domain(tenant: String, domain: String) -> Result<(), UiError> {
    use crate::request;
    let (services, actor) = request::caller(&tenant).await?;
    domain::sso::verify(&services, &actor, &domain).await?;
    request::back_to(&tenant, "sso", "The domain is verified.")
}

/// Gives a domain up.
#[server(endpoint = "remove_domain")]
pub async fn remove_domain(tenant: String, domain: String) -> Result<(), UiError> {
    use crate::request;
    let (services, actor) = request::caller(&tenant).await?;
    request::require_recent_auth().await?;
    domain::sso::remove(&services, &actor, &domain).await?;
    request::back_to(&tenant, "sso", "The domain is removed.")
}

/// Connects a provider. An empty secret keeps the present one.
#[server(endpoint = "connect_sso")]
pub async fn connect_sso(
    tenant: String,
    issuer: String,
    client_id: String,
    #[server(default)] client_secret: String,
    default_role: String,
    #[server(default)] group_claim: String,
    #[server(default)] groups: String,
) -> Result<(), UiError> {
    use crate::request;
    request::keep(&[
        ("issuer", &issuer),
        ("client_id", &client_id),
        ("default_role", &default_role),
        ("group_claim", &group_claim),
        ("groups", &groups),
    ]);
    let (services, actor) = request::caller(&tenant).await?;
    request::require_recent_auth().await?;
    let secret = Some(client_secret.trim()).filter(|secret| !secret.is_empty());
    let claim = Some(group_claim.trim()).filter(|claim| !claim.is_empty());
    let new = domain::sso::NewConnection {
        issuer: api_types::input::text("issuer", &issuer, 500)?,
        client_id: api_types::input::text("client_id", &client_id, 300)?,
        client_secret: secret.map(domain::sign_in_with::Secret::new),
        default_role: api_types::members::RoleChoice::parse(&default_role)?,
        group_claim: api_types::input::text("group_claim", claim.unwrap_or("groups"), 100)?,
        groups,
    };
    domain::sso::connect(&services, &actor, new).await?;
    request::back_to(&tenant, "sso", "Connected. Now test it.")
}

/// Forgets the provider.
#[server(endpoint = "disconnect_sso")]
pub async fn disconnect_sso(tenant: String) -> Result<(), UiError> {
    use crate::request;
    let (services, actor) = request::caller(&tenant).await?;
    request::require_recent_auth().await?;
    domain::sso::disconnect(&services, &actor).await?;
    request::back_to(&tenant, "sso", "The provider is disconnected.")
}

/// Says whether the domains' people come in by the provider alone.
#[server(endpoint = "enforce_sso")]
pub async fn enforce_sso(tenant: String, enforced: bool) -> Result<(), UiError> {
    use crate::request;
    let (services, actor) = request::caller(&tenant).await?;
    request::require_recent_auth().await?;
    domain::sso::enforce(&services, &actor, enforced).await?;
    request::back_to(&tenant, "sso", "Saved.")
}

/// Says whether the provider's assertions let MCP clients in.
#[server(endpoint = "switch_identity_assertions")]
pub async fn switch_identity_assertions(tenant: String, on: bool) -> Result<(), UiError> {
    use crate::request;
    let (services, actor) = request::caller(&tenant).await?;
    request::require_recent_auth().await?;
    domain::sso::switch_identity_assertions(&services, &actor, on).await?;
    request::back_to(&tenant, "sso", "Saved.")
}
