//! `/t/{slug}/billing/invoices/{id}`: an invoice, line by line. Each line opens the calls behind it.

use super::{lines, server_fns::get_invoice};
use crate::ui::{Badge, Card, LinkButton, Look, PageHeader, data, figures::day, load, use_param};
use api_types::billing::InvoiceDetail;
use leptos::prelude::*;

#[component]
pub fn InvoicePage() -> AnyView {
    let (tenant, id) = (use_param("slug"), use_param("id"));
    let invoice = data(
        move || (tenant.get(), id.get()),
        |(tenant, id)| get_invoice(tenant, id),
    );
    view! {
        <a class="back-link" href=move || format!("/t/{}/billing", tenant.get())>"Billing"</a>
        {load(invoice, move |invoice| page(invoice, &tenant.get_untracked()))}
    }
    .into_any()
}

fn page(detail: InvoiceDetail, tenant: &str) -> AnyView {
    let InvoiceDetail { invoice, lines } = detail;
    let title = match invoice.number {
        Some(number) => format!("Invoice {number}"),
        None => "An invoice".into(),
    };
    let about = format!("Of {}", day(invoice.created_at.date()));
    let table = lines::table(lines, &invoice.currency, invoice.total, Some(tenant));
    let receipt = invoice.page.map(|url| {
        let label = if invoice.owed > 0 { "Pay" } else { "Receipt" };
        view! { <LinkButton href=url label look=Look::Secondary/> }
    });
    view! {
        <PageHeader title about>
            <Badge text=invoice.state.label()/>
            {receipt}
        </PageHeader>
        <Card title="Lines" about="Each line opens the calls behind it." flush=true>
            {table}
        </Card>
    }
    .into_any()
}
