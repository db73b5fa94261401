//! An invoice, line by line, and the calls behind a line.

use super::{
    accounts::known_customer,
    catalogue::{self, Catalogue, Part},
    meter,
    standing::at,
    store, stripe,
    stripe::{
        Form,
        objects::{Invoice, Line},
    },
};
use crate::{Actor, Result, Services, usage};
use api_types::{
    EventId, Permission, Refusal,
    billing::{
        BilledCalls, InvoiceDetail, InvoiceState, InvoiceView, LineKind, LineView, ToolUnits,
    },
};
use time::{Duration, OffsetDateTime};

/// Calls on one page.
const CALLS: i64 = 100;

/// The longest span whose calls are shown at once.
const LONGEST: Duration = Duration::days(370);

/// Longer than that, in seconds: a span is one step.
const YEARS: i64 = 2 * 370 * 24 * 3600;

/// An invoice of the tenant's.
pub async fn invoice(s: &Services, a: &Actor, id: &str) -> Result<InvoiceDetail> {
    a.require(Permission::ViewBilling)?;
    let way = stripe(s)?;
    let is_id = id.len() < 100 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let customer = known_customer(s, way, a.tenant()).await?;
    let (true, Some(customer)) = (is_id, customer) else {
        return Err(Refusal::NotFound.into());
    };
    let found = way
        .get::<Invoice>(&format!("invoices/{id}"), &Form::default())
        .await;
    let found = match found {
        Err(trouble) if trouble.is_missing() => return Err(Refusal::NotFound.into()),
        found => found?,
    };
    if found.customer.as_deref() != Some(&*customer) {
        return Err(Refusal::NotFound.into());
    }
    let catalogue = catalogue::ready(s, way).await?;
    Ok(InvoiceDetail {
        lines: lines(&found, &catalogue),
        invoice: view(&found),
    })
}

/// The calls that are billed between two moments.
pub async fn calls(
    s: &Services,
    a: &Actor,
    from: OffsetDateTime,
    until: OffsetDateTime,
    before: Option<EventId>,
) -> Result<BilledCalls> {
    a.require(Permission::ViewUsage)?;
    if until <= from || until - from > LONGEST {
        return Err(Refusal::invalid("until", "a span of up to a year, please").into());
    }
    // Stripe is told of whole hours: one in which a period ends is in the next.
    let (from, until) = (meter::hour(from), meter::hour(until));
    let mut tx = s.db.tenant_snapshot(a.tenant()).await?;
    let span = (from, until);
    let tools = usage::used(&mut tx, a.tenant(), "tool", span, YEARS).await?;
    let tools = tools.into_iter().filter(|tool| tool.units != 0);
    let mut tools: Vec<_> = tools
        .map(|tool| ToolUnits {
            tool: tool.value,
            calls: tool.calls,
            units: tool.units,
        })
        .collect();
    tools.sort_by_key(|tool| std::cmp::Reverse(tool.units));
    let calls = store::calls::newest(&mut tx, a.tenant(), from, until, before, CALLS).await?;
    tx.commit().await?;
    let is_full = calls.len() == usize::try_from(CALLS).unwrap_or(0);
    Ok(BilledCalls {
        from,
        until,
        units: tools.iter().map(|tool| tool.units).sum(),
        tools,
        next: calls.last().filter(|_| is_full).map(|call| call.id),
        calls,
    })
}

/// An invoice as lists show it.
pub(super) fn view(invoice: &Invoice) -> InvoiceView {
    let state = invoice.status.as_deref().and_then(InvoiceState::parse);
    InvoiceView {
        id: invoice.id.clone(),
        number: invoice.number.clone(),
        state: state.unwrap_or(InvoiceState::Draft),
        currency: invoice.currency.clone(),
        total: invoice.total,
        owed: invoice.amount_remaining.min(invoice.amount_due),
        created_at: at(invoice.created),
        period_from: at(invoice.period_start),
        period_until: at(invoice.period_end),
        next_try: invoice.next_payment_attempt.map(at),
        page: invoice.hosted_invoice_url.clone().filter(|url| is_web(url)),
        pdf: invoice.pdf.clone().filter(|url| is_web(url)),
    }
}

/// What stands in a page as a link.
fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The lines of an invoice.
pub(super) fn lines(invoice: &Invoice, catalogue: &Catalogue) -> Vec<LineView> {
    invoice
        .lines
        .data
        .iter()
        .map(|one| line(one, catalogue))
        .collect()
}

fn line(line: &Line, catalogue: &Catalogue) -> LineView {
    let kind = match line.price().and_then(|price| catalogue.part(price)) {
        Some(Part::Base) => LineKind::Plan,
        Some(Part::Seat) => LineKind::Seats,
        Some(Part::Usage) => LineKind::Usage,
        None => LineKind::Other,
    };
    LineView {
        about: line
            .description
            .clone()
            .unwrap_or_else(|| kind.label().to_owned()),
        kind,
        quantity: line.quantity,
        amount: line.amount,
        is_proration: line.is_proration(),
        from: at(line.period.start),
        until: at(line.period.end),
    }
}
