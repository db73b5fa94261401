//! Calls by tool, by client and by outcome: tables whose lines lead to a narrower filter.

use super::query;
use crate::ui::{
    Badge, Card, Column, Table, Tone, count,
    figures::{milliseconds, percent},
};
use api_types::usage::{Group, Outcome, UsageFilter};
use leptos::prelude::*;

/// Lets one value of a dimension through.
type Narrow = fn(&mut UsageFilter, &str);

/// The tables of all dimensions but the outcome. Those with nothing in them are left out.
#[component]
pub fn Groups(report: GroupsOf, tenant: String, filter: UsageFilter) -> AnyView {
    let tables: [(_, _, _, Narrow); 6] = [
        ("By tool", "Tool", report.tools, |filter, key| {
            filter.tool = Some(key.into());
        }),
        ("By client", "Client", report.clients, |filter, key| {
            filter.client = key.parse().ok();
        }),
        ("By toolkit", "Toolkit", report.toolkits, |filter, key| {
            filter.toolkit = Some(key.into());
        }),
        (
            "By key and log-in",
            "Key or log-in",
            report.credentials,
            |filter, key| {
                filter.credential = key.parse().ok();
            },
        ),
        ("By member", "Member", report.members, |filter, key| {
            filter.member = key.parse().ok();
        }),
        (
            "By connection",
            "Connection",
            report.connections,
            |filter, key| {
                filter.connection = key.parse().ok();
            },
        ),
    ];
    let tables = tables.map(|(title, what, groups, narrow)| {
        let narrow = |key: &str| {
            let mut filter = filter.clone();
            narrow(&mut filter, key);
            filter
        };
        (!groups.is_empty()).then(|| table(title, what, groups, &tenant, narrow))
    });
    tables.into_iter().collect_view().into_any()
}

/// What the tables are made of.
pub struct GroupsOf {
    pub tools: Vec<Group>,
    pub clients: Vec<Group>,
    pub toolkits: Vec<Group>,
    pub credentials: Vec<Group>,
    pub members: Vec<Group>,
    pub connections: Vec<Group>,
}

fn table(
    title: &'static str,
    what: &'static str,
    groups: Vec<Group>,
    tenant: &str,
    narrow: impl Fn(&str) -> UsageFilter,
) -> AnyView {
    let known = groups.iter().any(|group| group.totals.p95_ms.is_some());
    let rows = rows(groups, known, tenant, narrow);
    let time = if known { "p95" } else { "Mean" };
    view! {
        <Card title flush=true>
            <Table
                label=title
                caption=title
                columns=[
                    Column::text(what),
                    Column::number("Calls"),
                    Column::number("Units"),
                    Column::number("Errors"),
                    Column::number(time),
                ]
                rows
            />
        </Card>
    }
    .into_any()
}

fn rows(
    groups: Vec<Group>,
    known: bool,
    tenant: &str,
    narrow: impl Fn(&str) -> UsageFilter,
) -> Vec<AnyView> {
    let most = groups
        .iter()
        .map(|group| group.totals.calls)
        .max()
        .unwrap_or(1);
    let row = |group: Group| {
        let href = query::address(tenant, &narrow(&group.key));
        let totals = group.totals;
        let time = if known {
            totals.p95_ms.map_or_else(String::new, milliseconds)
        } else {
            milliseconds(totals.mean_ms)
        };
        let change = group.before.and_then(|before| change(totals.calls, before));
        view! {
            <tr>
                <th scope="row">
                    <a href=href data-noscroll="true">{group.name}</a>
                    <Share part=totals.calls whole=most errors=totals.errors/>
                </th>
                <td class="num">
                    {count(totals.calls)}
                    {change.map(|change| view! { <span class="note">{change}</span> })}
                </td>
                <td class="num">{count(totals.units)}</td>
                <td class="num">{percent(totals.error_share())}</td>
                <td class="num">{time}</td>
            </tr>
        }
        .into_any()
    };
    groups.into_iter().map(row).collect()
}

/// How a number has changed: `+12%`. Nothing, where there was nothing before.
pub fn change(now: i64, before: i64) -> Option<String> {
    if before == 0 {
        return None;
    }
    let share = (now - before) as f64 / before as f64;
    let sign = if share < 0.0 { "\u{2212}" } else { "+" };
    Some(format!("{sign}{}", percent(share.abs())))
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

#[cfg(test)]
mod tests {
    use super::change;

    #[test]
    fn a_change_is_a_share_of_what_was_before() {
        assert_eq!(change(112, 100).as_deref(), Some("+12%"));
        assert_eq!(change(50, 100).as_deref(), Some("\u{2212}50%"));
        assert_eq!(change(7, 7).as_deref(), Some("+0%"));
        assert_eq!(change(7, 0), None);
    }
}
