//! The deliveries of an endpoint, the newest first: tabs that are links, a table, and pages.

use super::{
    delivery_fns::DeliveriesView,
    looks::{DeliveryBadge, answer},
    query::Shown,
};
use crate::ui::{
    Card, Column, EmptyState, Icon, LinkButton, Table, count, counted, figures::second, moment,
};
use api_types::webhooks::{DeliveryPage, DeliveryState, DeliveryView};
use leptos::prelude::*;

/// The tabs, in the order in which people look for them.
const STATES: [(Option<DeliveryState>, &str); 5] = [
    (None, "All"),
    (Some(DeliveryState::Waiting), "Waiting"),
    (Some(DeliveryState::Retrying), "Retrying"),
    (Some(DeliveryState::Delivered), "Delivered"),
    (Some(DeliveryState::Dead), "Given up"),
];

#[component]
pub fn Deliveries(
    view: DeliveriesView,
    shown: Shown,
    /// Of the endpoint's page.
    path: String,
) -> AnyView {
    let DeliveriesView { page, may_manage } = view;
    let tabs: Vec<AnyView> = STATES
        .into_iter()
        .map(|(state, words)| tab(state, words, &shown, &path))
        .collect();
    let again = (may_manage.allowed && !page.deliveries.is_empty()).then(|| {
        let label = if shown.state == Some(DeliveryState::Dead) {
            "Send all again"
        } else {
            "Send again"
        };
        let href = Signal::stored(shown.address(&path, Some("again")));
        view! { <LinkButton href label icon=Icon::Refresh/> }
    });
    let pager = pager(&page, &shown, &path);
    let list = if page.deliveries.is_empty() {
        nothing(&shown)
    } else {
        table(page.deliveries, &path)
    };
    view! {
        <section class="stack">
            <div class="catalogue-header">
                <h2>"Deliveries"</h2>
                {again}
            </div>
            <nav class="segments delivery-states" aria-label="State">{tabs}</nav>
            <Card flush=true>{list}</Card>
            {pager}
        </section>
    }
    .into_any()
}

fn tab(state: Option<DeliveryState>, words: &'static str, shown: &Shown, path: &str) -> AnyView {
    let href = Shown::in_state(state).address(path, None);
    let current = (shown.state == state).then_some("true");
    view! { <a href=href aria-current=current data-noscroll="true">{words}</a> }.into_any()
}

fn table(deliveries: Vec<DeliveryView>, path: &str) -> AnyView {
    let caption = counted(deliveries.len() as i64, "delivery", "deliveries");
    let rows: Vec<AnyView> = deliveries
        .into_iter()
        .map(|delivery| row(delivery, path))
        .collect();
    view! {
        <Table
            label="Deliveries"
            caption=format!("{caption}, newest first; times in UTC")
            columns=[
                Column::text("Event"),
                Column::text("State"),
                Column::text("Answer"),
                Column::number("Attempts").wide(),
                Column::text("Time").wide(),
            ]
            class="dense"
            rows
        />
    }
    .into_any()
}

fn row(delivery: DeliveryView, path: &str) -> AnyView {
    let href = format!("{path}/{}", delivery.id);
    let at = second(delivery.created_at);
    let next = delivery
        .next_at
        .filter(|_| delivery.state == DeliveryState::Retrying)
        .map(|at| view! { <span class="note">"again " <time title=moment(at)>{second(at)}</time></span> });
    view! {
        <tr>
            <th scope="row">
                <a href=href>
                    <code>{delivery.event}</code>
                    <span class="visually-hidden">{format!(" at {at}")}</span>
                </a>
                <span class="note narrow-time">{at.clone()}</span>
            </th>
            <td><DeliveryBadge state=delivery.state/> {next}</td>
            <td>{answer(delivery.status, delivery.attempts)}</td>
            <td class="num wide-only">{count(delivery.attempts.into())}</td>
            <td class="whitespace-nowrap tabular-nums wide-only">
                <time title=moment(delivery.created_at)>{at}</time>
            </td>
        </tr>
    }
    .into_any()
}

fn nothing(shown: &Shown) -> AnyView {
    let (title, about) = match shown.state {
        None => (
            "Nothing yet",
            "What happens in the tenant is listed here with every attempt, for 30 days. A test event shows whether \
             your side hears.",
        ),
        Some(DeliveryState::Waiting) => ("Nothing waits", "New events are sent within seconds."),
        Some(DeliveryState::Retrying) => (
            "Nothing is tried again",
            "What fails is tried again after 5 seconds, 5 minutes, half an hour, and ever more rarely for three days.",
        ),
        Some(DeliveryState::Delivered) => (
            "Nothing was delivered",
            "A delivery counts when your side answers with a 2xx within 15 seconds.",
        ),
        Some(DeliveryState::Dead) => (
            "Nothing was given up",
            "What failed for three days stays here for 30, and can be sent again.",
        ),
    };
    view! { <EmptyState icon=Icon::Webhook title about/> }.into_any()
}

fn pager(page: &DeliveryPage, shown: &Shown, path: &str) -> AnyView {
    let newest =
        (!shown.after.is_empty()).then(|| Shown::in_state(shown.state).address(path, None));
    let older = page.next.map(|after| {
        let older = Shown {
            after: after.to_string(),
            ..shown.clone()
        };
        older.address(path, None)
    });
    if newest.is_none() && older.is_none() {
        return ().into_any();
    }
    let link = |href: String, words: &'static str| {
        view! { <a class="button" href=href data-noscroll="true">{words}</a> }
    };
    let newest = newest.map(|href| link(href, "Newest"));
    let older = older.map(|href| link(href, "Older"));
    view! { <nav class="pager" aria-label="Pages">{newest} {older}</nav> }.into_any()
}
