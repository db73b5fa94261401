//! The SQL of the outbox.

use super::Job;
use crate::{Result, data_keys::Sealed};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

pub(super) async fn insert(
    db: &mut PgConnection,
    id: Uuid,
    topic: &str,
    payload: &Sealed,
) -> Result<()> {
    sqlx::query!(
        "insert into outbox (job_id, topic, payload, payload_version) values ($1, $2, $3, $4)",
        id,
        topic,
        payload.bytes,
        payload.version
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn claim(
    db: &mut PgConnection,
    topic: &str,
    lease: Uuid,
    length: Duration,
) -> Result<Option<Job>> {
    let row = sqlx::query!(
        r#"update outbox set lease = $2, attempts = attempts + 1,
            leased_until = now() + make_interval(secs => $3)
        where job_id = (
            select job_id from outbox
            where topic = $1 and dead_at is null and run_at <= now()
                and (leased_until is null or leased_until <= now())
            order by run_at limit 1 for update skip locked
        )
        returning job_id, payload, payload_version, attempts"#,
        topic,
        lease,
        length.as_secs_f64()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Job {
        id: row.job_id,
        payload: Sealed {
            bytes: row.payload,
            version: row.payload_version,
        },
        lease,
        attempts: row.attempts,
    }))
}

pub(super) async fn delete(db: &mut PgConnection, id: Uuid, lease: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from outbox where job_id = $1 and lease = $2",
        id,
        lease
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn retry(
    db: &mut PgConnection,
    id: Uuid,
    lease: Uuid,
    reason: &str,
    pause: Duration,
) -> Result<()> {
    sqlx::query!(
        "update outbox set lease = null, leased_until = null, last_error = $3,
            run_at = now() + make_interval(secs => $4)
        where job_id = $1 and lease = $2",
        id,
        lease,
        reason,
        pause.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn give_up(
    db: &mut PgConnection,
    id: Uuid,
    lease: Uuid,
    reason: &str,
) -> Result<()> {
    sqlx::query!(
        "update outbox set lease = null, leased_until = null, last_error = $3,
            dead_at = now(), payload = '', payload_version = 0
        where job_id = $1 and lease = $2",
        id,
        lease,
        reason
    )
    .execute(db)
    .await?;
    Ok(())
}
