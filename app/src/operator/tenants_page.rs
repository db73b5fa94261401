//! `/operator`: the tenants of the instance.

use super::{CONSOLE, frame::console, query, server_fns::operator_tenants, tenant_path};
use crate::ui::{
    Badge, Card, Column, EmptyState, FilterForm, FilterSelect, FilterText, Icon, PageHeader,
    RelativeTime, Table, Tone, count, counted, data,
};
use api_types::operator::{TenantFilter, TenantOrder, TenantPage, TenantRow, TenantState};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn OperatorTenantsPage() -> AnyView {
    let query = use_query_map();
    let filter = Memo::new(move |_| query.with(query::read));
    let after = Memo::new(move |_| query.with(|query| query.get("after")).unwrap_or_default());
    let page = data(
        move || (filter.get(), after.get()),
        |(filter, after)| {
            let [search, state, order] = query::words(&filter).map(|(_, word)| word);
            operator_tenants(search, state, order, after)
        },
    );
    console(page, move |page| {
        list(
            page,
            &filter.get_untracked(),
            after.get_untracked().is_empty(),
        )
    })
}

fn list(page: TenantPage, filter: &TenantFilter, first: bool) -> AnyView {
    let words = counted(page.matching, "tenant", "tenants");
    let next = page.next.map(|next| query::address(filter, Some(next)));
    let start = (!first).then(|| query::address(filter, None));
    let link =
        |href: String, words: &'static str| view! { <a class="button" href=href>{words}</a> };
    let pager = (next.is_some() || start.is_some()).then(|| {
        let (start, next) = (
            start.map(|href| link(href, "First")),
            next.map(|href| link(href, "Next")),
        );
        view! { <nav class="pager" aria-label="Pages">{start} {next}</nav> }
    });
    let rows = if page.rows.is_empty() {
        view! {
            <EmptyState
                icon=Icon::Search
                title="No tenants match"
                about="Names and addresses are searched for what you type, in any part of them; an id must be whole."
            />
        }
        .into_any()
    } else {
        table(page.rows)
    };
    view! {
        <PageHeader title="Tenants" about="Everybody whom this instance serves, from outside."/>
        {filters(filter)}
        <p class="muted">{words}</p>
        <Card flush=true>{rows}</Card>
        {pager}
    }
    .into_any()
}

fn filters(filter: &TenantFilter) -> AnyView {
    let clear = (*filter != TenantFilter::default()).then(|| CONSOLE.to_owned());
    let [search, state, order] = query::words(filter).map(|(_, word)| word);
    let states = TenantState::ALL.iter();
    let states = states.map(|state| (state.as_str().to_owned(), state.label().to_owned()));
    let orders = TenantOrder::ALL.iter().skip(1);
    let orders = orders.map(|order| (order.as_str().to_owned(), order.label().to_owned()));
    view! {
        <FilterForm action=CONSOLE.into() clear>
            <FilterText label="Name, address or id" name="search" value=Some(search)/>
            <FilterSelect label="State" name="state" all="All states" options=states.collect() chosen=state/>
            <FilterSelect label="Order" name="order" all="By name" options=orders.collect() chosen=order/>
        </FilterForm>
    }
    .into_any()
}

fn table(rows: Vec<TenantRow>) -> AnyView {
    let rows: Vec<AnyView> = rows.into_iter().map(row).collect();
    view! {
        <Table
            label="Tenants"
            caption="Tenants; calls are those of the last 30 days"
            columns=[
                Column::text("Tenant"),
                Column::text("State"),
                Column::text("Plan"),
                Column::number("Members"),
                Column::number("Calls, 30 days"),
                Column::text("Last call"),
                Column::text("Created").wide(),
            ]
            class="dense"
            rows
        />
    }
    .into_any()
}

fn row(row: TenantRow) -> AnyView {
    let last = match row.last_call {
        Some(at) => view! { <RelativeTime at/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    let support = row.support_until.map(|at| {
        view! { <span class="note">"lets you look: ends " <RelativeTime at/></span> }
    });
    let gone = row.delete_after.map(|at| {
        view! { <span class="note">"gone for good " <RelativeTime at/></span> }
    });
    view! {
        <tr>
            <th scope="row">
                <a href=tenant_path(row.id)>{row.name}</a>
                <span class="note">{row.slug}</span>
            </th>
            <td><StateBadge state=row.state/> {gone} {support}</td>
            <td>{row.plan}</td>
            <td class="num">{count(row.members)}</td>
            <td class="num">{count(row.calls)}</td>
            <td class="whitespace-nowrap">{last}</td>
            <td class="wide-only whitespace-nowrap"><RelativeTime at=row.created_at/></td>
        </tr>
    }
    .into_any()
}

/// How a tenant is.
#[component]
pub fn StateBadge(state: TenantState) -> AnyView {
    let tone = match state {
        TenantState::Active => Tone::Good,
        TenantState::Suspended => Tone::Warning,
        TenantState::Blocked => Tone::Bad,
        TenantState::Deleted => Tone::Neutral,
    };
    view! { <Badge tone text=state.label()/> }.into_any()
}
