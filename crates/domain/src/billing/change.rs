//! Another plan, and the end of one: what it costs is shown before, and is what it then costs.

use super::{
    catalogue::{self, Catalogue, Part},
    checkout::{beyond, chosen},
    follow, invoice, standing, store, stripe,
    stripe::{
        Form, Stripe,
        objects::{Invoice, Subscription},
    },
};
use crate::{
    Actor, Result, Services,
    audit::{self, Event, Named},
};
use api_types::{Permission, Refusal, audit::Act, billing::Preview, plans::Plan};
use time::OffsetDateTime;

/// For so long a preview holds.
const HOLDS_SECONDS: i64 = 3600;

/// What another plan would cost from now on. Nothing is changed.
pub async fn preview(s: &Services, a: &Actor, plan: &str) -> Result<Preview> {
    a.require(Permission::ManageBilling)?;
    let way = stripe(s)?;
    let plan = chosen(s, plan)?;
    let at = OffsetDateTime::now_utc().unix_timestamp();
    let (subscription, seats) = present(s, way, a, plan).await?;
    let catalogue = catalogue::ready(s, way).await?;
    let form = Form::default()
        .with("subscription", &subscription.id)
        .with("subscription_details[proration_date]", at)
        .with(
            "subscription_details[proration_behavior]",
            "create_prorations",
        );
    let form = items(
        form,
        "subscription_details[items]",
        &subscription,
        plan,
        seats,
        &catalogue,
    );
    let once = uuid::Uuid::now_v7().to_string();
    let shown: Invoice = way.post("invoices/create_preview", &form, &once).await?;
    Ok(Preview {
        plan: plan.clone(),
        seats,
        at,
        next: standing::mirror(&subscription).period.1,
        total: shown.total,
        currency: shown.currency.clone(),
        lines: invoice::lines(&shown, &catalogue),
    })
}

/// Changes the plan, at the price of a preview that was made at `at`.
pub async fn change(s: &Services, a: &Actor, plan: &str, at: i64) -> Result<()> {
    a.require(Permission::ManageBilling)?;
    let way = stripe(s)?;
    let plan = chosen(s, plan)?;
    let age = OffsetDateTime::now_utc().unix_timestamp() - at;
    if !(0..HOLDS_SECONDS).contains(&age) {
        return Err(Refusal::conflict("what was shown is old; look at it again").into());
    }
    let (subscription, seats) = present(s, way, a, plan).await?;
    let catalogue = catalogue::ready(s, way).await?;
    let form = Form::default()
        .with("proration_date", at)
        .with("proration_behavior", "create_prorations")
        .with("cancel_at_period_end", false);
    let form = items(form, "items", &subscription, plan, seats, &catalogue);
    let once = format!("change|{}|{}|{seats}|{at}", subscription.id, plan.id);
    update(way, &subscription, &form, &once).await?;
    let changed = Event::new(Act::SubscriptionChanged, a.tenant(), a.slug());
    let changed = match standing::mirror(&subscription).plan {
        Some(before) => changed.before(&Named { name: &before })?,
        None => changed,
    };
    done(s, way, a, changed.after(&Named { name: &plan.id })?).await
}

/// Ends the subscription with its period. Until then everything stays.
pub async fn cancel(s: &Services, a: &Actor) -> Result<()> {
    end(s, a, true).await
}

/// Lets a subscription go on that was to end.
pub async fn resume(s: &Services, a: &Actor) -> Result<()> {
    end(s, a, false).await
}

async fn end(s: &Services, a: &Actor, ends: bool) -> Result<()> {
    a.require(Permission::ManageBilling)?;
    let way = stripe(s)?;
    let subscription = subscription(s, way, a).await?;
    if ends && standing::ends_with_tenant(&subscription) {
        // What is ended now would be taken back with what we ended.
        let words = "the subscription of a restored tenant goes on in a minute; try again then";
        return Err(Refusal::conflict(words).into());
    }
    let form = Form::default().with("cancel_at_period_end", ends);
    let once = uuid::Uuid::now_v7().to_string();
    update(way, &subscription, &form, &once).await?;
    let act = if ends {
        Act::SubscriptionEnded
    } else {
        Act::SubscriptionResumed
    };
    done(s, way, a, Event::new(act, a.tenant(), a.slug())).await
}

/// Asks Stripe for a change.
async fn update(way: &Stripe, subscription: &Subscription, form: &Form, once: &str) -> Result<()> {
    let path = format!("subscriptions/{}", subscription.id);
    way.post::<Subscription>(&path, form, once).await?;
    Ok(())
}

/// Writes down what a person did, and fetches what came of it.
async fn done(s: &Services, way: &Stripe, a: &Actor, event: Event) -> Result<()> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    audit::record(&mut tx, a, event).await?;
    tx.commit().await?;
    // Somebody else may be fetching it; then the event leads there.
    follow::follow(s, way, a.tenant()).await.map(drop)
}

/// The subscription as it is at Stripe now.
async fn subscription(s: &Services, way: &Stripe, a: &Actor) -> Result<Subscription> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let customer = store::customer(&mut tx, a.tenant(), way.0.live).await?;
    tx.commit().await?;
    let none = || Refusal::conflict("there is no subscription yet");
    let found = follow::fetch(way, &customer.ok_or_else(none)?).await?;
    let alive = standing::chosen(&found).filter(|one| standing::is_alive(&one.status));
    Ok(alive.cloned().ok_or_else(none)?)
}

/// The same, and the seats that it would have with this plan.
async fn present(
    s: &Services,
    way: &Stripe,
    a: &Actor,
    plan: &Plan,
) -> Result<(Subscription, i64)> {
    let subscription = subscription(s, way, a).await?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let members = store::members(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    if plan
        .most_seats()
        .is_some_and(|most| members > i64::from(most))
    {
        let words = format!(
            "{} is for {} members at most",
            plan.name,
            plan.seats.unwrap_or_default()
        );
        return Err(Refusal::conflict(words).into());
    }
    Ok((subscription, beyond(plan, members)))
}

/// The items of a subscription that becomes one of this plan.
fn items(
    mut form: Form,
    name: &str,
    subscription: &Subscription,
    plan: &Plan,
    seats: i64,
    catalogue: &Catalogue,
) -> Form {
    let mut line = 0;
    for part in Part::ALL {
        let there = standing::item(subscription, part);
        let price = catalogue.price(&plan.id, part);
        let price = price.filter(|_| part != Part::Seat || seats > 0);
        if let Some(item) = there {
            form = form.with(format!("{name}[{line}][id]"), &item.id);
        }
        match (there, price) {
            (None, None) => continue,
            (Some(_), None) => form = form.with(format!("{name}[{line}][deleted]"), true),
            (_, Some(price)) => {
                form = form.with(format!("{name}[{line}][price]"), price);
                form = match part {
                    Part::Base => form.with(format!("{name}[{line}][quantity]"), 1),
                    Part::Seat => form.with(format!("{name}[{line}][quantity]"), seats),
                    Part::Usage => form,
                };
            }
        }
        line += 1;
    }
    form
}
