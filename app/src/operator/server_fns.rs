//! What the console asks. Everything here is for operators alone.

use crate::UiError;
use api_types::operator::{
    Health, InstanceUsage, OperatorLogPage, OperatorView, Revenue, TenantFacts, TenantPage,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A page of the console, and who looks at it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Console<T> {
    pub me: OperatorView,
    pub shown: T,
}

/// One page of tenants.
#[server(endpoint = "operator_tenants")]
pub async fn operator_tenants(
    #[server(default)] search: String,
    #[server(default)] state: String,
    #[server(default)] order: String,
    #[server(default)] after: String,
) -> Result<Console<TenantPage>, UiError> {
    let (s, o) = crate::request::operator().await?;
    let filter = super::query::from_words(search, &state, &order);
    let shown = domain::operator::list(&s, &o, &filter, after.parse().ok()).await?;
    Ok(Console {
        me: o.view(),
        shown,
    })
}

/// One tenant from outside.
#[server(endpoint = "operator_tenant")]
pub async fn operator_tenant(id: String) -> Result<Console<TenantFacts>, UiError> {
    let (s, o) = crate::request::operator().await?;
    let shown = domain::operator::facts(&s, &o, crate::clients::id(&id)?).await?;
    Ok(Console {
        me: o.view(),
        shown,
    })
}

/// How the jobs are.
#[server(endpoint = "operator_jobs")]
pub async fn operator_jobs() -> Result<Console<Health>, UiError> {
    let (s, o) = crate::request::operator().await?;
    let shown = domain::operator::health(&s, &o).await?;
    Ok(Console {
        me: o.view(),
        shown,
    })
}

/// The calls of all tenants.
#[server(endpoint = "operator_usage")]
pub async fn operator_usage(
    #[server(default)] range: String,
) -> Result<Console<InstanceUsage>, UiError> {
    let (s, o) = crate::request::operator().await?;
    let range = super::query::range(&range);
    let shown = domain::operator::usage(&s, &o, range).await?;
    Ok(Console {
        me: o.view(),
        shown,
    })
}

/// The plans, and what they bring in.
#[server(endpoint = "operator_plans")]
pub async fn operator_plans() -> Result<Console<Revenue>, UiError> {
    let (s, o) = crate::request::operator().await?;
    let shown = domain::operator::revenue(&s, &o).await?;
    Ok(Console {
        me: o.view(),
        shown,
    })
}

/// What operators did.
#[server(endpoint = "operator_log")]
pub async fn operator_log(
    #[server(default)] before: String,
) -> Result<Console<OperatorLogPage>, UiError> {
    let (s, o) = crate::request::operator().await?;
    let shown = domain::operator::log(&s, &o, before.parse().ok()).await?;
    Ok(Console {
        me: o.view(),
        shown,
    })
}

/// Closes a tenant's endpoint, with a reason that its people read.
#[server(endpoint = "block_tenant")]
pub async fn block_tenant(id: String, reason: String) -> Result<(), UiError> {
    use crate::request;
    let (s, o) = request::operator_lately().await?;
    request::keep(&[("reason", &reason)]);
    let id = crate::clients::id(&id)?;
    domain::operator::block(&s, &o, id, &reason).await?;
    request::notice("Suspended. The owners get a letter.");
    leptos_axum::redirect(&super::tenant_path(id));
    Ok(())
}

/// Takes that back.
#[server(endpoint = "unblock_tenant")]
pub async fn unblock_tenant(id: String) -> Result<(), UiError> {
    use crate::request;
    let (s, o) = request::operator_lately().await?;
    let id = crate::clients::id(&id)?;
    domain::operator::unblock(&s, &o, id).await?;
    request::notice("Resumed. The owners get a letter.");
    leptos_axum::redirect(&super::tenant_path(id));
    Ok(())
}

/// Adds units to a call, or takes some off, with a reason that the tenant's people read.
#[server(endpoint = "correct_call")]
pub async fn correct_call(
    id: String,
    call: String,
    units: String,
    reason: String,
) -> Result<(), UiError> {
    use crate::{clients::form, request};
    use api_types::{EventId, Refusal};
    let (s, o) = request::operator_lately().await?;
    request::keep(&[("call", &call), ("units", &units), ("reason", &reason)]);
    let id = form::id(&id)?;
    let call = call.trim().parse::<EventId>();
    let call = call.map_err(|_| Refusal::invalid("call", "the id of a call, please"))?;
    let units = form::number::<i64>("units", &units)?;
    let units = units.ok_or_else(|| Refusal::invalid("units", "a whole number, please"))?;
    let correction = domain::usage::Correction::new(id, call, units, &reason)?;
    domain::operator::correct(&s, &o, &correction).await?;
    request::notice(super::CORRECTED);
    leptos_axum::redirect(&super::tenant_path(id));
    Ok(())
}

/// Enters a tenant that lets the operator look at it. Answers where it is.
#[server(endpoint = "enter_tenant")]
pub async fn enter_tenant(id: String) -> Result<String, UiError> {
    use crate::request;
    let page = request::enter(crate::clients::id(&id)?).await?;
    request::lead_to(&page);
    Ok(page)
}

/// Leaves it. Answers where the console says of it what there is to say.
#[server(endpoint = "leave_visited")]
pub async fn leave_visited() -> Result<String, UiError> {
    use crate::request;
    let left = request::leave().await?;
    let page = left.map_or_else(|| super::CONSOLE.into(), super::tenant_path);
    request::lead_to(&page);
    Ok(page)
}
