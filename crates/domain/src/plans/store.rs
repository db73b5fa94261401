//! The SQL of plans.

use super::Standing;
use crate::Result;
use anyhow::Context as _;
use api_types::{
    TenantId,
    plans::{InUse, Pending, PlanState},
};
use sqlx::PgConnection;

/// How a tenant stands with its plan, if it has chosen one.
pub(super) async fn standing(db: &mut PgConnection, tenant: TenantId) -> Result<Option<Standing>> {
    let row = sqlx::query!(
        "select plan, state, until, pending_plan, pending_from, period_from, period_until, tried
        from tenant_plans where tenant_id = $1",
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let state = PlanState::parse(&row.state).context("an unknown state of a plan")?;
    let pending = row.pending_plan.zip(row.pending_from);
    Ok(Some(Standing {
        plan: row.plan,
        state,
        until: row.until,
        pending: pending.map(|(plan, from)| Pending { plan, from }),
        period: row.period_from.zip(row.period_until),
        tried: row.tried,
    }))
}

pub(super) async fn set(db: &mut PgConnection, tenant: TenantId, to: &Standing) -> Result<()> {
    sqlx::query!(
        "insert into tenant_plans as p (tenant_id, plan, state, until, pending_plan, pending_from,
            period_from, period_until, tried)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (tenant_id) do update set plan = excluded.plan, state = excluded.state,
            since = case when p.plan = excluded.plan and p.state = excluded.state
                then p.since else now() end,
            until = excluded.until, pending_plan = excluded.pending_plan,
            pending_from = excluded.pending_from, period_from = excluded.period_from,
            period_until = excluded.period_until, tried = p.tried or excluded.tried",
        tenant.0,
        to.plan,
        to.state.as_str(),
        to.until,
        to.pending.as_ref().map(|pending| &pending.plan),
        to.pending.as_ref().map(|pending| pending.from),
        to.period.map(|(from, _)| from),
        to.period.map(|(_, until)| until),
        to.tried
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Tells every server that a tenant may other things now.
pub(crate) async fn tell(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    sqlx::query!(
        "select pg_notify('bulkhead_tenant', $1::uuid::text || ' plan')",
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Plans that tenants have, with how many have them.
pub(super) async fn chosen(db: &mut PgConnection) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select plan, count(*) as "tenants!" from tenant_plans group by plan order by plan"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.plan, row.tenants))
        .collect())
}

/// What a tenant has of what plans limit.
pub(super) async fn in_use(db: &mut PgConnection, tenant: TenantId) -> Result<InUse> {
    Ok(sqlx::query_as!(
        InUse,
        r#"select
            (select count(*) from memberships m join users u using (user_id)
                where m.tenant_id = $1 and m.removed_at is null
                    and u.service_tenant is null) as "members!",
            (select count(*) from invitations i where i.tenant_id = $1 and i.accepted_at is null
                and i.revoked_at is null and i.expires_at > now()) as "invitations!",
            (select count(*) from mcp_clients c
                where c.tenant_id = $1 and c.archived_at is null) as "clients!",
            (select count(*) from api_keys k where k.tenant_id = $1 and k.revoked_at is null
                and (k.expires_at is null or k.expires_at > now())) as "keys!",
            (select count(*) from memberships m join users u using (user_id)
                where m.tenant_id = $1 and m.removed_at is null
                    and u.service_tenant is not null) as "service_accounts!",
            (select count(*) from roles r where r.tenant_id = $1) as "custom_roles!",
            (select count(*) from webhook_endpoints w where w.tenant_id = $1) as "webhooks!",
            (select count(*) from connections c
                where c.tenant_id = $1 and c.ended_at is null) as "connections!",
            (select count(*) from apis a where a.tenant_id = $1) as "own_apis!",
            exists(select from tenant_sso o where o.tenant_id = $1) as "sso!""#,
        tenant.0
    )
    .fetch_one(db)
    .await?)
}
