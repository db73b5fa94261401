//! What a browser can ask about tenants and their toolkits.

use crate::UiError;
use api_types::tenants::{DeletedTenant, Overview};
use leptos::prelude::*;

/// The numbers and the state of a tenant.
#[server(name = FindOverview, endpoint = "overview")]
pub async fn overview(tenant: String) -> Result<Overview, UiError> {
    let (services, actor) = crate::request::caller(&tenant).await?;
    Ok(domain::tenants::overview(&services, &actor).await?)
}

/// Creates another tenant, whose owner the person is. Answers its address.
#[server(endpoint = "create_tenant")]
pub async fn create_tenant(tenant_name: String, slug: String) -> Result<String, UiError> {
    use crate::request;
    use api_types::input::{TenantName, TenantSlug};
    request::keep(&[("tenant_name", &tenant_name), ("slug", &slug)]);
    let name = TenantName::parse(&tenant_name)?;
    let slug = match slug.trim() {
        "" => TenantSlug::suggest(name.as_str()),
        slug => TenantSlug::parse(slug)?,
    };
    let user = request::person().await?;
    let origin = request::origin();
    let slug = domain::tenants::create(&request::services()?, user, origin, name, slug).await?;
    let page = format!("/t/{slug}");
    request::lead_to(&page);
    Ok(page)
}

/// Changes a tenant's name; its address stays.
#[server(endpoint = "rename_tenant")]
pub async fn rename_tenant(tenant: String, tenant_name: String) -> Result<(), UiError> {
    use crate::request;
    request::keep(&[("tenant_name", &tenant_name)]);
    let (services, actor) = request::caller(&tenant).await?;
    let name = api_types::input::TenantName::parse(&tenant_name)?;
    domain::tenants::rename(&services, &actor, name).await?;
    request::notice("Tenant renamed.");
    Ok(())
}

/// Changes a tenant's address; the old one leads to it. Answers where the settings are now.
#[server(endpoint = "change_slug")]
pub async fn change_slug(tenant: String, slug: String) -> Result<String, UiError> {
    use crate::request;
    request::keep(&[("slug", &slug)]);
    let (services, actor) = request::caller(&tenant).await?;
    let slug = api_types::input::TenantSlug::parse(slug.trim())?;
    domain::tenants::change_slug(&services, &actor, slug.clone()).await?;
    let page = format!("/t/{slug}/settings");
    request::notice("Address changed. The old one leads here.");
    request::lead_to(&page);
    Ok(page)
}

/// Closes a tenant's endpoint, or opens it again. Answers where the settings are, which then say so.
#[server(endpoint = "suspend_tenant")]
pub async fn suspend_tenant(tenant: String, suspended: bool) -> Result<String, UiError> {
    use crate::request;
    let (services, actor) = request::caller(&tenant).await?;
    domain::tenants::suspend(&services, &actor, suspended).await?;
    request::notice(if suspended {
        "Suspended: no client is let in."
    } else {
        "Resumed: clients are let in again."
    });
    let page = format!("/t/{tenant}/settings");
    request::lead_to(&page);
    Ok(page)
}

/// Deletes a tenant, whose address is typed to confirm it.
#[server(endpoint = "delete_tenant")]
pub async fn delete_tenant(tenant: String, confirm: String) -> Result<String, UiError> {
    use crate::request;
    let (services, actor) = request::caller(&tenant).await?;
    request::require_recent_auth().await?;
    domain::tenants::delete(&services, &actor, &confirm).await?;
    request::notice("Tenant deleted. You can restore it for 7 days.");
    request::lead_to(NEW_TENANT);
    Ok(NEW_TENANT.into())
}

/// What the person has deleted and can still restore.
#[server(endpoint = "deleted_tenants")]
pub async fn deleted_tenants() -> Result<Vec<DeletedTenant>, UiError> {
    use crate::request;
    let (services, user) = (request::services()?, request::person().await?);
    Ok(domain::tenants::deleted(&services, user).await?)
}

/// Brings a deleted tenant back. Answers where it is.
#[server(endpoint = "restore_tenant")]
pub async fn restore_tenant(slug: String) -> Result<String, UiError> {
    use crate::request;
    let (services, who) = (request::services()?, request::signed_in().await?);
    domain::tenants::restore(&services, who, request::origin(), &slug).await?;
    let page = format!("/t/{slug}");
    request::notice("Tenant restored.");
    request::lead_to(&page);
    Ok(page)
}

/// Where one creates a tenant, or restores one.
pub const NEW_TENANT: &str = "/new-tenant";

/// Switches a toolkit on or off.
#[server(endpoint = "switch_toolkit")]
pub async fn switch_toolkit(tenant: String, toolkit: String, enabled: bool) -> Result<(), UiError> {
    let (services, actor) = crate::request::caller(&tenant).await?;
    Ok(domain::toolkits::switch(&services, &actor, &toolkit, enabled).await?)
}
