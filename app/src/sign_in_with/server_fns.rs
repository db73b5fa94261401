//! What a browser can ask about accounts elsewhere. Leading there and back is no function but a route of the server.

use crate::UiError;
use api_types::sign_in_with::{Newcomer, ProviderView};
use leptos::prelude::*;

/// With whom people can sign in.
#[server(name = FindProviders, endpoint = "sign_in_providers")]
pub async fn sign_in_providers() -> Result<Vec<ProviderView>, UiError> {
    Ok(crate::request::services()?.providers.list())
}

/// With whom the person can show that it is them, where they have no second factor: that comes first.
#[server(name = FindStepUpProviders, endpoint = "step_up_providers")]
pub async fn step_up_providers() -> Result<Vec<ProviderView>, UiError> {
    use crate::request;
    let (services, user) = (request::services()?, request::person().await?);
    if domain::second_factor::factors(&services, user).await?.any() {
        return Ok(Vec::new());
    }
    let mut known = domain::sign_in_with::identities(&services, user).await?;
    let linked = &known.linked;
    known
        .providers
        .retain(|one| linked.iter().any(|identity| identity.provider == one.id));
    Ok(known.providers)
}

/// Who has come from a provider and may sign up.
#[server(name = FindNewcomer, endpoint = "newcomer")]
pub async fn newcomer() -> Result<Newcomer, UiError> {
    crate::request::newcomer().await
}

/// Creates a person who signs in elsewhere, and their first tenant, and signs them in.
#[server(endpoint = "sign_up_with")]
pub async fn sign_up_with(name: String, tenant_name: String) -> Result<(), UiError> {
    use crate::request;
    use api_types::input::{PersonName, TenantName};
    request::keep(&[("name", &name), ("tenant_name", &tenant_name)]);
    let (services, newcomer) = (request::services()?, request::newcomer().await?);
    let (name, tenant) = (PersonName::parse(&name)?, TenantName::parse(&tenant_name)?);
    let origin = request::origin();
    let signed_up = domain::sign_in_with::sign_up(&services, origin, &newcomer, name, tenant);
    let signed_up = signed_up.await?;
    request::start_first_session(signed_up.user).await?;
    let own = format!("/t/{}", signed_up.slug);
    leptos_axum::redirect(crate::next_page(&newcomer.next).unwrap_or(&own));
    Ok(())
}

/// Unlinks an account elsewhere from the person's.
#[server(endpoint = "unlink_identity")]
pub async fn unlink_identity(issuer: String, subject: String) -> Result<(), UiError> {
    use crate::request;
    let user = request::require_recent_auth().await?;
    let services = request::services()?;
    domain::sign_in_with::unlink(&services, user, request::origin(), &issuer, &subject).await?;
    request::notice("The account is no longer linked.");
    Ok(())
}
