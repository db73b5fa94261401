//! Rows of the log, one a line.

use crate::ui::{Column, Table, figures::second, moment};
use api_types::audit::AuditRow;
use leptos::prelude::*;

#[component]
pub fn Rows(rows: Vec<AuditRow>, tenant: String) -> AnyView {
    let rows: Vec<AnyView> = rows.into_iter().map(|row| line(row, &tenant)).collect();
    view! {
        <Table
            label="Audit log"
            caption="Acts, newest first; times in UTC"
            columns=[
                Column::text("Act"),
                Column::text("Who"),
                Column::text("Time"),
                Column::text("From").wide(),
                Column::number("Row").wide(),
            ]
            rows
        />
    }
    .into_any()
}

fn line(row: AuditRow, tenant: &str) -> AnyView {
    let changed: Vec<_> = row
        .changes
        .iter()
        .filter(|part| part.is_change() && part.before.is_some() && part.after.is_some())
        .map(|part| part.field.clone())
        .collect();
    let changed = (!changed.is_empty()).then(|| format!("changed: {}", changed.join(", ")));
    let href = format!("/t/{tenant}/audit/{}", row.seq);
    let label = row.label().to_owned();
    view! {
        <tr>
            <th scope="row">
                <a href=href>{label}</a>
                <span class="note">{row.object_name}</span>
                {changed.map(|changed| view! { <span class="note">{changed}</span> })}
            </th>
            <td>{row.actor_name}</td>
            <td class="whitespace-nowrap tabular-nums">
                <time title=moment(row.at)>{second(row.at)}</time>
            </td>
            <td class="wide-only"><code>{row.address}</code></td>
            <td class="num wide-only">{row.seq}</td>
        </tr>
    }
    .into_any()
}
