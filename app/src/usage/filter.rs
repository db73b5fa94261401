//! Which calls to look at: range tabs that are links, and a form that is sent by GET.

use super::{chart, query};
use api_types::{
    mcp_clients::ClientView,
    usage::{Outcome, Range, UsageFilter},
};
use leptos::prelude::*;
use leptos_router::components::Form;

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

#[component]
pub fn Filters(
    tenant: String,
    filter: UsageFilter,
    clients: Vec<ClientView>,
    tools: Vec<String>,
) -> AnyView {
    let action = format!("/t/{tenant}/usage");
    let clear = UsageFilter {
        range: filter.range,
        ..UsageFilter::default()
    };
    let clear = query::is_narrow(&filter).then(|| query::address(&tenant, &clear));
    let [range, tool, client, outcome] = query::words(&filter).map(|(_, word)| word);
    let tools = tools.into_iter().map(|tool| (tool.clone(), tool)).collect();
    let clients: Vec<_> = clients
        .into_iter()
        .map(|client| (client.id.to_string(), client.name))
        .collect();
    let outcomes = Outcome::ALL
        .map(|outcome| (outcome.as_str().to_string(), outcome.label().into()))
        .to_vec();
    view! {
        <Form method="GET" action noscroll=true>
            <div class="filters">
                {(!range.is_empty()).then(|| view! { <input type="hidden" name="range" value=range/> })}
                <Choice label="Tool" name="tool" all="All tools" options=tools chosen=tool/>
                {(!clients.is_empty()).then(|| view! {
                    <Choice label="Client" name="client" all="All clients" options=clients chosen=client/>
                })}
                <Choice label="Outcome" name="outcome" all="All outcomes" options=outcomes chosen=outcome/>
                <button type="submit" class="button">"Filter"</button>
                {clear.map(|href| view! {
                    <a class="button button-quiet" href=href data-noscroll="true">"Clear"</a>
                })}
            </div>
        </Form>
    }
    .into_any()
}

/// One select of the filter. A chosen word that is not on offer is kept.
#[component]
fn Choice(
    label: &'static str,
    name: &'static str,
    all: &'static str,
    mut options: Vec<(String, String)>,
    chosen: String,
) -> AnyView {
    if !chosen.is_empty() && !options.iter().any(|(value, _)| *value == chosen) {
        options.push((chosen.clone(), chosen.clone()));
    }
    let options: Vec<AnyView> = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{words}</option> }.into_any()
        })
        .collect();
    let id = format!("filter-{name}");
    view! {
        <div>
            <label class="visually-hidden" for=id.clone()>{label}</label>
            <select class="input input-small" id=id name=name>
                <option value="">{all}</option>
                {options}
            </select>
        </div>
    }
    .into_any()
}
