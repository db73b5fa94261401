//! Lines of an invoice, made or to come, and the addresses of the calls behind them.

use crate::ui::{Badge, Column, Table, Tone, count, figures::day};
use api_types::billing::{LineKind, LineView, amount};
use leptos::prelude::*;

/// A table of lines. `calls_of`: the tenant, where each line of use opens the calls behind it.
pub fn table(lines: Vec<LineView>, currency: &str, total: i64, calls_of: Option<&str>) -> AnyView {
    let rows: Vec<AnyView> = lines
        .into_iter()
        .map(|line| row(line, currency, calls_of))
        .collect();
    let total = amount(total, currency);
    view! {
        <Table
            label="Lines"
            caption="What is paid for, and how much"
            columns=[
                Column::text("For"),
                Column::text("From and until").wide(),
                Column::number("Quantity"),
                Column::number("Amount"),
            ]
            rows
        />
        <p class="billing-total">"Total " <strong>{total}</strong></p>
    }
    .into_any()
}

fn row(line: LineView, currency: &str, calls_of: Option<&str>) -> AnyView {
    let span = format!("{} to {}", day(line.from.date()), day(line.until.date()));
    let is_use = line.kind == LineKind::Usage;
    let link = calls_of
        .filter(|_| line.until > line.from)
        .map(|tenant| address(tenant, &line));
    let about = match link {
        Some(href) => view! { <a class="link" href=href>{line.about}</a> }.into_any(),
        None => line.about.into_any(),
    };
    let quantity = line.quantity.map(|quantity| {
        if is_use {
            count(quantity)
        } else {
            quantity.to_string()
        }
    });
    view! {
        <tr>
            <th scope="row">
                {about}
                {line.is_proration.then(|| view! { " " <Badge tone=Tone::Neutral text="Part of a period"/> })}
            </th>
            <td class="wide-only">{span}</td>
            <td class="num">{quantity}</td>
            <td class="num">{amount(line.amount, currency)}</td>
        </tr>
    }
    .into_any()
}

/// Where the calls behind a line are.
fn address(tenant: &str, line: &LineView) -> String {
    let (from, until) = (line.from.unix_timestamp(), line.until.unix_timestamp());
    format!("/t/{tenant}/billing/calls?from={from}&until={until}")
}
