//! `/t/{slug}/billing/calls?from=…&until=…`: the calls behind a line of an invoice.

use super::server_fns::list_billed_calls;
use crate::ui::{
    Card, Column, EmptyState, Icon, LinkButton, Look, PageHeader, Table, count, counted, data,
    figures::{day, second},
    load, use_param,
};
use api_types::billing::{BilledCall, BilledCalls, ToolUnits};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn BilledCallsPage() -> AnyView {
    let tenant = use_param("slug");
    let query = use_query_map();
    let word = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let calls = data(
        move || (tenant.get(), word("from"), word("until"), word("before")),
        |(tenant, from, until, before)| list_billed_calls(tenant, from, until, before),
    );
    view! {
        <a class="back-link" href=move || format!("/t/{}/billing", tenant.get())>"Billing"</a>
        {load(calls, move |calls| page(calls, &tenant.get_untracked()))}
    }
    .into_any()
}

fn page(found: BilledCalls, tenant: &str) -> AnyView {
    let BilledCalls {
        from,
        until,
        units,
        tools,
        calls,
        next,
    } = found;
    let title = format!("Calls from {} to {}", day(from.date()), day(until.date()));
    let about = format!("{} were billed.", counted(units, "unit", "units"));
    let more = next.map(|before| {
        let (from, until) = (from.unix_timestamp(), until.unix_timestamp());
        let href = format!("/t/{tenant}/billing/calls?from={from}&until={until}&before={before}");
        view! { <LinkButton href label="Earlier calls" look=Look::Secondary/> }
    });
    let shown = if calls.is_empty() {
        view! {
            <EmptyState
                icon=Icon::Activity
                title="No calls are left here"
                about="Nothing was called in this time, or the calls are older than those that are kept one by one."
            />
        }
        .into_any()
    } else {
        call_table(calls)
    };
    view! {
        <PageHeader title about/>
        <div class="stack">
            {(!tools.is_empty()).then(|| tool_table(tools))}
            <Card title="Calls" flush=true>{shown}</Card>
            {more}
        </div>
    }
    .into_any()
}

fn tool_table(tools: Vec<ToolUnits>) -> AnyView {
    let rows: Vec<AnyView> = tools
        .into_iter()
        .map(|tool| {
            view! {
                <tr>
                    <th scope="row" class="long-word">{tool.tool}</th>
                    <td class="num">{count(tool.calls)}</td>
                    <td class="num">{count(tool.units)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <Card title="By tool" flush=true>
            <Table
                label="By tool"
                caption="Calls and units of each tool"
                columns=[Column::text("Tool"), Column::number("Calls"), Column::number("Units")]
                rows
            />
        </Card>
    }
    .into_any()
}

fn call_table(calls: Vec<BilledCall>) -> AnyView {
    let rows: Vec<AnyView> = calls
        .into_iter()
        .map(|call| {
            view! {
                <tr>
                    <th scope="row">{second(call.at)}</th>
                    <td class="long-word">{call.tool}</td>
                    <td class="wide-only">{call.client}</td>
                    <td>{call.outcome.replace('_', " ")}</td>
                    <td class="num">{count(call.units)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <Table
            label="Calls"
            caption="The newest first"
            columns=[
                Column::text("When"),
                Column::text("Tool"),
                Column::text("Client").wide(),
                Column::text("Outcome"),
                Column::number("Units"),
            ]
            class="dense"
            rows
        />
    }
    .into_any()
}
