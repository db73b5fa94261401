//! Plans: what a tenant may do for what it pays. [`of`] is the one look-up; what is refused for want of a plan is refused
//! by `entitled`, in words that name the plan that has it.
//!
//! | file | what it decides |
//! |---|---|
//! | `catalog` | which plans there are: a file of the operator's, checked |
//! | `standing` | from a tenant's row and a moment to what it may do then, pure |
//! | `stops` | what does not go on with another plan, pure |
//! | `entitled` | the refusals |
//! | `change` | trials, downgrades, and what whoever bills says |

mod catalog;
mod change;
mod entitled;
mod standing;
mod stops;
mod store;

pub use catalog::{Plans, UNLIMITED};
pub(crate) use change::commit;
pub use change::{keep, page, schedule, set, start_trial};
pub use entitled::lacking;
pub(crate) use entitled::{Counted, require, require_room};
pub use standing::Standing;
pub use stops::what_stops;
pub(crate) use store::tell;

use crate::{Actor, Result, Services, changes::What};
use anyhow::{Context as _, ensure};
use api_types::{TenantId, plans::Entitlements};
use futures::Stream;
use moka::sync::Cache as Entries;
use sqlx::PgConnection;
use std::{sync::Arc, time::Duration};
use time::OffsetDateTime;

/// Bounds how long a change may go unnoticed whose notification got lost.
const LIFETIME: Duration = Duration::from_secs(5);

/// What tenants may do, as it was looked up lately.
#[derive(Clone)]
pub(crate) struct Cache(Entries<TenantId, Arc<Entitlements>>);

impl Cache {
    pub(crate) fn new() -> Self {
        let entries = Entries::builder().max_capacity(50_000);
        Self(entries.time_to_live(LIFETIME).build())
    }

    /// Forgets a tenant's.
    pub(crate) fn forget(&self, tenant: TenantId) {
        self.0.invalidate(&tenant);
    }

    /// Forgets everybody's.
    pub(crate) fn forget_all(&self) {
        self.0.invalidate_all();
    }
}

/// What a tenant may do now: the one look-up, which costs nothing when it was made a moment ago.
pub async fn of(s: &Services, tenant: TenantId) -> Result<Arc<Entitlements>> {
    if let Some(known) = s.entitlements.0.get(&tenant) {
        return Ok(known);
    }
    let mut tx = s.db.tenant_tx(tenant).await?;
    let now = Arc::new(in_tx(s, &mut tx, tenant).await?);
    tx.commit().await?;
    s.entitlements.0.insert(tenant, now.clone());
    Ok(now)
}

/// The same within a transaction of the tenant's, never remembered: for what is changed there.
pub(crate) async fn in_tx(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Entitlements> {
    let standing = store::standing(db, tenant).await?;
    let now = OffsetDateTime::now_utc();
    Ok(standing::entitlements(&s.plans, standing, now))
}

/// Since when a tenant's calls are shown one by one: for as long as its plan has it.
pub(crate) async fn shown_since(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<OffsetDateTime> {
    let days = in_tx(s, db, tenant).await?.plan.retention_days;
    Ok(days.map_or(OffsetDateTime::UNIX_EPOCH, |days| {
        OffsetDateTime::now_utc() - time::Duration::days(days.into())
    }))
}

/// Yields whenever the tenant's plan or limits have changed, and at once if they may have since that moment.
pub fn live(
    s: &Services,
    a: &Actor,
    since: Option<OffsetDateTime>,
) -> impl Stream<Item = ()> + Send + use<> {
    s.changes.told(a.tenant(), What::Plan, since)
}

/// Refuses to serve with a file that lacks a plan that somebody has.
pub async fn check(s: &Services) -> anyhow::Result<()> {
    let mut db = s.db.system().await?;
    let chosen = store::chosen(&mut db)
        .await
        .context("reading who has which plan")?;
    for (plan, tenants) in chosen {
        ensure!(
            s.plans.get(&plan).is_some(),
            "the plan `{plan}` is missing, and {tenants} tenants have it; keep it with `offered = false`"
        );
    }
    Ok(())
}
