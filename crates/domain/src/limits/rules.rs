//! What limits a tenant: its plan, and what it has set itself.

use super::store;
use crate::{Result, Services, plans};
use api_types::{
    CredentialId, TenantId,
    plans::{Entitlements, Loops, Plan, minor_units},
};
use moka::sync::Cache as Entries;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Bounds how long a change may go unnoticed whose notification got lost.
const LIFETIME: Duration = Duration::from_secs(5);

/// What a tenant limits itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Own {
    pub monthly_units: Option<i64>,
    pub is_hard: bool,
    pub spend_cap: Option<i64>,
    pub loops: Option<Loops>,
    pub keys: HashMap<CredentialId, i64>,
}

/// Everything that limits a tenant.
#[derive(Debug)]
pub(crate) struct Rules {
    pub entitlements: Arc<Entitlements>,
    pub own: Own,
}

/// Why a tenant's calls end there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The plan includes no more and sells none.
    Plan,
    /// The tenant has said so.
    Own,
    /// More would cost too much.
    SpendCap,
    /// The key may use no more.
    Key,
}

impl Why {
    /// Its name in headers and errors.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Own => "month",
            Self::SpendCap => "spend-cap",
            Self::Key => "key-month",
        }
    }

    /// What is used up, for people and models.
    pub fn words(self) -> &'static str {
        match self {
            Self::Plan => "the plan's units of this month are used up",
            Self::Own => "this tenant's quota of this month is used up",
            Self::SpendCap => "this tenant's spend cap of this month is reached",
            Self::Key => "this API key's quota of this month is used up",
        }
    }
}

impl Rules {
    /// How many units a month calls are let through, if that is limited, and why not more.
    pub fn ceiling(&self) -> Option<(i64, Why)> {
        let (plan, own) = (&self.entitlements.plan, &self.own);
        let of_plan = plan.included_units.filter(|_| plan.hard_quota);
        let set = own.monthly_units.filter(|_| own.is_hard);
        let bought = own.spend_cap.and_then(|cap| bought(plan, cap));
        let all = [
            of_plan.map(|units| (units, Why::Plan)),
            set.map(|units| (units, Why::Own)),
            bought.map(|units| (units, Why::SpendCap)),
        ];
        all.into_iter().flatten().min_by_key(|(units, _)| *units)
    }

    /// Of how many units a month people are told that they are nearly, or all, used.
    pub fn watched(&self) -> Option<i64> {
        let ceiling = self.ceiling().map(|(units, _)| units);
        let soft = self.own.monthly_units;
        let watched = [ceiling, soft].into_iter().flatten().min();
        watched.or(self.entitlements.plan.included_units)
    }

    /// What becomes of loops.
    pub fn loops(&self) -> Loops {
        self.own.loops.unwrap_or(self.entitlements.plan.loops)
    }
}

/// How many units can be used before those beyond the included ones cost more than that, in minor units.
fn bought(plan: &Plan, cap: i64) -> Option<i64> {
    let (included, micros) = plan.included_units.zip(plan.overage_micros)?;
    let price = i128::from(micros) * i128::from(minor_units(&plan.currency));
    let more = (i128::from(cap) * 1_000_000).checked_div(price)?;
    Some(included.saturating_add(i64::try_from(more).unwrap_or(i64::MAX)))
}

/// The rules of tenants, as they were looked up lately.
#[derive(Clone)]
pub(super) struct Cache(Entries<TenantId, Arc<Rules>>);

impl Cache {
    pub(super) fn new() -> Self {
        let entries = Entries::builder().max_capacity(50_000);
        Self(entries.time_to_live(LIFETIME).build())
    }

    pub(super) fn forget(&self, tenant: TenantId) {
        self.0.invalidate(&tenant);
    }

    pub(super) fn forget_all(&self) {
        self.0.invalidate_all();
    }
}

/// What limits a tenant now.
pub(crate) async fn rules(s: &Services, tenant: TenantId) -> Result<Arc<Rules>> {
    if let Some(known) = s.limits.rules.0.get(&tenant) {
        return Ok(known);
    }
    let entitlements = plans::of(s, tenant).await?;
    let mut tx = s.db.tenant_tx(tenant).await?;
    let own = store::own(&mut tx, tenant).await?;
    tx.commit().await?;
    let rules = Arc::new(Rules { entitlements, own });
    s.limits.rules.0.insert(tenant, rules.clone());
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::Plans;
    use time::OffsetDateTime;

    fn rules(plan: &str, own: Own) -> Rules {
        let plan = Plans::built_in().get(plan).expect("a plan").clone();
        Rules {
            entitlements: Arc::new(Entitlements {
                plan,
                state: api_types::plans::PlanState::Active,
                until: None,
                pending: None,
                period_from: OffsetDateTime::UNIX_EPOCH,
                period_until: OffsetDateTime::UNIX_EPOCH,
            }),
            own,
        }
    }

    #[test]
    fn the_smallest_of_the_limits_counts() {
        let ceiling = |plan, own| rules(plan, own).ceiling();
        assert_eq!(ceiling("unlimited", Own::default()), None);
        assert_eq!(ceiling("pro", Own::default()), None);
        assert_eq!(ceiling("free", Own::default()), Some((10_000, Why::Plan)));
        let own = |units, is_hard, spend_cap| Own {
            monthly_units: Some(units),
            is_hard,
            spend_cap,
            ..Own::default()
        };
        assert_eq!(ceiling("free", own(50, true, None)), Some((50, Why::Own)));
        assert_eq!(
            ceiling("free", own(50, false, None)),
            Some((10_000, Why::Plan))
        );
        let far = own(9_000_000, true, Some(10_00));
        // Ten dollars at 0.0004 a unit.
        assert_eq!(ceiling("pro", far), Some((275_000, Why::SpendCap)));
        let nothing_more = own(9_000_000, true, Some(0));
        assert_eq!(ceiling("pro", nothing_more), Some((250_000, Why::SpendCap)));
    }

    #[test]
    fn people_are_told_of_what_ends_first() {
        let watched = |plan, own| rules(plan, own).watched();
        assert_eq!(watched("unlimited", Own::default()), None);
        assert_eq!(watched("pro", Own::default()), Some(250_000));
        let soft = Own {
            monthly_units: Some(100),
            ..Own::default()
        };
        assert_eq!(watched("pro", soft.clone()), Some(100));
        assert_eq!(watched("unlimited", soft), Some(100));
    }
}
