//! What a browser can ask about tenants and their toolkits.

use crate::UiError;
use api_types::tenants::Overview;
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

/// Switches a toolkit on or off.
#[server(endpoint = "switch_toolkit")]
pub async fn switch_toolkit(tenant: String, toolkit: String, enabled: bool) -> Result<(), UiError> {
    let (services, actor) = crate::request::caller(&tenant).await?;
    Ok(domain::toolkits::switch(&services, &actor, &toolkit, enabled).await?)
}
