//! Customers, Checkout, and what a change costs.

use super::Desk;
use api_types::{Refusal, billing::LineKind, plans::PlanState};
use domain::{billing, plans};
use test_support::{World, assert_refused};

const DAY: i64 = 24 * 60 * 60;

#[tokio::test]
async fn without_stripe_the_page_shows_plans_alone() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let page = billing::page(&world.services, &ada.actor)
        .await
        .expect("a page");
    assert!(!page.takes_payments && page.subscription.is_none());
    assert!(page.plans.len() > 1);
    let refused = billing::checkout(&world.services, &ada.actor, "pro").await;
    assert_refused(
        refused,
        &Refusal::conflict("this server does not take payments"),
    );
    assert_eq!(
        billing::follow_due(&world.services).await.expect("nothing"),
        0
    );
}

#[tokio::test]
async fn each_tenant_has_one_customer_of_its_own() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let (ada, bob) = (desk.world.owner("ada").await, desk.world.owner("bob").await);
    // Twice at once, and once more: one customer.
    let (one, two) = tokio::join!(
        billing::checkout(s, &ada.actor, "pro"),
        billing::checkout(s, &ada.actor, "pro")
    );
    one.and(two).expect("both are led to Checkout");
    let adas = ada.subscribe(&desk.fake, "pro").await;
    let bobs = bob.subscribe(&desk.fake, "pro").await;
    assert_ne!(adas, bobs);
    let customer = desk.fake.object(&adas).expect("a customer");
    let tenant = ada.actor.tenant().to_string();
    assert_eq!(customer["metadata"]["bulkhead_tenant"], tenant.as_str());
    let customers: i64 =
        sqlx::query_scalar("select count(distinct customer) from billing_accounts")
            .fetch_one(&desk.pool())
            .await
            .expect("rows");
    assert_eq!(customers, 2);
    let taken = sqlx::query("update billing_accounts set customer = $1")
        .bind(&adas)
        .execute(&desk.pool())
        .await;
    assert!(taken.is_err(), "two tenants cannot share a customer");
}

#[tokio::test]
async fn a_tenant_that_subscribes_has_what_it_pays_for() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let ada = desk.world.owner("ada").await;
    assert_eq!(
        plans::of(s, ada.actor.tenant())
            .await
            .expect("a plan")
            .plan
            .monthly_price,
        0
    );
    let customer = ada.subscribe(&desk.fake, "pro").await;
    let now = plans::of(s, ada.actor.tenant()).await.expect("a plan");
    assert_eq!(
        (now.plan.id.as_str(), now.state),
        ("pro", PlanState::Trialing)
    );
    let page = billing::page(s, &ada.actor).await.expect("a page");
    let subscription = page.subscription.expect("a subscription");
    assert!(subscription.is_alive && subscription.trial_until.is_some());
    assert_eq!(page.invoices.len(), 1);
    assert!(page.is_test);
    let again = billing::checkout(s, &ada.actor, "enterprise").await;
    let words = "there is a subscription already: change its plan instead";
    assert_refused(again, &Refusal::conflict(words));
    // Everything that was asked named the version whose shapes we read.
    let version = Some("2026-09-30.endive".to_owned());
    assert!(
        desk.fake
            .ledger()
            .iter()
            .all(|entry| entry.version == version)
    );
    let portal = billing::portal(s, &ada.actor)
        .await
        .expect("a way to the portal");
    assert!(portal.starts_with(&desk.fake.url()), "{portal}");
    assert!(customer.starts_with("cus_"));
}

#[tokio::test]
async fn the_catalogue_is_made_once_and_again_where_terms_are_others() {
    let desk = Desk::open().await;
    let (ada, bob) = (desk.world.owner("ada").await, desk.world.owner("bob").await);
    ada.subscribe(&desk.fake, "pro").await;
    let made = desk.asked("POST", "/v1/prices");
    // Two plans that cost something, three parts each.
    assert_eq!(
        (
            made,
            desk.asked("POST", "/v1/products"),
            desk.asked("POST", "/v1/billing/meters")
        ),
        (6, 2, 1)
    );
    // Another server finds what is there.
    let sibling = desk
        .world
        .with_stripe("http://127.0.0.1:3000", test_support::way_to(&desk.fake));
    billing::checkout(&sibling.services, &bob.actor, "pro")
        .await
        .expect("led");
    assert_eq!(desk.asked("POST", "/v1/prices"), made);
    // Somebody changed what a price says of its terms: it is made anew, under the same look-up key.
    let prices = desk
        .fake
        .ask("GET", "prices", "lookup_keys[]=bulkhead_pro_base");
    let old = prices["data"][0]["id"]
        .as_str()
        .expect("a price")
        .to_owned();
    desk.fake.change(
        &old,
        |price| price["metadata"]["bulkhead_terms"] = "usd:1".into(),
        None,
    );
    // A day later: until then Stripe would answer a key of idempotency as before.
    desk.fake.set_clock(desk.fake.now() + DAY + 1);
    let third = desk
        .world
        .with_stripe("http://127.0.0.1:3000", test_support::way_to(&desk.fake));
    billing::checkout(&third.services, &bob.actor, "pro")
        .await
        .expect("led");
    let prices = desk
        .fake
        .ask("GET", "prices", "lookup_keys[]=bulkhead_pro_base");
    assert_ne!(prices["data"][0]["id"], old.as_str());
}

#[tokio::test]
async fn a_change_of_plan_costs_what_its_preview_said() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    desk.fake
        .set_clock(time::OffsetDateTime::now_utc().unix_timestamp() - 20 * DAY);
    let ada = desk.world.owner("ada").await;
    let customer = ada.subscribe(&desk.fake, "pro").await;
    // The trial is over and a month is paid; now it is today.
    desk.fake
        .advance(time::OffsetDateTime::now_utc().unix_timestamp());
    billing::catch_up(s).await.expect("events");
    desk.follow().await;
    let preview = billing::preview(s, &ada.actor, "enterprise")
        .await
        .expect("a preview");
    assert!(
        preview
            .lines
            .iter()
            .any(|line| line.is_proration && line.amount < 0)
    );
    assert!(
        preview
            .lines
            .iter()
            .any(|line| line.kind == LineKind::Plan && line.amount == 49_000)
    );
    let old = billing::change(s, &ada.actor, "enterprise", preview.at - 3600).await;
    assert_refused(
        old,
        &Refusal::conflict("what was shown is old; look at it again"),
    );
    billing::change(s, &ada.actor, "enterprise", preview.at)
        .await
        .expect("changed");
    let now = plans::of(s, ada.actor.tenant()).await.expect("a plan");
    assert_eq!(
        (now.plan.id.as_str(), now.state),
        ("enterprise", PlanState::Active)
    );
    desk.fake.advance(preview.next.unix_timestamp());
    let invoices = desk
        .fake
        .ask("GET", "invoices", &format!("customer={customer}&limit=1"));
    assert_eq!(
        invoices["data"][0]["total"], preview.total,
        "{:#}",
        invoices["data"][0]
    );
    let id = invoices["data"][0]["id"].as_str().expect("an id");
    let detail = billing::invoice(s, &ada.actor, id)
        .await
        .expect("an invoice");
    assert_eq!(detail.invoice.total, preview.total);
    let bob = desk.world.owner("bob").await;
    bob.subscribe(&desk.fake, "pro").await;
    assert_refused(
        billing::invoice(s, &bob.actor, id).await,
        &Refusal::NotFound,
    );
}

#[tokio::test]
async fn a_subscription_that_is_ended_lasts_until_its_period_does() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let ada = desk.world.owner("ada").await;
    ada.subscribe(&desk.fake, "pro").await;
    billing::cancel(s, &ada.actor).await.expect("ended");
    let now = plans::of(s, ada.actor.tenant()).await.expect("a plan");
    assert_eq!(now.plan.id, "pro");
    assert!(now.pending.is_some());
    billing::resume(s, &ada.actor).await.expect("resumed");
    let now = plans::of(s, ada.actor.tenant()).await.expect("a plan");
    assert_eq!(now.pending, None);
    billing::cancel(s, &ada.actor).await.expect("ended");
    desk.fake.advance(desk.fake.now() + 15 * DAY);
    billing::catch_up(s).await.expect("events");
    desk.follow().await;
    let page = billing::page(s, &ada.actor).await.expect("a page");
    assert_eq!(page.subscription.expect("it was there").status, "canceled");
    assert_eq!(page.now.plan.monthly_price, 0);
    // There was a trial, and there is no second one.
    let url = billing::checkout(s, &ada.actor, "pro").await.expect("led");
    let session = desk
        .fake
        .object(url.rsplit('/').next().expect("an id"))
        .expect("a session");
    assert!(session["_subscription_data"]["trial_period_days"].is_null());
}

#[tokio::test]
async fn members_beyond_the_included_ones_are_paid_for() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let ada = desk.world.owner("ada").await;
    ada.subscribe(&desk.fake, "pro").await;
    assert_eq!(billing::follow_members(s).await.expect("followed"), 0);
    for nth in 0..12 {
        let guest = desk.world.owner(&format!("guest{nth}")).await;
        sqlx::query("insert into memberships (tenant_id, user_id, role) values ($1, $2, 'viewer')")
            .bind(ada.actor.tenant().0)
            .bind(guest.user.0)
            .execute(&desk.pool())
            .await
            .expect("a member");
    }
    assert_eq!(billing::follow_members(s).await.expect("followed"), 1);
    assert_eq!(billing::follow_members(s).await.expect("followed"), 0);
    let page = billing::page(s, &ada.actor).await.expect("a page");
    assert_eq!(
        page.subscription.expect("a subscription").seats,
        3,
        "13 members, 10 included"
    );
    sqlx::query(
        "update memberships set removed_at = now() where tenant_id = $1 and role = 'viewer'",
    )
    .bind(ada.actor.tenant().0)
    .execute(&desk.pool())
    .await
    .expect("gone");
    assert_eq!(billing::follow_members(s).await.expect("followed"), 1);
    let page = billing::page(s, &ada.actor).await.expect("a page");
    assert_eq!(page.subscription.expect("a subscription").seats, 0);
}

#[tokio::test]
async fn what_stripe_does_not_answer_is_said_and_tried_again() {
    let desk = Desk::open().await;
    let s = &desk.world.services;
    let ada = desk.world.owner("ada").await;
    ada.subscribe(&desk.fake, "pro").await;
    // Twice is tried again without a word.
    desk.fake.refuse("/v1/billing_portal", 503, 2);
    billing::portal(s, &ada.actor).await.expect("the third try");
    // An answer that was lost is not done twice.
    desk.fake.lose_answers("/v1/billing_portal", 1);
    let before = desk.asked("POST", "/v1/billing_portal/sessions");
    billing::portal(s, &ada.actor)
        .await
        .expect("the second try");
    let ledger = desk.fake.ledger();
    assert_eq!(
        desk.asked("POST", "/v1/billing_portal/sessions"),
        before + 2
    );
    assert!(ledger.last().expect("an entry").is_replayed);
    desk.fake.refuse("/v1/invoices", 503, 3);
    let page = billing::page(s, &ada.actor)
        .await
        .expect("a page all the same");
    assert!(page.trouble.is_some() && page.subscription.is_some());
}
