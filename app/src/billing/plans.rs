//! The plans that can be subscribed to. Subscribing is a plain form, which the browser follows to Stripe.

use crate::ui::{Badge, Card, Look, Tone, count};
use api_types::{
    billing::amount,
    plans::{Plan, minor_units},
};
use leptos::prelude::*;

/// What can be done with a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Nothing: one may not, or nobody pays here.
    Look,
    /// Begin to subscribe.
    Subscribe,
    /// Change to it.
    Change,
}

#[component]
pub fn PlanCards(tenant: String, plans: Vec<Plan>, now: String, choice: Choice) -> AnyView {
    let cards: Vec<AnyView> = plans
        .into_iter()
        .map(|plan| card(&tenant, plan, &now, choice))
        .collect();
    view! { <ul class="billing-plans">{cards}</ul> }.into_any()
}

fn card(tenant: &str, plan: Plan, now: &str, choice: Choice) -> AnyView {
    let is_now = plan.id == now;
    let price = if plan.monthly_price == 0 {
        "Free of charge".to_owned()
    } else {
        format!("{} a month", amount(plan.monthly_price, &plan.currency))
    };
    let act = (!is_now && plan.monthly_price > 0).then(|| act(tenant, &plan, choice));
    let facts: Vec<AnyView> = facts(&plan)
        .into_iter()
        .map(|fact| view! { <li>{fact}</li> }.into_any())
        .collect();
    view! {
        <li>
            <Card title=plan.name about=plan.about>
                <p class="billing-price">
                    {price}
                    {is_now.then(|| view! { " " <Badge tone=Tone::Accent text="Your plan"/> })}
                </p>
                <ul class="billing-facts">{facts}</ul>
                {act}
            </Card>
        </li>
    }
    .into_any()
}

fn act(tenant: &str, plan: &Plan, choice: Choice) -> AnyView {
    match choice {
        Choice::Look => ().into_any(),
        Choice::Change => {
            let href = format!("/t/{tenant}/billing/change?plan={}", plan.id);
            let label = format!("See what {} costs", plan.name);
            view! { <a class=Look::Secondary.class() href=href>{label}</a> }.into_any()
        }
        Choice::Subscribe => {
            let action = format!("/t/{tenant}/billing/checkout");
            let label = match plan.trial_days {
                0 => format!("Subscribe to {}", plan.name),
                days => format!("Try {} for {days} days", plan.name),
            };
            view! {
                <form action=action method="post">
                    <input type="hidden" name="plan" value=plan.id.clone()/>
                    <button type="submit" class=Look::Primary.class()>{label}</button>
                </form>
            }
            .into_any()
        }
    }
}

fn facts(plan: &Plan) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(units) = plan.included_units {
        facts.push(format!("{} units a month", count(units)));
    }
    if let Some(micros) = plan.overage_micros {
        facts.push(format!(
            "{} for 1,000 more",
            thousand(micros, &plan.currency)
        ));
    }
    if let Some(seats) = plan.seats {
        facts.push(match plan.seat_price {
            Some(price) => format!(
                "{seats} members, {} a month for each further one",
                amount(price, &plan.currency)
            ),
            None => format!("{seats} members"),
        });
    }
    facts
}

/// What a thousand units cost.
fn thousand(micros: i64, currency: &str) -> String {
    let minor = i128::from(micros) * 1000 * i128::from(minor_units(currency)) / 1_000_000;
    amount(i64::try_from(minor).unwrap_or(i64::MAX), currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_units_have_a_price_that_people_can_read() {
        assert_eq!(thousand(400, "usd"), "0.40 USD");
        assert_eq!(thousand(1_000_000, "jpy"), "1000 JPY");
    }
}
