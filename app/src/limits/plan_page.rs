//! `/t/{slug}/plan`: the plan, what it has, and what would stop with another one.

use super::StandingBadge;
use super::server_fns::{KeepPlan, SchedulePlan, StartTrial, read_plan};
use crate::ui::{
    Alert, Badge, Card, Denied, Form, LinkButton, Look, PageHeader, Post, Submit, Tone, accepted,
    count, data, load, moment, use_param,
};
use api_types::{
    limits::amount,
    plans::{Choice, Feature, InUse, Plan, PlanPage as View, PlanState, Stop},
};
use leptos::prelude::*;

#[derive(Clone, Copy)]
struct Actions {
    trial: Post<StartTrial>,
    schedule: Post<SchedulePlan>,
    keep: Post<KeepPlan>,
}

#[component]
pub fn PlanPage() -> AnyView {
    let tenant = use_param("slug");
    let actions = Actions {
        trial: Post::new(),
        schedule: Post::new(),
        keep: Post::new(),
    };
    let done = (
        accepted(actions.trial),
        accepted(actions.schedule),
        accepted(actions.keep),
    );
    let plan = data(
        move || (tenant.get(), done.0.get() + done.1.get() + done.2.get()),
        |(tenant, _)| read_plan(tenant),
    );
    let limits = Signal::derive(move || format!("/t/{}/limits", tenant.get()));
    view! {
        <PageHeader title="Plan" about="What this tenant may do, and what for.">
            <LinkButton href=limits label="Limits"/>
        </PageHeader>
        {load(plan, move |view| body(view, tenant.get_untracked(), actions))}
    }
    .into_any()
}

fn body(view: View, tenant: String, actions: Actions) -> AnyView {
    let allowed = view.may_change.allowed;
    let others: Vec<AnyView> = view
        .others
        .iter()
        .map(|choice| other(choice, &tenant, allowed, actions))
        .collect();
    view! {
        <div class="stack">
            {coming(&view, &tenant, actions)}
            {present(&view)}
            <Denied decision=view.may_change.clone()/>
            {others}
        </div>
    }
    .into_any()
}

/// What comes by itself: the end of a trial or grace, or another plan.
fn coming(view: &View, tenant: &str, actions: Actions) -> AnyView {
    let now = &view.now;
    let words = match (&now.pending, now.state, now.until) {
        (_, PlanState::Suspended, _) => {
            "Calls are refused: the last payment failed for good. Pay, and they are let through at once.".into()
        }
        (Some(pending), ..) => format!(
            "On {} the plan becomes {}.",
            moment(pending.from),
            view.pending_name.clone().unwrap_or_default()
        ),
        (None, PlanState::Trialing, Some(until)) => format!("The trial ends on {}.", moment(until)),
        (None, PlanState::PastDue, Some(until)) => format!(
            "The last payment failed. Everything stays as it is until {}.",
            moment(until)
        ),
        _ => return ().into_any(),
    };
    let tone = match now.state {
        PlanState::Suspended => Tone::Bad,
        PlanState::PastDue => Tone::Warning,
        _ => Tone::Neutral,
    };
    let keep = now.pending.is_some() && view.may_change.allowed;
    let (tenant, stops) = (tenant.to_owned(), stops(&view.stops));
    view! {
        <Card title="What comes">
            <Alert tone text=words/>
            {stops}
            {keep.then(|| view! {
                <Form action=actions.keep class="form-inline" done="The plan stays.">
                    <input type="hidden" name="tenant" value=tenant/>
                    <Submit label="Keep the present plan"/>
                </Form>
            })}
        </Card>
    }
    .into_any()
}

fn present(view: &View) -> AnyView {
    let (plan, used) = (&view.now.plan, &view.in_use);
    let counts: Vec<AnyView> = counts(plan, used).into_iter().map(counted_row).collect();
    let features: Vec<AnyView> = Feature::ALL
        .iter()
        .map(|feature| {
            let has = plan.has(*feature);
            let (tone, text) = if has {
                (Tone::Good, "Yes")
            } else {
                (Tone::Neutral, "No")
            };
            line(feature.label(), view! { <Badge tone text/> }.into_any())
        })
        .collect();
    let state = view! { <StandingBadge state=view.now.state/> };
    let state = line("State", state.into_any());
    let units = line("Units", units(plan).into_any());
    let each = units_of(plan).map(|words| line("Units of one call", words.into_any()));
    view! {
        <Card title=format!("{}: {}", plan.name, price(plan)) about=plan.about.clone() flush=true>
            <ul class="rows">
                {state}
                {units}
                {each}
                {counts}
                {features}
            </ul>
        </Card>
    }
    .into_any()
}

fn counts(plan: &Plan, used: &InUse) -> [(&'static str, i64, Option<u32>, Option<String>); 3] {
    let more = plan
        .seat_price
        .map(|price| format!("each more {} a month", amount(price, &plan.currency)));
    [
        ("Members", used.members, plan.seats, more),
        ("MCP clients", used.clients, plan.clients, None),
        ("API keys", used.keys, plan.keys, None),
    ]
}

fn counted_row(
    (what, now, most, more): (&'static str, i64, Option<u32>, Option<String>),
) -> AnyView {
    let words = match most {
        None => format!("{}, not limited", count(now)),
        Some(most) => format!("{} of {}", count(now), count(most.into())),
    };
    let words = match more {
        Some(more) => format!("{words}, {more}"),
        None => words,
    };
    line(what, words.into_any())
}

fn line(what: &'static str, value: AnyView) -> AnyView {
    view! {
        <li class="row">
            <div class="row-words"><strong>{what}</strong></div>
            <span>{value}</span>
        </li>
    }
    .into_any()
}

fn price(plan: &Plan) -> String {
    match plan.monthly_price {
        0 => "free".into(),
        price => format!("{} a month", amount(price, &plan.currency)),
    }
}

fn units(plan: &Plan) -> String {
    let Some(included) = plan.included_units else {
        return "not limited".into();
    };
    let included = format!("{} a month", count(included));
    match (plan.hard_quota, plan.overage_micros) {
        (true, _) => format!("{included}, no more"),
        (_, Some(_)) => {
            // A thousand: single ones cost less than the smallest coin.
            let thousand = plan.overage(plan.included_units.unwrap_or_default() + 1000);
            format!(
                "{included}, each thousand more {}",
                amount(thousand, &plan.currency)
            )
        }
        _ => included,
    }
}

/// What calls of some tools count, in words.
fn units_of(plan: &Plan) -> Option<String> {
    let tools = plan.units_of.iter();
    let tools: Vec<_> = tools
        .map(|(tool, units)| format!("{tool} {}", count((*units).into())))
        .collect();
    (!tools.is_empty()).then(|| format!("{}, all others 1", tools.join(", ")))
}

fn other(choice: &Choice, tenant: &str, allowed: bool, actions: Actions) -> AnyView {
    let plan = &choice.plan;
    let (id, tenant) = (plan.id.clone(), tenant.to_owned());
    let (later_id, later_tenant) = (id.clone(), tenant.clone());
    let try_it = format!("Try {} for {} days", plan.name, plan.trial_days);
    let change = format!("Change to {} when the month is over", plan.name);
    let units = format!("Units: {}.", units(plan));
    let each = units_of(plan).map(|words| view! { <p>"Units of one call: " {words} "."</p> });
    let stops = stops(&choice.stops);
    let (trial, later) = (allowed && choice.trial, allowed && choice.later);
    view! {
        <Card title=format!("{}: {}", plan.name, price(plan)) about=plan.about.clone()>
            <p>{units}</p>
            {each}
            {stops}
            {trial.then(|| view! {
                <Form action=actions.trial class="form-inline" done="The trial has begun.">
                    <input type="hidden" name="tenant" value=tenant/>
                    <input type="hidden" name="plan" value=id/>
                    <Submit label=try_it/>
                </Form>
            })}
            {later.then(|| view! {
                <Form
                    action=actions.schedule
                    class="form-inline"
                    done="The plan changes when the month is over."
                >
                    <input type="hidden" name="tenant" value=later_tenant/>
                    <input type="hidden" name="plan" value=later_id/>
                    <Submit label=change look=Look::Secondary/>
                </Form>
            })}
        </Card>
    }
    .into_any()
}

/// What does not go on.
fn stops(stops: &[Stop]) -> AnyView {
    if stops.is_empty() {
        return ().into_any();
    }
    let rows: Vec<AnyView> = stops
        .iter()
        .map(|stop| {
            let Stop { what, effect } = stop.clone();
            view! { <li><strong>{what}</strong> ". " {effect} "."</li> }.into_any()
        })
        .collect();
    view! {
        <p>"What will not go on with it:"</p>
        <ul class="stops">{rows}</ul>
    }
    .into_any()
}
