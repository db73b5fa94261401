//! The newest calls, one a line.

use super::{groups::OutcomeBadge, query};
use crate::ui::{
    Badge, Card, Column, CopyButton, Table, Tone, count,
    figures::{milliseconds, second},
    moment,
};
use api_types::usage::{CallView, UsageFilter};
use leptos::prelude::*;

/// The newest, with a link to all.
#[component]
pub fn Calls(calls: Vec<CallView>, tenant: String, filter: UsageFilter) -> AnyView {
    let all = format!("/t/{tenant}/usage/calls{}", query::of(&filter));
    let rare = calls.is_empty().then(|| {
        view! { <p class="card-footer">"None of the newest 20,000 calls fits the filter; older ones do."</p> }
    });
    view! {
        <Card title="Recent calls" about="The newest 50, times in UTC." flush=true>
            {rare}
            <CallRows label="Recent calls" calls tenant/>
            <div class="card-footer"><a href=all>"All calls of this range"</a></div>
        </Card>
    }
    .into_any()
}

/// A table of calls, newest first.
#[component]
pub fn CallRows(label: &'static str, calls: Vec<CallView>, tenant: String) -> AnyView {
    let rows: Vec<AnyView> = calls.into_iter().map(|call| row(call, &tenant)).collect();
    view! {
        <Table
            label
            caption=format!("{label}, newest first")
            columns=[
                Column::text("Time"),
                Column::text("Outcome"),
                Column::text("Tool"),
                Column::number("Units"),
                Column::number("Duration"),
                Column::text("Client"),
                Column::text("Request id"),
            ]
            rows
        />
    }
    .into_any()
}

fn row(call: CallView, tenant: &str) -> AnyView {
    let href = format!("/t/{tenant}/usage/calls/{}", call.id);
    let short: String = call
        .request_id
        .chars()
        .rev()
        .take(8)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let outcome = if call.corrects.is_some() {
        view! { <Badge tone=Tone::Neutral text="Correction"/> }.into_any()
    } else {
        view! { <OutcomeBadge outcome=call.outcome/> }.into_any()
    };
    view! {
        <tr>
            <td class="whitespace-nowrap tabular-nums">
                <a href=href><time title=moment(call.at)>{second(call.at)}</time></a>
            </td>
            <td>{outcome}</td>
            <td>
                <code>{call.tool}</code>
                {call.error.map(|error| view! { <span class="note note-bad">{error}</span> })}
            </td>
            <td class="num">{count(call.units)}</td>
            <td class="num">{milliseconds(call.duration_ms)}</td>
            <td>{call.client}</td>
            <td>
                <span class="request-id">
                    <code class="muted" title=call.request_id.clone()>{format!("…{short}")}</code>
                    <CopyButton text=Signal::stored(call.request_id)/>
                </span>
            </td>
        </tr>
    }
    .into_any()
}
