//! `/t/{slug}/limits`: what applies now and how much of it is used, what the tenant sets itself, its keys, and what
//! other limits would have refused.

use super::{
    forecast::ForecastCard,
    forms::OwnForm,
    keys::KeysCard,
    server_fns::{ChangeLimits, LimitKey, LimitsView, read_limits},
};
use crate::ui::{
    Alert, Badge, Card, LinkButton, Live, PageHeader, Post, Tone, accepted, count, data, figures,
    load, moment, use_param,
};
use api_types::{
    limits::{LimitsPage as Limits, Notice, amount},
    plans::Loops,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The forms of the page.
#[derive(Clone, Copy)]
pub(super) struct Actions {
    pub change: Post<ChangeLimits>,
    pub key: Post<LimitKey>,
}

#[component]
pub fn LimitsPage() -> AnyView {
    let tenant = use_param("slug");
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| ["units", "per_minute"].map(|name| query.get(name).unwrap_or_default()))
    });
    let actions = Actions {
        change: Post::new(),
        key: Post::new(),
    };
    let (changed, limited) = (accepted(actions.change), accepted(actions.key));
    let limits = data(
        move || (tenant.get(), asked.get(), changed.get() + limited.get()),
        |(tenant, [units, per_minute], _)| read_limits(tenant, units, per_minute),
    );
    let live = Signal::derive(move || format!("/t/{}/usage/live", tenant.get()));
    let plan = Signal::derive(move || format!("/t/{}/plan", tenant.get()));
    view! {
        <PageHeader
            title="Limits"
            about="How fast and how often the clients of this tenant may call, and how much of that is used."
        >
            <LinkButton href=plan label="Plan"/>
            <Live address=live changed=move || limits.refetch()/>
        </PageHeader>
        {load(limits, move |view| body(view, tenant.get_untracked(), actions))}
    }
    .into_any()
}

fn body(view: LimitsView, tenant: String, actions: Actions) -> AnyView {
    let LimitsView {
        page,
        forecast,
        units,
        per_minute,
    } = view;
    let keys = page.keys.clone();
    let may_limit = page.may_limit_keys.clone();
    view! {
        <div class="stack">
            {month(&page)}
            {rates(&page)}
            <OwnForm page=page.clone() tenant=tenant.clone() action=actions.change/>
            <KeysCard keys may=may_limit tenant=tenant.clone() action=actions.key/>
            <ForecastCard forecast units per_minute tenant/>
        </div>
    }
    .into_any()
}

/// What of this month's units is used.
fn month(page: &Limits) -> AnyView {
    let until = moment(page.now.period_until);
    let used = count(page.used);
    let about = format!(
        "Units since {}; counted anew on {until}.",
        moment(page.now.period_from)
    );
    let most = page
        .ceiling
        .as_ref()
        .map(|ceiling| ceiling.units)
        .or(page.watched);
    let level = match most {
        None => view! { <p><strong>{used}</strong> " units. Nothing limits them."</p> }.into_any(),
        Some(most) => level("Units of this month", page.used, most),
    };
    let ends = page.ceiling.as_ref().map(|ceiling| {
        let words = format!(
            "Calls are refused after {} units: {}.",
            count(ceiling.units),
            ceiling.why
        );
        let tone = if page.used >= ceiling.units {
            Tone::Bad
        } else {
            Tone::Neutral
        };
        view! { <Alert tone text=words/> }
    });
    let soft = (page.ceiling.is_none() && most.is_some()).then(|| {
        view! {
            <p class="muted">"Nothing is refused: people are told at 80 and at 100 %."</p>
        }
    });
    let cost = (page.overage > 0).then(|| {
        let plan = &page.now.plan;
        let words = format!(
            "{} beyond the {} units that the plan includes.",
            amount(page.overage, &plan.currency),
            count(plan.included_units.unwrap_or_default())
        );
        view! { <p>{words}</p> }
    });
    let told: Vec<AnyView> = page.notices.iter().map(notice).collect();
    view! {
        <Card title="This month" about=about>
            {level}
            {ends}
            {soft}
            {cost}
            {(!told.is_empty()).then(|| view! { <ul class="plain muted">{told}</ul> })}
        </Card>
    }
    .into_any()
}

fn notice(notice: &Notice) -> AnyView {
    let words = format!(
        "{} % reached; people were told on {}.",
        notice.percent,
        moment(notice.at)
    );
    view! { <li>{words}</li> }.into_any()
}

/// How much of something is used, as a bar and in words.
pub(super) fn level(label: &str, used: i64, most: i64) -> AnyView {
    let share = if most > 0 {
        used as f64 / most as f64
    } else {
        1.0
    };
    let words = format!(
        "{} of {} ({})",
        count(used),
        count(most),
        figures::percent(share)
    );
    view! {
        <div class="level">
            <meter
                min="0"
                max=most.max(1)
                low={most * 8 / 10}
                high=most.max(1)
                optimum="0"
                value=used.min(most.max(1))
                aria-label=label.to_owned()
            ></meter>
            <span>{words}</span>
        </div>
    }
    .into_any()
}

/// How fast calls may come.
fn rates(page: &Limits) -> AnyView {
    let rates = page.now.plan.rates;
    let rows: Vec<AnyView> = [
        ("The tenant", rates.tenant),
        ("Each client", rates.client),
        ("Each key or log-in", rates.key),
    ]
    .into_iter()
    .map(|(whose, rate)| {
        let rate = rate.map_or_else(
            || "not limited".to_owned(),
            |rate| format!("{} calls a minute", count(rate.into())),
        );
        view! {
            <li class="row">
                <div class="row-words"><strong>{whose}</strong></div>
                <span>{rate}</span>
            </li>
        }
        .into_any()
    })
    .collect();
    let (tone, loops) = match page.loops {
        Loops::Ignore => (Tone::Neutral, "not looked for"),
        Loops::Warn => (Tone::Neutral, "agents are warned"),
        Loops::Stop => (Tone::Good, "agents are warned, then stopped"),
    };
    view! {
        <Card
            title="Rates"
            about="A bucket holds a minute's worth and fills evenly. All servers share it."
            flush=true
        >
            <ul class="rows">
                {rows}
                <li class="row">
                    <div class="row-words">
                        <strong>"The same call again and again"</strong>
                        <span class="muted">
                            "The same tool with the same arguments by the same key: a warning from 20 times \
                             a minute on, a minute's pause from 60 on."
                        </span>
                    </div>
                    <Badge tone text=loops/>
                </li>
            </ul>
        </Card>
    }
    .into_any()
}
