//! `/t/{slug}/usage/calls`: the calls of a range and a filter, newest first, page by page.

use super::{calls::CallRows, chart, query, server_fns::list_calls};
use crate::ui::{Card, EmptyState, Icon, PageHeader, data, load, use_param};
use api_types::usage::{CallPage, UsageFilter};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn CallsPage() -> AnyView {
    let tenant = use_param("slug");
    let address = use_query_map();
    let filter = Memo::new(move |_| address.with(query::read));
    let before = Memo::new(move |_| address.with(|words| words.get("before").unwrap_or_default()));
    let page = data(
        move || (tenant.get(), filter.get(), before.get()),
        |(tenant, filter, before)| {
            let [
                range,
                tool,
                client,
                outcome,
                toolkit,
                key,
                member,
                connection,
            ] = query::words(&filter);
            list_calls(
                tenant, range, tool, client, outcome, toolkit, key, member, connection, before,
            )
        },
    );
    let back = move || filter.with(|filter| query::address(&tenant.get(), filter));
    let about = move || filter.with(|filter| format!("Of the {}.", chart::words(filter.range)));
    view! {
        <div class="back-line">
            <a class="back-link" href=back>"Usage"</a>
        </div>
        <PageHeader title="Calls" about="Newest first, times in UTC.">
            <span class="muted">{about}</span>
        </PageHeader>
        {load(page, move |page| {
            let (filter, before) = (filter.get_untracked(), before.get_untracked());
            listed(page, tenant.get_untracked(), &filter, !before.is_empty())
        })}
    }
    .into_any()
}

fn listed(page: CallPage, tenant: String, filter: &UsageFilter, later: bool) -> AnyView {
    let CallPage { calls, older } = page;
    let words = query::of(filter);
    let link = |before: Option<String>, label: &'static str| {
        let joint = if words.is_empty() { "?" } else { "&" };
        let before = before.map(|id| format!("{joint}before={id}"));
        let href = format!(
            "/t/{tenant}/usage/calls{words}{}",
            before.unwrap_or_default()
        );
        view! { <a class="button" href=href>{label}</a> }
    };
    let newest = later.then(|| link(None, "Newest"));
    let next = older.map(|id| link(Some(id.to_string()), "Older"));
    let there = newest.is_some() || next.is_some();
    let pager =
        there.then(|| view! { <nav class="pager" aria-label="Pages">{newest} {next}</nav> });
    let list = if calls.is_empty() {
        let about = if older.is_some() {
            "None of these calls fits the filter. There are older ones to look through."
        } else {
            "Nothing of this range fits the filter, or all that does stands on the pages before."
        };
        view! { <EmptyState icon=Icon::Search title="No calls here" about=about/> }.into_any()
    } else {
        view! { <CallRows label="Calls" calls tenant=tenant.clone()/> }.into_any()
    };
    view! {
        <Card flush=true>{list}</Card>
        {pager}
    }
    .into_any()
}
