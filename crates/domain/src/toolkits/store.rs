//! The SQL of toolkit switches.

use crate::Result;
use api_types::TenantId;
use sqlx::PgConnection;

pub(super) async fn switched_off(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "select toolkit from tenant_toolkits where tenant_id = $1 and not enabled",
        tenant.0
    )
    .fetch_all(db)
    .await?)
}

/// Whether a toolkit is on; held so until the transaction ends, once it was ever switched.
pub(super) async fn is_on(db: &mut PgConnection, tenant: TenantId, toolkit: &str) -> Result<bool> {
    let switched = sqlx::query_scalar!(
        "select enabled from tenant_toolkits where tenant_id = $1 and toolkit = $2 for update",
        tenant.0,
        toolkit
    )
    .fetch_optional(db)
    .await?;
    Ok(switched.unwrap_or(true))
}

pub(super) async fn switch(
    db: &mut PgConnection,
    tenant: TenantId,
    toolkit: &str,
    enabled: bool,
) -> Result<()> {
    sqlx::query!(
        "with changed as (
            insert into tenant_toolkits (tenant_id, toolkit, enabled) values ($1, $2, $3)
            on conflict (tenant_id, toolkit)
                do update set enabled = excluded.enabled, changed_at = now()
            returning tenant_id
        )
        select pg_notify('bulkhead_tenant', tenant_id::text || ' tools') from changed",
        tenant.0,
        toolkit,
        enabled
    )
    .execute(db)
    .await?;
    Ok(())
}
