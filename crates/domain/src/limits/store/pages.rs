//! The SQL of what pages show, and of what people are told.

use super::Counter;
use crate::Result;
use api_types::{
    ApiKeyId, TenantId,
    limits::{KeyLimit, Notice},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Keys that work, with what rollups say that each has used.
pub(in crate::limits) async fn keys(
    db: &mut PgConnection,
    tenant: TenantId,
    used: &[(Uuid, i64)],
) -> Result<Vec<KeyLimit>> {
    let (keys, units): (Vec<_>, Vec<_>) = used.iter().copied().unzip();
    Ok(sqlx::query_as!(
        KeyLimit,
        r#"select k.key_id as "id: ApiKeyId", k.name, c.name as client,
            coalesce(u.used, 0) as "used!", l.monthly_units as "monthly_units?",
            k.rate_limit_per_minute as per_minute
        from api_keys k
        join mcp_clients c on c.tenant_id = k.tenant_id and c.client_id = k.client_id
        left join key_limits l on l.tenant_id = k.tenant_id and l.key_id = k.key_id
        left join unnest($2::uuid[], $3::bigint[]) u (key_id, used) on u.key_id = k.key_id
        where k.tenant_id = $1 and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > now())
        order by coalesce(u.used, 0) desc, lower(c.name), lower(k.name), k.key_id limit 500"#,
        tenant.0,
        &keys,
        &units
    )
    .fetch_all(db)
    .await?)
}

/// What people were told since a moment, the newest first.
pub(in crate::limits) async fn notices(
    db: &mut PgConnection,
    tenant: TenantId,
    from: OffsetDateTime,
) -> Result<Vec<Notice>> {
    Ok(sqlx::query_as!(
        Notice,
        "select percent, told_at as at from quota_notices
        where tenant_id = $1 and subject_id = $1 and period_from = $2 order by percent desc",
        tenant.0,
        from
    )
    .fetch_all(db)
    .await?)
}

/// Notes that people are told. False, if they were already.
pub(in crate::limits) async fn note(
    db: &mut PgConnection,
    quota: Counter,
    percent: i32,
) -> Result<bool> {
    let done = sqlx::query!(
        "insert into quota_notices (tenant_id, subject_id, period_from, percent)
        values ($1, $2, $3, $4) on conflict do nothing",
        quota.tenant.0,
        quota.subject,
        quota.period_from,
        percent
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Tenants with calls in the last minutes.
pub(in crate::limits) async fn called_lately(db: &mut PgConnection) -> Result<Vec<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"select distinct tenant_id as "tenant: TenantId" from usage_by_minute
        where bucket > now() - interval '5 minutes'"#
    )
    .fetch_all(db)
    .await?)
}

/// What a key has used of its quota.
pub(in crate::limits) struct KeyUse {
    pub id: ApiKeyId,
    pub name: String,
    pub display_prefix: String,
    pub limit: i64,
    pub used: i64,
    /// The highest percentage that people were told of this month; 0 for none.
    pub told: i32,
}

/// Keys that work, have a quota and were called in the last minutes. What they have used is read from the counters by
/// which their calls are refused: what servers hold and have not used is no part of it.
pub(in crate::limits) async fn keys_called_lately(
    db: &mut PgConnection,
    tenant: TenantId,
    from: OffsetDateTime,
) -> Result<Vec<KeyUse>> {
    Ok(sqlx::query_as!(
        KeyUse,
        r#"select k.key_id as "id: ApiKeyId", k.name, k.display_prefix, l.monthly_units as "limit",
            greatest(0, c.granted - (select coalesce(sum(h.units), 0)::bigint from quota_leases h
                where h.tenant_id = $1 and h.subject_id = l.key_id and h.period_from = $2)) as "used!",
            (select coalesce(max(n.percent), 0) from quota_notices n
                where n.tenant_id = $1 and n.subject_id = l.key_id and n.period_from = $2) as "told!"
        from key_limits l
        join quota_counters c on c.tenant_id = l.tenant_id and c.subject_id = l.key_id
        join api_keys k on k.tenant_id = l.tenant_id and k.key_id = l.key_id
        where l.tenant_id = $1 and c.period_from = $2 and c.touched_at > now() - interval '5 minutes'
            and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
        order by k.key_id"#,
        tenant.0,
        from
    )
    .fetch_all(db)
    .await?)
}

/// Minutes of the last 3 days with more calls than that, and the calls beyond it.
pub(in crate::limits) async fn too_fast(
    db: &mut PgConnection,
    tenant: TenantId,
    rate: i64,
) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select count(*) as "minutes!", coalesce(sum(calls - $2), 0)::bigint as "calls!"
        from (
            select sum(calls)::bigint as calls from usage_by_minute
            where tenant_id = $1 and bucket >= now() - interval '3 days'
                and outcome not in ('invalid', 'refused', 'limited')
            group by bucket
        ) minutes where calls > $2"#,
        tenant.0,
        rate
    )
    .fetch_one(db)
    .await?;
    Ok((row.minutes, row.calls))
}
