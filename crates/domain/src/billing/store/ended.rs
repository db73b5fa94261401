//! The SQL of tenants that are deleted and restored.

use crate::Result;
use api_types::TenantId;
use sqlx::PgConnection;

/// Whether a tenant lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::billing) enum Life {
    Lives,
    /// It can be restored.
    Deleted,
    /// It is removed for good as soon as it pays no longer.
    Over,
}

/// Tenants whose subscription is to end, to go on, or to be cancelled. As the system role.
pub(in crate::billing) async fn due(
    db: &mut PgConnection,
    live: bool,
    most: i64,
) -> Result<Vec<TenantId>> {
    let due = sqlx::query_scalar!(
        r#"select a.tenant_id as "tenant: TenantId"
        from billing_accounts a join tenants t on t.tenant_id = a.tenant_id
        where a.livemode = $1
            and (a.leased_until is null or a.leased_until < now())
            and (a.next_at is null or a.next_at <= now())
            and case when t.delete_after is null then a.ends_with_tenant
                else a.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')
                    and (a.cancel_at is null or t.delete_after <= now()) end
        limit $2"#,
        live,
        most
    );
    Ok(due.fetch_all(db).await?)
}

/// The tenant's address, and whether it lives.
pub(in crate::billing) async fn life(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<(String, Life)> {
    let row = sqlx::query!(
        r#"select slug, delete_after is not null as "deleted!",
            coalesce(delete_after <= now(), false) as "over!"
        from tenants where tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    let life = match (row.deleted, row.over) {
        (_, true) => Life::Over,
        (true, false) => Life::Deleted,
        (false, false) => Life::Lives,
    };
    Ok((row.slug, life))
}
