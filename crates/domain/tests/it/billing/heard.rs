//! What Stripe tells: believed when it is signed, done once, in whatever order.

use super::Desk;
use domain::billing::{self, Heard};
use serde_json::json;
use test_support::{stripe_fake, way_to};
use time::OffsetDateTime;

fn event(id: &str, customer: &str, live: bool) -> String {
    let event = json!({
        "id": id, "object": "event", "type": "customer.updated", "created": 1_790_000_000, "livemode": live,
        "data": { "object": { "id": customer, "object": "customer" } },
    });
    event.to_string()
}

fn signed(secret: &str, seconds_ago: i64, body: &str) -> String {
    let at = OffsetDateTime::now_utc().unix_timestamp() - seconds_ago;
    stripe_fake::signature(secret, at, body)
}

async fn kept(desk: &Desk) -> i64 {
    sqlx::query_scalar("select count(*) from billing_events")
        .fetch_one(&desk.pool())
        .await
        .expect("rows")
}

#[tokio::test]
async fn what_is_not_signed_lately_changes_nothing() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let ours = stripe_fake::WEBHOOK_SECRET;
    let body = event("evt_1", "cus_1", false);
    let other = event("evt_2", "cus_1", false);
    for signature in [
        String::new(),
        "t=1,v1=00".into(),
        signed("whsec_other", 0, &body),
        signed(ours, 302, &body),
        signed(ours, -302, &body),
        signed(ours, 0, &other),
    ] {
        let heard = billing::hear(s, &signature, body.as_bytes()).await;
        assert_eq!(heard.expect("an answer"), Heard::Unsigned, "{signature}");
    }
    for body in [event("evt_3", "cus_1", true), "{}".into(), "[".into()] {
        let heard = billing::hear(s, &signed(ours, 0, &body), body.as_bytes()).await;
        assert_eq!(heard.expect("an answer"), Heard::Unreadable, "{body}");
    }
    assert_eq!(kept(&desk).await, 0);
    for seconds_ago in [0, 298, -298] {
        let heard = billing::hear(s, &signed(ours, seconds_ago, &body), body.as_bytes()).await;
        assert_eq!(heard.expect("an answer"), Heard::Kept);
    }
    assert_eq!(kept(&desk).await, 1, "the same event, once");
}

#[tokio::test]
async fn a_duplicate_on_two_servers_at_once_is_done_once() {
    let desk = Desk::open().await;
    let ada = desk.world.owner("ada").await;
    let customer = ada.subscribe(&desk.fake, "pro").await;
    let sibling = desk
        .world
        .with_stripe("http://127.0.0.1:3000", way_to(&desk.fake));
    let (one, two) = (&desk.world.services, &sibling.services);
    for nth in 0..20 {
        let before = desk.asked("GET", "/v1/subscriptions");
        let body = event(&format!("evt_{nth}"), &customer, false);
        let signature = signed(stripe_fake::WEBHOOK_SECRET, 0, &body);
        let (first, second) = tokio::join!(
            billing::hear(one, &signature, body.as_bytes()),
            billing::hear(two, &signature, body.as_bytes())
        );
        assert_eq!(
            (first.expect("heard"), second.expect("heard")),
            (Heard::Kept, Heard::Kept)
        );
        let (first, second) = tokio::join!(billing::follow_due(one), billing::follow_due(two));
        first.and(second).expect("followed");
        assert_eq!(
            desk.asked("GET", "/v1/subscriptions"),
            before + 1,
            "fetched once"
        );
    }
    let undone: i64 =
        sqlx::query_scalar("select count(*) from billing_events where done_at is null")
            .fetch_one(&desk.pool())
            .await
            .expect("rows");
    assert_eq!(undone, 0);
}

#[tokio::test]
async fn what_cannot_be_fetched_is_fetched_later() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let ada = desk.world.owner("ada").await;
    let customer = ada.subscribe(&desk.fake, "pro").await;
    let subscriptions = desk
        .fake
        .ask("GET", "subscriptions", &format!("customer={customer}"));
    let id = subscriptions["data"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    desk.fake.ask("DELETE", &format!("subscriptions/{id}"), "");
    billing::catch_up(s).await.expect("events");
    desk.fake.refuse("/v1/subscriptions", 503, 3);
    billing::follow_due(s).await.expect("a try");
    let page = billing::page(s, &ada.actor).await.expect("a page");
    assert!(page.subscription.expect("as before").is_alive);
    assert_eq!(billing::follow_due(s).await.expect("a pause"), 0);
    sqlx::query("update billing_accounts set next_at = now()")
        .execute(&desk.pool())
        .await
        .expect("the pause is over");
    desk.follow().await;
    let page = billing::page(s, &ada.actor).await.expect("a page");
    assert_eq!(page.subscription.expect("it was there").status, "canceled");
}

/// A server that asked long ago and is told something old writes nothing over what is newer.
#[tokio::test]
async fn a_server_that_lost_its_turn_writes_nothing() {
    let desk = Desk::open().await;
    let s = desk.world.services.clone();
    let ada = desk.world.owner("ada").await;
    let customer = ada.subscribe(&desk.fake, "pro").await;
    let body = event("evt_slow", &customer, false);
    let signature = signed(stripe_fake::WEBHOOK_SECRET, 0, &body);
    billing::hear(&s, &signature, body.as_bytes())
        .await
        .expect("heard");
    // While it is asked, the lease goes to somebody else.
    desk.fake.refuse("/v1/subscriptions", 503, 1);
    let (followed, taken) = tokio::join!(billing::follow_due(&s), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        sqlx::query(
            "update billing_accounts set lease = gen_random_uuid(), plan = 'newer', seats = 7",
        )
        .execute(&desk.pool())
        .await
    });
    followed.expect("followed");
    taken.expect("taken");
    let plan: String = sqlx::query_scalar("select plan from billing_accounts")
        .fetch_one(&desk.pool())
        .await
        .expect("a row");
    assert_eq!(plan, "newer");
}
