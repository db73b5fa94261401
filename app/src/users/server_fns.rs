//! What a browser can ask about people.

use crate::UiError;
use api_types::accounts::{Factors, StepUpWays};
use leptos::prelude::*;

/// Creates a person and their first tenant, and signs them in.
#[server(endpoint = "sign_up")]
pub async fn sign_up(
    name: String,
    email: String,
    password: String,
    tenant_name: String,
) -> Result<(), UiError> {
    use crate::request;
    use api_types::input::{Email, Password, PersonName, TenantName};
    request::keep(&[
        ("name", &name),
        ("email", &email),
        ("tenant_name", &tenant_name),
    ]);
    let new = domain::users::NewPerson {
        name: PersonName::parse(&name)?,
        email: Email::parse(&email)?,
        password: Password::parse(&password)?,
        tenant_name: TenantName::parse(&tenant_name)?,
    };
    let signed_up = domain::users::sign_up(&request::services()?, request::origin(), new).await?;
    request::start_first_session(signed_up.user).await?;
    leptos_axum::redirect(&format!("/t/{}", signed_up.slug));
    Ok(())
}

/// Signs a person in and takes them to `next`, or to their first tenant.
#[server(endpoint = "sign_in")]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), UiError> {
    use crate::request;
    use domain::users::SignIn;
    request::keep(&[("email", &email)]);
    let services = request::services()?;
    let next = super::next_page(&next).unwrap_or("/");
    match domain::users::sign_in(&services, request::address(), &email, &password).await? {
        SignIn::Complete(user) => {
            request::start_session(user).await?;
            leptos_axum::redirect(next);
        }
        SignIn::NeedsCode(user) => {
            request::wait_for_code(user).await?;
            leptos_axum::redirect(&super::leading_to("/sign-in/code", next));
        }
    }
    Ok(())
}

/// What a person who has given a password can answer with.
#[server(name = FindSecondStep, endpoint = "find_second_step")]
pub async fn second_step() -> Result<Factors, UiError> {
    use crate::request;
    let user = request::pending_person().await?;
    Ok(domain::second_factor::factors(&request::services()?, user).await?)
}

/// The second step of a sign-in: a code of the person's app, a recovery code, or a passkey.
#[server(endpoint = "sign_in_with_code")]
pub async fn sign_in_with_code(
    #[server(default)] code: String,
    #[server(default)] passkey: String,
    #[server(default)] next: String,
) -> Result<(), UiError> {
    use crate::request;
    let user = request::pending_person().await?;
    check_factor(user, &code, &passkey).await?;
    request::start_session(user).await?;
    request::note_factor().await?;
    leptos_axum::redirect(super::next_page(&next).unwrap_or("/"));
    Ok(())
}

/// A code of the person's app or a recovery code, or else a passkey.
#[cfg(feature = "ssr")]
async fn check_factor(user: api_types::UserId, code: &str, passkey: &str) -> Result<(), UiError> {
    use crate::request::{self, passkeys};
    let (services, origin) = (request::services()?, request::origin());
    if passkey.is_empty() {
        return Ok(domain::second_factor::check(&services, user, origin, code).await?);
    }
    let browser = passkeys::browser();
    let browser = domain::passkeys::Browser(&browser);
    Ok(domain::passkeys::check(&services, user, origin, &browser, passkey).await?)
}

/// What a person who is signed in can confirm with that it is them.
#[server(name = FindStepUp, endpoint = "find_step_up")]
pub async fn steps_up_by() -> Result<StepUpWays, UiError> {
    use crate::request;
    let (services, who) = (request::services()?, request::signed_in().await?);
    Ok(domain::sign_in_with::ways_to_step_up(&services, who).await?)
}

/// Confirms that it is the person themselves, for what is dangerous: by a code or a passkey where
/// they have a second factor, else by their password.
#[server(endpoint = "step_up")]
pub async fn step_up(
    #[server(default)] password: String,
    #[server(default)] code: String,
    #[server(default)] passkey: String,
    #[server(default)] next: String,
) -> Result<(), UiError> {
    use crate::request;
    let (services, user) = (request::services()?, request::person().await?);
    if domain::second_factor::factors(&services, user).await?.any() {
        check_factor(user, &code, &passkey).await?;
        request::note_factor().await?;
    } else {
        let address = request::address();
        domain::users::check_password(&services, user, address, "password", &password).await?;
    }
    request::mark_recent_auth().await?;
    leptos_axum::redirect(super::next_page(&next).unwrap_or("/account"));
    Ok(())
}

/// Signs the person out here.
#[server(endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), UiError> {
    crate::request::end_session().await?;
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// Where `/` leads: to the person's first tenant, or to sign in.
#[server(endpoint = "home")]
pub async fn home() -> Result<String, UiError> {
    use crate::request;
    let Some(user) = request::known_person().await? else {
        return Ok("/sign-in".into());
    };
    let me = domain::users::me(&request::services()?, user).await?;
    Ok(match me.tenants.first() {
        Some(tenant) => format!("/t/{}", tenant.slug),
        None => "/new-tenant".into(),
    })
}

/// The address of the person who is signed in, if anyone is.
#[server(endpoint = "who_am_i")]
pub async fn who_am_i() -> Result<Option<String>, UiError> {
    use crate::request;
    let Some(user) = request::known_person().await? else {
        return Ok(None);
    };
    let me = domain::users::me(&request::services()?, user).await?;
    Ok(Some(me.email))
}

/// Changes the person's name.
#[server(endpoint = "rename_person")]
pub async fn rename_person(name: String) -> Result<(), UiError> {
    use crate::request;
    request::keep(&[("name", &name)]);
    let name = api_types::input::PersonName::parse(&name)?;
    let user = request::person().await?;
    domain::users::rename(&request::services()?, user, request::origin(), name).await?;
    request::notice("Name saved.");
    Ok(())
}

/// Changes the person's password and ends their other sessions.
#[server(endpoint = "change_password")]
pub async fn change_password(current: String, password: String) -> Result<(), UiError> {
    use crate::request;
    let new = api_types::input::Password::parse(&password)?;
    request::change_password(&current, new).await?;
    request::notice("Password changed. Your other sessions have ended.");
    Ok(())
}

/// Remembers how this browser wants to see the pages.
#[server(endpoint = "set_theme")]
pub async fn set_theme(theme: String) -> Result<(), UiError> {
    crate::request::set_theme(crate::visit::Theme::parse(&theme));
    Ok(())
}
