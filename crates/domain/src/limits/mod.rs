//! Limits of calls: how fast they may come, how many there may be in a month, and whether they go round in circles.
//!
//! | file | what it decides |
//! |---|---|
//! | `rules` | what limits a tenant: its plan, and what it has set itself |
//! | `gate` | what stands between a credential and its calls |
//! | `bucket` | how fast calls may come: a token bucket in one word |
//! | `shares` | what part of a rate is this server's |
//! | `quota` | how many calls there may be: units in leases |
//! | `loops` | the same call again and again |
//! | `notices` | telling people that a quota is nearly, or all, used |
//! | `settings` | what a tenant sets, and what the page shows |
//! | `forecast` | what would have been refused last month under other limits |

mod bucket;
mod forecast;
mod gate;
pub mod loops;
mod notices;
mod quota;
mod rules;
mod settings;
mod shares;
mod store;

pub use forecast::forecast;
pub(crate) use gate::Holder;
pub use gate::{Gate, Spent, Tickets, TooSoon, Whose};
pub use loops::Verdict;
pub use notices::tell_of_quotas;
pub use settings::{change, limit_key, page};
pub use shares::{HEARTBEAT, beat};
pub(crate) use store::{inherit, recount};

use crate::{Result, Services};
use api_types::TenantId;
use loops::Seen;
use moka::sync::Cache;
use quota::Quota;
use rules::rules;
use shares::Buckets;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::Counter;
use time::OffsetDateTime;
use uuid::Uuid;

/// A tenant's quota, or that of one of its keys, in one month.
type Subject = (TenantId, Uuid, OffsetDateTime);

/// What limits share in one server.
pub(crate) struct Shared {
    buckets: Arc<Buckets>,
    rules: rules::Cache,
    quotas: Mutex<HashMap<Subject, Arc<Quota>>>,
    seen: Cache<TenantId, Arc<Seen>>,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            buckets: Arc::new(Buckets::new()),
            rules: rules::Cache::new(),
            quotas: Mutex::default(),
            seen: Cache::builder()
                .max_capacity(10_000)
                .time_to_idle(Duration::from_mins(10))
                .build(),
        }
    }

    /// Forgets what limits a tenant.
    pub(crate) fn forget(&self, tenant: TenantId) {
        self.rules.forget(tenant);
    }

    /// Forgets what limits everybody.
    pub(crate) fn forget_all(&self) {
        self.rules.forget_all();
    }

    fn quota(&self, counter: Counter, period_until: OffsetDateTime) -> Arc<Quota> {
        let subject = (counter.tenant, counter.subject, counter.period_from);
        let mut quotas = self.quotas.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Quota::new(counter, period_until));
        quotas.entry(subject).or_insert_with(new).clone()
    }

    fn seen(&self, tenant: TenantId) -> Arc<Seen> {
        self.seen.get_with(tenant, || Arc::new(Seen::new()))
    }
}

/// The gate of a credential.
pub(crate) async fn gate(s: &Services, holder: &Holder) -> Result<Gate> {
    let rules = rules(s, holder.tenant).await?;
    Ok(Gate::new(&s.limits, &rules, holder))
}

/// Gives back what this server holds of quotas and does not need.
pub async fn tidy(s: &Services) -> Result<()> {
    tidy_all(s, false).await
}

/// Takes back what servers held that are gone. Answers how many leases there were.
pub async fn take_back(s: &Services) -> Result<usize> {
    let abandoned = store::abandoned(&mut *s.db.system().await?).await?;
    for (tenant, lease) in &abandoned {
        let mut tx = s.db.tenant_tx(*tenant).await?;
        store::take_back(&mut tx, *tenant, *lease).await?;
        tx.commit().await?;
    }
    Ok(abandoned.len())
}

/// Gives everything back, and says that this server has gone.
pub async fn settle(s: &Services) {
    for left in [tidy_all(s, true).await, shares::leave(s).await] {
        if let Err(error) = left {
            // Others take back in a minute what is not given back.
            tracing::warn!(
                error = error.for_the_log(),
                "giving back what is left of quotas"
            );
        }
    }
}

async fn tidy_all(s: &Services, is_leaving: bool) -> Result<()> {
    let quotas: Vec<_> = {
        let quotas = s
            .limits
            .quotas
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        quotas
            .iter()
            .map(|(key, one)| (*key, one.clone()))
            .collect()
    };
    for (subject, quota) in quotas {
        if !quota.tidy(s, is_leaving).await? {
            let mut quotas = s
                .limits
                .quotas
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            // Somebody may hold it, and then it stays.
            if quotas
                .get(&subject)
                .is_some_and(|one| Arc::strong_count(one) <= 2)
            {
                quotas.remove(&subject);
            }
        }
    }
    Ok(())
}
