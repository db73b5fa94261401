//! The SQL of log-ins that a tenant registered by hand.

use super::NewLogIn;
use crate::Result;
use anyhow::Context as _;
use api_types::{
    McpClientId, OauthSecretId, TenantId, UserId,
    oauth::{ClientAuth, OauthClientView, SecretView},
};
use sqlx::PgConnection;
use uuid::Uuid;
use vault::Digest;

pub(super) async fn by_oauth_id(
    db: &mut PgConnection,
    oauth_id: &str,
) -> Result<Option<(TenantId, McpClientId)>> {
    let found = sqlx::query!(
        r#"select tenant_id as "tenant!: TenantId", client_id as "client!: McpClientId"
        from oauth_client_by_oauth_id($1)"#,
        oauth_id
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| (row.tenant, row.client)))
}

pub(super) async fn view(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<Option<OauthClientView>> {
    let row = sqlx::query!(
        "select oauth_id, auth_method, redirect_uris, jwks, scopes from oauth_clients
        where tenant_id = $1 and client_id = $2",
        tenant.0,
        client.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let secrets = sqlx::query_as!(
        SecretView,
        r#"select secret_id as "id: OauthSecretId", display_prefix, created_at, expires_at,
            last_used_at
        from oauth_client_secrets
        where tenant_id = $1 and client_id = $2 and (expires_at is null or expires_at > now())
        order by created_at desc"#,
        tenant.0,
        client.0
    )
    .fetch_all(db)
    .await?;
    Ok(Some(OauthClientView {
        oauth_id: row.oauth_id,
        auth: ClientAuth::parse(&row.auth_method).context("an unknown way to authenticate")?,
        redirect_uris: row.redirect_uris,
        jwks: row.jwks,
        scopes: row.scopes,
        secrets,
    }))
}

/// A log-in whose client is not archived and whose tenant is not on its way out, with the client's name.
pub(super) async fn live(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<Option<(String, OauthClientView)>> {
    let name = sqlx::query_scalar!(
        "select c.name from mcp_clients c join tenants t using (tenant_id)
        where c.tenant_id = $1 and c.client_id = $2 and c.archived_at is null
            and t.delete_after is null",
        tenant.0,
        client.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(name) = name else {
        return Ok(None);
    };
    Ok(view(db, tenant, client).await?.map(|view| (name, view)))
}

pub(super) async fn live_digests(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<Vec<Digest>> {
    Ok(sqlx::query_scalar!(
        r#"select digest as "digest: Digest" from oauth_client_secrets
        where tenant_id = $1 and client_id = $2 and (expires_at is null or expires_at > now())"#,
        tenant.0,
        client.0
    )
    .fetch_all(db)
    .await?)
}

pub(super) async fn is_connected_app(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select app_id is not null as "is!" from mcp_clients
        where tenant_id = $1 and client_id = $2"#,
        tenant.0,
        client.0
    )
    .fetch_one(db)
    .await?)
}

/// Whether a service account answers for the client.
pub(super) async fn has_service_owner(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select u.service_tenant is not null as "is!"
        from mcp_clients c join users u on u.user_id = c.owner_id
        where c.tenant_id = $1 and c.client_id = $2"#,
        tenant.0,
        client.0
    )
    .fetch_one(db)
    .await?)
}

/// Stores a log-in. One that is there keeps its name in the protocol, which is the answer.
pub(super) async fn put(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
    oauth_id: &str,
    new: &NewLogIn,
) -> Result<String> {
    Ok(sqlx::query_scalar!(
        "insert into oauth_clients
            (tenant_id, client_id, oauth_id, auth_method, redirect_uris, jwks, scopes)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (tenant_id, client_id) do update
            set auth_method = $4, redirect_uris = $5, jwks = $6, scopes = $7
        returning oauth_id",
        tenant.0,
        client.0,
        oauth_id,
        new.auth.as_str(),
        &new.redirect_uris,
        new.jwks,
        &new.scopes
    )
    .fetch_one(db)
    .await?)
}

/// A secret to store.
pub(super) struct NewSecret<'a> {
    pub id: Uuid,
    pub prefix: &'a str,
    pub digest: Digest,
    pub user: UserId,
}

pub(super) async fn insert_secret(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
    new: &NewSecret<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into oauth_client_secrets
            (tenant_id, secret_id, client_id, display_prefix, digest, created_by)
        values ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        new.id,
        client.0,
        new.prefix,
        &new.digest,
        new.user.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether the client has a secret that works.
pub(super) async fn has_secret(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<bool> {
    Ok(!live_digests(db, tenant, client).await?.is_empty())
}

/// Ends the secrets that work after the overlap, or at their own time if that is sooner.
pub(super) async fn end_secrets(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
    overlap_hours: u32,
) -> Result<()> {
    sqlx::query!(
        "update oauth_client_secrets
        set expires_at = least(expires_at, now() + make_interval(hours => $3))
        where tenant_id = $1 and client_id = $2 and (expires_at is null or expires_at > now())",
        tenant.0,
        client.0,
        overlap_hours.cast_signed()
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn delete_secrets(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
) -> Result<()> {
    sqlx::query!(
        "delete from oauth_client_secrets where tenant_id = $1 and client_id = $2",
        tenant.0,
        client.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes a secret. Answers its first characters, if it was there.
pub(super) async fn delete_secret(
    db: &mut PgConnection,
    tenant: TenantId,
    client: McpClientId,
    secret: OauthSecretId,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "delete from oauth_client_secrets
        where tenant_id = $1 and client_id = $2 and secret_id = $3 returning display_prefix",
        tenant.0,
        client.0,
        secret.0
    )
    .fetch_optional(db)
    .await?)
}
