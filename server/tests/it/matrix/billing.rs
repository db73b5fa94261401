//! Billing: invoices, subscriptions, and the way to pay.

use super::twins::Twins;
use crate::service::Service;
use domain::billing;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use test_support::Person;

/// Bob subscribes. Answers his invoice.
pub(super) async fn invoice_of(bob: &Person, service: &Service) -> String {
    bob.subscribe(&service.stripe, "pro").await;
    let page = billing::page(&bob.world.services, &bob.actor).await;
    page.expect("a page").invoices[0].id.clone()
}

/// What Ada sends, as in [`arguments`](super::twins::arguments).
pub(super) fn arguments(invoice: &str) -> BTreeMap<&'static str, (Value, bool)> {
    BTreeMap::from([
        ("get_billing", (json!({}), false)),
        ("preview_plan", (json!({ "plan": "enterprise" }), false)),
        (
            "change_plan",
            (json!({ "plan": "enterprise", "at": 1 }), false),
        ),
        ("cancel_subscription", (json!({}), false)),
        ("resume_subscription", (json!({}), false)),
        ("repair_billing", (json!({}), false)),
        ("get_invoice", (json!({ "id": invoice }), true)),
        (
            "list_billed_calls",
            (json!({ "from": "1", "until": "2" }), false),
        ),
    ])
}

#[tokio::test]
async fn the_way_to_pay_for_another_tenant_is_missing() {
    let t = Twins::new().await;
    let before = t.bobs_things().await;
    let browser = t.server.browser_of(&t.ada).await;
    for slug in [t.bob.actor.slug(), "no-such-tenant"] {
        for door in ["checkout", "portal"] {
            let page = format!("/t/{slug}/billing");
            let request = browser.post_plainly(&format!("{page}/{door}"), &page);
            let answer = request.form(&[("plan", "pro")]).send().await;
            assert_eq!(
                answer.expect("an answer").status(),
                StatusCode::NOT_FOUND,
                "{door} of {slug}"
            );
        }
    }
    assert_eq!(t.bobs_things().await, before);
}
