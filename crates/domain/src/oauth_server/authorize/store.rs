//! The SQL of requests, consents and codes.

use crate::Result;
use api_types::{GrantId, McpClientId, OauthRequestId, TenantId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;
use vault::Digest;

/// A request to keep until the person has decided.
pub(super) struct NewRequest<'a> {
    pub oauth_id: &'a str,
    pub redirect_uri: &'a str,
    pub state: Option<&'a str>,
    pub challenge: &'a str,
    pub scopes: Option<Vec<String>>,
    pub resource: Option<String>,
}

/// A request that waits.
pub(super) struct Kept {
    pub oauth_id: String,
    pub redirect_uri: String,
    pub state: Option<String>,
    pub challenge: String,
    pub scopes: Option<Vec<String>>,
    pub resource: Option<String>,
}

pub(super) async fn keep(
    db: &mut PgConnection,
    id: OauthRequestId,
    new: &NewRequest<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into oauth_requests (request_id, oauth_id, redirect_uri, state, challenge,
             scopes, resource)
        values ($1, $2, $3, $4, $5, $6, $7)",
        id.0,
        new.oauth_id,
        new.redirect_uri,
        new.state,
        new.challenge,
        new.scopes.as_deref(),
        new.resource
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn kept(db: &mut PgConnection, id: OauthRequestId) -> Result<Option<Kept>> {
    Ok(sqlx::query_as!(
        Kept,
        "select oauth_id, redirect_uri, state, challenge, scopes, resource
        from oauth_requests where request_id = $1 and expires_at > now()",
        id.0
    )
    .fetch_optional(db)
    .await?)
}

/// Ends a request. False if it had ended.
pub(super) async fn forget(db: &mut PgConnection, id: OauthRequestId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from oauth_requests where request_id = $1 and expires_at > now()",
        id.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What a person has allowed a client for good.
pub(super) async fn consent(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    client: McpClientId,
) -> Result<Option<Vec<String>>> {
    Ok(sqlx::query_scalar!(
        "select scopes from oauth_consents
        where tenant_id = $1 and user_id = $2 and client_id = $3",
        tenant.0,
        user.0,
        client.0
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn remember(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    client: McpClientId,
    scopes: &[String],
    resource: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into oauth_consents (tenant_id, user_id, client_id, scopes, resource)
        values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, user_id, client_id) do update
            set scopes = $4, resource = $5, created_at = now()",
        tenant.0,
        user.0,
        client.0,
        scopes,
        resource
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A code to store.
pub(super) struct NewCode<'a> {
    pub id: Uuid,
    pub digest: Digest,
    pub client: McpClientId,
    pub user: UserId,
    pub oauth_id: &'a str,
    pub redirect_uri: &'a str,
    pub challenge: &'a str,
    pub resource: &'a str,
    pub scopes: &'a [String],
}

pub(super) async fn insert_code(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &NewCode<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into oauth_codes (tenant_id, code_id, digest, client_id, user_id, oauth_id,
            redirect_uri, challenge, resource, scopes)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant.0,
        new.id,
        &new.digest,
        new.client.0,
        new.user.0,
        new.oauth_id,
        new.redirect_uri,
        new.challenge,
        new.resource,
        new.scopes
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A code as stored.
pub(in crate::oauth_server) struct Code {
    pub client: McpClientId,
    pub user: UserId,
    pub oauth_id: String,
    pub redirect_uri: String,
    pub challenge: String,
    pub resource: String,
    pub scopes: Vec<String>,
    pub expired: bool,
    /// How long ago it was used, in seconds.
    pub used_seconds_ago: Option<f64>,
    pub grant: Option<GrantId>,
}

pub(in crate::oauth_server) async fn code_by_digest(
    db: &mut PgConnection,
    digest: &Digest,
) -> Result<Option<(TenantId, Uuid)>> {
    let found = sqlx::query!(
        r#"select tenant_id as "tenant!: TenantId", code_id as "code!" from oauth_code_by_digest($1)"#,
        digest
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| (row.tenant, row.code)))
}

/// A code, held until the transaction ends.
pub(in crate::oauth_server) async fn lock_code(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<Code>> {
    Ok(sqlx::query_as!(
        Code,
        r#"select client_id as "client: McpClientId", user_id as "user: UserId", oauth_id,
            redirect_uri, challenge, resource, scopes,
            expires_at <= clock_timestamp() as "expired!",
            extract(epoch from clock_timestamp() - used_at)::float8 as used_seconds_ago,
            grant_id as "grant: GrantId"
        from oauth_codes where tenant_id = $1 and code_id = $2 for update"#,
        tenant.0,
        id
    )
    .fetch_optional(db)
    .await?)
}

pub(in crate::oauth_server) async fn use_code(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    grant: GrantId,
) -> Result<()> {
    sqlx::query!(
        "update oauth_codes set used_at = clock_timestamp(), grant_id = $3
        where tenant_id = $1 and code_id = $2",
        tenant.0,
        id,
        grant.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes requests and assertions that are over, and codes of yesterday.
pub(in crate::oauth_server) async fn delete_expired(system: &mut PgConnection) -> Result<u64> {
    let requests = sqlx::query!("delete from oauth_requests where expires_at < now()")
        .execute(&mut *system)
        .await?;
    let assertions = sqlx::query!("delete from oauth_assertions where expires_at < now()")
        .execute(&mut *system)
        .await?;
    let codes = sqlx::query!("delete from oauth_codes where expires_at < now() - interval '1 day'")
        .execute(system)
        .await?;
    Ok(requests.rows_affected() + assertions.rows_affected() + codes.rows_affected())
}
