//! What keeps one tenant's slow service from everybody else: places, rests and budgets, in memory, by tenant.
//!
//! Nothing waits here: a call that has no place is told so at once, because a queue in front of a service that hangs
//! only makes more callers hang.

use super::{breaker::Breaker, call::Unreachable};
use api_types::TenantId;
use moka::{policy::EvictionPolicy, sync::Cache};
use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::retry::budget::{Budget as _, TpsBudget};

/// Calls of one tenant at one provider at once. At 100 ms a call these are 160 calls a second, which is more than
/// providers allow one account.
pub(super) const OF_A_TENANT: usize = 16;

/// Calls of all tenants at one provider's host at once: eight tenants at their most. A provider that hangs for
/// everybody holds no more than this of our memory and files.
pub(super) const OF_ALL: usize = 128;

/// When to come back for a place: calls take about as long.
const A_PLACE: Duration = Duration::from_secs(1);

/// A provider that wants more than this is not believed: it may be the tenant's own, or somebody's mistake.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Retries are at most this part of the calls of the last ten seconds, beside one a second, which calls that are few
/// need.
const RETRIES: f32 = 0.1;
const RETRIES_OF: Duration = Duration::from_secs(10);
const RETRIES_A_SECOND: u32 = 1;

/// What is not used for so long is forgotten; longer than any wait.
const IDLE: Duration = Duration::from_mins(70);

/// How much is remembered at once, of each kind: some 30 MB in all.
const MOST: u64 = 20_000;

/// All that is known of services.
pub(super) struct Lanes {
    of_tenants: Cache<(TenantId, Box<str>), Arc<OfTenant>>,
    /// By provider and host: two tenants' own APIs may have the same name.
    of_all: Cache<(Box<str>, Box<str>), Arc<OfAll>>,
    breakers: Cache<(TenantId, Box<str>), Arc<Breaker>>,
}

struct OfTenant {
    places: Arc<Semaphore>,
    wait: Mutex<Option<Instant>>,
}

struct OfAll {
    places: Arc<Semaphore>,
    retries: TpsBudget,
}

/// A call's place, until it is dropped.
pub(super) struct Place {
    of_tenant: Arc<OfTenant>,
    of_all: Arc<OfAll>,
    breaker: Arc<Breaker>,
    _permits: [OwnedSemaphorePermit; 2],
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            of_tenants: cache(),
            of_all: cache(),
            breakers: cache(),
        }
    }
}

fn cache<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>() -> Cache<K, V> {
    // What is new is never turned away for what is used often: it would have no limits.
    let builder = Cache::builder().eviction_policy(EvictionPolicy::lru());
    builder.max_capacity(MOST).time_to_idle(IDLE).build()
}

impl Lanes {
    /// Takes a place, or says when to come back.
    pub(super) fn enter(
        &self,
        tenant: TenantId,
        provider: &str,
        host: &str,
    ) -> Result<Place, Unreachable> {
        let busy = |retry_after| Unreachable::Busy { retry_after };
        let of_tenant = self.of_tenant(tenant, provider);
        if let Some(left) = of_tenant.left_to_wait() {
            return Err(busy(left));
        }
        let of_all = (provider.into(), host.into());
        let of_all = self.of_all.get_with(of_all, Arc::default);
        let place = |places: &Arc<Semaphore>| {
            let permit = places.clone().try_acquire_owned();
            permit.map_err(|_| busy(A_PLACE))
        };
        let permits = [place(&of_tenant.places)?, place(&of_all.places)?];
        let breaker = (tenant, host.into());
        let breaker = self.breakers.get_with(breaker, Arc::default);
        // Last, for a probe that then finds no place would be lost.
        breaker.admit(Instant::now()).map_err(busy)?;
        of_all.retries.deposit();
        Ok(Place {
            of_tenant,
            of_all,
            breaker,
            _permits: permits,
        })
    }

    pub(super) fn told_to_wait(&self, tenant: TenantId, provider: &str, wait: Duration) {
        self.of_tenant(tenant, provider).told_to_wait(wait);
    }

    fn of_tenant(&self, tenant: TenantId, provider: &str) -> Arc<OfTenant> {
        let key = (tenant, provider.into());
        self.of_tenants.get_with(key, Arc::default)
    }
}

impl Place {
    /// Makes further calls of this tenant wait.
    pub(super) fn told_to_wait(&self, wait: Duration) {
        self.of_tenant.told_to_wait(wait);
    }

    /// Takes a retry out of the provider's budget.
    pub(super) fn may_retry(&self) -> bool {
        self.of_all.retries.withdraw()
    }

    /// The service has answered, or it has not.
    pub(super) fn ended(&self, reached: bool) {
        if reached {
            self.breaker.reached();
        } else {
            self.breaker.failed(Instant::now());
        }
    }
}

impl Default for OfTenant {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(OF_A_TENANT)),
            wait: Mutex::default(),
        }
    }
}

impl OfTenant {
    /// Of two waits the longer counts.
    fn told_to_wait(&self, wait: Duration) {
        let until = Instant::now() + wait.min(LONGEST_WAIT);
        let mut now = self.wait();
        *now = (*now).max(Some(until));
    }

    fn left_to_wait(&self) -> Option<Duration> {
        let until = (*self.wait())?;
        let left = until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    fn wait(&self) -> MutexGuard<'_, Option<Instant>> {
        self.wait.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for OfAll {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(OF_ALL)),
            retries: TpsBudget::new(RETRIES_OF, RETRIES_A_SECOND, RETRIES),
        }
    }
}
