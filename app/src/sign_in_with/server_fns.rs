//! What a browser can ask about accounts elsewhere. Leading there and back is no function but a route of the server.

use crate::UiError;
use api_types::sign_in_with::{ProviderView, SigningUp};
use leptos::prelude::*;

/// With whom people can sign in.
#[server(name = FindProviders, endpoint = "sign_in_providers")]
pub async fn sign_in_providers() -> Result<Vec<ProviderView>, UiError> {
    Ok(crate::request::services()?.providers.list())
}

/// Who has come from a provider and may sign up, and whether somebody has invited them.
#[server(name = FindNewcomer, endpoint = "newcomer")]
pub async fn newcomer() -> Result<SigningUp, UiError> {
    use crate::{invitation_token, request};
    let (services, newcomer) = (request::services()?, request::newcomer().await?);
    let token = invitation_token(&newcomer.next);
    let invited = domain::sign_in_with::invited(&services, &newcomer, token).await?;
    Ok(SigningUp { newcomer, invited })
}

/// Creates a person who signs in elsewhere, and signs them in: a member of the tenant whose invitation they have come
/// by, or else the owner of a first tenant. Who is invited by a letter may leave that out.
#[server(endpoint = "sign_up_with")]
pub async fn sign_up_with(
    name: String,
    #[server(default)] tenant_name: String,
) -> Result<(), UiError> {
    use crate::{invitation_token, request};
    use api_types::{
        input::{PersonName, TenantName},
        sign_in_with::Invited,
    };
    use domain::sign_in_with::{self, Beginning};
    request::keep(&[("name", &name), ("tenant_name", &tenant_name)]);
    let (services, newcomer) = (request::services()?, request::newcomer().await?);
    let (name, token) = (PersonName::parse(&name)?, invitation_token(&newcomer.next));
    let invited = sign_in_with::invited(&services, &newcomer, token).await?;
    let (beginning, next) = match (invited, token) {
        // The link has served then.
        (Invited::Here(_), Some(token)) => (Beginning::Invitation(token.into()), None),
        (Invited::ByLetter, _) if tenant_name.trim().is_empty() => (Beginning::Nothing, None),
        _ => (
            Beginning::Tenant(TenantName::parse(&tenant_name)?),
            crate::next_page(&newcomer.next),
        ),
    };
    let origin = request::origin();
    let (user, slug) = sign_in_with::sign_up(&services, origin, &newcomer, name, beginning).await?;
    request::start_first_session(user).await?;
    let own = slug.map_or_else(|| "/".into(), |slug| format!("/t/{slug}"));
    leptos_axum::redirect(next.unwrap_or(&own));
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
