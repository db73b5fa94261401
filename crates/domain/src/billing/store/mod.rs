//! The SQL of billing.

pub(super) mod calls;
pub(super) mod drifts;
pub(super) mod ended;
pub(super) mod events;
pub(super) mod meter;

use super::standing::Mirror;
use crate::Result;
use api_types::{TenantId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// The tenant's customer.
pub(super) async fn customer(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
) -> Result<Option<String>> {
    let customer = sqlx::query_scalar!(
        "select customer from billing_accounts where tenant_id = $1 and livemode = $2",
        tenant.0,
        live
    );
    Ok(customer.fetch_optional(db).await?)
}

/// Who is told of bills at first.
pub(super) struct Billed {
    pub tenant: String,
    pub email: Option<String>,
}

pub(super) async fn whom_to_bill(
    db: &mut PgConnection,
    tenant: TenantId,
    person: Option<UserId>,
) -> Result<Billed> {
    Ok(sqlx::query_as!(
        Billed,
        r#"select t.name as tenant, (select u.email from users u where u.user_id = $2) as email
        from tenants t where t.tenant_id = $1"#,
        tenant.0,
        person.map(|person| person.0)
    )
    .fetch_one(db)
    .await?)
}

/// Keeps the tenant's customer, unless it has one.
pub(super) async fn insert_account(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    customer: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into billing_accounts (tenant_id, livemode, customer) values ($1, $2, $3)
        on conflict (tenant_id, livemode) do nothing",
        tenant.0,
        live,
        customer
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A tenant's account.
pub(super) struct Account {
    pub customer: String,
    pub subscription: Option<String>,
    pub status: Option<String>,
    pub plan: Option<String>,
    pub seats: i64,
    pub period_from: Option<OffsetDateTime>,
    pub period_until: Option<OffsetDateTime>,
    pub trial_until: Option<OffsetDateTime>,
    pub tried: bool,
    pub cancel_at: Option<OffsetDateTime>,
    pub ends_with_tenant: bool,
    pub metered_from: Option<OffsetDateTime>,
    pub metered_until: Option<OffsetDateTime>,
    pub fetched_at: Option<OffsetDateTime>,
    pub compared_at: Option<OffsetDateTime>,
}

impl Account {
    /// What was written down of the subscription.
    pub(super) fn mirror(&self) -> Option<Mirror> {
        Some(Mirror {
            subscription: self.subscription.clone()?,
            status: self.status.clone()?,
            plan: self.plan.clone(),
            seats: self.seats,
            period: self.period_from.zip(self.period_until)?,
            trial_until: self.trial_until,
            tried: self.tried,
            cancel_at: self.cancel_at,
            ends_with_tenant: self.ends_with_tenant,
            metered_from: self.metered_from,
            metered_until: self.metered_until,
        })
    }
}

pub(super) async fn account(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
) -> Result<Option<Account>> {
    Ok(sqlx::query_as!(
        Account,
        "select customer, subscription, status, plan, seats, period_from, period_until, trial_until,
            tried, cancel_at, ends_with_tenant, metered_from, metered_until, fetched_at, compared_at
        from billing_accounts where tenant_id = $1 and livemode = $2",
        tenant.0,
        live
    )
    .fetch_optional(db)
    .await?)
}

/// People who are members.
pub(super) async fn members(db: &mut PgConnection, tenant: TenantId) -> Result<i64> {
    let members = sqlx::query_scalar!(
        r#"select count(*) as "number!" from memberships m join users u using (user_id)
        where m.tenant_id = $1 and m.removed_at is null and u.service_tenant is null"#,
        tenant.0
    );
    Ok(members.fetch_one(db).await?)
}

/// Tenants of which something new was heard. As the system role.
pub(super) async fn due(db: &mut PgConnection, live: bool, most: i64) -> Result<Vec<TenantId>> {
    let due = sqlx::query_scalar!(
        r#"select a.tenant_id as "tenant: TenantId"
        from (select distinct customer from billing_events where livemode = $1 and done_at is null) e
        join billing_accounts a on a.livemode = $1 and a.customer = e.customer
        where (a.leased_until is null or a.leased_until < now())
            and (a.next_at is null or a.next_at <= now())
        limit $2"#,
        live,
        most
    );
    Ok(due.fetch_all(db).await?)
}

/// Tenants that owe something, or will. As the system role.
pub(super) async fn subscribed(db: &mut PgConnection, live: bool) -> Result<Vec<TenantId>> {
    let subscribed = sqlx::query_scalar!(
        r#"select tenant_id as "tenant: TenantId" from billing_accounts
        where livemode = $1 and status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')"#,
        live
    );
    Ok(subscribed.fetch_all(db).await?)
}

/// Tenants with a customer. As the system role.
pub(super) async fn with_account(db: &mut PgConnection, live: bool) -> Result<Vec<TenantId>> {
    let all = sqlx::query_scalar!(
        r#"select tenant_id as "tenant: TenantId" from billing_accounts where livemode = $1
        order by tenant_id"#,
        live
    );
    Ok(all.fetch_all(db).await?)
}

/// Tenants whose use is told to the meter. As the system role.
pub(super) async fn metered(db: &mut PgConnection, live: bool) -> Result<Vec<TenantId>> {
    let metered = sqlx::query_scalar!(
        r#"select tenant_id as "tenant: TenantId" from billing_accounts
        where livemode = $1 and metered_from is not null"#,
        live
    );
    Ok(metered.fetch_all(db).await?)
}

/// An account that is ours to fetch.
pub(super) struct Leased {
    pub lease: Uuid,
    pub customer: String,
    pub failures: i32,
    /// What was heard before.
    pub events: Vec<String>,
}

/// Takes the right to fetch what is new of a tenant, unless somebody has it.
pub(super) async fn take(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    lease: Uuid,
    seconds: f64,
) -> Result<Option<Leased>> {
    let taken = sqlx::query!(
        "update billing_accounts set lease = $3, leased_until = now() + make_interval(secs => $4)
        where tenant_id = $1 and livemode = $2 and (leased_until is null or leased_until < now())
        returning customer, failures",
        tenant.0,
        live,
        lease,
        seconds
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(taken) = taken else {
        return Ok(None);
    };
    let events = events::waiting(db, live, &taken.customer).await?;
    Ok(Some(Leased {
        lease,
        customer: taken.customer,
        failures: taken.failures,
        events,
    }))
}

/// Gives the right back after a failure.
pub(super) async fn release(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    lease: Uuid,
    pause: f64,
) -> Result<()> {
    sqlx::query!(
        "update billing_accounts set lease = null, leased_until = null, failures = failures + 1,
            next_at = now() + make_interval(secs => $4)
        where tenant_id = $1 and livemode = $2 and lease = $3",
        tenant.0,
        live,
        lease,
        pause
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes down what was fetched and ends the lease, if it is still ours. Answers what stood there before.
pub(super) async fn settle(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    lease: Uuid,
    now: Option<&Mirror>,
) -> Result<Option<Option<Mirror>>> {
    let held = sqlx::query_scalar!(
        r#"select true as "held!" from billing_accounts
        where tenant_id = $1 and livemode = $2 and lease = $3 for update"#,
        tenant.0,
        live,
        lease
    );
    if held.fetch_optional(&mut *db).await?.is_none() {
        return Ok(None);
    }
    let before = account(db, tenant, live).await?;
    let before = before.and_then(|account| account.mirror());
    sqlx::query!(
        "update billing_accounts set subscription = $3, status = $4, plan = $5, seats = $6,
            period_from = $7, period_until = $8, trial_until = $9, cancel_at = $10,
            metered_from = $11, metered_until = $12, tried = $13, ends_with_tenant = $14,
            fetched_at = now(),
            lease = null, leased_until = null, next_at = null, failures = 0
        where tenant_id = $1 and livemode = $2",
        tenant.0,
        live,
        now.map(|now| now.subscription.as_str()),
        now.map(|now| now.status.as_str()),
        now.and_then(|now| now.plan.as_deref()),
        now.map_or(0, |now| now.seats),
        now.map(|now| now.period.0),
        now.map(|now| now.period.1),
        now.and_then(|now| now.trial_until),
        now.and_then(|now| now.cancel_at),
        now.and_then(|now| now.metered_from),
        now.and_then(|now| now.metered_until),
        now.is_some_and(|now| now.tried),
        now.is_some_and(|now| now.ends_with_tenant)
    )
    .execute(db)
    .await?;
    Ok(Some(before))
}

/// Tells open pages of the tenant that something has changed.
pub(super) async fn notify(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "select pg_notify('bulkhead_tenant', $1::uuid::text || ' billing')",
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the right to repair, for two minutes, unless somebody has it.
pub(super) async fn begin_repair(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
) -> Result<bool> {
    let begun = sqlx::query!(
        "update billing_accounts set repaired_until = now() + interval '2 minutes'
        where tenant_id = $1 and livemode = $2
            and (repaired_until is null or repaired_until < now())",
        tenant.0,
        live
    );
    Ok(begun.execute(db).await?.rows_affected() == 1)
}

/// Gives the right back.
pub(super) async fn end_repair(db: &mut PgConnection, tenant: TenantId, live: bool) -> Result<()> {
    sqlx::query!(
        "update billing_accounts set repaired_until = null where tenant_id = $1 and livemode = $2",
        tenant.0,
        live
    )
    .execute(db)
    .await?;
    Ok(())
}
