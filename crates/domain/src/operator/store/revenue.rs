//! Who has which plan, who pays for it, and what is used beyond. Tenants that are deleted are left out everywhere.

use crate::Result;
use anyhow::Context as _;
use api_types::plans::{Plan, PlanState};
use sqlx::PgConnection;

/// How many tenants stand so with a plan.
pub(in crate::operator) struct Standing {
    /// Its id; none: that of tenants that have chosen none.
    pub plan: Option<String>,
    pub state: PlanState,
    pub tenants: i64,
}

pub(in crate::operator) async fn standings(db: &mut PgConnection) -> Result<Vec<Standing>> {
    sqlx::query!(
        r#"select p.plan as "plan?", coalesce(p.state, 'active') as "state!",
            count(*) as "tenants!"
        from tenants t left join plan_standings p using (tenant_id)
        where t.delete_after is null group by p.plan, p.state"#
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(Standing {
            plan: row.plan,
            state: PlanState::parse(&row.state).context("an unknown state of a plan")?,
            tenants: row.tenants,
        })
    })
    .collect()
}

/// How many tenants pay for a plan, and for how many members beyond those that it includes.
pub(in crate::operator) struct Paid {
    pub plan: String,
    pub tenants: i64,
    pub seats: i64,
}

/// By plan, in one of Stripe's modes. Trials pay nothing yet.
pub(in crate::operator) async fn paid(db: &mut PgConnection, live: bool) -> Result<Vec<Paid>> {
    Ok(sqlx::query_as!(
        Paid,
        r#"select a.plan as "plan!", count(*) as "tenants!", sum(a.seats)::bigint as "seats!"
        from billing_accounts a join tenants t using (tenant_id)
        where a.livemode = $1 and a.status in ('active', 'past_due') and a.plan is not null
            and t.delete_after is null
        group by a.plan"#,
        live
    )
    .fetch_all(db)
    .await?)
}

/// What a tenant that pays has used, where that is more than its plan includes.
pub(in crate::operator) struct Over {
    pub plan: String,
    pub units: i64,
}

/// In the periods that run, each from the beginning of its first day on.
pub(in crate::operator) async fn over(
    db: &mut PgConnection,
    live: bool,
    plans: &[Plan],
) -> Result<Vec<Over>> {
    let sold = plans.iter().filter(|plan| plan.overage_micros.is_some());
    let sold = sold.filter_map(|plan| Some((plan.id.clone(), plan.included_units?)));
    let (ids, included): (Vec<String>, Vec<i64>) = sold.unzip();
    Ok(sqlx::query_as!(
        Over,
        r#"select a.plan as "plan!", used.units as "units!"
        from billing_accounts a
        join tenants t on t.tenant_id = a.tenant_id
        join unnest($2::text[], $3::bigint[]) as sold (plan, included) on sold.plan = a.plan
        cross join lateral (
            select sum(d.units)::bigint as units from usage_daily d
            where d.tenant_id = a.tenant_id and d.bucket >= date_trunc('day', a.period_from, 'UTC')
        ) used
        where a.livemode = $1 and a.status in ('active', 'past_due') and t.delete_after is null
            and used.units > sold.included"#,
        live,
        &ids,
        &included
    )
    .fetch_all(db)
    .await?)
}
