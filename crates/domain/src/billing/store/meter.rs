//! The SQL of what is told to Stripe's meter.
//!
//! What counts are units, of calls and of what corrects them.

use crate::Result;
use api_types::TenantId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Writes down what hours have more or less than was written before.
pub(in crate::billing) async fn collect(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<u64> {
    let written = sqlx::query!(
        "with span as (
            select greatest($3, date_bin('1 hour', metered_from, timestamptz 'epoch')) as first,
                least($4, metered_until) as last
            from billing_accounts where tenant_id = $1 and livemode = $2
        ), used as (
            select bucket, sum(units)::bigint as units from (
                select bucket, units from usage_sums, span, usage_rollup_state
                where tenant_id = $1 and grain = 'hour' and dimension = 'all'
                    and bucket >= first and bucket < least(last, hours_until)
                union all
                select date_bin('1 hour', bucket, timestamptz 'epoch'), units
                from usage_by_minute, span, usage_rollup_state
                where tenant_id = $1 and bucket >= greatest(first, hours_until) and bucket < last
            ) parts group by 1
        ), told as (
            select bucket, max(revision) as revision,
                coalesce(sum(units) filter (where not is_repair), 0)::bigint as units
            from billing_meter_events, span
            where tenant_id = $1 and livemode = $2 and bucket >= first and bucket < last
            group by 1
        )
        insert into billing_meter_events (tenant_id, livemode, bucket, revision, units)
        select $1, $2, bucket, coalesce(t.revision, 0) + 1, coalesce(u.units, 0) - coalesce(t.units, 0)
        from used u full join told t using (bucket)
        where coalesce(u.units, 0) <> coalesce(t.units, 0)
        on conflict do nothing",
        tenant.0,
        live,
        from,
        until
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected())
}

/// Tenants of which something is to be sent. As the system role.
pub(in crate::billing) async fn waiting(
    db: &mut PgConnection,
    live: bool,
    now: OffsetDateTime,
) -> Result<Vec<TenantId>> {
    let waiting = sqlx::query_scalar!(
        r#"select distinct tenant_id as "tenant: TenantId" from billing_meter_events
        where livemode = $1 and sent_at is null and (leased_until is null or leased_until < $2)
            and (next_at is null or next_at <= $2)"#,
        live,
        now
    );
    Ok(waiting.fetch_all(db).await?)
}

/// How rows are claimed.
pub(in crate::billing) struct Claim {
    pub lease: Uuid,
    pub now: OffsetDateTime,
    /// Until when the lease is believed.
    pub until: OffsetDateTime,
    /// Nothing is dated before this.
    pub oldest: OffsetDateTime,
    pub most: i64,
}

/// A row that is ours to send.
pub(in crate::billing) struct Claimed {
    pub bucket: OffsetDateTime,
    pub revision: i32,
    pub units: i64,
    pub dated: OffsetDateTime,
    pub first_tried_at: OffsetDateTime,
    pub customer: String,
}

/// Takes the right to send what was written first. A row is dated within the present period: one that is over may have
/// been billed.
pub(in crate::billing) async fn claim(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    claim: &Claim,
) -> Result<Vec<Claimed>> {
    let mut rows = sqlx::query_as!(
        Claimed,
        r#"update billing_meter_events m set lease = $3, leased_until = $5, next_at = null,
            first_tried_at = coalesce(m.first_tried_at, $4),
            dated = coalesce(m.dated, greatest(m.bucket,
                case when a.period_from <= $4 then a.period_from end, $6))
        from billing_accounts a
        where m.tenant_id = $1 and m.livemode = $2 and a.tenant_id = $1 and a.livemode = $2
            and (m.bucket, m.revision) in (
                select bucket, revision from billing_meter_events
                where tenant_id = $1 and livemode = $2 and sent_at is null
                    and (leased_until is null or leased_until < $4)
                    and (next_at is null or next_at <= $4)
                order by bucket, revision limit $7 for update skip locked
            )
        returning m.bucket, m.revision, m.units, m.dated as "dated!",
            m.first_tried_at as "first_tried_at!", a.customer"#,
        tenant.0,
        live,
        claim.lease,
        claim.now,
        claim.until,
        claim.oldest,
        claim.most
    )
    .fetch_all(db)
    .await?;
    rows.sort_by_key(|row| (row.bucket, row.revision));
    Ok(rows)
}

/// Stripe has taken it.
pub(in crate::billing) async fn sent(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    row: &Claimed,
    lease: Uuid,
    now: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "update billing_meter_events set sent_at = $6, trouble = null, lease = null, leased_until = null
        where tenant_id = $1 and livemode = $2 and bucket = $3 and revision = $4 and lease = $5",
        tenant.0,
        live,
        row.bucket,
        row.revision,
        lease,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Stripe has not taken it, and is asked again then.
pub(in crate::billing) async fn put_off(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    row: &Claimed,
    lease: Uuid,
    next: OffsetDateTime,
    trouble: &str,
) -> Result<()> {
    sqlx::query!(
        "update billing_meter_events set next_at = $6, trouble = $7, lease = null, leased_until = null
        where tenant_id = $1 and livemode = $2 and bucket = $3 and revision = $4 and lease = $5",
        tenant.0,
        live,
        row.bucket,
        row.revision,
        lease,
        next,
        trouble
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What Stripe has taken with a date in the hour that begins then.
pub(in crate::billing) async fn sent_of_hour(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    hour: OffsetDateTime,
) -> Result<i64> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(units), 0)::bigint as "units!" from billing_meter_events
        where tenant_id = $1 and livemode = $2 and sent_at is not null
            and dated >= $3 and dated < $3 + interval '1 hour'"#,
        tenant.0,
        live,
        hour
    );
    Ok(sum.fetch_one(db).await?)
}

/// What Stripe has taken that is dated between two moments, without what makes up for its own.
pub(in crate::billing) async fn sent_between(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<i64> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(units), 0)::bigint as "units!" from billing_meter_events
        where tenant_id = $1 and livemode = $2 and sent_at is not null and not is_repair
            and dated >= $3 and dated < $4"#,
        tenant.0,
        live,
        from,
        until
    );
    Ok(sum.fetch_one(db).await?)
}

/// How many rows wait to be sent.
pub(in crate::billing) async fn unsent(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
) -> Result<i64> {
    let number = sqlx::query_scalar!(
        r#"select count(*) as "number!" from billing_meter_events
        where tenant_id = $1 and livemode = $2 and sent_at is null"#,
        tenant.0,
        live
    );
    Ok(number.fetch_one(db).await?)
}

/// What Stripe has taken of hours, whatever they are dated; without what makes up for its own.
pub(in crate::billing) async fn sent_of(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<i64> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(units), 0)::bigint as "units!" from billing_meter_events
        where tenant_id = $1 and livemode = $2 and sent_at is not null and not is_repair
            and bucket >= $3 and bucket < $4"#,
        tenant.0,
        live,
        from,
        until
    );
    Ok(sum.fetch_one(db).await?)
}

/// Units of the calls themselves.
pub(in crate::billing) async fn of_calls(
    db: &mut PgConnection,
    tenant: TenantId,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<i64> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(units), 0)::bigint as "units!" from usage_events
        where tenant_id = $1 and event_id >= usage_first_id($2) and event_id < usage_first_id($3)"#,
        tenant.0,
        from,
        until
    );
    Ok(sum.fetch_one(db).await?)
}

/// Adds a row that makes up for what Stripe's meter has more or less than it was told.
pub(in crate::billing) async fn make_up(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    hour: OffsetDateTime,
    units: i64,
) -> Result<()> {
    sqlx::query!(
        "insert into billing_meter_events (tenant_id, livemode, bucket, revision, units, is_repair)
        select $1, $2, $3, coalesce(max(revision), 0) + 1, $4, true from billing_meter_events
        where tenant_id = $1 and livemode = $2 and bucket = $3",
        tenant.0,
        live,
        hour,
        units
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets everything that waits be tried now.
pub(in crate::billing) async fn hurry(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
) -> Result<()> {
    sqlx::query!(
        "update billing_meter_events set next_at = null
        where tenant_id = $1 and livemode = $2 and sent_at is null",
        tenant.0,
        live
    )
    .execute(db)
    .await?;
    Ok(())
}
