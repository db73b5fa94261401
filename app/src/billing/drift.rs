//! What the last comparison found: nothing, as a rule.

use super::server_fns::RepairBilling;
use crate::ui::{Alert, Card, Column, Form, Look, Post, RelativeTime, Submit, Table, Tone};
use api_types::billing::Drift;
use leptos::prelude::*;
use time::OffsetDateTime;

#[component]
pub fn DriftCard(
    tenant: String,
    drifts: Vec<Drift>,
    compared_at: Option<OffsetDateTime>,
    may_repair: bool,
    repair: Post<RepairBilling>,
) -> AnyView {
    let when = match compared_at {
        Some(at) => view! { <p class="muted">"Compared " <RelativeTime at/> "."</p> }.into_any(),
        None => {
            view! { <p class="muted">"Not compared yet: it is done once an hour."</p> }.into_any()
        }
    };
    let is_right = drifts.is_empty() && compared_at.is_some();
    let found = if drifts.is_empty() {
        is_right
            .then(|| view! { <Alert tone=Tone::Good text="Nothing differs."/> })
            .into_any()
    } else {
        table(drifts)
    };
    view! {
        <Card
            title="Comparison"
            about="Calls, their sums, Stripe's meter, members and the subscription are compared once an hour. They should agree."
        >
            {found}
            {when}
            {may_repair.then(|| view! {
                <Form action=repair class="form-inline">
                    <input type="hidden" name="tenant" value=tenant/>
                    <Submit label="Compare and repair now" look=Look::Secondary/>
                </Form>
            })}
        </Card>
    }
    .into_any()
}

fn table(drifts: Vec<Drift>) -> AnyView {
    let rows: Vec<AnyView> = drifts
        .into_iter()
        .map(|drift| {
            view! {
                <tr>
                    <th scope="row">{drift.kind.label()}</th>
                    <td class="long-word">{drift.ours}</td>
                    <td class="long-word">{drift.theirs}</td>
                    <td class="wide-only"><RelativeTime at=drift.found_at/></td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <Alert tone=Tone::Warning text="These should agree, and do not."/>
        <Table
            label="Differences"
            caption="What differs, here and there"
            columns=[
                Column::text("What"),
                Column::text("First"),
                Column::text("Second"),
                Column::text("Found").wide(),
            ]
            rows
        />
    }
    .into_any()
}
