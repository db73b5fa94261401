//! The SQL of sessions.

use crate::Result;
use api_types::UserId;
use sqlx::PgConnection;
use time::OffsetDateTime;

pub(super) async fn insert(
    db: &mut PgConnection,
    digest: &[u8; 32],
    user: Option<UserId>,
    record: &[u8],
    expires_at: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "insert into sessions (digest, user_id, record, expires_at) values ($1, $2, $3, $4)",
        digest,
        user.map(|user| user.0),
        record,
        expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn update(
    db: &mut PgConnection,
    digest: &[u8; 32],
    user: Option<UserId>,
    record: &[u8],
    expires_at: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "update sessions set user_id = $2, record = $3, expires_at = $4 where digest = $1",
        digest,
        user.map(|user| user.0),
        record,
        expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn find(
    db: &mut PgConnection,
    digest: &[u8; 32],
    absolute_days: i64,
) -> Result<Option<(Vec<u8>, OffsetDateTime)>> {
    let found = sqlx::query!(
        "select record, expires_at from sessions
        where digest = $1 and expires_at > now()
            and created_at > now() - make_interval(days => $2::bigint::int)",
        digest,
        absolute_days
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| (row.record, row.expires_at)))
}

pub(super) async fn delete(db: &mut PgConnection, digest: &[u8; 32]) -> Result<()> {
    sqlx::query!("delete from sessions where digest = $1", digest)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn delete_others(
    db: &mut PgConnection,
    user: UserId,
    kept: &[u8; 32],
) -> Result<u64> {
    let done = sqlx::query!(
        "delete from sessions where user_id = $1 and digest <> $2",
        user.0,
        kept
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

pub(super) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!("delete from sessions where expires_at <= now()")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
