//! The newest calls, one a line.

use super::groups::OutcomeBadge;
use crate::ui::{
    Card, Column, CopyButton, Table,
    figures::{milliseconds, second},
    moment,
};
use api_types::usage::CallView;
use leptos::prelude::*;

#[component]
pub fn Calls(calls: Vec<CallView>) -> AnyView {
    let rows: Vec<AnyView> = calls.into_iter().map(row).collect();
    view! {
        <Card title="Recent calls" about="The newest 50, times in UTC." flush=true>
            <Table
                label="Recent calls"
                caption="Recent calls, newest first"
                columns=[
                    Column::text("Time"),
                    Column::text("Outcome"),
                    Column::text("Tool"),
                    Column::number("Duration"),
                    Column::text("Client"),
                    Column::text("Request id"),
                ]
                rows
            />
        </Card>
    }
    .into_any()
}

fn row(call: CallView) -> AnyView {
    let short: String = call
        .request_id
        .chars()
        .rev()
        .take(8)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    view! {
        <tr>
            <td class="whitespace-nowrap tabular-nums">
                <time title=moment(call.at)>{second(call.at)}</time>
            </td>
            <td><OutcomeBadge outcome=call.outcome/></td>
            <td>
                <code>{call.tool}</code>
                {call.error.map(|error| view! { <span class="note note-bad">{error}</span> })}
            </td>
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
