//! The secrets that Stripe shares with this server.

use crate::service::Service;
use crate::support::Browser;
use reqwest::StatusCode;
use std::time::Duration;
use test_support::stripe_fake;

/// Begins as every key of the fake's account does.
pub(super) const KEY: &str = "sk_test_fake_canary-stripe-2c9e71f0b4d8";
pub(super) const WEBHOOK: &str = "whsec_canary-stripe-f60a3d8e15b7";

/// Subscribes, which needs the key, and hears of it, which needs the other secret; then neither is good for anything.
/// Answers both.
pub(super) async fn use_stripe(
    browser: &Browser,
    slug: &str,
    service: &Service,
) -> Vec<(&'static str, String)> {
    let stripe = &service.stripe;
    let door = format!("{}/webhooks/stripe", browser.base);
    stripe.send_to(&door, WEBHOOK);
    let page = format!("/t/{slug}/billing");
    let request = browser.post_plainly(&format!("{page}/checkout"), &page);
    let answer = request.form(&[("plan", "pro")]).send().await;
    let led = answer.expect("an answer").text().await.expect("a page");
    let (_, session) = led.split_once("/pay/").expect("a session");
    let end = session.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    stripe.complete_checkout(&session[..end.unwrap_or(session.len())]);
    wait_for(browser, &page, "On trial").await;
    stripe.refuse("/v1/invoices", 401, 1);
    wait_for(browser, &page, "Stripe does not answer").await;
    let old = stripe_fake::signature(WEBHOOK, 1, "{}");
    let told = browser.client.post(&door).header("stripe-signature", old);
    let told = told.body("{}").send().await.expect("an answer");
    assert_eq!(told.status(), StatusCode::BAD_REQUEST);
    vec![
        ("the key of Stripe", KEY.into()),
        ("the secret of Stripe's events", WEBHOOK.into()),
    ]
}

/// Looks at the page until it has these words.
async fn wait_for(browser: &Browser, page: &str, words: &str) {
    for _ in 0..200 {
        let answer = browser.get(page).send().await.expect("an answer");
        if answer.text().await.expect("a page").contains(words) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{page} never says \"{words}\"");
}
