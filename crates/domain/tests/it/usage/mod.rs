//! Counting calls, and the numbers shown of them.

mod busy;
mod carried_over;
mod corrections;
mod export;
mod filters;
mod late;
mod partitions;

use api_types::{
    api_keys::CreatedKey,
    usage::{Outcome, Range, UsageFilter},
};
use domain::usage::{self, Event};
use futures::{StreamExt as _, future};
use sqlx::AssertSqlSafe;
use std::time::Duration;
use test_support::{Person, World};
use time::OffsetDateTime;

/// A call that was admitted then.
fn call_at(person: &Person, key: &CreatedKey, at: OffsetDateTime) -> Event {
    Event {
        id: usage::id_at(at),
        ..person.call(key, "list", Outcome::Ok)
    }
}

async fn record(world: &World, calls: impl IntoIterator<Item = Event>) {
    let recorder = &world.services.usage;
    let recorded = calls.into_iter().map(|call| recorder.record(call));
    for answer in future::join_all(recorded).await {
        answer.expect("recorded");
    }
}

/// Rolls up all there is to do.
async fn roll_up(world: &World) {
    // A run repairs so many days.
    for _ in 0..10 {
        let done = usage::roll_up(&world.services.db, &usage::Pace::AtOnce).await;
        assert!(done.expect("rolled up"));
    }
}

/// One number, seen by the superuser.
async fn number(world: &World, query: &str) -> i64 {
    let pool = world.database.pool("postgres", 1);
    let number = sqlx::query_scalar(AssertSqlSafe(query.to_owned()))
        .fetch_one(&pool)
        .await;
    number.unwrap_or_else(|error| panic!("{query}: {error}"))
}

async fn change(world: &World, statement: &str) {
    let pool = world.database.pool("postgres", 1);
    let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(&pool)
        .await;
    done.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

#[tokio::test]
async fn what_is_recorded_is_there_once() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let calls: Vec<_> = (0..500)
        .map(|_| ada.call(&key, "list", Outcome::Ok))
        .collect();
    // Each twice, as a caller does that did not hear the answer.
    let recorded = calls
        .iter()
        .chain(&calls)
        .map(|call| world.services.usage.record(call.clone()));
    for answer in future::join_all(recorded).await {
        answer.expect("recorded");
    }
    let pool = world.database.pool("postgres", 1);
    let rows: i64 = sqlx::query_scalar("select count(*) from usage_events")
        .fetch_one(&pool)
        .await
        .expect("rows");
    assert_eq!(rows, 500);
}

#[tokio::test]
async fn rollups_agree_with_the_rows() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let client = ada.client("ci").await;
    let key = ada.key(&client).await;
    for nth in 0..30_i64 {
        let outcome = if nth % 3 == 0 {
            Outcome::ToolError
        } else {
            Outcome::Ok
        };
        let call = usage::Event {
            duration_us: 1000 * (nth + 1),
            ..ada.call(&key, if nth % 2 == 0 { "list" } else { "get" }, outcome)
        };
        world.services.usage.record(call).await.expect("recorded");
        // Rolling up again and again must not count anything twice.
        assert!(
            usage::roll_up(&world.services.db, &usage::Pace::AtOnce)
                .await
                .expect("rolled up")
        );
    }
    usage::roll_up(&world.services.db, &usage::Pace::AtOnce)
        .await
        .expect("rolled up");
    for range in Range::ALL {
        let filter = UsageFilter {
            range,
            ..UsageFilter::default()
        };
        let report = usage::report(&world.services, &ada.actor, &filter)
            .await
            .expect("a report");
        assert_eq!(
            (report.total.calls, report.total.errors),
            (30, 10),
            "{range:?}"
        );
        assert_eq!(
            report
                .bars
                .iter()
                .map(|bar| bar.ok + bar.errors)
                .sum::<i64>(),
            30,
            "{range:?}"
        );
        assert_eq!(
            report.bars.len() as i64,
            range.seconds().0 / range.seconds().1
        );
        assert_eq!(report.by_client[0].name, "ci");
        assert_eq!(
            report
                .by_tool
                .iter()
                .map(|tool| tool.totals.calls)
                .collect::<Vec<_>>(),
            [15, 15]
        );
        assert_eq!(
            report.by_outcome,
            [(Outcome::Ok, 20), (Outcome::ToolError, 10)]
        );
        assert_eq!(report.recent.len(), 30);
        assert!(
            (report.total.p50_ms.expect("a median") - 15.0).abs() / 15.0 < 0.1,
            "{:?}",
            report.total.p50_ms
        );
        assert!(
            (report.total.p95_ms.expect("a percentile") - 29.0).abs() / 29.0 < 0.1,
            "{:?}",
            report.total.p95_ms
        );
    }
    let failed = UsageFilter {
        outcome: Some(Outcome::ToolError),
        tool: Some("get".into()),
        client: Some(client.id),
        ..UsageFilter::default()
    };
    let report = usage::report(&world.services, &ada.actor, &failed)
        .await
        .expect("a report");
    assert_eq!((report.total.calls, report.recent.len()), (5, 5));
}

#[tokio::test]
async fn an_open_page_hears_of_its_own_tenant_only() {
    let world = World::new().await;
    let other = world.sibling();
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let mut hers = Box::pin(usage::live(&other, ada.actor.tenant(), None));
    let mut his = Box::pin(usage::live(&other, bob.actor.tenant(), None));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let key = ada.key(&ada.client("ci").await).await;
    world
        .services
        .usage
        .record(ada.call(&key, "list", Outcome::Ok))
        .await
        .expect("recorded");
    usage::roll_up(&world.services.db, &usage::Pace::AtOnce)
        .await
        .expect("rolled up");
    tokio::time::timeout(Duration::from_secs(2), hers.next())
        .await
        .expect("heard");
    assert!(
        tokio::time::timeout(Duration::from_millis(300), his.next())
            .await
            .is_err()
    );
}
