//! The SQL of sessions.

use crate::Result;
use api_types::{SessionId, UserId};
use sqlx::PgConnection;
use sqlx::types::ipnet::IpNet;
use std::net::IpAddr;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a record says, repeated in columns.
pub(super) struct Columns {
    pub user: Option<UserId>,
    pub pending: bool,
    pub address: Option<IpAddr>,
    pub agent: Option<String>,
}

/// A session as its person sees it.
pub(super) struct Row {
    pub id: SessionId,
    pub current: bool,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub created_at: OffsetDateTime,
    pub seen_at: OffsetDateTime,
}

pub(super) async fn insert(
    db: &mut PgConnection,
    digest: &[u8; 32],
    columns: &Columns,
    record: &[u8],
    expires_at: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "insert into sessions (digest, user_id, record, expires_at, pending, address, agent)
        values ($1, $2, $3, $4, $5, $6, $7)",
        digest,
        columns.user.map(|user| user.0),
        record,
        expires_at,
        columns.pending,
        columns.address.map(IpNet::from),
        columns.agent.as_deref()
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn update(
    db: &mut PgConnection,
    digest: &[u8; 32],
    columns: &Columns,
    record: &[u8],
    expires_at: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "update sessions set user_id = $2, record = $3, expires_at = $4, pending = $5, address = $6,
            agent = $7, seen_at = now()
        where digest = $1 or former = $1",
        digest,
        columns.user.map(|user| user.0),
        record,
        expires_at,
        columns.pending,
        columns.address.map(IpNet::from),
        columns.agent.as_deref()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A session that an id leads to.
pub(super) struct Found {
    pub record: Vec<u8>,
    pub expires_at: OffsetDateTime,
    pub renewal_secret: Uuid,
    /// Whether it has another id by now, or is to get one.
    pub renewed: bool,
}

/// Also by the id that it had `grace` seconds ago. While that counts, it gets no other: the one before would be forgotten.
pub(super) async fn find(
    db: &mut PgConnection,
    digest: &[u8; 32],
    absolute_days: i64,
    grace: i64,
) -> Result<Option<Found>> {
    Ok(sqlx::query_as!(
        Found,
        r#"select record, expires_at, renewal_secret,
            digest <> $1 or renew and coalesce(renewed_at <= since, true) as "renewed!"
        from sessions, lateral (select now() - make_interval(secs => $3::bigint) as since) t
        where (digest = $1 or former = $1 and renewed_at > since) and expires_at > now()
            and created_at > now() - make_interval(days => $2::bigint::int)"#,
        digest,
        absolute_days,
        grace
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn mark(db: &mut PgConnection, users: &[UserId]) -> Result<()> {
    let users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    sqlx::query!(
        "update sessions set renew = true where user_id = any ($1)",
        &users
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn renew(db: &mut PgConnection, old: &[u8; 32], next: &[u8; 32]) -> Result<()> {
    sqlx::query!(
        "update sessions set digest = $2, former = $1, renewed_at = now(), renew = false
        where digest = $1 and renew",
        old,
        next
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete(db: &mut PgConnection, digest: &[u8; 32]) -> Result<()> {
    sqlx::query!(
        "delete from sessions where digest = $1 or former = $1",
        digest
    )
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
        "delete from sessions
        where user_id = $1 and digest <> $2 and former is distinct from $2",
        user.0,
        kept
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// The person's sessions that are signed in, the latest first.
pub(super) async fn list(
    db: &mut PgConnection,
    user: UserId,
    current: &[u8; 32],
    absolute_days: i64,
) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select session_id as "id: SessionId", digest = $2 as "current!",
            host(address) as address, agent, created_at, seen_at
        from sessions
        where user_id = $1 and not pending and expires_at > now()
            and created_at > now() - make_interval(days => $3::bigint::int)
        order by digest = $2 desc, seen_at desc"#,
        user.0,
        current,
        absolute_days
    )
    .fetch_all(db)
    .await?)
}

pub(super) async fn delete_one(db: &mut PgConnection, user: UserId, id: SessionId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from sessions where user_id = $1 and session_id = $2",
        user.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn knows_device(
    db: &mut PgConnection,
    user: UserId,
    device: &[u8; 32],
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
            select from known_devices where user_id = $1 and digest = $2
        ) as "known!""#,
        user.0,
        device
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn remember_device(
    db: &mut PgConnection,
    user: UserId,
    device: &[u8; 32],
) -> Result<()> {
    sqlx::query!(
        "insert into known_devices (user_id, digest) values ($1, $2) on conflict do nothing",
        user.0,
        device
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!("delete from sessions where expires_at <= now()")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
