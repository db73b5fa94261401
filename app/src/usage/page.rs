//! `/t/{slug}/usage`: totals, calls over time, by tool, client and outcome, and the newest calls.

use super::{
    calls::Calls,
    chart::{self, Chart, Numbers},
    filter::{Filters, Ranges},
    groups::{ByClient, ByOutcome, ByTool},
    query,
    server_fns::{UsageView, read_usage},
};
use crate::{
    clients::recipes::{self, PLACEHOLDER},
    ui::{
        Card, CopyButton, EmptyState, Icon, LinkButton, Live, PageHeader, Stat, count, data,
        figures::{bytes, milliseconds, percent},
        load, use_param,
    },
};
use api_types::usage::{Totals, UsageFilter};
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
            let [range, tool, client, outcome] = query::words(&filter).map(|(_, word)| word);
            read_usage(tenant, range, tool, client, outcome)
        },
    );
    let live = Signal::derive(move || format!("/t/{}/usage/live", tenant.get()));
    view! {
        <PageHeader title="Usage" about="Every call of this tenant's clients, counted before it is answered.">
            <Live address=live changed=move || report.refetch()/>
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
    let filters = view! {
        <Filters tenant=tenant.clone() filter=filter.clone() clients tools/>
    };
    if report.total.calls == 0 {
        let narrow = query::is_narrow(&filter);
        return view! {
            {filters}
            <Nothing tenant endpoint range=chart::words(filter.range) narrow/>
        }
        .into_any();
    }
    view! {
        {filters}
        <Sums total=report.total.clone()/>
        <Card title="Calls over time">
            <Chart bars=report.bars.clone() range=filter.range/>
            <Numbers bars=report.bars range=filter.range/>
        </Card>
        <div class="groups">
            <ByTool groups=report.by_tool tenant=tenant.clone() filter=filter.clone()/>
            <ByClient groups=report.by_client tenant=tenant.clone() filter=filter.clone()/>
            <ByOutcome outcomes=report.by_outcome tenant filter/>
        </div>
        <Calls calls=report.recent/>
    }
    .into_any()
}

#[component]
fn Sums(total: Totals) -> AnyView {
    let errors = format!("{} failed", count(total.errors));
    view! {
        <dl class="stats">
            <Stat label="Calls" value=count(total.calls)/>
            <Stat label="Errors" value=percent(total.error_share()) note=errors/>
            <Stat label="Median" value=milliseconds(total.p50_ms)/>
            <Stat label="95th percentile" value=milliseconds(total.p95_ms)/>
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
