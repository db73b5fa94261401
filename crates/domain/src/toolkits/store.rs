//! The SQL of toolkit switches.

use crate::Result;
use api_types::TenantId;
use sqlx::PgConnection;

/// What was ever switched, and how it is.
pub(super) async fn switches(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Vec<(String, bool)>> {
    let rows = sqlx::query!(
        "select toolkit, enabled from tenant_toolkits where tenant_id = $1",
        tenant.0
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.toolkit, row.enabled))
        .collect())
}

/// Whether a toolkit is on, if it was ever switched; held so until the transaction ends.
pub(super) async fn is_on(
    db: &mut PgConnection,
    tenant: TenantId,
    toolkit: &str,
) -> Result<Option<bool>> {
    let switched = sqlx::query_scalar!(
        "select enabled from tenant_toolkits where tenant_id = $1 and toolkit = $2 for update",
        tenant.0,
        toolkit
    )
    .fetch_optional(db)
    .await?;
    Ok(switched)
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
