//! The SQL that finds rows that have arrived, and adds them up by the minute.

use crate::Result;
use api_types::TenantId;
use sqlx::PgConnection;
use time::OffsetDateTime;

/// A tenant's minute in which rows have arrived.
pub(in crate::usage) struct Arrival {
    pub tenant: TenantId,
    pub minute: OffsetDateTime,
    /// About how many rows the minute has; never fewer.
    pub rows: i64,
}

/// The minutes of rows that arrived since then.
pub(in crate::usage) async fn arrivals(
    db: &mut PgConnection,
    since: OffsetDateTime,
) -> Result<Vec<Arrival>> {
    Ok(sqlx::query_as!(
        Arrival,
        r#"select tenant_id as "tenant: TenantId", minute as "minute!", rows + coalesce((
                select sum(m.calls) from usage_by_minute m where m.tenant_id = a.tenant_id and m.bucket = a.minute
            ), 0)::bigint as "rows!"
        from (
            select tenant_id, date_bin('1 minute', occurred_at, timestamptz 'epoch') as minute, count(*) as rows
            from usage_events where recorded_at >= $1 group by 1, 2
        ) a"#,
        since
    )
    .fetch_all(db)
    .await?)
}

/// A tenant's minute, or a part of one.
pub(in crate::usage) struct Part {
    pub tenant: TenantId,
    pub since: OffsetDateTime,
    pub until: OffsetDateTime,
}

/// Adds up rows of minutes. What it makes takes the place of what was there or, to `add`, is added to it. Answers the tenants
/// whose numbers changed.
pub(in crate::usage) async fn minutes(
    db: &mut PgConnection,
    parts: &[Part],
    add: bool,
) -> Result<Vec<TenantId>> {
    let tenants: Vec<_> = parts.iter().map(|part| part.tenant.0).collect();
    let since: Vec<_> = parts.iter().map(|part| part.since).collect();
    let until: Vec<_> = parts.iter().map(|part| part.until).collect();
    Ok(sqlx::query_scalar!(
        r#"with changed as (
            insert into usage_by_minute as m (tenant_id, bucket, toolkit, tool, client_id, key_id, member_id,
                connection_id, outcome, latency_class, calls, units, duration_us, bytes)
            select p.tenant_id, date_bin('1 minute', p.since, timestamptz 'epoch'), e.toolkit, e.tool, e.client_id,
                e.key_id, e.member_id, e.connection_id, e.outcome, e.latency_class, e.calls, e.units, e.duration_us, e.bytes
            from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) p (tenant_id, since, until)
            cross join lateral (
                select u.toolkit, u.tool, u.client_id, u.key_id,
                    coalesce(u.member_id, '00000000-0000-0000-0000-000000000000') as member_id,
                    coalesce(u.connection_id, '00000000-0000-0000-0000-000000000000') as connection_id, u.outcome,
                    round(4 * ln(greatest(u.duration_us, 1)::float8) / ln(2::float8))::smallint as latency_class,
                    count(*) filter (where u.corrects is null) as calls, sum(u.units)::bigint as units,
                    sum(u.duration_us)::bigint as duration_us,
                    sum(u.request_bytes + u.response_bytes)::bigint as bytes
                from usage_events u
                where u.tenant_id = p.tenant_id and u.event_id >= usage_first_id(p.since)
                    and u.event_id < usage_first_id(p.until)
                group by 1, 2, 3, 4, 5, 6, 7, 8
            ) e
            on conflict (tenant_id, bucket, key_id, tool, connection_id, outcome, latency_class, client_id,
                toolkit, member_id)
            do update set calls = $4 * m.calls + excluded.calls, units = $4 * m.units + excluded.units,
                duration_us = $4 * m.duration_us + excluded.duration_us, bytes = $4 * m.bytes + excluded.bytes
                where $4 = 1 or m.calls <> excluded.calls or m.units <> excluded.units
            returning tenant_id
        )
        select distinct tenant_id as "tenant!: TenantId" from changed"#,
        &tenants,
        &since,
        &until,
        i64::from(add)
    )
    .fetch_all(db)
    .await?)
}

/// Removes a tenant's numbers of a minute, to be made anew in the same transaction.
pub(in crate::usage) async fn clear_minute(
    db: &mut PgConnection,
    tenant: TenantId,
    minute: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "delete from usage_by_minute where tenant_id = $1 and bucket = $2",
        tenant.0,
        minute
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes a day of which rows came after its hour was final.
pub(in crate::usage) async fn note_late(
    db: &mut PgConnection,
    late: &[(TenantId, OffsetDateTime)],
) -> Result<()> {
    let tenants: Vec<_> = late.iter().map(|(tenant, _)| tenant.0).collect();
    let days: Vec<_> = late.iter().map(|(_, day)| *day).collect();
    sqlx::query!(
        "insert into usage_repairs (tenant_id, day)
        select distinct * from unnest($1::uuid[], $2::timestamptz[])
        on conflict do nothing",
        &tenants,
        &days
    )
    .execute(db)
    .await?;
    Ok(())
}
