//! The SQL that recomputes numbers: hours from minutes, days from hours, months from days; and hours of a tenant from its
//! rows alone.

use crate::Result;
use api_types::TenantId;
use sqlx::PgConnection;
use time::OffsetDateTime;

/// How far the numbers are, and what time it is for the database.
pub(in crate::usage) struct State {
    pub seen_until: OffsetDateTime,
    pub late_until: OffsetDateTime,
    pub hours_until: OffsetDateTime,
    pub days_until: OffsetDateTime,
    pub months_until: OffsetDateTime,
    pub now: OffsetDateTime,
}

pub(in crate::usage) async fn state(db: &mut PgConnection) -> Result<State> {
    Ok(sqlx::query_as!(
        State,
        r#"select seen_until, late_until, hours_until, days_until, months_until, now() as "now!"
        from usage_rollup_state"#
    )
    .fetch_one(db)
    .await?)
}

/// Has rows grouped by hashing until the transaction ends. Of a table that grows by thousands of rows a second the planner
/// expects a handful where there are as many, and would sort them by all columns: four times the work.
pub(in crate::usage) async fn expect_many_rows(db: &mut PgConnection) -> Result<()> {
    sqlx::query!("select set_config('enable_sort', 'off', true) as sort, set_config('jit', 'off', true) as jit")
        .fetch_one(db)
        .await?;
    Ok(())
}

/// The first id of a transaction that nobody has begun to write in.
pub(in crate::usage) async fn next_writer(db: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as "next!""#
    )
    .fetch_one(db)
    .await?)
}

/// Whether all transactions before that one have ended.
pub(in crate::usage) async fn have_ended(db: &mut PgConnection, before: i64) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= $1 as "ended!""#,
        before
    )
    .fetch_one(db)
    .await?)
}

pub(in crate::usage) async fn advance(db: &mut PgConnection, state: &State) -> Result<()> {
    sqlx::query!(
        "update usage_rollup_state set seen_until = $1, late_until = $2, hours_until = $3, days_until = $4,
            months_until = $5",
        state.seen_until,
        state.late_until,
        state.hours_until,
        state.days_until,
        state.months_until
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Which time is recomputed how.
#[derive(Clone, Copy)]
pub(in crate::usage) struct Span {
    pub since: OffsetDateTime,
    pub until: OffsetDateTime,
    /// Of one tenant; of all of them, if absent.
    pub tenant: Option<TenantId>,
}

/// Computes hours that are not there: of all tenants from minutes, of one from its rows.
pub(in crate::usage) async fn fill_hours(db: &mut PgConnection, span: Span) -> Result<()> {
    sqlx::query!(
        "with source as materialized (
            select tenant_id, date_trunc('hour', bucket) as bucket, toolkit, tool, client_id, key_id, member_id,
                connection_id, outcome, latency_class, calls, units, duration_us, bytes
            from usage_by_minute
            where $3::uuid is null and bucket >= $1 and bucket < $2
            union all
            select tenant_id, date_trunc('hour', occurred_at), toolkit, tool, client_id, key_id,
                coalesce(member_id, '00000000-0000-0000-0000-000000000000'),
                coalesce(connection_id, '00000000-0000-0000-0000-000000000000'), outcome,
                round(4 * ln(greatest(duration_us, 1)::float8) / ln(2::float8))::smallint,
                count(*) filter (where corrects is null), sum(units)::bigint,
                sum(duration_us)::bigint, sum(request_bytes + response_bytes)::bigint
            from usage_events
            where tenant_id = $3 and event_id >= usage_first_id($1) and event_id < usage_first_id($2)
            group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
        ), by_one as (
            select s.tenant_id, d.dimension, s.bucket, d.value, s.outcome, s.latency_class, sum(s.calls)::bigint as calls,
                sum(s.units)::bigint as units, sum(s.duration_us)::bigint as duration_us, sum(s.bytes)::bigint as bytes
            from source s
            cross join lateral (values ('all', ''), ('toolkit', s.toolkit), ('tool', s.tool),
                ('client', s.client_id::text), ('key', s.key_id::text), ('member', s.member_id::text),
                ('connection', s.connection_id::text)) d (dimension, value)
            where d.value <> '00000000-0000-0000-0000-000000000000'
            group by 1, 2, 3, 4, 5, 6
        ), cells as (
            insert into usage_cells (tenant_id, grain, bucket, toolkit, tool, client_id, key_id, member_id,
                connection_id, outcome, calls, units, duration_us, bytes)
            select tenant_id, 'hour', bucket, toolkit, tool, client_id, key_id, member_id, connection_id, outcome,
                sum(calls)::bigint, sum(units)::bigint, sum(duration_us)::bigint, sum(bytes)::bigint
            from source group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
        )
        insert into usage_sums (tenant_id, grain, dimension, bucket, value, outcome, calls, units, duration_us, bytes,
            latency_classes, latency_calls)
        select tenant_id, 'hour', dimension, bucket, value, outcome, sum(calls)::bigint, sum(units)::bigint,
            sum(duration_us)::bigint, sum(bytes)::bigint,
            array_agg(latency_class) filter (where calls > 0 and dimension in ('all', 'tool', 'client')),
            array_agg(calls) filter (where calls > 0 and dimension in ('all', 'tool', 'client'))
        from by_one group by 1, 2, 3, 4, 5, 6",
        span.since,
        span.until,
        span.tenant.map(|id| id.0)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Adds hours to days, or days to months: those of a time that were not added before.
pub(in crate::usage) async fn coarsen(
    db: &mut PgConnection,
    from: &str,
    to: &str,
    span: Span,
) -> Result<()> {
    let tenant = span.tenant.map(|id| id.0);
    sqlx::query!(
        "insert into usage_cells as c (tenant_id, grain, bucket, toolkit, tool, client_id, key_id, member_id,
            connection_id, outcome, calls, units, duration_us, bytes)
        select tenant_id, $2, date_trunc($2, bucket, 'UTC'), toolkit, tool, client_id, key_id, member_id,
            connection_id, outcome, sum(calls)::bigint, sum(units)::bigint, sum(duration_us)::bigint,
            sum(bytes)::bigint
        from usage_cells
        where grain = $1 and bucket >= $3 and bucket < $4 and ($5::uuid is null or tenant_id = $5)
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
        on conflict (tenant_id, grain, bucket, key_id, tool, connection_id, outcome, client_id, toolkit, member_id)
        do update set calls = c.calls + excluded.calls, units = c.units + excluded.units,
            duration_us = c.duration_us + excluded.duration_us, bytes = c.bytes + excluded.bytes",
        from,
        to,
        span.since,
        span.until,
        tenant
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "with parts as materialized (
            select tenant_id, dimension, date_trunc($2, bucket, 'UTC') as bucket, value, outcome, calls, units, duration_us,
                bytes, extract(hour from bucket at time zone 'UTC')::smallint as hour, latency_classes, latency_calls
            from usage_sums
            where grain = $1 and bucket >= $3 and bucket < $4 and ($5::uuid is null or tenant_id = $5)
        ), latencies as (
            select tenant_id, dimension, bucket, value, outcome, array_agg(class) as classes, array_agg(calls) as calls
            from (
                select p.tenant_id, p.dimension, p.bucket, p.value, p.outcome, l.class, sum(l.calls)::bigint as calls
                from parts p cross join lateral unnest(p.latency_classes, p.latency_calls) l (class, calls)
                group by 1, 2, 3, 4, 5, 6
            ) by_class
            group by 1, 2, 3, 4, 5
        ), sums as (
            select tenant_id, dimension, bucket, value, outcome, sum(calls)::bigint as calls, sum(units)::bigint as units,
                sum(duration_us)::bigint as duration_us, sum(bytes)::bigint as bytes,
                array_agg(hour) filter (where calls > 0 and $1 = 'hour') as hours,
                array_agg(calls) filter (where calls > 0 and $1 = 'hour') as hour_calls
            from parts group by 1, 2, 3, 4, 5
        )
        insert into usage_sums as t (tenant_id, grain, dimension, bucket, value, outcome, calls, units, duration_us, bytes,
            hours, hour_calls, latency_classes, latency_calls)
        select s.tenant_id, $2, s.dimension, s.bucket, s.value, s.outcome, s.calls, s.units, s.duration_us, s.bytes,
            s.hours, s.hour_calls, l.classes, l.calls
        from sums s left join latencies l on (l.tenant_id, l.dimension, l.bucket, l.value, l.outcome)
            = (s.tenant_id, s.dimension, s.bucket, s.value, s.outcome)
        on conflict (tenant_id, grain, dimension, bucket, value, outcome)
        do update set calls = t.calls + excluded.calls, units = t.units + excluded.units,
            duration_us = t.duration_us + excluded.duration_us, bytes = t.bytes + excluded.bytes,
            hours = t.hours || excluded.hours, hour_calls = t.hour_calls || excluded.hour_calls,
            (latency_classes, latency_calls) = (
                select array_agg(class), array_agg(calls)
                from (
                    select class, sum(calls)::bigint as calls
                    from unnest(t.latency_classes || excluded.latency_classes, t.latency_calls || excluded.latency_calls)
                        both_of_them (class, calls)
                    group by class
                ) by_class
            )",
        from,
        to,
        span.since,
        span.until,
        tenant
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// Removes a tenant's numbers of one grain, to be recomputed in the same transaction.
pub(in crate::usage) async fn clear(
    db: &mut PgConnection,
    tenant: TenantId,
    grain: &str,
    since: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "with cells as (
            delete from usage_cells where tenant_id = $1 and grain = $2 and bucket >= $3 and bucket < $4
        )
        delete from usage_sums where tenant_id = $1 and grain = $2 and bucket >= $3 and bucket < $4",
        tenant.0,
        grain,
        since,
        until
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes a day that is to be recomputed off the list, if it was noted before then.
pub(in crate::usage) async fn take_repair(
    db: &mut PgConnection,
    noted_until: OffsetDateTime,
) -> Result<Option<(TenantId, OffsetDateTime)>> {
    let taken = sqlx::query!(
        r#"with next as materialized (
            select tenant_id, day from usage_repairs where noted_at <= $1
            order by noted_at limit 1 for update skip locked
        )
        delete from usage_repairs r using next
        where r.tenant_id = next.tenant_id and r.day = next.day
        returning r.tenant_id as "tenant: TenantId", r.day"#,
        noted_until
    )
    .fetch_optional(db)
    .await?;
    Ok(taken.map(|row| (row.tenant, row.day)))
}

/// Whether there are rows of that time; there are none once their partition was dropped.
pub(in crate::usage) async fn has_rows(
    db: &mut PgConnection,
    tenant: TenantId,
    since: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from usage_events
            where tenant_id = $1 and event_id >= usage_first_id($2) and event_id < usage_first_id($3)) as "has!""#,
        tenant.0,
        since,
        until
    )
    .fetch_one(db)
    .await?)
}
