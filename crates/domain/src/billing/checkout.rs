//! Leading people to Stripe: to Checkout, where they subscribe, and to the portal, where they change their card, their
//! address and their tax ids. What they do there is heard of as everything is; their way back proves nothing.

use super::{
    accounts::{customer, known_customer},
    catalogue::{self, Part, sold},
    standing::is_alive,
    store, stripe,
    stripe::{Form, Stripe, Trouble, objects::Session},
};
use crate::{Actor, Result, Services, plans};
use anyhow::anyhow;
use api_types::{Permission, Refusal, plans::Plan};
use uuid::Uuid;

/// Begins to subscribe to a plan. Answers where that goes on.
pub async fn checkout(s: &Services, a: &Actor, plan: &str) -> Result<String> {
    a.require(Permission::ManageBilling)?;
    let way = stripe(s)?;
    let plan = chosen(s, plan)?;
    let (seats, has_one) = facts(s, way, a, plan).await?;
    if has_one {
        let words = "there is a subscription already: change its plan instead";
        return Err(Refusal::conflict(words).into());
    }
    let customer = customer(s, way, a).await?;
    let catalogue = catalogue::ready(s, way).await?;
    expire_open(way, &customer).await?;
    let tenant = a.tenant();
    let page = format!("{}/t/{}/billing", s.public_url, a.slug());
    let mut form = Form::default()
        .with("mode", "subscription")
        .with("customer", &customer)
        .with("client_reference_id", tenant)
        .with("success_url", format!("{page}?done=subscribed"))
        .with("cancel_url", &page)
        .with("subscription_data[metadata][bulkhead_tenant]", tenant)
        .with("tax_id_collection[enabled]", true)
        .with("customer_update[name]", "auto")
        .with("customer_update[address]", "auto");
    let mut line = 0;
    for part in Part::ALL {
        let quantity = match part {
            Part::Base => 1,
            Part::Seat => seats,
            Part::Usage => 0,
        };
        let Some(price) = catalogue.price(&plan.id, part) else {
            continue;
        };
        if part == Part::Seat && seats == 0 {
            continue;
        }
        form = form.with(format!("line_items[{line}][price]"), price);
        if part != Part::Usage {
            form = form.with(format!("line_items[{line}][quantity]"), quantity);
        }
        line += 1;
    }
    if plan.trial_days > 0
        && plans::of(s, tenant).await?.plan.monthly_price == 0
        && !tried(s, way, a).await?
    {
        form = form.with("subscription_data[trial_period_days]", plan.trial_days);
    }
    let session: Session = way
        .post("checkout/sessions", &form, &Uuid::now_v7().to_string())
        .await?;
    Ok(session
        .url
        .ok_or_else(|| anyhow!("a session of Checkout has no address"))?)
}

/// Leads to where the tenant's people manage how they pay.
pub async fn portal(s: &Services, a: &Actor) -> Result<String> {
    a.require(Permission::ManageBilling)?;
    let way = stripe(s)?;
    let customer = known_customer(s, way, a.tenant()).await?;
    let customer = customer.ok_or_else(|| Refusal::conflict("there is no subscription yet"))?;
    let back = format!("{}/t/{}/billing", s.public_url, a.slug());
    let form = Form::default()
        .with("customer", customer)
        .with("return_url", back);
    let once = Uuid::now_v7().to_string();
    let session: Session = way.post("billing_portal/sessions", &form, &once).await?;
    Ok(session
        .url
        .ok_or_else(|| anyhow!("a session of the portal has no address"))?)
}

/// A plan that can be subscribed to.
pub(super) fn chosen<'a>(s: &'a Services, plan: &str) -> Result<&'a Plan> {
    let found = sold(s).find(|one| one.id == plan);
    Ok(found.ok_or_else(|| Refusal::invalid("plan", "choose one of the plans"))?)
}

/// Members beyond those that the plan includes, and whether there is a subscription.
async fn facts(s: &Services, way: &Stripe, a: &Actor, plan: &Plan) -> Result<(i64, bool)> {
    let tenant = a.tenant();
    let mut tx = s.db.tenant_tx(tenant).await?;
    let account = store::account(&mut tx, tenant, way.0.live).await?;
    let members = store::members(&mut tx, tenant).await?;
    tx.commit().await?;
    let status = account.and_then(|account| account.status);
    Ok((
        beyond(plan, members),
        status.is_some_and(|status| is_alive(&status)),
    ))
}

/// Members beyond those that a plan includes, where it sells them.
pub(super) fn beyond(plan: &Plan, members: i64) -> i64 {
    match (plan.seats, plan.seat_price) {
        (Some(seats), Some(_)) => (members - i64::from(seats)).max(0),
        _ => 0,
    }
}

/// Whether the tenant has had a trial at Stripe.
async fn tried(s: &Services, way: &Stripe, a: &Actor) -> Result<bool> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let account = store::account(&mut tx, a.tenant(), way.0.live).await?;
    tx.commit().await?;
    Ok(account.is_some_and(|account| account.tried))
}

/// Ends sessions that were begun before, so that nobody subscribes twice.
async fn expire_open(way: &Stripe, customer: &str) -> Result<(), Trouble> {
    let query = Form::default()
        .with("customer", customer)
        .with("status", "open");
    let open: Vec<Session> = way.list("checkout/sessions", &query).await?;
    for session in open
        .iter()
        .filter(|session| session.status.as_deref() == Some("open"))
    {
        let path = format!("checkout/sessions/{}/expire", session.id);
        let once = format!("expire|{}", session.id);
        match way.post::<Session>(&path, &Form::default(), &once).await {
            // Refused: it was paid or expired meanwhile.
            Ok(_) | Err(Trouble::Refused { status: 400, .. }) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}
