//! The SQL of calls that may be sent again.

use super::{Ask, Row};
use crate::Result;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;
use vault::Digest;

/// Claims a key that nobody has used. Answers whether it was free.
pub(super) async fn start(
    db: &mut PgConnection,
    ask: &Ask,
    request: &Digest,
    holder: Uuid,
    believed: Duration,
) -> Result<bool> {
    let done = sqlx::query!(
        "insert into idempotency_keys (tenant_id, credential_id, key, request_hash, state, holder, locked_until)
        values ($1, $2, $3, $4, 'started', $5, now() + make_interval(secs => $6))
        on conflict do nothing",
        ask.tenant.0,
        ask.credential.0,
        ask.key.as_str(),
        request.as_slice(),
        holder,
        believed.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn read(db: &mut PgConnection, ask: &Ask) -> Result<Option<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select request_hash, state, holder, locked_until, now() as "now!", status, response
        from idempotency_keys where tenant_id = $1 and credential_id = $2 and key = $3"#,
        ask.tenant.0,
        ask.credential.0,
        ask.key.as_str()
    )
    .fetch_optional(db)
    .await?)
}

/// Takes a call over from who is gone. Answers whether nobody else was faster.
pub(super) async fn take_over(
    db: &mut PgConnection,
    ask: &Ask,
    gone: Uuid,
    holder: Uuid,
    believed: Duration,
) -> Result<bool> {
    let done = sqlx::query!(
        "update idempotency_keys set holder = $5, locked_until = now() + make_interval(secs => $6)
        where tenant_id = $1 and credential_id = $2 and key = $3 and holder = $4 and state = 'started'",
        ask.tenant.0,
        ask.credential.0,
        ask.key.as_str(),
        gone,
        holder,
        believed.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a call go that is ours and was not executed.
pub(super) async fn release(db: &mut PgConnection, ask: &Ask, holder: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from idempotency_keys
        where tenant_id = $1 and credential_id = $2 and key = $3 and holder = $4 and state = 'started'",
        ask.tenant.0,
        ask.credential.0,
        ask.key.as_str(),
        holder
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets nobody believe any more that a call is being executed.
pub(super) async fn abandon(db: &mut PgConnection, ask: &Ask, holder: Uuid) -> Result<()> {
    sqlx::query!(
        "update idempotency_keys set locked_until = now()
        where tenant_id = $1 and credential_id = $2 and key = $3 and holder = $4 and state = 'started'",
        ask.tenant.0,
        ask.credential.0,
        ask.key.as_str(),
        holder
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes what is older than two days. As the system role.
pub(super) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    let done =
        sqlx::query!("delete from idempotency_keys where created_at < now() - interval '48 hours'")
            .execute(db)
            .await?;
    Ok(done.rows_affected())
}
