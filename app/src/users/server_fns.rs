//! What a browser can ask about people.

use crate::UiError;
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
    request::start_session(signed_up.user).await?;
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
    request::keep(&[("email", &email)]);
    let services = request::services()?;
    let user = domain::users::sign_in(&services, request::address(), &email, &password).await?;
    request::start_session(user).await?;
    leptos_axum::redirect(super::next_page(&next).unwrap_or("/"));
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
