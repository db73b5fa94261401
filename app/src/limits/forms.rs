//! What a tenant limits itself.

use super::server_fns::ChangeLimits;
use crate::ui::{Card, Checkbox, Denied, Field, Form, Post, Select, Submit};
use api_types::{
    limits::LimitsPage,
    plans::{Loops, minor_units},
};
use leptos::prelude::*;

#[component]
pub fn OwnForm(page: LimitsPage, tenant: String, action: Post<ChangeLimits>) -> AnyView {
    let allowed = page.may_change.allowed;
    let form = allowed.then(|| fields(&page, tenant, action));
    view! {
        <Card
            title="Your own limits"
            about="Within the plan's. They count from the next second on, on every server."
        >
            <Denied decision=page.may_change/>
            {form}
        </Card>
    }
    .into_any()
}

fn fields(page: &LimitsPage, tenant: String, action: Post<ChangeLimits>) -> AnyView {
    let (own, plan) = (&page.own, &page.now.plan);
    let units = own.monthly_units.map(|units| units.to_string());
    let currency = plan.currency.to_uppercase();
    let cap = own.spend_cap.map(|cap| plain(cap, &plan.currency));
    let of_plan = format!("As in the plan ({})", plan.loops.label().to_lowercase());
    let loops = Loops::ALL
        .iter()
        .map(|loops| (loops.as_str().to_owned(), loops.label().to_owned()));
    let loops = [(String::new(), of_plan)]
        .into_iter()
        .chain(loops)
        .collect();
    let chosen = own.loops.map_or("", Loops::as_str);
    let is_hard = own.is_hard;
    let sells = plan.overage_micros.is_some();
    view! {
        <Form action done="Limits saved.">
            <input type="hidden" name="tenant" value=tenant/>
            <Field
                label="Units a month"
                name="monthly_units"
                value=units.unwrap_or_default()
                placeholder="Not limited"
                hint="People who manage bills are told at 80 and at 100 %."
            />
            <Checkbox
                label="Refuse calls when they are used up"
                name="is_hard"
                checked=is_hard
                hint="Exactly, whatever number of servers there are; else people are told alone."
            />
            {sells.then(|| view! {
                <Field
                    label=format!("Spend cap a month, {currency}")
                    name="spend_cap"
                    value=cap.unwrap_or_default()
                    placeholder="No cap"
                    hint="What units beyond the included ones may cost. Calls are refused then; 0 buys none."
                />
            })}
            <Select label="The same call again and again" name="loops" options=loops value=chosen/>
            <Submit label="Save limits"/>
        </Form>
    }
    .into_any()
}

/// An amount as the field takes it.
fn plain(minor: i64, currency: &str) -> String {
    let units = minor_units(currency);
    let digits = units.ilog10() as usize;
    match minor % units {
        0 => (minor / units).to_string(),
        part => format!("{}.{part:0digits$}", minor / units),
    }
}
