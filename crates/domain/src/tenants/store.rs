//! The SQL of tenants.

use crate::Result;
use api_types::{
    TenantId, UserId,
    input::{TenantName, TenantSlug},
    tenants::{DeletedTenant, Suspension},
};
use sqlx::PgConnection;

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &TenantName,
    slug: &TenantSlug,
) -> Result<()> {
    sqlx::query!(
        "with made as (
            insert into tenants (tenant_id, slug, name) values ($1, $2, $3)
            returning tenant_id, slug
        )
        insert into tenant_slugs (tenant_id, slug) select tenant_id, slug from made",
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

pub(super) async fn name(db: &mut PgConnection, tenant: TenantId) -> Result<String> {
    Ok(
        sqlx::query_scalar!("select name from tenants where tenant_id = $1", tenant.0)
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

/// Its name in addresses.
pub(crate) async fn slug_of(db: &mut PgConnection, tenant: TenantId) -> Result<String> {
    Ok(
        sqlx::query_scalar!("select slug from tenants where tenant_id = $1", tenant.0)
            .fetch_one(db)
            .await?,
    )
}

/// Gives the tenant another address and keeps the old one for it. Answers the old one.
pub(super) async fn change_slug(
    db: &mut PgConnection,
    tenant: TenantId,
    slug: &TenantSlug,
) -> Result<String> {
    let before = sqlx::query_scalar!(
        "select slug from tenants where tenant_id = $1 for update",
        tenant.0
    )
    .fetch_one(&mut *db)
    .await?;
    sqlx::query!(
        "insert into tenant_slugs (tenant_id, slug) values ($1, $2)
        on conflict (tenant_id, slug) do nothing",
        tenant.0,
        slug.as_str()
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update tenants set slug = $2 where tenant_id = $1",
        tenant.0,
        slug.as_str()
    )
    .execute(&mut *db)
    .await?;
    tell_keys(db, tenant).await?;
    Ok(before)
}

/// Makes every server look up the tenant's keys afresh.
async fn tell_keys(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "select pg_notify('bulkhead_tenant', $1::uuid::text || ' tools')",
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn moved_to(
    db: &mut PgConnection,
    user: UserId,
    old: &str,
) -> Result<Option<String>> {
    Ok(
        sqlx::query_scalar!("select moved_slug($1, $2)", user.0, old)
            .fetch_one(db)
            .await?,
    )
}

pub(super) async fn suspension(db: &mut PgConnection, tenant: TenantId) -> Result<Suspension> {
    Ok(sqlx::query_as!(
        Suspension,
        r#"select suspended_at is not null as "own!", operator_reason as by_operator
        from tenants where tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(db)
    .await?)
}

/// Closes the tenant's endpoint for a reason of the operator's, or takes that back. False if it is so already.
pub(crate) async fn set_blocked(
    db: &mut PgConnection,
    tenant: TenantId,
    reason: Option<&str>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update tenants set operator_reason = $2,
            operator_suspended_at = case when $2::text is not null then now() end
        where tenant_id = $1 and (operator_suspended_at is null) = ($2::text is not null)",
        tenant.0,
        reason
    )
    .execute(&mut *db)
    .await?;
    tell_keys(db, tenant).await?;
    Ok(done.rows_affected() == 1)
}

/// False if it is so already.
pub(super) async fn suspend(
    db: &mut PgConnection,
    tenant: TenantId,
    suspended: bool,
) -> Result<bool> {
    let done = sqlx::query!(
        "update tenants set suspended_at = case when $2 then now() end
        where tenant_id = $1 and (suspended_at is not null) <> $2",
        tenant.0,
        suspended
    )
    .execute(&mut *db)
    .await?;
    tell_keys(db, tenant).await?;
    Ok(done.rows_affected() == 1)
}

/// Hides the tenant everywhere, to be deleted after so many days.
pub(super) async fn hide(db: &mut PgConnection, tenant: TenantId, days: i32) -> Result<()> {
    sqlx::query!(
        "update tenants set delete_after = now() + make_interval(days => $2) where tenant_id = $1",
        tenant.0,
        days
    )
    .execute(&mut *db)
    .await?;
    tell_keys(db, tenant).await
}

/// Takes the deletion back.
pub(super) async fn unhide(db: &mut PgConnection, tenant: TenantId) -> Result<bool> {
    let done = sqlx::query!(
        "update tenants set delete_after = null where tenant_id = $1 and delete_after > now()",
        tenant.0
    )
    .execute(&mut *db)
    .await?;
    tell_keys(db, tenant).await?;
    Ok(done.rows_affected() == 1)
}

/// What a person owns, has deleted and can still restore.
pub(super) async fn deleted(
    db: &mut PgConnection,
    user: UserId,
) -> Result<Vec<(TenantId, DeletedTenant)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant!: TenantId", slug as "slug!", name as "name!",
            delete_after as "delete_after!"
        from deleted_tenants_of($1)"#,
        user.0
    )
    .fetch_all(db)
    .await?;
    let view = rows.into_iter().map(|row| {
        let deleted = DeletedTenant {
            slug: row.slug,
            name: row.name,
            delete_after: row.delete_after,
        };
        (row.tenant, deleted)
    });
    Ok(view.collect())
}

/// Tenants whose time to be restored is over, but those with a subscription that is alive in this mode of Stripe; none:
/// whatever they have there.
pub(super) async fn due(db: &mut PgConnection, live: Option<bool>) -> Result<Vec<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"select t.tenant_id as "tenant: TenantId" from tenants t
        where t.delete_after <= now() and not exists (
            select from billing_accounts a where a.tenant_id = t.tenant_id and a.livemode = $1
                and a.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused'))
        order by t.delete_after limit 10"#,
        live
    )
    .fetch_all(db)
    .await?)
}

/// Deletes some of the calls of a tenant that is due. Answers how many.
pub(super) async fn forget_calls(
    db: &mut PgConnection,
    tenant: TenantId,
    most: i64,
) -> Result<u64> {
    let done = sqlx::query!(
        "delete from usage_events where tenant_id = $1 and event_id in (
            select event_id from usage_events where tenant_id = $1 limit $2)",
        tenant.0,
        most
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Deletes what no foreign key takes along, and the tenant with the rest.
pub(super) async fn forget(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "with minutes as (delete from usage_by_minute where tenant_id = $1),
            cells as (delete from usage_cells where tenant_id = $1),
            sums as (delete from usage_sums where tenant_id = $1)
        delete from usage_repairs where tenant_id = $1",
        tenant.0
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("delete from outbox where tenant_id = $1", tenant.0)
        .execute(&mut *db)
        .await?;
    sqlx::query!(
        "delete from tenants where tenant_id = $1 and delete_after <= now()",
        tenant.0
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}
