//! What the page of billing shows. Invoices and tax ids are Stripe's, and asked for when somebody looks.

use super::{
    invoice, standing, store,
    stripe::{
        Form, Stripe, Trouble,
        objects::{Invoice, TaxId},
    },
};
use crate::{Actor, Result, Services, plans};
use api_types::{
    Permission,
    billing::{BillingPage, InvoiceView, SubscriptionView, TaxIdView},
};

/// Invoices that are shown: a year of them, and some that changes made.
const INVOICES: usize = 24;

/// The page.
pub async fn page(s: &Services, a: &Actor) -> Result<BillingPage> {
    a.require(Permission::ViewBilling)?;
    let tenant = a.tenant();
    let now = plans::of(s, tenant).await?;
    let live = s.billing.as_ref().is_some_and(Stripe::is_live);
    let mut tx = s.db.tenant_tx(tenant).await?;
    let members = store::members(&mut tx, tenant).await?;
    let account = store::account(&mut tx, tenant, live).await?;
    let drifts = store::drifts::all(&mut tx, tenant, live).await?;
    tx.commit().await?;
    let (mut invoices, mut tax_ids, mut trouble) = (Vec::new(), Vec::new(), None);
    if let (Some(stripe), Some(account)) = (&s.billing, &account) {
        match papers(stripe, &account.customer).await {
            Ok(found) => (invoices, tax_ids) = found,
            Err(error) => {
                tracing::warn!("{error}");
                trouble = Some(
                    "Stripe does not answer at the moment, so invoices are missing here.".into(),
                );
            }
        }
    }
    let compared_at = account.as_ref().and_then(|account| account.compared_at);
    Ok(BillingPage {
        now: (*now).clone(),
        members,
        takes_payments: s.billing.is_some(),
        is_test: s.billing.is_some() && !live,
        subscription: account.and_then(subscription),
        plans: s.plans.offered().cloned().collect(),
        invoices,
        tax_ids,
        trouble,
        drifts,
        compared_at,
        may_manage: a.decide(Permission::ManageBilling),
    })
}

fn subscription(account: store::Account) -> Option<SubscriptionView> {
    let status = account.status?;
    Some(SubscriptionView {
        is_alive: standing::is_alive(&status),
        status,
        plan: account.plan,
        seats: account.seats,
        period_from: account.period_from,
        period_until: account.period_until,
        trial_until: account.trial_until,
        cancel_at: account.cancel_at,
        fetched_at: account.fetched_at,
    })
}

async fn papers(
    stripe: &Stripe,
    customer: &str,
) -> Result<(Vec<InvoiceView>, Vec<TaxIdView>), Trouble> {
    let query = Form::default()
        .with("customer", customer)
        .with("limit", INVOICES);
    let path = format!("customers/{customer}/tax_ids");
    let none = Form::default();
    let (invoices, tax_ids) = tokio::join!(
        stripe.get::<super::stripe::objects::List<Invoice>>("invoices", &query),
        stripe.list::<TaxId>(&path, &none)
    );
    let invoices = invoices?.data.iter().map(invoice::view).collect();
    let tax_ids = tax_ids?.into_iter().map(|tax_id| TaxIdView {
        kind: tax_id.kind,
        value: tax_id.value,
        status: tax_id.verification.map(|found| found.status),
    });
    Ok((invoices, tax_ids.collect()))
}
