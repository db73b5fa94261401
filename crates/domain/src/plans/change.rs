//! How a tenant's plan changes: a trial, a smaller plan when the month is over, and what whoever bills says.

use super::{Standing, in_tx, stops::what_stops, store};
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event},
    limits,
};
use api_types::{
    Permission, Refusal, TenantId,
    audit::Act,
    plans::{Choice, Entitlements, Pending, Plan, PlanPage, PlanState},
};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

/// What the page shows.
pub async fn page(s: &Services, a: &Actor) -> Result<PlanPage> {
    a.require(Permission::ViewUsage)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let now = in_tx(s, &mut tx, a.tenant()).await?;
    let standing = standing(s, &mut tx, a.tenant()).await?;
    let in_use = store::in_use(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    let next = next(s, &now);
    let stops = next.map_or_else(Vec::new, |next| what_stops(&now.plan, next, &in_use));
    let others = s.plans.offered().filter(|plan| plan.id != now.plan.id);
    let others = others.map(|plan| Choice {
        stops: what_stops(&now.plan, plan, &in_use),
        trial: may_try(&standing, &now, plan).is_ok(),
        later: may_follow(&now, plan).is_ok(),
        plan: plan.clone(),
    });
    Ok(PlanPage {
        others: others.collect(),
        pending_name: now.pending.as_ref().and(next).map(|plan| plan.name.clone()),
        stops,
        in_use,
        may_change: a.decide(Permission::ManageBilling),
        now,
    })
}

/// The plan that comes by itself: one that was chosen, or what is left after a trial or grace.
fn next<'a>(s: &'a Services, now: &Entitlements) -> Option<&'a Plan> {
    match &now.pending {
        Some(pending) => s.plans.get(&pending.plan),
        None => now.until.map(|_| s.plans.default_plan()),
    }
}

/// Begins a trial, once in a tenant's life.
pub async fn start_trial(s: &Services, a: &Actor, plan: &str) -> Result<()> {
    a.require(Permission::ManageBilling)?;
    let plan = offered(s, plan)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let now = in_tx(s, &mut tx, a.tenant()).await?;
    may_try(&standing(s, &mut tx, a.tenant()).await?, &now, plan)?;
    let trial = Standing {
        state: PlanState::Trialing,
        until: Some(OffsetDateTime::now_utc() + Duration::days(plan.trial_days.into())),
        tried: true,
        ..Standing::active(&plan.id)
    };
    set(s, &mut tx, a, trial).await?;
    commit(s, tx, a.tenant()).await
}

/// Ends what changed a plan. Whoever changed it sees it at once; other servers hear of it.
pub(crate) async fn commit(s: &Services, tx: TenantTx, tenant: TenantId) -> Result<()> {
    tx.commit().await?;
    s.entitlements.forget(tenant);
    Ok(())
}

/// Goes to a smaller plan when the month is over.
pub async fn schedule(s: &Services, a: &Actor, plan: &str) -> Result<()> {
    a.require(Permission::ManageBilling)?;
    let plan = offered(s, plan)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let now = in_tx(s, &mut tx, a.tenant()).await?;
    may_follow(&now, plan)?;
    let pending = Pending {
        plan: plan.id.clone(),
        from: now.period_until,
    };
    let smaller = Standing {
        pending: Some(pending),
        ..standing(s, &mut tx, a.tenant()).await?
    };
    set(s, &mut tx, a, smaller).await?;
    commit(s, tx, a.tenant()).await
}

/// Keeps the present plan after all.
pub async fn keep(s: &Services, a: &Actor) -> Result<()> {
    a.require(Permission::ManageBilling)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let kept = Standing {
        pending: None,
        ..standing(s, &mut tx, a.tenant()).await?
    };
    set(s, &mut tx, a, kept).await?;
    commit(s, tx, a.tenant()).await
}

/// Says how a tenant stands with its plan from now on, in the caller's transaction: the only way a plan changes. Call it
/// last before the commit, for it records the act. Where nothing is new, nothing is done.
pub async fn set(s: &Services, tx: &mut TenantTx, a: &Actor, to: Standing) -> Result<()> {
    if s.plans.get(&to.plan).is_none() {
        return Err(Refusal::invalid("plan", "there is no such plan").into());
    }
    let before = store::standing(tx, a.tenant()).await?;
    if before.as_ref() == Some(&to) {
        return Ok(());
    }
    store::set(tx, a.tenant(), &to).await?;
    limits::recount(tx, a.tenant()).await?;
    store::tell(tx, a.tenant()).await?;
    let before = before.unwrap_or_else(|| Standing::active(&s.plans.default_plan().id));
    let (before, after) = (Facts::of(&before), Facts::of(&to));
    if before == after {
        return Ok(());
    }
    let changed = Event::new(Act::PlanChanged, a.tenant(), a.slug());
    audit::record(tx, a, changed.before(&before)?.after(&after)?).await
}

/// How the tenant stands; with the default plan, if it has chosen none.
async fn standing(s: &Services, tx: &mut TenantTx, tenant: TenantId) -> Result<Standing> {
    let found = store::standing(tx, tenant).await?;
    let standing = found.unwrap_or_else(|| Standing::active(&s.plans.default_plan().id));
    // What was over is not brought back by what is changed now.
    Ok(standing.at(OffsetDateTime::now_utc(), &s.plans))
}

fn offered<'a>(s: &'a Services, plan: &str) -> Result<&'a Plan> {
    let found = s.plans.offered().find(|one| one.id == plan);
    Ok(found.ok_or_else(|| Refusal::invalid("plan", "choose one of the plans"))?)
}

fn may_try(standing: &Standing, now: &Entitlements, plan: &Plan) -> Result<(), Refusal> {
    let why_not = if plan.trial_days == 0 {
        "this plan has no trial"
    } else if standing.tried {
        "this tenant has had its trial"
    } else if now.state != PlanState::Active || now.plan.monthly_price > 0 {
        "this tenant has a plan that is paid for"
    } else if now.plan.id == super::UNLIMITED {
        "this tenant has everything already"
    } else {
        return Ok(());
    };
    Err(Refusal::conflict(why_not))
}

fn may_follow(now: &Entitlements, plan: &Plan) -> Result<(), Refusal> {
    if plan.monthly_price < now.plan.monthly_price && now.state != PlanState::Trialing {
        return Ok(());
    }
    Err(Refusal::conflict(
        "choose a plan that costs less than the present one",
    ))
}

/// How a tenant stands, as the audit log shows it.
#[derive(PartialEq, Eq, Serialize)]
struct Facts {
    plan: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<String>,
}

impl audit::Facts for Facts {}

impl Facts {
    fn of(standing: &Standing) -> Self {
        Self {
            plan: standing.plan.clone(),
            state: standing.state.as_str(),
            then: standing.pending.as_ref().map(|then| then.plan.clone()),
        }
    }
}
