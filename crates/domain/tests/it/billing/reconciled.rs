//! What is compared once an hour: nothing differs, and where something is made to, it is seen and repaired.

use super::Desk;
use api_types::{Refusal, billing::DriftKind, usage::Outcome};
use domain::{billing, plans, usage};
use test_support::{Person, assert_refused};
use time::{Duration, OffsetDateTime};

/// A tenant that subscribed ten hours ago, and has called something since.
async fn called(desk: &Desk) -> (Person, String) {
    let now = OffsetDateTime::now_utc();
    desk.fake
        .set_clock((now - Duration::hours(10)).unix_timestamp());
    let ada = desk.world.owner("ada").await;
    let customer = ada.subscribe(&desk.fake, "pro").await;
    let key = ada.key(&ada.client("agent").await).await;
    for nth in 0..40 {
        let mut call = ada.call(&key, "list_tasks", Outcome::Ok);
        call.id = usage::id_at(now - Duration::hours(8) + Duration::minutes(nth * 5));
        desk.world
            .services
            .usage
            .record(call)
            .await
            .expect("counted");
    }
    desk.fake.set_clock(now.unix_timestamp());
    usage::roll_up_anew(
        &desk.world.services.db,
        ada.actor.tenant(),
        now - Duration::days(1),
    )
    .await
    .expect("sums");
    let s = &desk.world.services;
    billing::collect(s, now).await.expect("collected");
    assert!(billing::send_due(s, now).await.expect("sent") >= 3);
    (ada, customer)
}

async fn drifts(desk: &Desk, person: &Person) -> Vec<(DriftKind, String, String)> {
    let s = &desk.world.services;
    billing::reconcile(s, OffsetDateTime::now_utc())
        .await
        .expect("compared");
    let page = billing::page(s, &person.actor).await.expect("a page");
    assert!(page.compared_at.is_some());
    let drifts = page.drifts.into_iter();
    drifts
        .map(|drift| (drift.kind, drift.ours, drift.theirs))
        .collect()
}

fn found(kind: DriftKind, ours: &str, theirs: &str) -> Vec<(DriftKind, String, String)> {
    vec![(kind, ours.into(), theirs.into())]
}

#[tokio::test]
async fn nothing_differs_and_what_the_meter_lost_is_made_up_for() {
    let desk = Desk::open().await;
    let (ada, _) = called(&desk).await;
    assert_eq!(drifts(&desk, &ada).await, []);
    let lost = desk.fake.meter_events()[0].clone();
    desk.fake.lose_meter_event(&lost.identifier);
    let there = (40 - lost.value).to_string();
    assert_eq!(
        drifts(&desk, &ada).await,
        found(DriftKind::Meter, "40", &there)
    );
    let s = &desk.world.services;
    let viewer = desk.world.owner("bob").await;
    assert_refused(
        billing::repair(s, &viewer.actor).await.map(drop),
        &Refusal::conflict("there is nothing to repair: no customer at Stripe"),
    );
    // Two people press the button at once.
    let (one, two) = tokio::join!(
        billing::repair(s, &ada.actor),
        billing::repair(s, &ada.actor)
    );
    one.or(two).expect("one of them repairs it");
    assert_eq!(drifts(&desk, &ada).await, []);
    let metered: i64 = desk
        .fake
        .meter_events()
        .iter()
        .map(|event| event.value)
        .sum();
    assert_eq!(metered, 40);
}

#[tokio::test]
async fn sums_that_are_wrong_are_made_anew() {
    let desk = Desk::open().await;
    let (ada, _) = called(&desk).await;
    let spoilt = sqlx::query(
        "update usage_sums set units = units + 2
        where dimension = 'all' and grain = 'hour'
            and bucket = (select min(bucket) from usage_sums where grain = 'hour')",
    )
    .execute(&desk.pool())
    .await
    .expect("spoilt");
    assert_eq!(spoilt.rows_affected(), 1);
    let kinds: Vec<_> = drifts(&desk, &ada)
        .await
        .into_iter()
        .map(|(kind, ..)| kind)
        .collect();
    assert_eq!(kinds, [DriftKind::Rollups, DriftKind::Unsent]);
    assert_eq!(
        billing::repair(&desk.world.services, &ada.actor)
            .await
            .expect("repaired"),
        0
    );
    assert_eq!(drifts(&desk, &ada).await, []);
}

#[tokio::test]
async fn a_subscription_that_was_changed_without_a_word_is_seen_and_taken_over() {
    let desk = Desk::open().await;
    let (ada, customer) = called(&desk).await;
    let s = &desk.world.services;
    let list = desk
        .fake
        .ask("GET", "subscriptions", &format!("customer={customer}"));
    let id = list["data"][0]["id"].as_str().expect("an id").to_owned();
    desk.fake.change(
        &id,
        |subscription| subscription["status"] = "unpaid".into(),
        None,
    );
    let kinds: Vec<_> = drifts(&desk, &ada)
        .await
        .into_iter()
        .map(|(kind, ..)| kind)
        .collect();
    assert_eq!(kinds, [DriftKind::Subscription]);
    assert_eq!(billing::repair(s, &ada.actor).await.expect("repaired"), 0);
    let now = plans::of(s, ada.actor.tenant()).await.expect("a plan");
    assert_eq!(now.state, api_types::plans::PlanState::Suspended);
    // Somebody gives the tenant another plan by hand.
    sqlx::query("update tenant_plans set plan = 'enterprise'")
        .execute(&desk.pool())
        .await
        .expect("given");
    assert_eq!(
        drifts(&desk, &ada).await,
        found(DriftKind::Subscription, "plan enterprise", "plan pro")
    );
    assert_eq!(billing::repair(s, &ada.actor).await.expect("repaired"), 0);
    assert_eq!(
        plans::of(s, ada.actor.tenant())
            .await
            .expect("a plan")
            .plan
            .id,
        "pro"
    );
}

#[tokio::test]
async fn it_is_one_servers_turn_once_an_hour() {
    let desk = Desk::open().await;
    called(&desk).await;
    let s = &desk.world.services;
    assert_eq!(billing::reconcile_due(s).await.expect("compared"), Some(0));
    assert_eq!(billing::reconcile_due(s).await.expect("not yet"), None);
}
