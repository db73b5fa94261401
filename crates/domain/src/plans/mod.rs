//! Plans: what a tenant may do for what it pays. For now what billing needs of them, and no more.

mod standing;
mod store;

pub use standing::Standing;

use crate::{Actor, Result, Services, TenantTx};
use api_types::{
    TenantId,
    plans::{Entitlements, Plan},
};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// The plans, checked. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Plans(std::sync::Arc<[Plan]>);

impl Plans {
    /// The plans of this build.
    pub fn built_in() -> Self {
        let plan = |id: &str, price, included, micros, seats, seat_price, trial| Plan {
            id: id.into(),
            name: format!("{}{}", id[..1].to_uppercase(), &id[1..]),
            about: "A plan.".into(),
            offered: true,
            currency: "usd".into(),
            monthly_price: price,
            trial_days: trial,
            included_units: Some(included),
            overage_micros: micros,
            hard_quota: micros.is_none(),
            seats: Some(seats),
            seat_price,
            clients: None,
            keys: None,
            rates: api_types::plans::Rates::default(),
            retention_days: None,
            loops: api_types::plans::Loops::Warn,
            features: Vec::new(),
        };
        Self(
            [
                plan("free", 0, 10_000, None, 3, None, 0),
                plan("pro", 49_00, 250_000, Some(400), 10, Some(9_00), 14),
                plan(
                    "enterprise",
                    490_00,
                    5_000_000,
                    Some(200),
                    50,
                    Some(12_00),
                    30,
                ),
            ]
            .into(),
        )
    }

    /// The plan with this id.
    pub fn get(&self, id: &str) -> Option<&Plan> {
        self.0.iter().find(|plan| plan.id == id)
    }

    /// The plan of a tenant that has chosen none.
    pub fn default_plan(&self) -> &Plan {
        &self.0[0]
    }

    /// Those that tenants can choose.
    pub fn offered(&self) -> impl Iterator<Item = &Plan> {
        self.0.iter().filter(|plan| plan.offered)
    }
}

/// What a tenant may do now.
pub async fn of(s: &Services, tenant: TenantId) -> Result<std::sync::Arc<Entitlements>> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let now = in_tx(s, &mut tx, tenant).await?;
    tx.commit().await?;
    Ok(now.into())
}

/// The same within a transaction of the tenant's.
pub(crate) async fn in_tx(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Entitlements> {
    let standing = store::standing(db, tenant).await?;
    let now = OffsetDateTime::now_utc();
    Ok(standing::entitlements(&s.plans, standing, now))
}

/// Says how a tenant stands with its plan from now on, in the caller's transaction. Call it last before the commit.
pub async fn set(_: &Services, tx: &mut TenantTx, a: &Actor, to: Standing) -> Result<()> {
    store::set(tx, a.tenant(), &to).await
}
