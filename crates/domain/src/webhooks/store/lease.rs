//! The SQL of sending: one server at a time, by a lease in the row, and no transaction while the endpoint is asked.
//!
//! Whoever writes down what came of it takes the endpoint's row before the delivery's, and the end of the audit log
//! last, as whoever changes an endpoint does: they wait for one another in one order.

use crate::{Result, data_keys::Sealed};
use api_types::{TenantId, WebhookId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A delivery that is due.
pub(in crate::webhooks) struct Due {
    pub tenant: TenantId,
    pub endpoint: WebhookId,
    pub id: Uuid,
    /// Whether nothing arrives at its endpoint lately.
    pub is_failing: bool,
}

/// What is due, of any tenant: at most so many of one endpoint, the longest first, and those of endpoints that fail
/// last. It steps from one endpoint to the next, so that what waits for one is never read for another. As the system
/// role.
pub(in crate::webhooks) async fn due(
    db: &mut PgConnection,
    of_one: i64,
    most: i64,
    without: &[Uuid],
) -> Result<Vec<Due>> {
    Ok(sqlx::query_as!(
        Due,
        r#"with recursive waited_for (tenant_id, endpoint_id) as (
            (select tenant_id, endpoint_id from webhook_deliveries where next_at is not null
            order by tenant_id, endpoint_id limit 1)
            union all
            select n.tenant_id, n.endpoint_id from waited_for w cross join lateral (
                select d.tenant_id, d.endpoint_id from webhook_deliveries d
                where d.next_at is not null
                    and (d.tenant_id, d.endpoint_id) > (w.tenant_id, w.endpoint_id)
                order by d.tenant_id, d.endpoint_id limit 1
            ) n
        )
        select w.tenant_id as "tenant!: TenantId", w.endpoint_id as "endpoint!: WebhookId",
            d.delivery_id as "id!", e.state = 'failing' as "is_failing!"
        from waited_for w
        join webhook_endpoints e on e.tenant_id = w.tenant_id and e.endpoint_id = w.endpoint_id
        cross join lateral (
            select d.delivery_id, d.next_at from webhook_deliveries d
            where d.tenant_id = w.tenant_id and d.endpoint_id = w.endpoint_id and d.next_at <= now()
                and (d.leased_until is null or d.leased_until < now())
            order by d.next_at limit $1
        ) d
        where e.state <> 'disabled' and e.endpoint_id <> all ($3)
        order by e.state = 'failing', d.next_at limit $2"#,
        of_one,
        most,
        without
    )
    .fetch_all(db)
    .await?)
}

/// A delivery that is ours to make.
pub(in crate::webhooks) struct Leased {
    pub endpoint: WebhookId,
    pub url: String,
    pub secret: Sealed,
    /// Whether the secret before signs too.
    pub both: bool,
    pub payload: String,
    /// Failures so far, since it was sent first or again.
    pub tries: i32,
}

/// Takes the right to make a delivery, if it is due and nobody has it.
pub(in crate::webhooks) async fn take(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    lease: Uuid,
    seconds: f64,
) -> Result<Option<Leased>> {
    let row = sqlx::query!(
        r#"update webhook_deliveries d set lease = $3, leased_until = now() + make_interval(secs => $4)
        from webhook_endpoints e
        where d.tenant_id = $1 and d.delivery_id = $2 and d.next_at <= now()
            and (d.leased_until is null or d.leased_until < now())
            and e.tenant_id = $1 and e.endpoint_id = d.endpoint_id and e.state <> 'disabled'
        returning d.endpoint_id as "endpoint: WebhookId", d.payload, d.tries, e.url, e.secret,
            e.secret_version, coalesce(e.previous_until > now(), false) as "both!""#,
        tenant.0,
        id,
        lease,
        seconds
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Leased {
        endpoint: row.endpoint,
        url: row.url,
        secret: Sealed {
            bytes: row.secret,
            version: row.secret_version,
        },
        both: row.both,
        payload: row.payload,
        tries: row.tries,
    }))
}

/// Gives the right back: it was not sent, and keeps its place among those that are due.
pub(in crate::webhooks) async fn release(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    lease: Uuid,
) -> Result<()> {
    sqlx::query!(
        "update webhook_deliveries set lease = null, leased_until = null
        where tenant_id = $1 and delivery_id = $2 and lease = $3",
        tenant.0,
        id,
        lease
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What came of an attempt.
pub(in crate::webhooks) struct Came<'a> {
    pub arrived: bool,
    pub at: OffsetDateTime,
    pub duration_ms: i64,
    pub status: Option<i32>,
    pub error: Option<&'a str>,
    pub response: Option<&'a str>,
    /// In how many seconds it is tried again; none: it is not.
    pub again_in: Option<f64>,
}

/// Writes an attempt down and ends the lease; false when that is no longer ours.
pub(in crate::webhooks) async fn settle(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    lease: Uuid,
    came: &Came<'_>,
) -> Result<bool> {
    let done = sqlx::query!(
        "with settled as (
            update webhook_deliveries set attempts = attempts + 1, tries = tries + 1, status = $5,
                state = case when $4 then 'delivered' when $6::float8 is null then 'dead' else 'retrying' end,
                next_at = now() + make_interval(secs => $6),
                lease = null, leased_until = null
            where tenant_id = $1 and delivery_id = $2 and lease = $3
            returning attempts
        )
        insert into webhook_attempts (tenant_id, delivery_id, number, at, duration_ms, status, error, response)
        select $1, $2, attempts, $7, $8, $5, $9, $10 from settled",
        tenant.0,
        id,
        lease,
        came.arrived,
        came.status,
        came.again_in,
        came.at,
        came.duration_ms,
        came.error,
        came.response
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How an endpoint is after a failure.
pub(in crate::webhooks) struct Standing {
    pub url: String,
    pub is_disabled: bool,
    /// Failures in a row.
    pub failures: i32,
    /// Since when.
    pub seconds: f64,
}

/// Counts a failure. After `failing` in a row the endpoint is said to be failing.
pub(in crate::webhooks) async fn count_failure(
    db: &mut PgConnection,
    tenant: TenantId,
    id: WebhookId,
    trouble: &str,
    failing: i32,
) -> Result<Option<Standing>> {
    Ok(sqlx::query_as!(
        Standing,
        r#"update webhook_endpoints set failures = failures + 1,
            failing_since = coalesce(failing_since, now()),
            state = case when state = 'enabled' and failures + 1 >= $4 then 'failing' else state end,
            trouble = case when state = 'disabled' then trouble else $3 end
        where tenant_id = $1 and endpoint_id = $2
        returning url, state = 'disabled' as "is_disabled!", failures,
            extract(epoch from now() - failing_since)::float8 as "seconds!""#,
        tenant.0,
        id.0,
        trouble,
        failing
    )
    .fetch_optional(db)
    .await?)
}

/// Something has arrived. Nothing is written where nothing had failed.
pub(in crate::webhooks) async fn count_success(
    db: &mut PgConnection,
    tenant: TenantId,
    id: WebhookId,
) -> Result<()> {
    sqlx::query!(
        "update webhook_endpoints set failures = 0, failing_since = null, state = 'enabled', trouble = null
        where tenant_id = $1 and endpoint_id = $2 and failures > 0 and state <> 'disabled'",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}
