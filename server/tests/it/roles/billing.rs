//! What the functions about billing are sent. The company has a subscription that changes to and fro.

use super::company::Company;
use domain::billing;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// What a function about billing is sent; none, if it is no such function.
pub(super) async fn arguments(company: &Company, name: &str) -> Option<Value> {
    let (s, a) = (&company.server.world.services, &company.ada.actor);
    let now = OffsetDateTime::now_utc().unix_timestamp();
    Some(match name {
        "get_billing" => json!({}),
        "list_billed_calls" => json!({ "from": (now - 60).to_string(), "until": now.to_string() }),
        "preview_plan"
        | "change_plan"
        | "cancel_subscription"
        | "resume_subscription"
        | "repair_billing"
        | "get_invoice" => {
            let page = billing::page(s, a).await.expect("a page");
            let page = if page.subscription.is_some() {
                page
            } else {
                company.ada.subscribe(&company.service.stripe, "pro").await;
                billing::page(s, a).await.expect("a page")
            };
            let has = page.subscription.and_then(|subscription| subscription.plan);
            let other = if has.as_deref() == Some("pro") {
                "enterprise"
            } else {
                "pro"
            };
            match name {
                "preview_plan" => json!({ "plan": other }),
                "change_plan" => json!({ "plan": other, "at": now }),
                "get_invoice" => json!({ "id": page.invoices[0].id }),
                _ => json!({}),
            }
        }
        _ => return None,
    })
}
