//! What a browser can ask about billing.

use crate::UiError;
use api_types::billing::{BilledCalls, BillingPage, InvoiceDetail, Preview};
use leptos::prelude::*;

/// The page.
#[server(endpoint = "get_billing")]
pub async fn get_billing(tenant: String) -> Result<BillingPage, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(domain::billing::page(&s, &a).await?)
}

/// What another plan would cost.
#[server(endpoint = "preview_plan")]
pub async fn preview_plan(tenant: String, plan: String) -> Result<Preview, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(domain::billing::preview(&s, &a, &plan).await?)
}

/// Changes the plan at the price that a preview has shown.
#[server(endpoint = "change_plan")]
pub async fn change_plan(tenant: String, plan: String, at: i64) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    domain::billing::change(&s, &a, &plan, at).await?;
    request::back_to(&tenant, "billing", "The plan is changed.")
}

/// Ends the subscription with its period.
#[server(endpoint = "cancel_subscription")]
pub async fn cancel_subscription(tenant: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    domain::billing::cancel(&s, &a).await?;
    let said = "The subscription ends with its period. Until then everything stays.";
    request::back_to(&tenant, "billing", said)
}

/// Lets it go on after all.
#[server(endpoint = "resume_subscription")]
pub async fn resume_subscription(tenant: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    domain::billing::resume(&s, &a).await?;
    request::back_to(&tenant, "billing", "The subscription goes on.")
}

/// Makes the same again what should be.
#[server(endpoint = "repair_billing")]
pub async fn repair_billing(tenant: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    let said = match domain::billing::repair(&s, &a).await? {
        0 => "Repaired: nothing differs any more.",
        _ => "Something still differs. It is looked at again within the hour.",
    };
    request::back_to(&tenant, "billing", said)
}

/// An invoice with its lines.
#[server(endpoint = "get_invoice")]
pub async fn get_invoice(tenant: String, id: String) -> Result<InvoiceDetail, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    Ok(domain::billing::invoice(&s, &a, &id).await?)
}

/// The calls that are billed between two moments, given in seconds since 1970.
#[server(endpoint = "list_billed_calls")]
pub async fn list_billed_calls(
    tenant: String,
    from: String,
    until: String,
    #[server(default)] before: String,
) -> Result<BilledCalls, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let (from, until) = (
        api_types::billing::moment("from", &from)?,
        api_types::billing::moment("until", &until)?,
    );
    let before = before.parse().ok();
    Ok(domain::billing::calls(&s, &a, from, until, before).await?)
}
