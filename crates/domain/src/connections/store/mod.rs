//! The SQL of connections: what is read of them, and how they are made, changed and ended. Leases are in `lease`,
//! attempts in `attempts`, and what a tenant sets itself in `own`.

pub(super) mod attempts;
pub(super) mod lease;
pub(super) mod own;
pub(super) mod uses;

use super::Words;
use crate::{Result, data_keys::Sealed};
use anyhow::Context as _;
use api_types::{
    ConnectionId, TenantId, UserId,
    connections::{ConnectionState, Sharing},
};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// A connection as stored, with the name of whoever connected it.
pub(super) struct Row {
    pub id: ConnectionId,
    pub provider: String,
    pub label: String,
    pub account: Option<String>,
    pub sharing: Sharing,
    pub owner: UserId,
    pub owner_name: String,
    pub state: ConnectionState,
    pub trouble: Option<String>,
    pub scopes: Vec<String>,
    pub words: Words,
    pub secret: Sealed,
    /// Whose app it was connected with.
    pub client_id: Option<String>,
    pub tokens_version: i64,
    pub expires_at: Option<OffsetDateTime>,
    pub refresh_at: Option<OffsetDateTime>,
    pub failures: i32,
    pub leased_until: Option<OffsetDateTime>,
    pub connected_at: OffsetDateTime,
    pub refreshed_at: Option<OffsetDateTime>,
    pub last_used_at: Option<OffsetDateTime>,
    /// The database's clock, which all these times are of.
    pub now: OffsetDateTime,
}

/// Which connections are wanted.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted<'a> {
    pub id: Option<ConnectionId>,
    pub provider: Option<&'a str>,
    /// Whose personal ones are wanted beside the shared ones.
    pub reader: Option<UserId>,
    /// Whether everybody's are.
    pub of_everybody: bool,
    /// Whether those that have ended are too.
    pub ended: bool,
}

/// By provider and label.
pub(super) async fn rows(
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: Wanted<'_>,
) -> Result<Vec<Row>> {
    let rows = sqlx::query!(
        r#"select c.connection_id as "id: ConnectionId", c.provider, c.label, c.account, c.sharing,
            c.owner_id as "owner: UserId", u.name as owner_name, c.state, c.trouble, c.scopes, c.words,
            c.secret, c.secret_version, c.client_id, c.tokens_version, c.expires_at, c.refresh_at,
            c.failures, c.leased_until, c.connected_at, c.refreshed_at, c.last_used_at, now() as "now!"
        from connections c join users u on u.user_id = c.owner_id
        where c.tenant_id = $1
            and ($2::uuid is null or c.connection_id = $2)
            and ($3::text is null or c.provider = $3)
            and ($4 or c.sharing = 'shared' or c.owner_id = $5)
            and ($6 or c.state <> 'disconnected')
        order by c.provider, lower(c.label), c.connection_id"#,
        tenant.0,
        wanted.id.map(|id| id.0),
        wanted.provider,
        wanted.of_everybody,
        wanted.reader.map(|user| user.0),
        wanted.ended
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Row {
                id: row.id,
                provider: row.provider,
                label: row.label,
                account: row.account,
                sharing: Sharing::parse(&row.sharing).context("an unknown sharing")?,
                owner: row.owner,
                owner_name: row.owner_name,
                state: ConnectionState::parse(&row.state).context("an unknown state")?,
                trouble: row.trouble,
                scopes: row.scopes,
                words: serde_json::from_str(&row.words).context("words of a connection")?,
                secret: Sealed {
                    bytes: row.secret,
                    version: row.secret_version,
                },
                client_id: row.client_id,
                tokens_version: row.tokens_version,
                expires_at: row.expires_at,
                refresh_at: row.refresh_at,
                failures: row.failures,
                leased_until: row.leased_until,
                connected_at: row.connected_at,
                refreshed_at: row.refreshed_at,
                last_used_at: row.last_used_at,
                now: row.now,
            })
        })
        .collect()
}

/// Holds a connection as it is until the transaction ends.
pub(super) async fn lock(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select true as "found!" from connections
        where tenant_id = $1 and connection_id = $2 for update"#,
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// What is written of a connection that was just made, or made again.
pub(super) struct Written<'a> {
    pub provider: &'a str,
    pub label: &'a str,
    pub account: Option<&'a str>,
    pub sharing: Sharing,
    pub owner: UserId,
    pub scopes: &'a [String],
    pub words: &'a str,
    pub secret: &'a Sealed,
    pub client_id: Option<&'a str>,
    /// Seconds from now.
    pub expires_in: Option<f64>,
    /// Likewise.
    pub refresh_in: Option<f64>,
}

/// Stores a new connection; false when its label is taken.
pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    new: &Written<'_>,
) -> Result<bool> {
    let done = sqlx::query!(
        "insert into connections (tenant_id, connection_id, provider, label, account, sharing, owner_id,
            scopes, words, secret, secret_version, client_id, expires_at, refresh_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
            now() + make_interval(secs => $13), now() + make_interval(secs => $14))
        on conflict do nothing",
        tenant.0,
        id.0,
        new.provider,
        new.label,
        new.account,
        new.sharing.as_str(),
        new.owner.0,
        new.scopes,
        new.words,
        new.secret.bytes,
        new.secret.version,
        new.client_id,
        new.expires_in,
        new.refresh_in
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stores what a connection is after it was made again. Whoever refreshes it meanwhile has lost the lease.
pub(super) async fn renew(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    new: &Written<'_>,
) -> Result<()> {
    sqlx::query!(
        "update connections set label = $3, account = $4, owner_id = $5, scopes = $6, words = $7,
            secret = $8, secret_version = $9, client_id = $10,
            expires_at = now() + make_interval(secs => $11),
            refresh_at = now() + make_interval(secs => $12),
            tokens_version = tokens_version + 1, state = 'healthy', trouble = null, told_at = null,
            failures = 0, lease = null, leased_until = null, ended_at = null, refreshed_at = null,
            connected_at = now()
        where tenant_id = $1 and connection_id = $2",
        tenant.0,
        id.0,
        new.label,
        new.account,
        new.owner.0,
        new.scopes,
        new.words,
        new.secret.bytes,
        new.secret.version,
        new.client_id,
        new.expires_in,
        new.refresh_in
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives a connection another name.
pub(super) async fn rename(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    label: &str,
) -> Result<()> {
    sqlx::query!(
        "update connections set label = $3 where tenant_id = $1 and connection_id = $2",
        tenant.0,
        id.0,
        label
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that what was wrong is right again.
pub(super) async fn heal(db: &mut PgConnection, tenant: TenantId, id: ConnectionId) -> Result<()> {
    sqlx::query!(
        "update connections set state = 'healthy', trouble = null, told_at = null, failures = 0
        where tenant_id = $1 and connection_id = $2 and state <> 'disconnected'",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a connection: what was sealed is gone. Whoever refreshes it meanwhile has lost the lease.
pub(super) async fn end(db: &mut PgConnection, tenant: TenantId, id: ConnectionId) -> Result<()> {
    sqlx::query!(
        "update connections set state = 'disconnected', secret = '', ended_at = now(), trouble = null,
            expires_at = null, refresh_at = null, lease = null, leased_until = null,
            tokens_version = tokens_version + 1
        where tenant_id = $1 and connection_id = $2 and state <> 'disconnected'",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends somebody's own connections. Answers how many.
pub(super) async fn end_of_member(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<u64> {
    let done = sqlx::query!(
        "update connections set state = 'disconnected', secret = '', ended_at = now(), trouble = null,
            expires_at = null, refresh_at = null, lease = null, leased_until = null,
            tokens_version = tokens_version + 1
        where tenant_id = $1 and owner_id = $2 and sharing = 'personal' and state <> 'disconnected'",
        tenant.0,
        user.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Tells every server that connections of the tenant changed, once this commits.
pub(super) async fn notify(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "select pg_notify('bulkhead_tenant', $1::uuid::text || ' connections')",
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}
