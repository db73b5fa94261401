//! What a browser can ask about its person's account.

use crate::UiError;
use api_types::{
    accounts::{FactorView, Passkeys, SessionView},
    sign_in_with::Identities,
    users::Me,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Everything on the account page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    pub me: Me,
    pub factor: FactorView,
    pub passkeys: Passkeys,
    pub identities: Identities,
    pub sessions: Vec<SessionView>,
    /// Recovery codes that a form without WebAssembly has just made.
    pub fresh_codes: Option<Vec<String>>,
}

/// The person, their second factor, their passkeys and their sessions.
#[server(name = FindAccount, endpoint = "account")]
pub async fn account() -> Result<Account, UiError> {
    use crate::request::{self, flash};
    let (services, user) = (request::services()?, request::person().await?);
    let current = request::session_id()?;
    let fresh = flash::take(flash::RECOVERY_CODES, "/account");
    Ok(Account {
        me: domain::users::me(&services, user).await?,
        factor: domain::second_factor::view(&services, user).await?,
        passkeys: Passkeys {
            list: domain::passkeys::list(&services, user).await?,
            elsewhere: request::passkeys::elsewhere()?,
            recovery_codes_left: domain::second_factor::codes_left(&services, user).await?,
        },
        identities: domain::sign_in_with::identities(&services, user).await?,
        sessions: domain::sessions::list(&services, user, current).await?,
        fresh_codes: fresh.map(|codes| codes.split(' ').map(str::to_owned).collect()),
    })
}

/// Sends the letter that asks to confirm the person's address again.
#[server(endpoint = "send_confirmation")]
pub async fn send_confirmation() -> Result<(), UiError> {
    use crate::request;
    let (services, user) = (request::services()?, request::person().await?);
    domain::accounts::send_confirmation_again(&services, user, request::origin()).await?;
    request::notice("The letter is on its way.");
    Ok(())
}

/// Follows the link of such a letter, or of one to a new address.
#[server(endpoint = "confirm_address")]
pub async fn confirm_address(token: String) -> Result<(), UiError> {
    use crate::request;
    let (services, user) = (request::services()?, request::person().await?);
    domain::accounts::confirm_address(&services, user, request::origin(), &token).await?;
    request::notice("Your address is confirmed.");
    leptos_axum::redirect("/");
    Ok(())
}

/// Sends a link to a new address; the present one is told.
#[server(endpoint = "change_address")]
pub async fn change_address(email: String) -> Result<(), UiError> {
    use crate::request;
    request::keep(&[("email", &email)]);
    let new = api_types::input::Email::parse(&email)?;
    let (services, user) = (request::services()?, request::require_recent_auth().await?);
    domain::accounts::wish_for_address(&services, user, request::origin(), new).await?;
    request::notice("A link is on its way to the new address.");
    Ok(())
}

/// Sends a link for a new password, where there is such an account; the answer is always the same.
#[server(endpoint = "forgot_password")]
pub async fn forgot_password(email: String) -> Result<(), UiError> {
    use crate::request;
    request::keep(&[("email", &email)]);
    let services = request::services()?;
    domain::accounts::forgot_password(&services, request::origin(), &email).await?;
    request::lead_to("/forgot?sent=yes");
    Ok(())
}

/// Whether the link of such a letter still works.
#[server(name = FindReset, endpoint = "find_reset")]
pub async fn find_reset(token: String) -> Result<bool, UiError> {
    Ok(domain::accounts::is_open(&crate::request::services()?, &token).await?)
}

/// Sets a new password by a link. The person signs in with it afterwards.
#[server(endpoint = "choose_password")]
pub async fn choose_password(token: String, password: String) -> Result<(), UiError> {
    use crate::request;
    let new = api_types::input::Password::parse(&password)?;
    let services = request::services()?;
    domain::accounts::choose_password(&services, request::origin(), &token, new).await?;
    request::notice("Your password is changed. Please sign in with it.");
    leptos_axum::redirect("/sign-in");
    Ok(())
}
