//! The SQL of what a tenant sets itself: its apps at providers, providers that it describes, and which of them are
//! offered to clients.

use crate::{Result, data_keys::Sealed};
use api_types::TenantId;
use sqlx::PgConnection;
use uuid::Uuid;

/// The tenant's app at a provider, as stored.
pub(in crate::connections) struct App {
    pub id: Uuid,
    pub client_id: String,
    pub secret: Sealed,
}

pub(in crate::connections) async fn app(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<Option<App>> {
    let row = sqlx::query!(
        "select app_id, client_id, secret, secret_version from connection_apps
        where tenant_id = $1 and provider = $2",
        tenant.0,
        provider
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| App {
        id: row.app_id,
        client_id: row.client_id,
        secret: Sealed {
            bytes: row.secret,
            version: row.secret_version,
        },
    }))
}

/// The providers at which the tenant has an app.
pub(in crate::connections) async fn apps(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "select provider from connection_apps where tenant_id = $1",
        tenant.0
    )
    .fetch_all(db)
    .await?)
}

pub(in crate::connections) async fn put_app(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
    app: &App,
) -> Result<()> {
    sqlx::query!(
        "insert into connection_apps (tenant_id, provider, app_id, client_id, secret, secret_version)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (tenant_id, provider) do update set app_id = excluded.app_id,
            client_id = excluded.client_id, secret = excluded.secret,
            secret_version = excluded.secret_version, changed_at = now()",
        tenant.0,
        provider,
        app.id,
        app.client_id,
        app.secret.bytes,
        app.secret.version
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes the tenant's app at a provider. Answers its client id.
pub(in crate::connections) async fn delete_app(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "delete from connection_apps where tenant_id = $1 and provider = $2 returning client_id",
        tenant.0,
        provider
    )
    .fetch_optional(db)
    .await?)
}

/// A provider that the tenant describes itself.
pub(in crate::connections) async fn description(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "select description from own_providers where tenant_id = $1 and provider = $2",
        tenant.0,
        provider
    )
    .fetch_optional(db)
    .await?)
}

/// The same, held until the transaction ends.
pub(in crate::connections) async fn lock_description(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "select description from own_providers where tenant_id = $1 and provider = $2 for update",
        tenant.0,
        provider
    )
    .fetch_optional(db)
    .await?)
}

/// The same, which nobody changes until the transaction ends.
pub(in crate::connections) async fn share_description(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "select description from own_providers where tenant_id = $1 and provider = $2 for share",
        tenant.0,
        provider
    )
    .fetch_optional(db)
    .await?)
}

/// All of them.
pub(in crate::connections) async fn descriptions(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "select description from own_providers where tenant_id = $1",
        tenant.0
    )
    .fetch_all(db)
    .await?)
}

pub(in crate::connections) async fn put_description(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
    description: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into own_providers (tenant_id, provider, description) values ($1, $2, $3)
        on conflict (tenant_id, provider) do update set description = excluded.description",
        tenant.0,
        provider,
        description
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(in crate::connections) async fn delete_description(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<()> {
    sqlx::query!(
        "delete from own_providers where tenant_id = $1 and provider = $2",
        tenant.0,
        provider
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether an imported API of the tenant has this word already.
pub(in crate::connections) async fn is_word_of_api(
    db: &mut PgConnection,
    tenant: TenantId,
    word: &str,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from apis where tenant_id = $1 and word = $2) as "is!""#,
        tenant.0,
        word
    )
    .fetch_one(db)
    .await?)
}

/// Whether anything holds on to a provider's description: connections, or an app.
pub(in crate::connections) async fn is_in_use(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from connections
                where tenant_id = $1 and provider = $2 and state <> 'disconnected')
            or exists (select from connection_apps where tenant_id = $1 and provider = $2)
            or exists (select from connection_attempts where tenant_id = $1 and provider = $2
                and expires_at > now())
            or exists (select from apis where tenant_id = $1 and provider = $2) as "is!""#,
        tenant.0,
        provider
    )
    .fetch_one(db)
    .await?)
}

/// Whether a provider's tools are offered to clients.
pub(in crate::connections) async fn is_switched_on(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<bool> {
    let switched = sqlx::query_scalar!(
        "select enabled from tenant_toolkits where tenant_id = $1 and toolkit = $2",
        tenant.0,
        provider
    )
    .fetch_optional(db)
    .await?;
    Ok(switched.unwrap_or(false))
}
