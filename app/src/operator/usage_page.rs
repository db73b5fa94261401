//! `/operator/usage`: the calls of all tenants.

use super::{CONSOLE, frame::console, query, server_fns::operator_usage, tenant_path};
use crate::{
    ui::{Card, Column, EmptyState, Icon, PageHeader, Stat, Table, count, data, figures::percent},
    usage::{Chart, Numbers, words},
};
use api_types::{
    operator::{InstanceUsage, TopTenant},
    usage::Range,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn OperatorUsagePage() -> AnyView {
    let query = use_query_map();
    let range = Memo::new(move |_| {
        let word = query.with(|query| query.get("range"));
        query::range(&word.unwrap_or_default())
    });
    let usage = data(
        move || range.get(),
        |range| operator_usage(range.as_str().into()),
    );
    console(usage, move |usage| page(usage, range.get_untracked()))
}

fn page(usage: InstanceUsage, range: Range) -> AnyView {
    let (calls, errors) = usage.total();
    let share = errors as f64 / calls.max(1) as f64;
    let tenants: Vec<AnyView> = usage
        .tenants
        .iter()
        .map(|(state, number)| {
            view! { <Stat label="Tenants" value=count(*number) note=state.label()/> }.into_any()
        })
        .collect();
    let calls_card = if calls == 0 {
        view! {
            <EmptyState
                icon=Icon::Activity
                title=format!("No calls in the {}", words(range))
                about="Days are added up every half minute from the calls of all tenants."
            />
        }
        .into_any()
    } else {
        view! {
            <Chart bars=usage.bars.clone() range/>
            <Numbers bars=usage.bars range/>
        }
        .into_any()
    };
    let top = (!usage.top.is_empty()).then(|| top(usage.top, calls));
    view! {
        <PageHeader title="Usage" about="The calls of all tenants, by day."/>
        {ranges(range)}
        <dl class="stats">
            <Stat label="Calls" value=count(calls) note=words(range)/>
            <Stat label="Errors" value=percent(share) note=format!("{} failed", count(errors))/>
            {tenants}
        </dl>
        <Card title="Calls by day">{calls_card}</Card>
        {top}
    }
    .into_any()
}

fn ranges(range: Range) -> AnyView {
    let link = |one: Range| {
        let href = format!("{CONSOLE}/usage?range={}", one.as_str());
        let current = (one == range).then_some("true");
        view! { <a href=href aria-current=current data-noscroll="true">{words(one)}</a> }.into_any()
    };
    let links: Vec<AnyView> = query::RANGES.into_iter().map(link).collect();
    view! { <nav class="segments" aria-label="Range">{links}</nav> }.into_any()
}

fn top(top: Vec<TopTenant>, all: i64) -> AnyView {
    let row = |tenant: TopTenant| {
        let errors = tenant.errors as f64 / tenant.calls.max(1) as f64;
        view! {
            <tr>
                <th scope="row"><a href=tenant_path(tenant.id)>{tenant.name}</a></th>
                <td class="num">{count(tenant.calls)}</td>
                <td class="num">{percent(tenant.calls as f64 / all.max(1) as f64)}</td>
                <td class="num">{percent(errors)}</td>
            </tr>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = top.into_iter().map(row).collect();
    view! {
        <Card title="Tenants with the most calls" flush=true>
            <Table
                label="Tenants with the most calls"
                caption="Tenants with the most calls"
                columns=[
                    Column::text("Tenant"),
                    Column::number("Calls"),
                    Column::number("Of all"),
                    Column::number("Errors"),
                ]
                rows
            />
        </Card>
    }
    .into_any()
}
