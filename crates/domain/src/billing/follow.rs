//! Fetching what is new: one server at a time for each customer, by a lease in the account's row, and no transaction
//! while Stripe is asked. What was fetched is written with the tenant's plan and with the events that it answers in one
//! transaction, while the lease is still ours: whoever was slow writes nothing over what is newer.

use super::{
    checkout::beyond,
    standing::{self, Mirror},
    store::{self, Leased},
    stripe::{Form, Stripe, objects::Subscription},
};
use crate::{Actor, Result, Services, plans};
use api_types::TenantId;
use futures::{StreamExt as _, stream};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// For longer than Stripe may take with all tries, and than writing it down.
const LEASE: Duration = Duration::from_mins(1);

/// Customers that one look finds at most, and how many are fetched at once.
const AT_MOST: i64 = 256;
const AT_ONCE: usize = 8;

/// How long an event that another server heard waits at most.
const LOOK: Duration = Duration::from_millis(500);
const SHORTEST: Duration = Duration::from_millis(20);

/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// Fetches what is new, of all tenants. Answers how many tenants were looked at.
pub async fn follow_due(s: &Services) -> Result<usize> {
    let Some(stripe) = &s.billing else {
        return Ok(0);
    };
    let due = store::due(&mut *s.db.system().await?, stripe.0.live, AT_MOST).await?;
    let number = due.len();
    let each = stream::iter(due).map(|tenant| async move {
        if let Err(error) = follow_told(s, stripe, tenant).await {
            let error = error.for_the_log();
            tracing::error!(%tenant, error, "what Stripe has told of a tenant was not fetched");
        }
    });
    each.buffer_unordered(AT_ONCE).collect::<()>().await;
    Ok(number)
}

/// Waits until it is worthwhile to look for what is new.
pub async fn next_look(s: &Services) {
    sleep(SHORTEST).await;
    match &s.billing {
        Some(stripe) => drop(timeout(LOOK, stripe.0.heard.notified()).await),
        None => std::future::pending().await,
    }
}

/// The same as [`follow`], unless another server has just done it.
async fn follow_told(s: &Services, stripe: &Stripe, tenant: TenantId) -> Result<bool> {
    let (live, lease) = (stripe.0.live, Uuid::now_v7());
    let mut tx = s.db.tenant_tx(tenant).await?;
    let taken = store::take(&mut tx, tenant, live, lease, LEASE.as_secs_f64()).await?;
    let Some(taken) = taken.filter(|taken| !taken.events.is_empty()) else {
        // The right goes back with the transaction.
        return Ok(false);
    };
    tx.commit().await?;
    let found = fetch(stripe, &taken.customer).await;
    end(s, stripe, tenant, &taken, found).await
}

/// Fetches a tenant's subscription and writes it down. Answers whether it was ours to do.
pub(super) async fn follow(s: &Services, stripe: &Stripe, tenant: TenantId) -> Result<bool> {
    let Some(taken) = begin(s, stripe, tenant, LEASE).await? else {
        return Ok(false);
    };
    let found = fetch(stripe, &taken.customer).await;
    end(s, stripe, tenant, &taken, found).await
}

/// Takes the right to ask Stripe about a tenant, for so long; none: somebody has it.
pub(super) async fn begin(
    s: &Services,
    stripe: &Stripe,
    tenant: TenantId,
    length: Duration,
) -> Result<Option<Leased>> {
    let (live, lease) = (stripe.0.live, Uuid::now_v7());
    let mut tx = s.db.tenant_tx(tenant).await?;
    let taken = store::take(&mut tx, tenant, live, lease, length.as_secs_f64()).await?;
    tx.commit().await?;
    Ok(taken)
}

/// Writes down what Stripe answered and gives the right back; without an answer it is asked again later. Answers whether
/// the right was still ours.
pub(super) async fn end(
    s: &Services,
    stripe: &Stripe,
    tenant: TenantId,
    taken: &Leased,
    found: Result<Vec<Subscription>>,
) -> Result<bool> {
    match found {
        Ok(found) => write(s, stripe, tenant, taken, &found).await,
        Err(error) => {
            let pause =
                Duration::from_secs(2) * 2u32.pow(taken.failures.clamp(0, 16).unsigned_abs());
            let pause = pause.min(LONGEST_PAUSE).as_secs_f64();
            let mut tx = s.db.tenant_tx(tenant).await?;
            store::release(&mut tx, tenant, stripe.0.live, taken.lease, pause).await?;
            tx.commit().await?;
            Err(error)
        }
    }
}

/// All subscriptions of a customer. There are few: who ends one and begins another has two.
pub(super) async fn fetch(stripe: &Stripe, customer: &str) -> Result<Vec<Subscription>> {
    let query = Form::default()
        .with("customer", customer)
        .with("status", "all");
    Ok(stripe.list("subscriptions", &query).await?)
}

async fn write(
    s: &Services,
    stripe: &Stripe,
    tenant: TenantId,
    taken: &Leased,
    found: &[Subscription],
) -> Result<bool> {
    let live = stripe.0.live;
    let mirror = standing::of_all(found);
    let mut tx = s.db.tenant_tx(tenant).await?;
    let before = store::settle(&mut tx, tenant, live, taken.lease, mirror.as_ref()).await?;
    let Some(before) = before else {
        // The lease ran out, and whoever has it now writes what is newer.
        return Ok(false);
    };
    store::events::done(&mut tx, &taken.events).await?;
    let is_new = before.as_ref() != mirror.as_ref();
    if is_new {
        store::notify(&mut tx, tenant).await?;
    }
    if let Some(mirror) = mirror.filter(|_| is_new) {
        stands(s, &mut tx, tenant, &mirror).await?;
    }
    plans::commit(s, tx, tenant).await?;
    Ok(true)
}

/// Gives the tenant what it pays for.
async fn stands(
    s: &Services,
    tx: &mut crate::TenantTx,
    tenant: TenantId,
    mirror: &Mirror,
) -> Result<()> {
    let Some(standing) = standing::standing(&s.plans, mirror) else {
        return Ok(());
    };
    let actor = Actor::system(tenant, "billing");
    plans::set(s, tx, &actor, standing).await
}

/// Members that should be paid for beyond the included ones, and those that are.
pub(super) async fn seats(s: &Services, stripe: &Stripe, tenant: TenantId) -> Result<(i64, i64)> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let account = store::account(&mut tx, tenant, stripe.0.live).await?;
    let members = store::members(&mut tx, tenant).await?;
    tx.commit().await?;
    let paid = account.as_ref().map_or(0, |account| account.seats);
    let plan = account.and_then(|account| account.plan);
    let plan = plan.and_then(|plan| s.plans.get(&plan));
    Ok((plan.map_or(paid, |plan| beyond(plan, members)), paid))
}
