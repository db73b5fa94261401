//! How jobs ran, and what waits for them.

use super::super::jobs::JobRun;
use crate::Result;
use api_types::operator::QueueView;
use sqlx::PgConnection;
use time::OffsetDateTime;

/// Writes down how jobs ran; what another server wrote down later stays.
pub(in crate::operator) async fn write(db: &mut PgConnection, runs: &[JobRun]) -> Result<()> {
    let names: Vec<String> = runs.iter().map(|run| run.job.to_owned()).collect();
    let every: Vec<i64> = runs.iter().map(JobRun::every_ms).collect();
    let last: Vec<_> = runs.iter().map(|run| run.last_run).collect();
    let success: Vec<Option<_>> = runs.iter().map(|run| run.last_success).collect();
    let error_at: Vec<Option<_>> = runs.iter().map(|run| run.last_error_at).collect();
    let error: Vec<Option<String>> = runs.iter().map(|run| run.last_error.clone()).collect();
    sqlx::query!(
        "insert into job_runs as j (job, every_ms, last_run_at, last_success_at, last_error_at, last_error)
        select job, every_ms, last_run_at, last_success_at, last_error_at, last_error
        from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
            $5::timestamptz[], $6::text[]) as run (job, every_ms, last_run_at, last_success_at,
            last_error_at, last_error)
        order by job
        on conflict (job) do update set every_ms = excluded.every_ms,
            last_run_at = excluded.last_run_at,
            last_success_at = greatest(j.last_success_at, excluded.last_success_at),
            last_error_at = greatest(j.last_error_at, excluded.last_error_at),
            last_error = case
                when j.last_error_at is null or excluded.last_error_at >= j.last_error_at
                then excluded.last_error else j.last_error end
        where excluded.last_run_at > j.last_run_at",
        &names,
        &every,
        &last,
        &success as &[Option<OffsetDateTime>],
        &error_at as &[Option<OffsetDateTime>],
        &error as &[Option<String>]
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A job as it was written down.
pub(in crate::operator) struct Row {
    pub job: String,
    pub every_ms: i64,
    pub last_run_at: OffsetDateTime,
    pub last_success_at: Option<OffsetDateTime>,
    pub last_error_at: Option<OffsetDateTime>,
    pub last_error: Option<String>,
}

/// The jobs that this version knows, or did until lately: what has not run for a month is gone.
pub(in crate::operator) async fn jobs(db: &mut PgConnection) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        "select job, every_ms, last_run_at, last_success_at, last_error_at, last_error
        from job_runs where last_run_at > now() - interval '30 days' order by job"
    )
    .fetch_all(db)
    .await?)
}

pub(in crate::operator) async fn queues(db: &mut PgConnection) -> Result<Vec<QueueView>> {
    let mut queues: Vec<QueueView> = sqlx::query_as!(
        QueueView,
        r#"select topic as "name!", count(*) filter (where dead_at is null) as "waiting!",
            min(run_at) filter (where dead_at is null) as oldest_due,
            count(*) filter (where dead_at is not null) as dead
        from outbox group by topic order by topic"#
    )
    .fetch_all(&mut *db)
    .await?;
    let others = sqlx::query_as!(
        QueueView,
        r#"select 'webhooks' as "name!",
            (select count(*) from webhook_deliveries where next_at is not null) as "waiting!",
            (select min(next_at) from webhook_deliveries where next_at is not null) as oldest_due,
            (select count(*) from webhook_deliveries where state = 'dead') as dead
        union all
        select 'tokens', count(*), min(refresh_at), null
            from connections where ended_at is null and refresh_at <= now()
        union all
        select 'documents', count(*), min(sync_at), null from apis where sync_at <= now()
        union all
        select 'audit', count(*), null, null from audit_heads h
            where h.seq > coalesce((select max(c.seq) from audit_checkpoints c
                where c.tenant_id = h.tenant_id), 0)
        union all
        select 'tenants', count(*), min(delete_after), null from tenants where delete_after <= now()
        union all
        select 'days', count(*), min(noted_at), null from usage_repairs
        union all
        select 'stripe', count(*), min(received_at), null from billing_events where done_at is null
        union all
        select 'minutes', (extract(epoch from now() - seen_until) / 60)::bigint, seen_until, null
            from usage_rollup_state"#
    )
    .fetch_all(db)
    .await?;
    queues.extend(others);
    Ok(queues)
}
