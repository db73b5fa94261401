//! Calls by tool, by client and by outcome: tables whose lines lead to a narrower filter.

use super::query;
use crate::ui::{
    Badge, Card, Column, Table, Tone, count,
    figures::{milliseconds, percent},
};
use api_types::usage::{Group, Outcome, UsageFilter};
use leptos::prelude::*;

#[component]
pub fn ByTool(groups: Vec<Group>, tenant: String, filter: UsageFilter) -> AnyView {
    let narrow = |key: &str| UsageFilter {
        tool: Some(key.into()),
        ..filter.clone()
    };
    table("By tool", "Tool", rows(groups, &tenant, narrow))
}

#[component]
pub fn ByClient(groups: Vec<Group>, tenant: String, filter: UsageFilter) -> AnyView {
    let narrow = |key: &str| UsageFilter {
        client: key.parse().ok(),
        ..filter.clone()
    };
    table("By client", "Client", rows(groups, &tenant, narrow))
}

fn table(title: &'static str, what: &'static str, rows: Vec<AnyView>) -> AnyView {
    view! {
        <Card title flush=true>
            <Table
                label=title
                caption=title
                columns=[
                    Column::text(what),
                    Column::number("Calls"),
                    Column::number("Errors"),
                    Column::number("p95"),
                ]
                rows
            />
        </Card>
    }
    .into_any()
}

fn rows(groups: Vec<Group>, tenant: &str, narrow: impl Fn(&str) -> UsageFilter) -> Vec<AnyView> {
    let most = groups
        .iter()
        .map(|group| group.totals.calls)
        .max()
        .unwrap_or(1);
    let row = |group: Group| {
        let href = query::address(tenant, &narrow(&group.key));
        view! {
            <tr>
                <th scope="row">
                    <a href=href data-noscroll="true">{group.name}</a>
                    <Share part=group.totals.calls whole=most errors=group.totals.errors/>
                </th>
                <td class="num">{count(group.totals.calls)}</td>
                <td class="num">{percent(group.totals.error_share())}</td>
                <td class="num">{milliseconds(group.totals.p95_ms)}</td>
            </tr>
        }
        .into_any()
    };
    groups.into_iter().map(row).collect()
}

#[component]
pub fn ByOutcome(outcomes: Vec<(Outcome, i64)>, tenant: String, filter: UsageFilter) -> AnyView {
    let whole: i64 = outcomes.iter().map(|(_, calls)| calls).sum();
    let most = outcomes.iter().map(|(_, calls)| *calls).max().unwrap_or(1);
    let row = |(outcome, calls): (Outcome, i64)| {
        let narrow = UsageFilter {
            outcome: Some(outcome),
            ..filter.clone()
        };
        let errors = if outcome == Outcome::Ok { 0 } else { calls };
        view! {
            <tr>
                <th scope="row">
                    <a href=query::address(&tenant, &narrow) data-noscroll="true">{outcome.label()}</a>
                    <Share part=calls whole=most errors/>
                </th>
                <td class="num">{count(calls)}</td>
                <td class="num">{percent(calls as f64 / whole.max(1) as f64)}</td>
            </tr>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = outcomes.into_iter().map(row).collect();
    view! {
        <Card title="By outcome" flush=true>
            <Table
                label="By outcome"
                caption="By outcome"
                columns=[
                    Column::text("Outcome"),
                    Column::number("Calls"),
                    Column::number("Share"),
                ]
                rows
            />
        </Card>
    }
    .into_any()
}

/// A bar as long as the part, with its errors at the end. The numbers stand beside it.
#[component]
fn Share(part: i64, whole: i64, errors: i64) -> AnyView {
    let length = |number: i64| number as f64 / whole.max(1) as f64 * 100.0;
    view! {
        <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect class="share-rest" width="100" height="4"></rect>
            <rect class="share-part" width=length(part) height="4"></rect>
            <rect class="share-errors" x=length(part - errors) width=length(errors) height="4"></rect>
        </svg>
    }
    .into_any()
}

/// How a call ended, as a badge.
#[component]
pub fn OutcomeBadge(outcome: Outcome) -> AnyView {
    let tone = match outcome {
        Outcome::Ok => Tone::Good,
        Outcome::ToolError | Outcome::Limited | Outcome::Cancelled => Tone::Warning,
        Outcome::Invalid | Outcome::Refused | Outcome::Timeout | Outcome::Failed => Tone::Bad,
    };
    view! { <Badge tone text=outcome.label()/> }.into_any()
}
