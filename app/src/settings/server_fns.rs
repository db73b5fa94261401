//! What the settings page asks.

use crate::UiError;
use api_types::{
    operator::SupportView,
    tenants::Suspension,
    toolkits::ToolkitView,
    users::{Me, Membership},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Everything on the settings page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    pub me: Me,
    pub tenant: Membership,
    pub toolkits: Vec<ToolkitView>,
    /// Whether the tenant lets in nobody without a second factor.
    pub factor_required: bool,
    /// Whether the tenant's endpoint is closed, and by whom.
    pub suspension: Suspension,
    /// Whether there is an operator who could look at the tenant.
    pub operated: bool,
    /// That one may.
    pub support: Option<SupportView>,
    /// Whether an operator looks, whose own settings are not here.
    pub visiting: bool,
}

/// The person, the tenant and its toolkits.
#[server(name = FindSettings, endpoint = "settings")]
pub async fn settings(tenant: String) -> Result<Settings, UiError> {
    let (services, actor) = crate::request::caller(&tenant).await?;
    let here = crate::layout::here(tenant).await?;
    let toolkits = domain::toolkits::settings(&services, &actor).await?;
    Ok(Settings {
        operated: !services.operators.is_nobody(),
        support: domain::operator::support(&services, &actor).await?,
        visiting: here.visit.is_some(),
        me: here.me,
        tenant: here.tenant,
        suspension: here.suspension,
        toolkits,
        factor_required: domain::second_factor::is_required(&services, &actor).await?,
    })
}
