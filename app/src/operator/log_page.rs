//! `/operator/log`: what operators did.

use super::{CONSOLE, frame::console, server_fns::operator_log, tenant_path};
use crate::ui::{Card, Column, EmptyState, Icon, PageHeader, Table, data, moment};
use api_types::operator::{OperatorLogPage as View, OperatorLogRow};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn OperatorLogPage() -> AnyView {
    let query = use_query_map();
    let before = Memo::new(move |_| query.with(|query| query.get("before")).unwrap_or_default());
    let log = data(move || before.get(), operator_log);
    console(log, move |log| page(log, before.get_untracked().is_empty()))
}

fn page(log: View, first: bool) -> AnyView {
    let older = log
        .next
        .map(|next| format!("{CONSOLE}/log?before={next}"))
        .map(|href| view! { <a class="button" href=href>"Older"</a> });
    let newest = (!first).then(|| {
        view! { <a class="button" href=format!("{CONSOLE}/log")>"Newest"</a> }
    });
    let pager = (older.is_some() || newest.is_some())
        .then(|| view! { <nav class="pager" aria-label="Pages">{newest} {older}</nav> });
    let rows = if log.rows.is_empty() {
        view! {
            <EmptyState
                icon=Icon::Shield
                title="No operator has done anything yet"
                about="Suspending and resuming a tenant, correcting its calls, entering and leaving it stand here, and in its own audit log."
            />
        }
        .into_any()
    } else {
        table(log.rows)
    };
    view! {
        <PageHeader
            title="Log"
            about="What operators did. Each act is in the audit log of its tenant too; here it stays when the tenant is gone."
        />
        <Card flush=true>{rows}</Card>
        {pager}
    }
    .into_any()
}

fn table(rows: Vec<OperatorLogRow>) -> AnyView {
    let rows: Vec<AnyView> = rows.into_iter().map(row).collect();
    view! {
        <Table
            label="What operators did"
            caption="Acts of operators, newest first"
            columns=[
                Column::text("Act"),
                Column::text("Tenant"),
                Column::text("Who"),
                Column::text("When"),
                Column::text("From").wide(),
            ]
            rows
        />
    }
    .into_any()
}

fn row(row: OperatorLogRow) -> AnyView {
    let reason = row
        .reason
        .map(|reason| view! { <span class="note">{reason}</span> });
    view! {
        <tr>
            <th scope="row">{row.act.label()} {reason}</th>
            <td><a class="link" href=tenant_path(row.tenant)>{row.tenant_name}</a></td>
            <td>{row.operator}</td>
            <td class="whitespace-nowrap">{moment(row.at)}</td>
            <td class="wide-only"><code>{row.address}</code></td>
        </tr>
    }
    .into_any()
}
