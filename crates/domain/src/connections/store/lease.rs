//! The SQL of refreshing: one server at a time, by a lease in the row, and no transaction while the provider is asked.

use crate::{Result, data_keys::Sealed};
use api_types::{ConnectionId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

/// Connections that are due, of any tenant, the longest first. As the system role.
pub(in crate::connections) async fn due(
    db: &mut PgConnection,
    most: i64,
) -> Result<Vec<(TenantId, ConnectionId)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant: TenantId", connection_id as "id: ConnectionId" from connections
        where refresh_at <= now() and (leased_until is null or leased_until < now())
        order by refresh_at limit $1"#,
        most
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant, row.id)).collect())
}

/// Takes the right to refresh: of all who saw these tokens, one gets it. `seen` is none for whoever comes because it is
/// time. After a failure nobody gets it before the next try is due.
pub(in crate::connections) async fn take(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    seen: Option<i64>,
    lease: Uuid,
    seconds: f64,
) -> Result<bool> {
    let done = sqlx::query!(
        "update connections set lease = $4, leased_until = now() + make_interval(secs => $5)
        where tenant_id = $1 and connection_id = $2 and state <> 'disconnected'
            and (leased_until is null or leased_until < now())
            and (refresh_at <= now() or (tokens_version = $3 and failures = 0))",
        tenant.0,
        id.0,
        seen,
        lease,
        seconds
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// New tokens, to be stored.
pub(in crate::connections) struct Fresh<'a> {
    pub secret: &'a Sealed,
    pub scopes: &'a [String],
    pub words: &'a str,
    pub expires_in: Option<f64>,
    pub refresh_in: Option<f64>,
}

/// Stores new tokens; false when the lease is no longer ours.
pub(in crate::connections) async fn succeed(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    lease: Uuid,
    fresh: &Fresh<'_>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update connections set secret = $4, secret_version = $5, scopes = $6, words = $7,
            expires_at = now() + make_interval(secs => $8),
            refresh_at = now() + make_interval(secs => $9),
            tokens_version = tokens_version + 1, state = 'healthy', trouble = null, told_at = null,
            failures = 0, lease = null, leased_until = null, refreshed_at = now()
        where tenant_id = $1 and connection_id = $2 and lease = $3",
        tenant.0,
        id.0,
        lease,
        fresh.secret.bytes,
        fresh.secret.version,
        fresh.scopes,
        fresh.words,
        fresh.expires_in,
        fresh.refresh_in
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes a failure after which it is tried again in so many seconds.
pub(in crate::connections) async fn fail(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    lease: Uuid,
    trouble: &str,
    again_in: f64,
) -> Result<bool> {
    let done = sqlx::query!(
        "update connections set state = case when state = 'healthy' then 'expiring' else state end,
            trouble = $4, refresh_at = now() + make_interval(secs => $5),
            failures = failures + 1, lease = null, leased_until = null
        where tenant_id = $1 and connection_id = $2 and lease = $3",
        tenant.0,
        id.0,
        lease,
        trouble,
        again_in
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What is told of a connection that was lost.
pub(in crate::connections) struct Lost {
    /// Whether people were told of it before.
    pub was_told: bool,
}

/// Notes that a person has to do something. `again_in`: when it is tried nevertheless.
pub(in crate::connections) async fn lose(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    lease: Uuid,
    trouble: &str,
    again_in: Option<f64>,
) -> Result<Option<Lost>> {
    Ok(sqlx::query_as!(
        Lost,
        r#"with before as (
            select tenant_id, connection_id, told_at from connections
            where tenant_id = $1 and connection_id = $2 and lease = $3 for update
        )
        update connections c set state = 'needs_attention', trouble = $4,
            refresh_at = now() + make_interval(secs => $5), failures = c.failures + 1,
            lease = null, leased_until = null, told_at = coalesce(c.told_at, now())
        from before b where c.tenant_id = b.tenant_id and c.connection_id = b.connection_id
        returning b.told_at is not null as "was_told!""#,
        tenant.0,
        id.0,
        lease,
        trouble,
        again_in
    )
    .fetch_optional(db)
    .await?)
}

/// Gives the right back: nothing was to be done. `in_order`: whether that was found because it was time, and nothing is
/// to be done before the end.
pub(in crate::connections) async fn release(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    lease: Uuid,
    in_order: bool,
) -> Result<()> {
    sqlx::query!(
        "update connections set lease = null, leased_until = null,
            refresh_at = case when $4 then expires_at else refresh_at end,
            failures = case when $4 then 0 else failures end,
            trouble = case when $4 and state = 'expiring' then null else trouble end,
            state = case when $4 and state = 'expiring' then 'healthy' else state end
        where tenant_id = $1 and connection_id = $2 and lease = $3",
        tenant.0,
        id.0,
        lease,
        in_order
    )
    .execute(db)
    .await?;
    Ok(())
}
