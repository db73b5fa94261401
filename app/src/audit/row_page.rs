//! `/t/{slug}/audit/{number}`: one row, with what changed.

use super::server_fns::get_audit_row;
use crate::ui::{
    Card, Column, CopyButton, PageHeader, Table, data, figures::second, load, use_param,
};
use api_types::audit::{AuditRow, FieldChange, ObjectKind};
use leptos::prelude::*;

#[component]
pub fn AuditRowPage() -> AnyView {
    let (tenant, seq) = (use_param("slug"), use_param("id"));
    let row = data(
        move || (tenant.get(), seq.get()),
        |(tenant, seq)| get_audit_row(tenant, seq),
    );
    load(row, move |row| {
        let log = format!("/t/{}/audit", tenant.get_untracked());
        view! {
            <a class="back-link" href=log>"Audit log"</a>
            <Row row/>
        }
        .into_any()
    })
}

#[component]
fn Row(row: AuditRow) -> AnyView {
    let title = row.label().to_owned();
    let kind = ObjectKind::parse(&row.object_kind)
        .map_or(row.object_kind.clone(), |kind| kind.label().into());
    let when = format!("{} UTC, {}", second(row.at), row.at.year());
    let request = row.request_id.map(|id| id.to_string());
    view! {
        <PageHeader title about=format!("Row {} of the log", row.seq)/>
        <Diff changes=row.changes/>
        <Card title="The act">
            <dl class="facts">
                {fact("When", Some(when))}
                {fact("Who", Some(row.actor_name))}
                {fact("Id of the actor", row.actor_id.map(|id| id.to_string()))}
                {fact(&kind, Some(row.object_name))}
                {fact("Id of the object", Some(row.object_id))}
                {fact("From", row.address)}
                {fact("Request id", request)}
            </dl>
        </Card>
        <Card title="The chain" about="The hash covers all of the above and the hash of the row before.">
            <dl class="facts">
                {hash("Hash", row.hash)}
                {hash("Hash of the row before", row.prev)}
            </dl>
        </Card>
    }
    .into_any()
}

fn fact(name: &str, value: Option<String>) -> Option<AnyView> {
    let name = name.to_owned();
    value.map(|value| view! { <dt>{name}</dt> <dd class="long-word">{value}</dd> }.into_any())
}

fn hash(name: &'static str, value: String) -> AnyView {
    view! {
        <dt>{name}</dt>
        <dd class="long-word">
            <code>{value.clone()}</code>
            " "
            <CopyButton text=Signal::stored(value)/>
        </dd>
    }
    .into_any()
}

/// What was there before and is there after, part by part.
#[component]
fn Diff(changes: Vec<FieldChange>) -> AnyView {
    if changes.is_empty() {
        return ().into_any();
    }
    let parts: Vec<AnyView> = changes.into_iter().map(part).collect();
    view! {
        <Card title="What changed" flush=true>
            <Table
                label="What changed"
                caption="Each part before and after"
                columns=[
                    Column::text("Part"),
                    Column::text("Before"),
                    Column::text("After"),
                ]
                rows=parts
            />
        </Card>
    }
    .into_any()
}

/// What differs is marked as removed and as put in, by more than colour.
fn part(change: FieldChange) -> AnyView {
    let differs = change.is_change();
    let name = change.field.replace('_', " ");
    let before = change.before.map(|text| {
        if differs {
            view! { <del class="diff-before">{text}</del> }.into_any()
        } else {
            text.into_any()
        }
    });
    let after = change.after.map(|text| {
        if differs {
            view! { <ins class="diff-after">{text}</ins> }.into_any()
        } else {
            text.into_any()
        }
    });
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="long-word">{before}</td>
            <td class="long-word">{after}</td>
        </tr>
    }
    .into_any()
}
