//! A tenant may want a second factor of its members. One without is let into nothing of it.

use super::store;
use crate::{
    Actor, Result, Services,
    audit::{self, Event, Facts},
};
use api_types::{Permission, Refusal, TenantId, UserId, audit::Act};
use serde::Serialize;
use sqlx::PgConnection;

#[derive(Serialize)]
struct Policy {
    second_factor_required: bool,
}

impl Facts for Policy {}

/// Refuses a member without a second factor where the tenant wants one.
pub(crate) async fn require_where_wanted(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<()> {
    if store::is_lacking(db, tenant, user).await? {
        return Err(Refusal::SecondFactorNeeded.into());
    }
    Ok(())
}

/// Whether the tenant wants it.
pub async fn is_required(s: &Services, a: &Actor) -> Result<bool> {
    a.require(Permission::ViewTenant)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let required = store::is_required(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(required)
}

/// Says whether the tenant wants it. Who says so has one, and so is not locked out by it.
pub async fn set_required(s: &Services, a: &Actor, required: bool) -> Result<()> {
    a.require(Permission::ManageSecurity)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    if let Some(user) = a.user().filter(|_| required)
        && !super::factors_in(&mut tx, user).await?.any()
    {
        let message = "add a second factor to your own account first";
        return Err(Refusal::conflict(message).into());
    }
    let (name, before) = store::set_required(&mut tx, a.tenant(), required).await?;
    let event = Event::new(Act::SecondFactorPolicyChanged, a.tenant(), name)
        .before(&Policy {
            second_factor_required: before,
        })?
        .after(&Policy {
            second_factor_required: required,
        })?;
    audit::record(&mut tx, a, event).await?;
    tx.commit().await
}
