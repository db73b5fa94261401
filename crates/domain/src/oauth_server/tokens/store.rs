//! The SQL of refresh tokens.

use crate::{Result, oauth_server::steps::Seen};
use anyhow::Context as _;
use api_types::{GrantId, McpClientId, TenantId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use vault::Digest;

/// Where a token stands.
pub(super) struct Found {
    pub tenant: TenantId,
    pub token: Uuid,
    pub grant: GrantId,
}

pub(super) async fn by_digest(db: &mut PgConnection, digest: &Digest) -> Result<Option<Found>> {
    Ok(sqlx::query_as!(
        Found,
        r#"select tenant_id as "tenant!: TenantId", token_id as "token!",
            grant_id as "grant!: GrantId"
        from oauth_refresh_token_by_digest($1)"#,
        digest
    )
    .fetch_optional(db)
    .await?)
}

/// A grant, held until the transaction ends.
pub(super) struct HeldGrant {
    pub user: UserId,
    pub is_service: bool,
    pub oauth_id: String,
    pub resource: String,
    pub scopes: Vec<String>,
    pub ended: bool,
}

pub(super) async fn lock_grant(
    db: &mut PgConnection,
    tenant: TenantId,
    grant: GrantId,
) -> Result<Option<HeldGrant>> {
    Ok(sqlx::query_as!(
        HeldGrant,
        r#"select g.user_id as "user: UserId", u.service_tenant is not null as "is_service!",
            g.oauth_id, g.resource, g.scopes, g.ended_at is not null as "ended!"
        from oauth_grants g join users u on u.user_id = g.user_id
        where g.tenant_id = $1 and g.grant_id = $2 for update of g"#,
        tenant.0,
        grant.0
    )
    .fetch_optional(db)
    .await?)
}

/// A token of a family whose grant is locked.
pub(super) struct Token {
    pub id: Uuid,
    pub expired: bool,
    pub rotated_seconds_ago: Option<f64>,
    pub next: Option<Next>,
}

/// What followed a token.
pub(super) struct Next {
    pub nonce: [u8; 32],
    /// Whether it was exchanged itself.
    pub used: bool,
}

pub(super) async fn token(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<Token>> {
    let row = sqlx::query!(
        r#"select t.expires_at <= now() as "expired!",
            extract(epoch from clock_timestamp() - t.rotated_at)::float8 as rotated_seconds_ago,
            n.token_id as "next?", n.nonce as "nonce?", n.rotated_at is not null as "used?"
        from oauth_refresh_tokens t
        left join oauth_refresh_tokens n on n.tenant_id = t.tenant_id and n.token_id = t.successor
        where t.tenant_id = $1 and t.token_id = $2"#,
        tenant.0,
        id
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let next = match row.next {
        Some(_) => Some(Next {
            nonce: row
                .nonce
                .and_then(|nonce| nonce.try_into().ok())
                .context("a successor without a nonce")?,
            used: row.used.unwrap_or(false),
        }),
        None => None,
    };
    Ok(Some(Token {
        id,
        expired: row.expired,
        rotated_seconds_ago: row.rotated_seconds_ago,
        next,
    }))
}

/// A token to store.
pub(super) struct NewToken {
    pub id: Uuid,
    pub grant: GrantId,
    pub digest: Digest,
    pub nonce: Option<[u8; 32]>,
    pub expires_at: OffsetDateTime,
}

pub(super) async fn insert(db: &mut PgConnection, tenant: TenantId, new: &NewToken) -> Result<()> {
    sqlx::query!(
        "insert into oauth_refresh_tokens (tenant_id, token_id, grant_id, digest, nonce, expires_at)
        values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        new.id,
        new.grant.0,
        &new.digest,
        new.nonce.as_ref().map(<[u8; 32]>::as_slice),
        new.expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn rotated(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    successor: Uuid,
) -> Result<()> {
    sqlx::query!(
        "update oauth_refresh_tokens set successor = $3, rotated_at = clock_timestamp()
        where tenant_id = $1 and token_id = $2",
        tenant.0,
        id,
        successor
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A refresh is a use.
pub(super) async fn mark_used(
    db: &mut PgConnection,
    tenant: TenantId,
    grant: GrantId,
    seen: &Seen,
) -> Result<()> {
    sqlx::query!(
        "update oauth_grants
        set last_used_at = now(), last_used_address = $3, last_used_agent = $4
        where tenant_id = $1 and grant_id = $2",
        tenant.0,
        grant.0,
        seen.address.to_string(),
        seen.agent
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The account that answers for a client, if it is one that nobody signs in as and that is still here.
pub(super) async fn service_owner(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<Option<UserId>> {
    Ok(sqlx::query_scalar!(
        r#"select m.user_id as "user: UserId" from mcp_clients c
        join memberships m on m.tenant_id = c.tenant_id and m.user_id = c.owner_id
        join users u on u.user_id = m.user_id
        where c.tenant_id = $1 and c.client_id = $2 and m.removed_at is null
            and u.service_tenant is not null"#,
        tenant.0,
        client.0
    )
    .fetch_optional(db)
    .await?)
}

/// Deletes refresh tokens of yesterday.
pub(super) async fn delete_expired(system: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!(
        "delete from oauth_refresh_tokens where expires_at < now() - interval '1 day'"
    )
    .execute(system)
    .await?;
    Ok(done.rows_affected())
}
