//! `/t/{slug}`: the endpoint, what to do next, and how the last day went.

use super::{server_fns::overview, steps::NextSteps};
use crate::ui::{
    Badge, Card, CopyField, Icon, LinkButton, Live, Look, PageHeader, Sparkline, Stat, Tone, count,
    counted, data, figures::percent, load, use_param,
};
use api_types::tenants::Overview;
use leptos::prelude::*;

#[component]
pub fn OverviewPage() -> AnyView {
    let slug = use_param("slug");
    let data = data(move || slug.get(), overview);
    let live = Signal::derive(move || format!("/t/{}/usage/live", slug.get()));
    view! {
        <PageHeader title="Overview" about="Your endpoint and its last 24 hours.">
            <Live address=live changed=move || data.refetch()/>
        </PageHeader>
        {load(data, page)}
    }
    .into_any()
}

fn page(overview: Overview) -> AnyView {
    view! {
        <div class="stack">
            {endpoint(overview.clone())}
            <NextSteps overview=overview.clone()/>
            {numbers(&overview)}
            {calls(overview)}
        </div>
    }
    .into_any()
}

fn endpoint(overview: Overview) -> AnyView {
    let toolkits: Vec<AnyView> = overview
        .toolkits
        .iter()
        .map(|name| view! { <Badge tone=Tone::Accent text=name.clone()/> }.into_any())
        .collect();
    view! {
        <Card title="MCP endpoint" about="Clients connect here: they log in, or show a key.">
            <CopyField text=overview.endpoint label="MCP endpoint"/>
            <p class="badges">
                <span class="muted">"Toolkits on:"</span>
                {toolkits}
                {overview.toolkits.is_empty().then(|| view! { <span>"none"</span> })}
            </p>
        </Card>
    }
    .into_any()
}

fn numbers(overview: &Overview) -> AnyView {
    let failed = if overview.calls_today == 0 {
        "–".into()
    } else {
        percent(overview.error_share)
    };
    view! {
        <dl class="stats">
            <Stat label="Calls" value=count(overview.calls_today) note="24 h"/>
            <Stat label="Failed" value=failed note="24 h"/>
            <Stat label="MCP clients" value=count(overview.clients)/>
            <Stat label="Live keys" value=count(overview.live_keys)/>
            <Stat label="Open tasks" value=count(overview.open_tasks)/>
        </dl>
    }
    .into_any()
}

fn calls(overview: Overview) -> AnyView {
    let calls = counted(overview.calls_today, "call", "calls");
    let busiest = count(overview.calls_by_hour.iter().copied().max().unwrap_or(0));
    let label = format!("{calls} in the last 24 hours; {busiest} in the busiest hour");
    let usage = format!("/t/{}/usage", overview.slug);
    view! {
        <Card title="Calls by hour" about="The last 24 hours, oldest first.">
            <Sparkline values=overview.calls_by_hour label/>
            <div class="card-foot">
                <span class="muted">{calls} ", " {busiest} " in the busiest hour"</span>
                <LinkButton href=Signal::stored(usage) label="Usage" look=Look::Quiet icon=Icon::Activity/>
            </div>
        </Card>
    }
    .into_any()
}
