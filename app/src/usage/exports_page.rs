//! `/t/{slug}/usage/exports`: calls of any range of time as a file, and how far the files are.

use super::{
    query,
    server_fns::{ExportsView, list_usage_exports},
};
use crate::ui::{
    Badge, Card, Column, CopyButton, EmptyState, Field, Icon, IconView, Live, PageHeader, Select,
    Table, Tone, count, data,
    figures::{day, percent, second},
    load, moment, use_param,
};
use api_types::usage::{ExportState, ExportView, Format, UsageFilter};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use time::Date;

#[component]
pub fn ExportsPage() -> AnyView {
    let tenant = use_param("slug");
    let address = use_query_map();
    let filter = Memo::new(move |_| address.with(query::read));
    let exports = data(move || tenant.get(), list_usage_exports);
    let live = Signal::derive(move || format!("/t/{}/usage/live", tenant.get()));
    let back = move || filter.with(|filter| query::address(&tenant.get(), filter));
    view! {
        <div class="back-line">
            <a class="back-link" href=back>"Usage"</a>
            <Live address=live changed=move || exports.refetch()/>
        </div>
        <PageHeader
            title="Export calls"
            about="Every call of any range of time as a file, oldest first. A call of the last minute may be missing."
        />
        {load(exports, move |view| {
            let ExportsView { exports, now } = view;
            let (tenant, filter) = (tenant.get_untracked(), filter.get_untracked());
            view! {
                <Asked tenant filter today=now.date()/>
                <Exports exports/>
            }
            .into_any()
        })}
    }
    .into_any()
}

/// A form that is sent as it is: what comes back is a file.
#[component]
fn Asked(tenant: String, filter: UsageFilter, today: Date) -> AnyView {
    let action = format!("/t/{tenant}/usage/export");
    let formats = Format::ALL
        .iter()
        .map(|format| (format.as_str().to_string(), format.label().into()))
        .collect();
    let since = today - time::Duration::days(filter.range.seconds().0 / 86_400);
    let words = query::NAMES.into_iter().zip(query::words(&filter)).skip(1);
    let filled: Vec<_> = words.filter(|(_, word)| !word.is_empty()).collect();
    let narrow = (!filled.is_empty()).then(|| {
        let names: Vec<_> = filled.iter().map(|(name, _)| *name).collect();
        let note = format!(
            "Only the calls that the filter of the usage page leaves ({}).",
            names.join(", ")
        );
        view! { <p class="note">{note}</p> }
    });
    let hidden: Vec<_> = filled
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    view! {
        <Card title="A new file">
            <form method="post" action=action class="form">
                {hidden}
                {narrow}
                <Select label="Format" name="format" options=formats/>
                <Field label="From" name="since" kind="date" value=since.to_string() required=true/>
                <Field label="To, that day included (UTC)" name="until" kind="date" value=today.to_string() required=true/>
                <Field
                    label="Go on after"
                    name="after"
                    hint="The event_id of the last whole line of a file that broke off. What comes is put behind it."
                    placeholder="0190f5c0-…"
                />
                <button type="submit" class="button button-primary">
                    <IconView icon=Icon::Archive/>
                    "Download"
                </button>
            </form>
        </Card>
    }
    .into_any()
}

#[component]
fn Exports(exports: Vec<ExportView>) -> AnyView {
    if exports.is_empty() {
        return view! {
            <Card>
                <EmptyState
                    icon=Icon::Archive
                    title="No files yet"
                    about="Files that were asked for stand here for a month, with how far they are. Each leaves a line \
                           in the audit log."
                />
            </Card>
        }
        .into_any();
    }
    let rows: Vec<AnyView> = exports.into_iter().map(row).collect();
    view! {
        <Card title="Files of the last 30 days" flush=true>
            <Table
                label="Files of the last 30 days"
                caption="Files of the last 30 days, newest first"
                columns=[
                    Column::text("Asked for"),
                    Column::text("Calls of"),
                    Column::text("Format"),
                    Column::text("State"),
                    Column::number("Calls"),
                    Column::text("Last call").wide(),
                ]
                rows
            />
        </Card>
    }
    .into_any()
}

fn row(export: ExportView) -> AnyView {
    let (tone, state) = match export.state {
        ExportState::Running => (Tone::Accent, "On its way"),
        ExportState::Stalled => (Tone::Warning, "Stopped"),
        ExportState::Done => (Tone::Good, "Complete"),
    };
    // The end of the range is the beginning of the next day.
    let last_day = (export.until - time::Duration::SECOND).date();
    let range = format!("{} to {}", day(export.since.date()), day(last_day));
    // What is expected is of whole hours and of no filter.
    let share = (export.calls as f64 / export.expected.max(1) as f64).min(1.0);
    let far = (export.state != ExportState::Done).then(|| format!("about {}", percent(share)));
    view! {
        <tr>
            <th scope="row">
                <time title=moment(export.created_at)>{second(export.created_at)}</time>
                <span class="note">{export.asked_by}</span>
            </th>
            <td>{range}</td>
            <td>{export.format.label()}</td>
            <td>
                <Badge tone text=state/>
                {far.map(|far| view! {
                    <span class="progress">
                        <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                            <rect class="share-rest" width="100" height="4"></rect>
                            <rect class="share-part" width=share * 100.0 height="4"></rect>
                        </svg>
                        {far}
                    </span>
                })}
            </td>
            <td class="num">{count(export.calls)}</td>
            <td class="wide-only">
                {export.last.map(|last| {
                    let last = last.to_string();
                    view! {
                        <span class="request-id">
                            <code class="muted">{last.clone()}</code>
                            <CopyButton text=Signal::stored(last)/>
                        </span>
                    }
                })}
            </td>
        </tr>
    }
    .into_any()
}
