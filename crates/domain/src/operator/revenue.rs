//! The plans and what they bring in: who has which, who pays, and what is used beyond.

use super::{
    Operator,
    store::{
        self,
        revenue::{Over, Paid, Standing},
    },
};
use crate::{Result, Services, billing::Stripe, plans::Plans};
use api_types::{
    operator::{Income, PlanRevenue, Revenue},
    plans::{Plan, PlanState},
};

/// What the plans bring in. Who pays for a plan that the file does not have is not among them.
pub async fn revenue(s: &Services, _: &Operator) -> Result<Revenue> {
    let live = s.billing.as_ref().map(Stripe::is_live);
    let mut db = s.db.system().await?;
    let standings = store::revenue::standings(&mut db).await?;
    let (paid, over) = match live {
        Some(live) => (
            store::revenue::paid(&mut db, live).await?,
            store::revenue::over(&mut db, live, s.plans.all()).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let plans = s.plans.all().iter().map(|plan| PlanRevenue {
        plan: plan.clone(),
        is_default: plan.id == s.plans.default_plan().id,
        tenants: tenants(&s.plans, plan, &standings),
        income: income(plan, &paid, &over),
    });
    Ok(Revenue {
        takes_payments: live.is_some(),
        is_test: live == Some(false),
        plans: plans.collect(),
    })
}

/// How many tenants stand with a plan in each way.
fn tenants(plans: &Plans, plan: &Plan, standings: &[Standing]) -> Vec<(PlanState, i64)> {
    let count = |state: &PlanState| {
        let so = standings.iter().filter(|standing| {
            let has = plans.of_row(standing.plan.as_deref());
            has.id == plan.id && standing.state == *state
        });
        (*state, so.map(|standing| standing.tenants).sum::<i64>())
    };
    PlanState::ALL.iter().map(count).collect()
}

/// What a plan brings in.
fn income(plan: &Plan, paid: &[Paid], over: &[Over]) -> Income {
    let paid = paid.iter().find(|paid| paid.plan == plan.id);
    let (paying, seats) = paid.map_or((0, 0), |paid| (paid.tenants, paid.seats));
    let seats = seats.saturating_mul(plan.seat_price.unwrap_or_default());
    let recurring = plan.monthly_price.saturating_mul(paying);
    let over = over.iter().filter(|over| over.plan == plan.id);
    let beyond = over.map(|over| plan.overage(over.units));
    Income {
        currency: plan.currency.clone(),
        paying,
        recurring: recurring.saturating_add(seats),
        beyond: beyond.fold(0, i64::saturating_add),
    }
}
