//! Who uses a connection, and its last calls.

use crate::{
    ui::{
        Card, Column, EmptyState, Icon, RelativeTime, Table, count,
        figures::{milliseconds, second},
        moment,
    },
    usage::OutcomeBadge,
};
use api_types::connections::{ConnectionCall, ConnectionUser};
use leptos::prelude::*;

#[component]
pub fn Users(users: Vec<ConnectionUser>) -> AnyView {
    if users.is_empty() {
        return view! {
            <Card title="Who uses it">
                <EmptyState
                    icon=Icon::Plug
                    title="Nobody yet"
                    about="Clients whose scopes open its tools appear here with their first call."
                />
            </Card>
        }
        .into_any();
    }
    let rows: Vec<AnyView> = users
        .into_iter()
        .map(|user| {
            view! {
                <tr>
                    <th scope="row">{user.client}</th>
                    <td class="num">{count(user.calls)}</td>
                    <td><RelativeTime at=user.last_at/></td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <Card title="Who uses it" about="In the last 30 days." flush=true>
            <Table
                label="Who uses it"
                caption="Clients that use it, most calls first"
                columns=[
                    Column::text("Client"),
                    Column::number("Calls"),
                    Column::text("Last call"),
                ]
                class="dense"
                rows
            />
        </Card>
    }
    .into_any()
}

#[component]
pub fn Calls(calls: Vec<ConnectionCall>, tenant: String) -> AnyView {
    if calls.is_empty() {
        return ().into_any();
    }
    let rows: Vec<AnyView> = calls.into_iter().map(|call| row(call, &tenant)).collect();
    view! {
        <Card title="Recent calls" about="Times in UTC." flush=true>
            <Table
                label="Recent calls"
                caption="Recent calls, newest first"
                columns=[
                    Column::text("Time"),
                    Column::text("Outcome"),
                    Column::text("Tool"),
                    Column::number("Duration"),
                    Column::text("Client"),
                ]
                class="dense"
                rows
            />
        </Card>
    }
    .into_any()
}

fn row(call: ConnectionCall, tenant: &str) -> AnyView {
    let usage = format!("/t/{tenant}/usage?range=30d&tool={}", call.tool);
    view! {
        <tr>
            <td class="whitespace-nowrap tabular-nums">
                <time title=moment(call.at)>{second(call.at)}</time>
            </td>
            <td><OutcomeBadge outcome=call.outcome/></td>
            <td>
                <a href=usage><code>{call.tool}</code></a>
                {call.error.map(|error| view! { <span class="note note-bad">{error}</span> })}
            </td>
            <td class="num">{milliseconds(call.duration_us as f64 / 1000.0)}</td>
            <td>{call.client}</td>
        </tr>
    }
    .into_any()
}
