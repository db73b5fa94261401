//! Which calls to look at: range tabs that are links, and a form that is sent by GET.

use super::{chart, query};
use crate::ui::{FilterForm, FilterSelect};
use api_types::{
    mcp_clients::ClientView,
    usage::{Outcome, Range, UsageFilter},
};
use leptos::prelude::*;

#[component]
pub fn Ranges(tenant: Signal<String>, filter: Memo<UsageFilter>) -> AnyView {
    let tabs: Vec<AnyView> = Range::ALL
        .map(|range| range_tab(range, tenant, filter))
        .into();
    view! { <nav class="segments" aria-label="Range">{tabs}</nav> }.into_any()
}

fn range_tab(range: Range, tenant: Signal<String>, filter: Memo<UsageFilter>) -> AnyView {
    let href = move || {
        let other = UsageFilter {
            range,
            ..filter.get()
        };
        tenant.with(|tenant| query::address(tenant, &other))
    };
    let current = move || {
        filter
            .with(|filter| filter.range == range)
            .then_some("true")
    };
    view! {
        <a href=href aria-current=current data-noscroll="true" title=chart::words(range)>
            {range.as_str()}
        </a>
    }
    .into_any()
}

/// What there is to choose from, as (value, words).
pub struct Choices {
    pub tools: Vec<String>,
    pub clients: Vec<ClientView>,
    /// Those that were called, by the name of their word.
    pub called: [(&'static str, Vec<(String, String)>); 4],
}

#[component]
pub fn Filters(tenant: String, filter: UsageFilter, choices: Choices) -> AnyView {
    let action = format!("/t/{tenant}/usage");
    let clear = UsageFilter {
        range: filter.range,
        ..UsageFilter::default()
    };
    let clear = query::is_narrow(&filter).then(|| query::address(&tenant, &clear));
    let [range, tool, client, outcome, rest @ ..] = query::words(&filter);
    let tools = choices.tools.into_iter();
    let tools = tools.map(|tool| (tool.clone(), tool)).collect();
    let clients = choices.clients.into_iter();
    let clients: Vec<_> = clients
        .map(|client| (client.id.to_string(), client.name))
        .collect();
    let outcomes: Vec<_> = Outcome::ALL
        .iter()
        .map(|outcome| (outcome.as_str().to_string(), outcome.label().into()))
        .collect();
    let labels = [
        ("Toolkit", "All toolkits"),
        ("Key or log-in", "All keys"),
        ("Member", "All members"),
        ("Connection", "All connections"),
    ];
    let others = choices.called.into_iter().zip(rest).zip(labels);
    let others = others.map(|(((name, options), chosen), (label, all))| {
        let is_there = !options.is_empty() || !chosen.is_empty();
        is_there.then(|| view! { <FilterSelect label name all options chosen/> })
    });
    let others: Vec<_> = others.collect();
    view! {
        <FilterForm action clear>
            {(!range.is_empty()).then(|| view! { <input type="hidden" name="range" value=range/> })}
            <FilterSelect label="Tool" name="tool" all="All tools" options=tools chosen=tool/>
            {(!clients.is_empty()).then(|| view! {
                <FilterSelect label="Client" name="client" all="All clients" options=clients chosen=client/>
            })}
            <FilterSelect label="Outcome" name="outcome" all="All outcomes" options=outcomes chosen=outcome/>
            {others}
        </FilterForm>
    }
    .into_any()
}
