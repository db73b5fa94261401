//! Calls in partitions by time.

use super::{change, number, record};
use api_types::usage::{Outcome, Range, UsageFilter};
use domain::usage::{self, Event};
use sqlx::AssertSqlSafe;
use test_support::World;
use time::{Duration, OffsetDateTime};

/// The names, oldest first.
async fn partitions(world: &World) -> Vec<(String, OffsetDateTime)> {
    sqlx::query_as("select name, ends_at from usage_partitions order by ends_at")
        .fetch_all(&world.database.pool("postgres", 1))
        .await
        .expect("partitions")
}

#[tokio::test]
async fn a_call_stands_in_the_partition_of_its_month() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let there = partitions(&world).await;
    assert_eq!(there.len(), 3, "what was before, and two months: {there:?}");
    for (name, ends_at) in &there {
        let last = *ends_at - Duration::milliseconds(1);
        let next = Event {
            id: usage::id_at(last),
            ..ada.call(&key, "last", Outcome::Ok)
        };
        record(&world, [next]).await;
        let of = format!(
            "select count(*) from usage_events where tool = 'last' and tableoid = 'public.{name}'::regclass"
        );
        assert_eq!(number(&world, &of).await, 1, "{name}");
    }
}

#[tokio::test]
async fn the_first_moment_of_a_month_is_the_next_partitions() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let there = partitions(&world).await;
    let first = Event {
        id: usage::id_at(there[0].1),
        ..ada.call(&key, "first", Outcome::Ok)
    };
    record(&world, [first]).await;
    let of = format!(
        "select count(*) from usage_events where tableoid = 'public.{}'::regclass",
        there[1].0
    );
    assert_eq!(number(&world, &of).await, 1);
}

#[tokio::test]
async fn partitions_are_made_ahead_of_time_by_one_server() {
    let world = World::new().await;
    let there = partitions(&world).await;
    for (name, _) in &there[1..] {
        change(&world, &format!("drop table {name}")).await;
    }
    let other = world.sibling();
    let (one, two) = tokio::join!(
        usage::keep_partitions(&world.services.db, 0),
        usage::keep_partitions(&other.db, 0)
    );
    let made = [one.expect("kept"), two.expect("kept")];
    let made: i32 = made.into_iter().flatten().map(|(made, _)| made).sum();
    assert_eq!(made, 2);
    assert_eq!(partitions(&world).await, there);
    // Whoever looks again finds nothing to do.
    let again = usage::keep_partitions(&world.services.db, 0).await;
    assert_eq!(again.expect("kept"), Some((0, 0)));
}

#[tokio::test]
async fn what_is_older_than_is_kept_is_dropped_and_its_numbers_stay() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    // As if that had been the first partition's end.
    let first = partitions(&world).await.remove(0).0;
    change(
        &world,
        &format!(
            "alter table usage_events detach partition {first};
            alter table {first} rename to usage_events_before_2026_01;
            alter table usage_events attach partition usage_events_before_2026_01
                for values from (minvalue) to ('{}');
            create table {first} partition of usage_events
                for values from ('{}') to ('{}');
            alter table {first} enable row level security;
            alter table {first} force row level security",
            first_id("2026-01-01"),
            first_id("2026-01-01"),
            number_of_id(&world, &first).await,
        ),
    )
    .await;
    let old = OffsetDateTime::from_unix_timestamp(1_766_000_000).expect("a time in December 2025");
    let old = Event {
        id: usage::id_at(old),
        ..ada.call(&key, "old", Outcome::Ok)
    };
    record(&world, [old, ada.call(&key, "new", Outcome::Ok)]).await;
    super::roll_up(&world).await;
    let dropped = usage::keep_partitions(&world.services.db, 100).await;
    assert_eq!(dropped.expect("kept"), Some((0, 1)));
    let left = number(&world, "select count(*) from usage_events").await;
    assert_eq!(left, 1);
    let months =
        "select sum(calls)::bigint from usage_sums where dimension = 'all' and grain = 'month'";
    assert_eq!(number(&world, months).await, 1, "the numbers of December");
    // Nothing of a dropped day is recomputed to nothing.
    change(
        &world,
        &format!(
            "insert into usage_repairs values ('{}', '2025-12-17 00:00:00+00')",
            ada.actor.tenant()
        ),
    )
    .await;
    super::roll_up(&world).await;
    assert_eq!(number(&world, months).await, 1);
    // And calls go on.
    record(&world, [ada.call(&key, "new", Outcome::Ok)]).await;
    super::roll_up(&world).await;
    let filter = UsageFilter {
        range: Range::Day,
        ..UsageFilter::default()
    };
    let report = usage::report(&world.services, &ada.actor, &filter).await;
    assert_eq!(report.expect("a report").total.calls, 2);
}

fn first_id(day: &str) -> String {
    let millis = match day {
        "2026-01-01" => 1_767_225_600_000_i64,
        other => panic!("{other}"),
    };
    format!(
        "{:08x}-{:04x}-0000-0000-000000000000",
        millis >> 16,
        millis & 0xffff
    )
}

/// Where the partition ends that was the first.
async fn number_of_id(world: &World, name: &str) -> String {
    let query =
        format!("select usage_first_id(ends_at)::text from usage_partitions where name = '{name}'");
    sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_one(&world.database.pool("postgres", 1))
        .await
        .expect("an end")
}

#[tokio::test]
async fn a_repeated_call_of_any_month_is_left_alone() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let now = OffsetDateTime::now_utc();
    let calls: Vec<_> = (0..40)
        .map(|nth| super::call_at(&ada, &key, now + Duration::days(nth)))
        .collect();
    record(&world, calls.clone()).await;
    record(&world, calls).await;
    assert_eq!(
        number(&world, "select count(*) from usage_events").await,
        40
    );
}
