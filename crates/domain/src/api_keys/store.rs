//! The SQL of API keys.

use super::CheckedKey;
use crate::Result;
use api_types::{
    ApiKeyId, McpClientId, TenantId, UserId,
    api_keys::{KeyState, KeyView},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use vault::KeySecret;

/// A key as stored, without its digest.
struct Row {
    id: ApiKeyId,
    client: McpClientId,
    name: String,
    display_prefix: String,
    scopes: Vec<String>,
    rate_limit_per_minute: Option<i32>,
    allowed_networks: Vec<String>,
    created_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
    last_used_at: Option<OffsetDateTime>,
    last_used_address: Option<String>,
    last_used_agent: Option<String>,
    reported_leaked: bool,
    expired: bool,
    replaced: bool,
}

impl From<Row> for KeyView {
    fn from(row: Row) -> Self {
        let state = match (row.revoked_at.is_some(), row.expired, row.replaced) {
            (true, ..) => KeyState::Revoked,
            (_, true, _) => KeyState::Expired,
            (.., true) => KeyState::Replaced,
            _ => KeyState::Live,
        };
        Self {
            id: row.id,
            client: row.client,
            name: row.name,
            display_prefix: row.display_prefix,
            scopes: row.scopes,
            rate_limit_per_minute: row.rate_limit_per_minute,
            allowed_networks: row.allowed_networks,
            state,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            reported_leaked: row.reported_leaked,
            last_used_at: row.last_used_at,
            last_used_address: row.last_used_address,
            last_used_agent: row.last_used_agent,
        }
    }
}

pub(super) async fn list(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<Vec<KeyView>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select key_id as "id: ApiKeyId", client_id as "client: McpClientId", name,
            display_prefix, scopes, rate_limit_per_minute, allowed_networks, created_at,
            expires_at, revoked_at, last_used_at, last_used_address, last_used_agent,
            reported_leaked_at is not null as "reported_leaked!",
            coalesce(expires_at <= now(), false) as "expired!",
            replaced_by is not null as "replaced!"
        from api_keys where tenant_id = $1 and client_id = $2
        order by created_at desc, key_id desc"#,
        tenant.0,
        client.0
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(KeyView::from).collect())
}

/// One key of a client not archived, held until the transaction ends.
pub(super) async fn lock(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiKeyId,
) -> Result<Option<KeyView>> {
    let row = sqlx::query_as!(
        Row,
        r#"select k.key_id as "id: ApiKeyId", k.client_id as "client: McpClientId", k.name,
            k.display_prefix, k.scopes, k.rate_limit_per_minute, k.allowed_networks, k.created_at,
            k.expires_at, k.revoked_at, k.last_used_at, k.last_used_address, k.last_used_agent,
            k.reported_leaked_at is not null as "reported_leaked!",
            coalesce(k.expires_at <= now(), false) as "expired!",
            k.replaced_by is not null as "replaced!"
        from api_keys k
        where k.tenant_id = $1 and k.key_id = $2
        for update"#,
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(KeyView::from))
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
    id: ApiKeyId,
    user: UserId,
    new: &CheckedKey,
    secret: &KeySecret,
) -> Result<KeyView> {
    let row = sqlx::query_as!(
        Row,
        r#"insert into api_keys (tenant_id, key_id, client_id, name, display_prefix, digest,
            scopes, rate_limit_per_minute, allowed_networks, created_by, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        returning key_id as "id: ApiKeyId", client_id as "client: McpClientId", name,
            display_prefix, scopes, rate_limit_per_minute, allowed_networks, created_at,
            expires_at, revoked_at, last_used_at, last_used_address, last_used_agent,
            false as "reported_leaked!", false as "expired!", false as "replaced!""#,
        tenant.0,
        id.0,
        client.0,
        new.name,
        secret.display_prefix(),
        &secret.digest(),
        &new.scopes,
        new.rate_limit_per_minute,
        &new.allowed_networks,
        user.0,
        new.expires_at
    )
    .fetch_one(db)
    .await?;
    Ok(row.into())
}

/// Names the successor, and ends the old key after the overlap or at its own expiry if sooner.
pub(super) async fn replace(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiKeyId,
    successor: ApiKeyId,
    overlap_hours: u32,
) -> Result<()> {
    sqlx::query!(
        "with changed as (
            update api_keys set replaced_by = $3,
                expires_at = least(expires_at, now() + make_interval(hours => $4))
            where tenant_id = $1 and key_id = $2
            returning digest
        )
        select pg_notify('bulkhead_key', encode(digest, 'hex')) from changed",
        tenant.0,
        id.0,
        successor.0,
        overlap_hours.cast_signed()
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn revoke(db: &mut PgConnection, tenant: TenantId, id: ApiKeyId) -> Result<()> {
    sqlx::query!(
        "with changed as (
            update api_keys set revoked_at = coalesce(revoked_at, now())
            where tenant_id = $1 and key_id = $2
            returning digest
        )
        select pg_notify('bulkhead_key', encode(digest, 'hex')),
            pg_notify('bulkhead_tenant', $1::uuid::text || ' tools') from changed",
        tenant.0,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Revokes a key that somebody found.
pub(super) async fn revoke_leaked(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiKeyId,
) -> Result<()> {
    sqlx::query!(
        "update api_keys set reported_leaked_at = now() where tenant_id = $1 and key_id = $2",
        tenant.0,
        id.0
    )
    .execute(&mut *db)
    .await?;
    revoke(db, tenant, id).await.map(drop)
}

/// Revokes every key of a client.
pub(crate) async fn revoke_all(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<()> {
    sqlx::query!(
        "with changed as (
            update api_keys set revoked_at = now()
            where tenant_id = $1 and client_id = $2 and revoked_at is null
            returning digest
        )
        select pg_notify('bulkhead_key', encode(digest, 'hex')),
            pg_notify('bulkhead_tenant', $1::uuid::text || ' tools') from changed",
        tenant.0,
        client.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Revokes what a member leaves behind: every key of the clients they own, and every key that they
/// issued for somebody else's. What belongs to service accounts stays.
pub(crate) async fn revoke_of_member(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<i64> {
    let done = sqlx::query!(
        "with changed as (
            update api_keys k set revoked_at = now()
            where k.tenant_id = $1 and k.revoked_at is null and exists (
                select from mcp_clients c join users o on o.user_id = c.owner_id
                where c.tenant_id = k.tenant_id and c.client_id = k.client_id
                    and (c.owner_id = $2 or k.created_by = $2 and o.service_tenant is null))
            returning digest
        )
        select pg_notify('bulkhead_key', encode(digest, 'hex')),
            pg_notify('bulkhead_tenant', $1::uuid::text || ' tools') from changed",
        tenant.0,
        user.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected().cast_signed())
}

pub(crate) async fn by_digest(
    db: &mut PgConnection,
    digest: &[u8; 32],
) -> Result<Option<(TenantId, ApiKeyId)>> {
    let found = sqlx::query!(
        r#"select tenant_id as "tenant!: TenantId", key_id as "key!: ApiKeyId"
        from api_key_by_digest($1)"#,
        digest
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| (row.tenant, row.key)))
}

/// A key that works now, with its client and tenant.
pub(crate) struct LiveKey {
    pub client: McpClientId,
    pub owner: UserId,
    pub client_name: String,
    pub key_name: String,
    pub slug: String,
    pub slugs: Vec<String>,
    pub tenant_name: String,
    pub scopes: Vec<String>,
    pub rate_limit_per_minute: Option<i32>,
    pub allowed_networks: Vec<String>,
    pub suspended: bool,
}

pub(crate) async fn live(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiKeyId,
) -> Result<Option<LiveKey>> {
    Ok(sqlx::query_as!(
        LiveKey,
        r#"select k.client_id as "client: McpClientId", c.owner_id as "owner: UserId", c.name as client_name,
            k.name as key_name,
            t.slug, array(select s.slug from tenant_slugs s where s.tenant_id = $1) as "slugs!",
            t.name as tenant_name, k.scopes, k.rate_limit_per_minute, k.allowed_networks,
            coalesce(t.suspended_at, t.operator_suspended_at) is not null as "suspended!"
        from api_keys k
        join mcp_clients c on c.tenant_id = k.tenant_id and c.client_id = k.client_id
        join memberships m on m.tenant_id = c.tenant_id and m.user_id = c.owner_id
        join tenants t on t.tenant_id = k.tenant_id
        where k.tenant_id = $1 and k.key_id = $2 and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > now()) and c.archived_at is null
            and m.removed_at is null and t.delete_after is null"#,
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?)
}

/// The name of a key that was not revoked, held until the transaction ends.
pub(crate) async fn name(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ApiKeyId,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "select name from api_keys
        where tenant_id = $1 and key_id = $2 and revoked_at is null for update",
        tenant.0,
        id.0
    )
    .fetch_optional(db)
    .await?)
}
