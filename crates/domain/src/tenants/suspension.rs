//! Suspending a tenant: its endpoint refuses every client within a second, on every server, until it is
//! resumed. Nothing else changes: keys stay what they are, and people go on working on the pages. What
//! the operator suspends ([`crate::operator::block`]) stays closed, whatever its people do here.

use super::store;
use crate::{
    Actor, Result, Services,
    audit::{self, Event},
};
use api_types::{Permission, audit::Act, tenants::Suspension};

/// Whether the tenant's endpoint is closed, and by whom.
pub async fn suspension(s: &Services, a: &Actor) -> Result<Suspension> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let suspension = store::suspension(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(suspension)
}

/// Closes the tenant's endpoint on its own account, or takes that back. Where it is so already, nothing is done.
pub async fn suspend(s: &Services, a: &Actor, suspended: bool) -> Result<()> {
    a.require(Permission::ManageSecurity)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    if !store::suspend(&mut tx, a.tenant(), suspended).await? {
        return tx.commit().await;
    }
    let act = if suspended {
        Act::TenantSuspended
    } else {
        Act::TenantResumed
    };
    audit::record(&mut tx, a, Event::new(act, a.tenant(), a.slug())).await?;
    tx.commit().await
}
