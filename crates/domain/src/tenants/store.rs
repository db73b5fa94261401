//! The SQL of tenants.

use crate::Result;
use api_types::{
    TenantId,
    input::{TenantName, TenantSlug},
};
use sqlx::PgConnection;

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &TenantName,
    slug: &TenantSlug,
) -> Result<()> {
    sqlx::query!(
        "insert into tenants (tenant_id, slug, name) values ($1, $2, $3)",
        tenant.0,
        slug.as_str(),
        name.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn by_slug(db: &mut PgConnection, slug: &str) -> Result<Option<TenantId>> {
    Ok(
        sqlx::query_scalar!(r#"select tenant_by_slug($1) as "tenant: TenantId""#, slug)
            .fetch_one(db)
            .await?,
    )
}

/// Answers the name before.
pub(super) async fn rename(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &TenantName,
) -> Result<String> {
    Ok(sqlx::query_scalar!(
        "update tenants t set name = $2
        from (select name from tenants where tenant_id = $1 for update) before
        where t.tenant_id = $1 returning before.name",
        tenant.0,
        name.as_str()
    )
    .fetch_one(db)
    .await?)
}

/// Numbers of the overview.
pub(super) struct Counts {
    pub name: String,
    pub clients: i64,
    pub live_keys: i64,
    pub open_tasks: i64,
    pub has_calls: bool,
}

pub(super) async fn counts(db: &mut PgConnection, tenant: TenantId) -> Result<Counts> {
    Ok(sqlx::query_as!(
        Counts,
        r#"select t.name,
            (select count(*) from mcp_clients c
                where c.tenant_id = $1 and c.archived_at is null) as "clients!",
            (select count(*) from api_keys k
                where k.tenant_id = $1 and k.revoked_at is null
                    and (k.expires_at is null or k.expires_at > now())) as "live_keys!",
            (select count(*) from tasks k
                where k.tenant_id = $1 and k.status in ('todo', 'in_progress', 'blocked'))
                as "open_tasks!",
            exists(select from api_keys k
                where k.tenant_id = $1 and k.last_used_at is not null) as "has_calls!"
        from tenants t where t.tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(db)
    .await?)
}
