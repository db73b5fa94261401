//! What a browser can ask about the second factor.

use crate::UiError;
use leptos::prelude::*;

/// Draws a secret for the person's app to scan.
#[server(endpoint = "begin_factor")]
pub async fn begin_factor() -> Result<(), UiError> {
    use crate::request;
    let user = request::require_recent_auth().await?;
    Ok(domain::second_factor::begin(&request::services()?, user).await?)
}

/// Turns the second factor on by a first code. Answers recovery codes, shown once.
#[server(endpoint = "confirm_factor")]
pub async fn confirm_factor(code: String) -> Result<Vec<String>, UiError> {
    use crate::request::{self, flash};
    let user = request::require_recent_auth().await?;
    let services = request::services()?;
    let codes = domain::second_factor::confirm(&services, user, request::origin(), &code).await?;
    request::note_factor().await?;
    flash::set(flash::RECOVERY_CODES, &codes.join(" "), "/account");
    Ok(codes)
}

/// Makes new recovery codes in place of the old. Answers them, shown once.
#[server(endpoint = "renew_codes")]
pub async fn renew_codes() -> Result<Vec<String>, UiError> {
    use crate::request::{self, flash};
    let user = request::require_recent_auth().await?;
    let services = request::services()?;
    let codes = domain::second_factor::renew_codes(&services, user, request::origin()).await?;
    flash::set(flash::RECOVERY_CODES, &codes.join(" "), "/account");
    Ok(codes)
}

/// Removes the second factor.
#[server(endpoint = "remove_factor")]
pub async fn remove_factor() -> Result<(), UiError> {
    use crate::request;
    let user = request::require_recent_auth().await?;
    domain::second_factor::remove(&request::services()?, user, request::origin()).await?;
    request::notice("The authenticator app is removed.");
    Ok(())
}

/// Says whether a tenant lets in nobody without a second factor.
#[server(endpoint = "require_factor")]
pub async fn require_factor(tenant: String, required: bool) -> Result<(), UiError> {
    use crate::request;
    let (services, actor) = request::caller(&tenant).await?;
    request::require_recent_auth().await?;
    Ok(domain::second_factor::set_required(&services, &actor, required).await?)
}
