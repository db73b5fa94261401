//! `/t/{slug}/audit`: what was done to this tenant, with search, a live tail and exports.

use super::{filter::Filters, list::Rows, query, server_fns::read_audit};
use crate::ui::{
    Card, EmptyState, Icon, LinkButton, Live, Look, Modal, PageHeader, RelativeTime, count, data,
    load, query_is, use_param,
};
use api_types::audit::{AuditFilter, AuditPage as View};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn AuditPage() -> AnyView {
    let tenant = use_param("slug");
    let query = use_query_map();
    let filter = Memo::new(move |_| query.with(query::read));
    let before = Memo::new(move |_| query.with(|query| query.get("before")).unwrap_or_default());
    let page = data(
        move || (tenant.get(), filter.get(), before.get()),
        |(tenant, filter, before)| {
            let [range, actor, act, object, search] = query::words(&filter).map(|(_, word)| word);
            read_audit(tenant, range, actor, act, object, search, before)
        },
    );
    let live = Signal::derive(move || format!("/t/{}/audit/live", tenant.get()));
    view! {
        <PageHeader
            title="Audit log"
            about="Every change to this tenant, its clients, keys and people, in a chain that shows \
                   whether somebody has changed the past."
        >
            <Live address=live changed=move || page.refetch()/>
        </PageHeader>
        {load(page, move |view| {
            let (filter, first) = (filter.get_untracked(), before.get_untracked().is_empty());
            view! { <Log view tenant filter first/> }.into_any()
        })}
    }
    .into_any()
}

#[component]
fn Log(view: View, tenant: Signal<String>, filter: AuditFilter, first: bool) -> AnyView {
    let tenant = tenant.get_untracked();
    let path = format!("/t/{tenant}/audit");
    let back = format!("{path}{}", query::write(&filter, None));
    let joint = if back.contains('?') { "&" } else { "?" };
    let export = format!("{back}{joint}dialog=export");
    let words = if filter.is_empty() {
        format!("{} rows.", count(view.total))
    } else {
        format!(
            "{} of {} rows match.",
            count(view.matching),
            count(view.total)
        )
    };
    let signed = view.signed.clone();
    let older = view
        .next
        .map(|next| format!("{path}{}", query::write(&filter, Some(next))));
    let newest = (!first).then(|| back.clone());
    let (csv, total, matching) = (query::write(&filter, None), view.total, view.matching);
    let exports = path.clone();
    let rows = if view.rows.is_empty() {
        view! { <Nothing/> }.into_any()
    } else {
        view! { <Rows rows=view.rows tenant=tenant.clone()/> }.into_any()
    };
    view! {
        <Filters tenant filter actors=view.actors/>
        <div class="log-facts">
            <p class="muted">
                {words}
                {signed.map(|signed| view! {
                    " Signed up to row " {count(signed.seq)} ", " <RelativeTime at=signed.at/> "."
                })}
            </p>
            <LinkButton href=export label="Export" look=Look::Secondary icon=Icon::Archive/>
        </div>
        <Card flush=true>{rows}</Card>
        <Pager newest older/>
        <Modal title="Export the audit log" open=query_is("dialog", "export") close_to=Signal::stored(back)>
            <Exports path=exports.clone() csv=csv.clone() total matching/>
        </Modal>
    }
    .into_any()
}

/// No rows: a log has at least one, so it is the filter that leaves none.
#[component]
fn Nothing() -> AnyView {
    view! {
        <EmptyState
            icon=Icon::Search
            title="No rows match"
            about="Words are looked for at the beginning of words in names, addresses and values; \
                   all of them must be in a row."
        />
    }
    .into_any()
}

#[component]
fn Pager(newest: Option<String>, older: Option<String>) -> AnyView {
    if newest.is_none() && older.is_none() {
        return ().into_any();
    }
    let link = |href: String, words: &'static str| {
        view! { <a class="button" href=href>{words}</a> }
    };
    let (newest, older) = (
        newest.map(|href| link(href, "Newest")),
        older.map(|href| link(href, "Older")),
    );
    view! { <nav class="pager" aria-label="Pages">{newest} {older}</nav> }.into_any()
}

/// Two files: one that can be verified, which must have every row, and one for a spreadsheet.
#[component]
fn Exports(path: String, csv: String, total: i64, matching: i64) -> AnyView {
    let jsonl = format!("Download JSONL ({} rows)", count(total));
    let words = format!("Download CSV ({} rows)", count(matching));
    view! {
        <div class="stack">
            <p>
                "JSONL has every row with its hash. Give it to "
                <code>"bulkhead verify-audit"</code>
                ", which needs no server and no database, and names the first row that was changed, \
                 moved or removed."
            </p>
            <p><a class="button button-primary" rel="external" download="" href=format!("{path}/export.jsonl")>{jsonl}</a></p>
            <p>"CSV has the rows that the filter shows, for a spreadsheet."</p>
            <p><a class="button" rel="external" download="" href=format!("{path}/export.csv{csv}")>{words}</a></p>
        </div>
    }
    .into_any()
}
