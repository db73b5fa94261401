//! Quotas that are never exceeded, and come back.

use super::{limit, principal, take, take_units};
use api_types::{api_keys::CreatedKey, limits::OwnLimits, plans::Loops, usage::Outcome};
use domain::{Services, limits};
use futures::future::join_all;
use test_support::World;

/// What is granted, lost and held of all quotas.
async fn counted(world: &World) -> (i64, i64, i64) {
    sqlx::query_as(
        "select coalesce(sum(granted), 0)::bigint, coalesce(sum(lost), 0)::bigint,
            (select coalesce(sum(units), 0)::bigint from quota_leases)
        from quota_counters",
    )
    .fetch_one(&world.database.pool("postgres", 1))
    .await
    .expect("counters")
}

/// Callers at three servers take units until they are refused, those of one price beside those of another. Together they
/// are let through for no more than there is, and whoever comes later gets the rest.
async fn use_up(callers: usize, prices: &[i64]) {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("agent").await).await;
    limit(&ada, 500).await;
    let servers = [world.services.clone(), world.sibling(), world.sibling()];
    let callers = (0..callers).map(|nth| {
        let (s, units) = (&servers[nth % 3], prices[nth / 3 % prices.len()]);
        take_all(s, &key, units)
    });
    let taken: i64 = join_all(callers).await.into_iter().sum();
    assert!(taken <= 500, "{taken}");
    for s in &servers {
        limits::settle(s).await;
    }
    assert_eq!(counted(&world).await, (taken, 0, 0));
    // What one server had left when it was over is there for whoever comes later.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(taken + take_all(&servers[0], &key, 1).await, 500);
}

/// Takes so many units at a time until it is refused. Answers how many in all.
async fn take_all(s: &Services, key: &CreatedKey, units: i64) -> i64 {
    let mut taken = 0;
    while let Ok(tickets) = take_units(s, key, units).await {
        tickets.settle(units);
        taken += units;
    }
    taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_together_let_through_exactly_what_there_is() {
    use_up(60, &[1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_any_price_exceed_nothing() {
    use_up(30, &[20, 7, 1]).await;
}

#[tokio::test]
async fn a_call_that_is_too_dear_for_the_rest_leaves_it_to_cheaper_ones() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("agent").await).await;
    limit(&ada, 10).await;
    let s = &world.services;
    let mut let_through = Vec::new();
    for units in [7, 7, 2, 7, 1, 1, 0] {
        let taken = take_units(s, &key, units).await;
        let_through.push(taken.is_ok());
        if let Ok(tickets) = taken {
            tickets.settle(units);
        }
    }
    assert_eq!(let_through, [true, false, true, false, true, false, true]);
}

#[tokio::test]
async fn a_call_that_did_nothing_gives_its_unit_back_and_one_that_did_much_takes_more() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("agent").await).await;
    limit(&ada, 100).await;
    let s = &world.services;
    for units in [0, 0, 1, 7] {
        take(s, &key).await.expect("a unit").settle(units);
    }
    limits::settle(s).await;
    assert_eq!(counted(&world).await, (8, 0, 0));
}

#[tokio::test]
async fn what_a_dead_server_held_comes_back_but_for_what_it_may_have_done() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("agent").await).await;
    limit(&ada, 1000).await;
    let s = &world.services;
    let pool = world.database.pool("postgres", 1);
    // A lease of ten units with four in flight at most, of which three have their rows.
    sqlx::query(
        "insert into quota_counters (tenant_id, subject_id, period_from, granted, touched_at)
        select $1, $1, date_trunc('month', now() at time zone 'UTC') at time zone 'UTC', 10, now()",
    )
    .bind(ada.actor.tenant().0)
    .execute(&pool)
    .await
    .expect("a counter");
    let lease: uuid::Uuid = sqlx::query_scalar(
        "insert into quota_leases (tenant_id, lease_id, subject_id, period_from, units, flight, until)
        select tenant_id, gen_random_uuid(), subject_id, period_from, 10, 4, now() from quota_counters
        returning lease_id",
    )
    .fetch_one(&pool)
    .await
    .expect("a lease");
    for outcome in [
        Outcome::Ok,
        Outcome::ToolError,
        Outcome::Ok,
        Outcome::Invalid,
    ] {
        let mut call = ada.call(&key, "tasks_list", outcome);
        call.leases = vec![lease];
        s.usage.record(call).await.expect("a row");
    }
    assert_eq!(limits::take_back(s).await.expect("taken back"), 1);
    // Ten were granted; three were used, four may have been: three come back.
    assert_eq!(counted(&world).await, (7, 4, 0));
    assert_eq!(limits::take_back(s).await.expect("nothing more"), 0);
}

#[tokio::test]
async fn a_quota_that_is_set_in_the_middle_of_a_month_counts_what_was_used_before() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("agent").await).await;
    let s = &world.services;
    for outcome in [
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Limited,
        Outcome::ToolError,
    ] {
        let call = ada.call(&key, "tasks_list", outcome);
        s.usage.record(call).await.expect("a row");
    }
    domain::usage::roll_up(&s.db, &domain::usage::Pace::AtOnce)
        .await
        .expect("rolled up");
    // Not rolled up yet.
    let call = ada.call(&key, "tasks_list", Outcome::Ok);
    s.usage.record(call).await.expect("a row");
    limit(&ada, 6).await;
    for nth in ["the fifth", "the sixth"] {
        let tickets = take(s, &key).await.expect(nth);
        let call = ada.call(&key, "tasks_list", Outcome::Ok);
        s.usage.record(call).await.expect("a row");
        tickets.settle(1);
    }
    let spent = take(s, &key).await.err().expect("no seventh");
    assert_eq!((spent.policy, spent.limit), ("month", 6));
    assert!(spent.wait_seconds > 0);
    // More is let through as soon as it may be.
    limit(&ada, 7).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    take(s, &key).await.expect("the seventh").settle(1);
    assert!(take(s, &key).await.is_err());
}

#[tokio::test]
async fn a_key_has_a_quota_of_its_own_within_the_tenants() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let client = ada.client("agent").await;
    let (one, other) = (ada.key(&client).await, ada.key(&client).await);
    let (s, a) = (&world.services, &ada.actor);
    limits::limit_key(s, a, one.key.id, Some(2))
        .await
        .expect("limited");
    limit(&ada, 3).await;
    for _ in 0..2 {
        take(s, &one).await.expect("a unit").settle(1);
    }
    let spent = take(s, &one).await.err().expect("used up");
    assert_eq!((spent.policy, spent.limit), ("key-month", 2));
    take(s, &other).await.expect("a unit").settle(1);
    let spent = take(s, &other).await.err().expect("used up");
    assert_eq!(spent.policy, "month");
    let rotated = domain::api_keys::rotate(s, a, one.key.id, 1)
        .await
        .expect("rotated");
    let page = limits::page(s, a).await.expect("the page");
    let successor = page.keys.iter().find(|key| key.id == rotated.key.id);
    assert_eq!(successor.expect("the key").monthly_units, Some(2));
}

#[tokio::test]
async fn a_soft_quota_refuses_nothing_and_costs_no_statement() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("agent").await).await;
    let own = OwnLimits {
        monthly_units: Some(1),
        loops: Some(Loops::Ignore),
        ..OwnLimits::default()
    };
    let (s, a) = (&world.services, &ada.actor);
    limits::change(s, a, own).await.expect("limited");
    tokio::time::sleep(std::time::Duration::from_millis(750)).await;
    for _ in 0..5 {
        take(s, &key).await.expect("a unit").settle(1);
    }
    assert_eq!(counted(&world).await, (0, 0, 0));
    assert!(principal(s, &key).await.gate.fields().is_none());
}

#[tokio::test]
async fn only_a_plan_that_sells_more_units_has_a_spend_cap() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let own = OwnLimits {
        spend_cap: Some(100),
        ..OwnLimits::default()
    };
    let refused = limits::change(&world.services, &ada.actor, own.clone()).await;
    assert!(
        matches!(refused, Err(domain::Error::Refused(_))),
        "{refused:?}"
    );
    let world = world.with_default_plan("http://127.0.0.1:3000", "pro");
    limits::change(&world.services, &ada.actor, own)
        .await
        .expect("capped");
    let page = limits::page(&world.services, &ada.actor)
        .await
        .expect("the page");
    // A dollar at 0.0004 a unit.
    assert_eq!(page.ceiling.expect("an end").units, 252_500);
}
