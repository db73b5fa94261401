//! The SQL of quotas: what is granted of them, and the leases that servers hold.

use crate::{Result, limits::quota::Given};
use api_types::{CredentialId, TenantId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Whose quota, in which month.
#[derive(Clone, Copy, Debug)]
pub(in crate::limits) struct Counter {
    pub tenant: TenantId,
    /// The tenant itself, or one of its keys.
    pub subject: Uuid,
    pub period_from: OffsetDateTime,
}

/// What a server wants of a quota.
#[derive(Clone, Copy)]
pub(in crate::limits) struct Want {
    pub lease: Uuid,
    pub limit: i64,
    pub units: i64,
    /// Fewer are of no use.
    pub least: i64,
    /// Units that may be in flight at once.
    pub flight: i64,
    /// So many servers may want the rest as much as this one.
    pub servers: i64,
    /// For how long it is believed.
    pub seconds: f64,
}

/// Takes units out of a quota, as many as are wanted or as near the end as is fair; none, if there are none or if they
/// must be counted first. One statement, so that the counter is held for as short as can be.
pub(in crate::limits) async fn lease(
    db: &mut PgConnection,
    counter: Counter,
    want: Want,
) -> Result<Option<Given>> {
    Ok(sqlx::query_as!(
        Given,
        r#"with before as (
            select granted from quota_counters
            where tenant_id = $1 and subject_id = $2 and period_from = $3
                and granted + $10 <= $5 and touched_at > now() - interval '2 minutes'
            for update
        ), share as (
            select least($6, greatest($10, ($5 - granted) / (2 * $8::bigint))) as units from before
        ), taken as (
            update quota_counters c
            set granted = c.granted + s.units, touched_at = clock_timestamp()
            from share s
            where c.tenant_id = $1 and c.subject_id = $2 and c.period_from = $3
            returning s.units, $5 - c.granted as left
        ), kept as (
            insert into quota_leases (tenant_id, lease_id, subject_id, period_from, units, flight, until)
            select $1, $4, $2, $3, units, $7, clock_timestamp() + make_interval(secs => $9) from taken
        )
        select units as "units!", "left" as "left!" from taken"#,
        counter.tenant.0,
        counter.subject,
        counter.period_from,
        want.lease,
        want.limit,
        want.units,
        want.flight,
        want.servers,
        want.seconds,
        want.least
    )
    .fetch_optional(db)
    .await?)
}

/// Counts what was used of a quota, if nobody has or if it was not touched for so long that it may be out of date: then
/// it is what rollups say, with what was lost and what servers hold. Answers what is granted and what of it is held.
pub(in crate::limits) async fn count(
    db: &mut PgConnection,
    counter: Counter,
) -> Result<(i64, i64)> {
    let (tenant, subject) = (counter.tenant.0, counter.subject);
    sqlx::query!(
        "insert into quota_counters (tenant_id, subject_id, period_from) values ($1, $2, $3)
        on conflict do nothing",
        tenant,
        subject,
        counter.period_from
    )
    .execute(&mut *db)
    .await?;
    let row = sqlx::query!(
        r#"select granted, lost, touched_at > now() - interval '2 minutes' as "is_fresh!",
            (select coalesce(sum(units), 0)::bigint from quota_leases l
                where l.tenant_id = $1 and l.subject_id = $2 and l.period_from = $3) as "held!"
        from quota_counters
        where tenant_id = $1 and subject_id = $2 and period_from = $3 for update"#,
        tenant,
        subject,
        counter.period_from
    )
    .fetch_one(&mut *db)
    .await?;
    if row.is_fresh {
        return Ok((row.granted, row.held));
    }
    let key = (subject != tenant).then_some(CredentialId(subject));
    let used = used(db, counter.tenant, key, counter.period_from).await?;
    let granted = used + row.lost + row.held;
    sqlx::query!(
        "update quota_counters set granted = $4, touched_at = clock_timestamp()
        where tenant_id = $1 and subject_id = $2 and period_from = $3",
        tenant,
        subject,
        counter.period_from,
        granted
    )
    .execute(db)
    .await?;
    Ok((granted, row.held))
}

/// Units that a tenant or one of its keys has used since a moment: of days and hours that are final from rollups, the rest
/// from the rows themselves, so that none is missing.
pub(in crate::limits) async fn used(
    db: &mut PgConnection,
    tenant: TenantId,
    key: Option<CredentialId>,
    from: OffsetDateTime,
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"with edges as (
            select hours_until, days_until, date_bin('1 hour', $3::timestamptz + interval '1 hour'
                - interval '1 microsecond', timestamptz 'epoch') as first_hour, date_bin('1 day',
                $3::timestamptz + interval '1 day' - interval '1 microsecond', timestamptz 'epoch') as first_day
            from usage_rollup_state
        ), finals as (
            select 'hour' as grain, first_hour as since, least(first_day, hours_until) as until from edges
            union all
            select 'day', first_day, days_until from edges
            union all
            select 'hour', greatest(first_day, days_until), hours_until from edges
        ), rows as (
            select $3::timestamptz as since, least(first_hour, hours_until) as until from edges
            union all
            select greatest($3, hours_until), 'infinity' from edges
        ), parts as (
            select s.units from finals f
            join usage_sums s on s.tenant_id = $1 and s.grain = f.grain
                and s.dimension = case when $2::uuid is null then 'all' else 'key' end
                and s.value = coalesce($2::uuid::text, '') and s.bucket >= f.since and s.bucket < f.until
            union all
            select e.units from rows r
            join usage_events e on e.tenant_id = $1 and e.event_id >= usage_first_id(r.since)
                and e.event_id < case when r.until = 'infinity'
                    then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else usage_first_id(r.until) end
                and ($2::uuid is null or e.key_id = $2)
        )
        select coalesce(sum(units), 0)::bigint as "units!" from parts"#,
        tenant.0,
        key.map(|key| key.0),
        from
    )
    .fetch_one(db)
    .await?)
}

/// Gives a lease back: what is left of it, or, less than nothing, what was used beyond it. A lease that is gone already
/// was written off by others.
pub(in crate::limits) async fn give_back(
    db: &mut PgConnection,
    tenant: TenantId,
    lease: Uuid,
    left: i64,
) -> Result<()> {
    sqlx::query!(
        "with gone as (
            delete from quota_leases where tenant_id = $1 and lease_id = $2
            returning subject_id, period_from
        )
        update quota_counters c set granted = greatest(0, c.granted - $3)
        from gone g
        where c.tenant_id = $1 and c.subject_id = g.subject_id and c.period_from = g.period_from",
        tenant.0,
        lease,
        left
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives so much of a lease back whose calls are still on their way.
pub(in crate::limits) async fn shrink(
    db: &mut PgConnection,
    tenant: TenantId,
    lease: Uuid,
    by: i64,
) -> Result<()> {
    sqlx::query!(
        "with less as (
            update quota_leases set units = units - $3 where tenant_id = $1 and lease_id = $2
            returning subject_id, period_from
        )
        update quota_counters c set granted = greatest(0, c.granted - $3)
        from less l
        where c.tenant_id = $1 and c.subject_id = l.subject_id and c.period_from = l.period_from",
        tenant.0,
        lease,
        by
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Leases whose servers are gone.
pub(in crate::limits) async fn abandoned(db: &mut PgConnection) -> Result<Vec<(TenantId, Uuid)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant: TenantId", lease_id from quota_leases
        where until < now() order by until limit 1000"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.tenant, row.lease_id))
        .collect())
}

/// Takes back what a dead server held: what no row of usage has used, but for what may have been in flight, which is
/// lost. Rows are looked for from a little before the lease on, for they are dated when their call was admitted.
pub(in crate::limits) async fn take_back(
    db: &mut PgConnection,
    tenant: TenantId,
    lease: Uuid,
) -> Result<()> {
    sqlx::query!(
        "with gone as (
            delete from quota_leases where tenant_id = $1 and lease_id = $2 and until < now()
            returning subject_id, period_from, units, flight, taken_at
        ), seen as (
            select g.*, (
                select coalesce(sum(e.units), 0)::bigint from usage_events e
                where e.tenant_id = $1 and e.event_id >= usage_first_id(g.taken_at - interval '2 minutes')
                    and $2 = any(e.leases)
            ) as used from gone g
        ), split as (
            select s.*, least(s.flight, greatest(0, s.units - s.used)) as lost from seen s
        )
        update quota_counters c set lost = c.lost + p.lost,
            granted = greatest(0, c.granted - greatest(0, p.units - p.used - p.lost))
        from split p
        where c.tenant_id = $1 and c.subject_id = p.subject_id and c.period_from = p.period_from",
        tenant.0,
        lease
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets every quota of a tenant be counted anew with the next call.
pub(crate) async fn recount(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "update quota_counters set touched_at = '-infinity' where tenant_id = $1",
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}
