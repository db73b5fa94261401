//! `/t/{slug}/usage`: totals, calls over time, by tool, client and outcome, and the newest calls.

use super::{
    calls::Calls,
    chart::{self, Chart, Numbers},
    filter::{Choices, Filters, Ranges},
    groups::{ByOutcome, Groups, GroupsOf, change},
    heat::HeatMap,
    layers::{LayerNumbers, Layers},
    query,
    server_fns::{UsageView, read_usage},
};
use crate::{
    clients::recipes::{self, PLACEHOLDER},
    ui::{
        Card, CopyButton, EmptyState, Icon, LinkButton, Live, Look, PageHeader, Stat, count, data,
        figures::{bytes, milliseconds, percent},
        load, use_param,
    },
};
use api_types::usage::{Bar, Group, Layer, Range, Totals, UsageFilter};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn UsagePage() -> AnyView {
    let tenant = use_param("slug");
    let query = use_query_map();
    let filter = Memo::new(move |_| query.with(query::read));
    let report = data(
        move || (tenant.get(), filter.get()),
        |(tenant, filter)| {
            let [
                range,
                tool,
                client,
                outcome,
                toolkit,
                key,
                member,
                connection,
            ] = query::words(&filter);
            read_usage(
                tenant, range, tool, client, outcome, toolkit, key, member, connection,
            )
        },
    );
    let exports = Signal::derive(move || {
        let words = filter.with(query::of);
        format!("/t/{}/usage/exports{words}", tenant.get())
    });
    let live = Signal::derive(move || format!("/t/{}/usage/live", tenant.get()));
    view! {
        <PageHeader title="Usage" about="Every call of this tenant's clients, counted before it is answered.">
            <Live address=live changed=move || report.refetch()/>
            <LinkButton href=exports label="Export" look=Look::Secondary icon=Icon::Archive/>
        </PageHeader>
        <Ranges tenant filter/>
        {load(report, move |view| {
            view! { <Report view tenant filter=filter.get_untracked()/> }.into_any()
        })}
    }
    .into_any()
}

#[component]
fn Report(view: UsageView, tenant: Signal<String>, filter: UsageFilter) -> AnyView {
    let UsageView {
        report,
        clients,
        tools,
        endpoint,
    } = view;
    let tenant = tenant.get_untracked();
    let choices = Choices {
        tools,
        clients,
        called: [
            ("toolkit", options(&report.by_toolkit)),
            ("key", options(&report.by_credential)),
            ("member", options(&report.by_member)),
            ("connection", options(&report.by_connection)),
        ],
    };
    let filters = view! { <Filters tenant=tenant.clone() filter=filter.clone() choices/> };
    if report.total.calls == 0 {
        let narrow = query::is_narrow(&filter);
        return view! {
            {filters}
            <Nothing tenant endpoint range=chart::words(filter.range) narrow/>
        }
        .into_any();
    }
    let groups = GroupsOf {
        tools: report.by_tool,
        clients: report.by_client,
        toolkits: report.by_toolkit,
        credentials: report.by_credential,
        members: report.by_member,
        connections: report.by_connection,
    };
    let tables = view! {
        <Groups report=groups tenant=tenant.clone() filter=filter.clone()/>
        <ByOutcome outcomes=report.by_outcome tenant=tenant.clone() filter=filter.clone()/>
    };
    view! {
        {filters}
        <Sums total=report.total before=report.before range=filter.range/>
        {over_time(report.bars, report.layers, filter.range)}
        {report.hours_of_week.map(|hours| view! {
            <Card title="Hours of the week"><HeatMap hours/></Card>
        })}
        <div class="groups">{tables}</div>
        <Calls calls=report.recent tenant filter/>
    }
    .into_any()
}

/// Calls over time, all together and by tool, each with its table.
fn over_time(bars: Vec<Bar>, layers: Vec<Layer>, range: Range) -> AnyView {
    let all = view! {
        <Chart bars=bars.clone() range/>
        <Numbers bars=bars.clone() range/>
    };
    let by_tool = view! {
        <Layers layers=layers.clone() bars=bars.clone() range/>
        <LayerNumbers layers bars range/>
    };
    view! {
        <Card title="Calls over time">{all}</Card>
        <Card title="Calls over time by tool">{by_tool}</Card>
    }
    .into_any()
}

fn options(groups: &[Group]) -> Vec<(String, String)> {
    let option = |group: &Group| (group.key.clone(), group.name.clone());
    groups.iter().map(option).collect()
}

/// Percentiles are not kept of every combination of filters; the mean is.
#[component]
fn Sums(total: Totals, before: Totals, range: Range) -> AnyView {
    let errors = format!("{} failed", count(total.errors));
    let against = |change: String| format!("{change} against the {} before", chart::length(range));
    let calls = change(total.calls, before.calls).map_or_else(
        || format!("none in the {} before", chart::length(range)),
        against,
    );
    let units = change(total.units, before.units).unwrap_or_default();
    let times = match (total.p50_ms, total.p95_ms) {
        (Some(half), Some(most)) => vec![("Median", half), ("95th percentile", most)],
        _ => vec![("Mean", total.mean_ms)],
    };
    let times = times
        .into_iter()
        .map(|(label, ms)| view! { <Stat label value=milliseconds(ms)/> });
    view! {
        <dl class="stats">
            <Stat label="Calls" value=count(total.calls) note=calls/>
            <Stat label="Units" value=count(total.units) note=units/>
            <Stat label="Errors" value=percent(total.error_share()) note=errors/>
            {times.collect_view()}
            <Stat label="Data" value=bytes(total.bytes)/>
        </dl>
    }
    .into_any()
}

/// No calls: because nobody has called yet, or because the filter leaves none.
#[component]
fn Nothing(tenant: String, endpoint: String, range: &'static str, narrow: bool) -> AnyView {
    if narrow {
        return view! {
            <Card>
                <EmptyState
                    icon=Icon::Search
                    title="No calls match"
                    about=format!("Nothing in the {range} fits this filter.")
                />
            </Card>
        }
        .into_any();
    }
    let call = recipes::first_call(&endpoint, PLACEHOLDER);
    view! {
        <Card>
            <EmptyState
                icon=Icon::Activity
                title=format!("No calls in the {range}")
                about="Register a client, issue it a key, and make the first call. It appears here \
                       the moment it is answered."
            >
                <LinkButton href=format!("/t/{tenant}/clients") label="Go to clients" icon=Icon::Plug/>
            </EmptyState>
            <div class="snippet">
                <div class="snippet-header">
                    <span>"The first call, with a key that may read account"</span>
                    <CopyButton text=Signal::stored(call.clone())/>
                </div>
                <pre tabindex="0" aria-label="The first call, by curl"><code>{call}</code></pre>
            </div>
        </Card>
    }
    .into_any()
}
