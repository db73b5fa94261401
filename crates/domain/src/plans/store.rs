//! The SQL of plans.

use super::Standing;
use crate::Result;
use anyhow::Context as _;
use api_types::{
    TenantId,
    plans::{Pending, PlanState},
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
        to.pending.as_ref().map(|pending| pending.plan.as_str()),
        to.pending.as_ref().map(|pending| pending.from),
        to.period.map(|(from, _)| from),
        to.period.map(|(_, until)| until),
        to.tried
    )
    .execute(db)
    .await?;
    Ok(())
}
