//! The end of a tenant: its owner deletes it, it is nowhere for a week in which they can restore it,
//! and then a worker deletes every row.

use super::store;
use crate::{
    Actor, Origin, Result, Services,
    actor::Who,
    audit::{self, Event},
    billing::Stripe,
    members::{self, SignedIn},
};
use anyhow::Context as _;
use api_types::{Permission, Refusal, Role, TenantId, UserId, audit::Act, tenants::DeletedTenant};
use sqlx::Connection as _;

/// How long a deleted tenant can be restored.
pub const DAYS_TO_RESTORE: i32 = 7;

/// So many calls are deleted at once.
const BATCH: i64 = 10_000;

/// Deletes the tenant, whose address the owner repeats: pages and keys are gone at once, rows in a
/// week.
pub async fn delete(s: &Services, a: &Actor, repeated: &str) -> Result<()> {
    a.require(Permission::DeleteTenant)?;
    if repeated.trim() != a.slug() {
        let message = format!("type {} to delete the tenant", a.slug());
        return Err(Refusal::invalid("confirm", message).into());
    }
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    store::hide(&mut tx, a.tenant(), DAYS_TO_RESTORE).await?;
    let deleted = Event::new(Act::TenantDeleted, a.tenant(), a.slug());
    audit::record(&mut tx, a, deleted).await?;
    tx.commit().await
}

/// What a person owns, has deleted and can still restore.
pub async fn deleted(s: &Services, user: UserId) -> Result<Vec<DeletedTenant>> {
    let deleted = store::deleted(&mut *s.db.global().await?, user).await?;
    Ok(deleted.into_iter().map(|(_, view)| view).collect())
}

/// Brings a deleted tenant back, with everything in it. Who could not come in could not restore it either.
pub async fn restore(
    s: &Services,
    who: impl Into<SignedIn>,
    origin: impl Into<Origin>,
    slug: &str,
) -> Result<()> {
    let who = who.into();
    let user = who.user;
    let mut db = s.db.global().await?;
    let deleted = store::deleted(&mut db, user).await?;
    let found = deleted.into_iter().find(|(_, view)| view.slug == slug);
    let (tenant, _) = found.ok_or(Refusal::NotFound)?;
    members::require_entry(&mut db, tenant, who).await?;
    drop(db);
    let role = Role::Owner.into();
    let owner = Actor::new(tenant, slug.into(), Who::Member { user, role });
    let mut tx = s.db.tenant_tx(tenant).await?;
    if !store::unhide(&mut tx, tenant).await? {
        return Err(Refusal::NotFound.into());
    }
    let restored = Event::new(Act::TenantRestored, tenant, slug);
    audit::record(&mut tx, &owner.seen_from(origin.into()), restored).await?;
    tx.commit().await
}

/// Deletes every row of the tenants whose week is over, and that pay no longer: what would end a subscription goes with
/// the rows. Answers how many tenants.
pub async fn delete_due(s: &Services) -> Result<usize> {
    let mut connection = s.db.system().await?;
    let live = s.billing.as_ref().map(Stripe::is_live);
    let due = store::due(&mut connection, live).await?;
    for tenant in &due {
        while store::forget_calls(&mut connection, *tenant, BATCH).await? > 0 {}
        forget(&mut connection, *tenant).await?;
        tracing::info!(%tenant, "deleted a tenant for good");
    }
    Ok(due.len())
}

async fn forget(connection: &mut sqlx::PgConnection, tenant: TenantId) -> Result<()> {
    let mut tx = connection.begin().await.context("deleting a tenant")?;
    store::forget(&mut tx, tenant).await?;
    tx.commit().await.context("deleting a tenant")?;
    Ok(())
}
