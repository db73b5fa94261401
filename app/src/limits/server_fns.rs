//! What a browser can ask about limits and plans.

use crate::UiError;
use api_types::limits::{Forecast, LimitsPage};
use api_types::plans::PlanPage;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page of limits shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsView {
    pub page: LimitsPage,
    pub forecast: Forecast,
    /// For which quota and which rate.
    pub units: Option<i64>,
    pub per_minute: Option<i64>,
}

/// The limits of the tenant, and what others would have refused.
#[server(endpoint = "read_limits")]
pub async fn read_limits(
    tenant: String,
    #[server(default)] units: String,
    #[server(default)] per_minute: String,
) -> Result<LimitsView, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    // What is no number in the address asks nothing.
    let number = |text: &str| api_types::limits::units("units", text).ok().flatten();
    let (units, per_minute) = (number(&units), number(&per_minute));
    Ok(LimitsView {
        page: domain::limits::page(&s, &a).await?,
        forecast: domain::limits::forecast(&s, &a, units, per_minute).await?,
        units,
        per_minute,
    })
}

/// Says what the tenant limits itself.
#[server(endpoint = "change_limits")]
pub async fn change_limits(
    tenant: String,
    #[server(default)] monthly_units: String,
    #[server(default)] is_hard: bool,
    #[server(default)] spend_cap: String,
    #[server(default)] loops: String,
) -> Result<(), UiError> {
    use api_types::{limits, plans};
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::keep(&[("monthly_units", &monthly_units), ("spend_cap", &spend_cap)]);
    let currency = domain::plans::of(&s, a.tenant()).await?;
    let minor_units = plans::minor_units(&currency.plan.currency);
    let new = limits::OwnLimits {
        monthly_units: limits::units("monthly_units", &monthly_units)?,
        is_hard,
        spend_cap: limits::money("spend_cap", &spend_cap, minor_units)?,
        loops: plans::Loops::parse(&loops),
    };
    domain::limits::change(&s, &a, new).await?;
    crate::request::back_to(&tenant, "limits", "Limits saved.")
}

/// Limits what a key may use in a month, or no longer.
#[server(endpoint = "limit_key")]
pub async fn limit_key(
    tenant: String,
    id: String,
    #[server(default)] key_units: String,
) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    crate::request::keep(&[("key_units", &key_units)]);
    let units = api_types::limits::units("key_units", &key_units)?;
    domain::limits::limit_key(&s, &a, crate::clients::id(&id)?, units).await?;
    crate::request::back_to(&tenant, "limits", "Key limited.")
}

/// The plan of the tenant, and the others.
#[server(endpoint = "read_plan")]
pub async fn read_plan(tenant: String) -> Result<PlanPage, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(domain::plans::page(&s, &a).await?)
}

/// Begins a trial.
#[server(endpoint = "start_trial")]
pub async fn start_trial(tenant: String, plan: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    domain::plans::start_trial(&s, &a, &plan).await?;
    crate::request::back_to(&tenant, "plan", "The trial has begun.")
}

/// Goes to a smaller plan when the month is over.
#[server(endpoint = "schedule_plan")]
pub async fn schedule_plan(tenant: String, plan: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    domain::plans::schedule(&s, &a, &plan).await?;
    crate::request::back_to(&tenant, "plan", "The plan changes when the month is over.")
}

/// Keeps the present plan after all.
#[server(endpoint = "keep_plan")]
pub async fn keep_plan(tenant: String) -> Result<(), UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    domain::plans::keep(&s, &a).await?;
    crate::request::back_to(&tenant, "plan", "The plan stays.")
}
