//! A tenant that is deleted stops paying. It goes on where it is restored, and is not removed before it has stopped.

use super::Desk;
use api_types::Refusal;
use domain::{Origin, Services, billing, tenants};
use test_support::{Person, assert_refused};

/// Ada subscribes. Answers her and the subscription.
async fn subscribed(desk: &Desk) -> (Person, String) {
    let ada = desk.world.owner("ada").await;
    let customer = ada.subscribe(&desk.fake, "pro").await;
    let list = desk
        .fake
        .ask("GET", "subscriptions", &format!("customer={customer}"));
    let id = list["data"][0]["id"].as_str().expect("an id").to_owned();
    (ada, id)
}

async fn delete(desk: &Desk, person: &Person) {
    let (s, a) = (&desk.world.services, &person.actor);
    tenants::delete(s, a, a.slug()).await.expect("deleted");
}

async fn restore(desk: &Desk, person: &Person) {
    let (s, slug) = (&desk.world.services, person.actor.slug());
    tenants::restore(s, person.user, Origin::default(), slug)
        .await
        .expect("restored");
}

/// A week later.
async fn week_passes(desk: &Desk) {
    let statement = "update tenants set delete_after = now() where delete_after is not null";
    set(desk, statement).await;
}

async fn set(desk: &Desk, statement: &'static str) {
    let done = sqlx::query(statement).execute(&desk.pool()).await;
    done.expect("set");
}

/// The job. Answers how many tenants it told Stripe of.
async fn told(desk: &Desk) -> usize {
    billing::follow_tenants(&desk.world.services)
        .await
        .expect("told")
}

async fn removed(s: &Services) -> usize {
    tenants::delete_due(s).await.expect("looked")
}

/// Whether it ends with its period.
fn ends(desk: &Desk, subscription: &str) -> bool {
    let there = desk.fake.object(subscription).expect("a subscription");
    there["cancel_at_period_end"] == true
}

#[tokio::test]
async fn a_deleted_tenant_stops_paying_and_a_restored_one_goes_on() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let (ada, id) = subscribed(&desk).await;
    assert_eq!(told(&desk).await, 0);
    for _ in 0..2 {
        delete(&desk, &ada).await;
        assert_eq!((told(&desk).await, told(&desk).await), (1, 0));
        assert!(ends(&desk, &id));
        restore(&desk, &ada).await;
        // What people end now would be taken back with what we ended.
        let words = "the subscription of a restored tenant goes on in a minute; try again then";
        let early = billing::cancel(s, &ada.actor).await;
        assert_refused(early, &Refusal::conflict(words));
        assert_eq!((told(&desk).await, told(&desk).await), (1, 0));
        assert!(!ends(&desk, &id));
        let page = billing::page(s, &ada.actor).await.expect("a page");
        let subscription = page.subscription.expect("a subscription");
        assert!(subscription.is_alive && subscription.cancel_at.is_none());
    }
    for act in ["tenant.subscription_ended", "tenant.subscription_resumed"] {
        let rows: i64 = sqlx::query_scalar(
            "select count(*) from audit_events where act = $1 and actor_kind = 'system'",
        )
        .bind(act)
        .fetch_one(&desk.pool())
        .await
        .expect("rows");
        assert_eq!(rows, 2, "{act}");
    }
    billing::cancel(s, &ada.actor).await.expect("ended");
    assert!(ends(&desk, &id));
}

#[tokio::test]
async fn what_people_ended_themselves_stays_ended() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let (ada, id) = subscribed(&desk).await;
    billing::cancel(s, &ada.actor).await.expect("ended");
    delete(&desk, &ada).await;
    assert_eq!(told(&desk).await, 0);
    restore(&desk, &ada).await;
    assert_eq!(told(&desk).await, 0);
    assert!(ends(&desk, &id));
}

#[tokio::test]
async fn a_deleted_tenant_does_not_begin_to_pay_again() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let (ada, id) = subscribed(&desk).await;
    delete(&desk, &ada).await;
    assert_eq!(told(&desk).await, 1);
    // Somebody lets it go on at Stripe, where the portal was still open.
    let path = format!("subscriptions/{id}");
    desk.fake.ask("POST", &path, "cancel_at_period_end=false");
    billing::catch_up(s).await.expect("events");
    desk.follow().await;
    assert_eq!(told(&desk).await, 1);
    assert!(ends(&desk, &id));
}

#[tokio::test]
async fn no_tenant_is_removed_that_still_pays() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let (ada, id) = subscribed(&desk).await;
    delete(&desk, &ada).await;
    assert_eq!(told(&desk).await, 1);
    week_passes(&desk).await;
    desk.fake.refuse("/v1/subscriptions", 503, 3);
    assert_eq!((told(&desk).await, removed(s).await), (0, 0));
    assert_eq!(told(&desk).await, 0, "a pause");
    set(&desk, "update billing_accounts set next_at = now()").await;
    // It is cancelled, the answer is lost, and the next try finds nothing to cancel.
    let path = format!("/v1/subscriptions/{id}");
    desk.fake.lose_answers(&path, 1);
    assert_eq!((removed(s).await, told(&desk).await), (0, 1));
    assert_eq!(desk.asked("DELETE", &path), 2);
    let there = desk.fake.object(&id).expect("a subscription");
    assert_eq!(there["status"], "canceled");
    assert_eq!((told(&desk).await, removed(s).await), (0, 1));
    let left: i64 = sqlx::query_scalar("select count(*) from billing_accounts")
        .fetch_one(&desk.pool())
        .await
        .expect("rows");
    assert_eq!(left, 0);
}

#[tokio::test]
async fn without_stripe_nobody_waits_for_it() {
    let desk = Desk::open().await;
    let (ada, _) = subscribed(&desk).await;
    delete(&desk, &ada).await;
    week_passes(&desk).await;
    assert_eq!(removed(&desk.world.services).await, 0);
    let other = desk.world.on_another_server("http://127.0.0.1:3000");
    assert_eq!(removed(&other.services).await, 1);
}

/// The units that are used beyond the included ones are on the last invoice.
#[tokio::test]
async fn what_was_used_until_the_end_is_billed() {
    let desk = Desk::open().await;
    let now = desk.fake.now();
    desk.fake.set_clock(now - 3600);
    let (ada, id) = subscribed(&desk).await;
    let there = desk.fake.object(&id).expect("a subscription");
    let customer = there["customer"].as_str().expect("a customer");
    let event = format!(
        "event_name=bulkhead_units&identifier=x&timestamp={}&payload[stripe_customer_id]={customer}\
         &payload[value]=1000000000",
        now - 1800
    );
    desk.fake.set_clock(now);
    desk.fake.ask("POST", "billing/meter_events", &event);
    delete(&desk, &ada).await;
    week_passes(&desk).await;
    assert_eq!(told(&desk).await, 1);
    let query = format!("customer={customer}&limit=1");
    let invoices = desk.fake.ask("GET", "invoices", &query);
    let last = &invoices["data"][0];
    assert!(last["total"].as_i64() > Some(0), "{last:#}");
}
