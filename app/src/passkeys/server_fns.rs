//! What a browser can ask about passkeys. Answering with one in place of a code is among what it can
//! ask about people.

use crate::UiError;
use leptos::prelude::*;

/// What a device is to sign so that its person is signed in.
#[server(endpoint = "begin_passkey_sign_in")]
pub async fn begin_passkey_sign_in() -> Result<String, UiError> {
    use crate::request::{self, passkeys};
    passkeys::require_here()?;
    let (services, browser) = (request::services()?, passkeys::browser());
    let browser = domain::passkeys::Browser(&browser);
    Ok(domain::passkeys::begin_sign_in(&services, request::address(), &browser).await?)
}

/// Signs in whoever's passkey answered, and takes them to `next`, or to their first tenant.
#[server(endpoint = "sign_in_with_passkey")]
pub async fn sign_in_with_passkey(
    passkey: String,
    #[server(default)] next: String,
) -> Result<(), UiError> {
    use crate::request::{self, passkeys};
    let (services, browser) = (request::services()?, passkeys::browser());
    let browser = domain::passkeys::Browser(&browser);
    let origin = request::origin();
    let user = domain::passkeys::sign_in(&services, origin, &browser, &passkey).await?;
    request::start_session(user).await?;
    request::note_factor().await?;
    leptos_axum::redirect(crate::users::next_page(&next).unwrap_or("/"));
    Ok(())
}

/// What a device is to sign in the second step of a sign-in, or to confirm that it is still its
/// person.
#[server(endpoint = "begin_passkey_check")]
pub async fn begin_passkey_check() -> Result<String, UiError> {
    use crate::request::{self, passkeys};
    let user = match request::known_person().await? {
        Some(user) => user,
        None => request::pending_person().await?,
    };
    passkeys::require_here()?;
    let (services, browser) = (request::services()?, passkeys::browser());
    let browser = domain::passkeys::Browser(&browser);
    Ok(domain::passkeys::begin_check(&services, user, &browser).await?)
}

/// What a device needs to know to make a passkey.
#[server(endpoint = "begin_passkey")]
pub async fn begin_passkey() -> Result<String, UiError> {
    use crate::request::{self, passkeys};
    let user = request::require_recent_auth().await?;
    passkeys::require_here()?;
    let (services, browser) = (request::services()?, passkeys::browser());
    let browser = domain::passkeys::Browser(&browser);
    Ok(domain::passkeys::begin_adding(&services, user, &browser).await?)
}

/// Adds the passkey that a device made. Answers recovery codes, shown once, with the first factor.
#[server(endpoint = "add_passkey")]
pub async fn add_passkey(passkey: String) -> Result<Vec<String>, UiError> {
    use crate::request::{self, passkeys};
    let user = request::require_recent_auth().await?;
    let (services, browser) = (request::services()?, passkeys::browser());
    let browser = domain::passkeys::Browser(&browser);
    let (origin, agent) = (request::origin(), request::agent());
    let codes = domain::passkeys::add(&services, user, origin, &browser, &agent, &passkey).await?;
    request::note_factor().await?;
    Ok(codes)
}

/// Gives a passkey another name.
#[server(endpoint = "rename_passkey")]
pub async fn rename_passkey(passkey: String, name: String) -> Result<(), UiError> {
    use crate::request;
    use api_types::{Refusal, input::PasskeyName};
    request::keep(&[("name", &name)]);
    let (services, user) = (request::services()?, request::person().await?);
    let (passkey, name) = (
        passkey.parse().map_err(|_| Refusal::NotFound)?,
        PasskeyName::parse(&name)?,
    );
    domain::passkeys::rename(&services, user, request::origin(), passkey, name).await?;
    request::notice("Passkey renamed.");
    leptos_axum::redirect("/account");
    Ok(())
}

/// Removes a passkey.
#[server(endpoint = "remove_passkey")]
pub async fn remove_passkey(passkey: String) -> Result<(), UiError> {
    use crate::request;
    let user = request::require_recent_auth().await?;
    let passkey = passkey.parse().map_err(|_| api_types::Refusal::NotFound)?;
    let (services, origin) = (request::services()?, request::origin());
    domain::passkeys::remove(&services, user, origin, passkey).await?;
    request::notice("Passkey removed. It no longer opens your account.");
    Ok(())
}
