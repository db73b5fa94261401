//! Rows of the past, of servers whose clocks are wrong, and hours that become final.

use super::{call_at, change, number, record, roll_up};
use api_types::usage::{Outcome, Range, UsageFilter, UsageReport};
use domain::usage::{self, Event};
use test_support::{Person, World};
use time::{Duration, OffsetDateTime};

async fn report(world: &World, person: &Person, range: Range) -> UsageReport {
    let filter = UsageFilter {
        range,
        ..UsageFilter::default()
    };
    let report = usage::report(&world.services, &person.actor, &filter).await;
    report.expect("a report")
}

#[tokio::test]
async fn rows_that_come_late_reach_every_rollup() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let now = OffsetDateTime::now_utc();
    let calls = (0..160).map(|nth| Event {
        units: nth % 3,
        ..call_at(&ada, &key, now - Duration::hours(13 * nth))
    });
    record(&world, calls).await;
    roll_up(&world).await;
    let quarter = report(&world, &ada, Range::Quarter).await;
    assert_eq!(quarter.total.calls, 160);
    assert_eq!(
        quarter.total.units,
        (0..160).map(|nth| nth % 3).sum::<i64>()
    );
    assert_eq!(
        quarter.hours_of_week.expect("hours").iter().sum::<i64>(),
        160
    );
    let bars: i64 = quarter.bars.iter().map(|bar| bar.ok + bar.errors).sum();
    assert_eq!(bars, 160);
    // Each again, as a caller does that did not hear the answer, and one more in a month that is final.
    let again = call_at(&ada, &key, now - Duration::hours(13 * 100));
    record(&world, [again.clone(), again]).await;
    roll_up(&world).await;
    assert_eq!(report(&world, &ada, Range::Quarter).await.total.calls, 161);
    let cells = "select sum(calls)::bigint from usage_cells where grain = 'day'";
    let sums =
        "select sum(calls)::bigint from usage_sums where grain = 'day' and dimension = 'tool'";
    let latencies =
        "select sum(calls)::bigint from (select unnest(latency_calls) as calls from usage_sums
        where grain = 'day' and dimension = 'client') l";
    let hours = "select sum(calls)::bigint from (select unnest(hour_calls) as calls from usage_sums
        where grain = 'day' and dimension = 'all') h";
    let days = "select count(*) from usage_events where occurred_at < (select days_until from usage_rollup_state)";
    let days = number(&world, days).await;
    for query in [cells, sums, latencies, hours] {
        assert_eq!(number(&world, query).await, days, "{query}");
    }
    let months = "select sum(calls)::bigint from usage_cells where grain = 'month'";
    let rows = "select count(*) from usage_events where occurred_at < (select months_until from usage_rollup_state)";
    assert_eq!(number(&world, months).await, number(&world, rows).await);
}

#[tokio::test]
async fn what_becomes_final_is_computed_once_from_what_is_finer() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    // As if nobody had rolled up for seventy days.
    change(
        &world,
        "update usage_rollup_state set seen_until = now() - interval '70 days', late_until = seen_until,
            hours_until = date_trunc('hour', now() - interval '70 days'),
            days_until = date_trunc('day', now() - interval '70 days', 'UTC'),
            months_until = date_trunc('month', now() - interval '70 days', 'UTC')",
    )
    .await;
    let now = OffsetDateTime::now_utc();
    let calls = (0..120).map(|nth| Event {
        outcome: if nth % 4 == 0 {
            Outcome::ToolError
        } else {
            Outcome::Ok
        },
        ..call_at(&ada, &key, now - Duration::hours(13 * nth))
    });
    record(&world, calls).await;
    usage::roll_up(&world.services.db, &usage::Pace::AtOnce)
        .await
        .expect("rolled up");
    assert_eq!(
        number(&world, "select count(*) from usage_repairs").await,
        0
    );
    let quarter = report(&world, &ada, Range::Quarter).await;
    assert_eq!((quarter.total.calls, quarter.total.errors), (120, 30));
    assert_eq!(quarter.total.p50_ms.expect("a median").round() as i64, 1);
    for grain in ["hour", "day", "month"] {
        let sums = format!(
            "select sum(calls)::bigint from usage_sums where grain = '{grain}' and dimension = 'all'"
        );
        let rows = format!(
            "select count(*) from usage_events where occurred_at < (select {grain}s_until from usage_rollup_state)"
        );
        assert_eq!(
            number(&world, &sums).await,
            number(&world, &rows).await,
            "{grain}"
        );
    }
    // Computed anew from rows, the days are the same.
    let tables =
        "select md5(string_agg(c::text, ',' order by c::text)) as digest from usage_cells c
        where grain in ('day', 'month')";
    let before = text(&world, tables).await;
    change(
        &world,
        "insert into usage_repairs select distinct tenant_id, date_trunc('day', occurred_at, 'UTC') from usage_events",
    )
    .await;
    roll_up(&world).await;
    assert_eq!(text(&world, tables).await, before);
}

/// Numbers of days and months with everything in them, arrays in order.
const DIGEST: &str = "select md5(string_agg(line, ',' order by line)) from (
        select c::text as line from usage_cells c where grain in ('day', 'month')
        union all
        select concat_ws(' ', tenant_id, grain, dimension, bucket, value, outcome, calls, units, duration_us, bytes,
            (select array_agg((hour, calls) order by hour) from unnest(hours, hour_calls) h (hour, calls)),
            (select array_agg((class, calls) order by class) from unnest(latency_classes, latency_calls) l (class, calls)))
        from usage_sums where grain in ('day', 'month')
    ) lines";

#[tokio::test]
async fn days_and_months_grow_by_what_has_become_final() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let midnight = OffsetDateTime::now_utc().replace_time(time::Time::MIDNIGHT);
    // The last of three days ended a day ago, so that all is final at any hour.
    let first = midnight - Duration::days(4);
    // Every half day is rolled up in its time: until then there is nothing later.
    for half in 0..6 {
        let begin = first + Duration::hours(12 * half);
        let until = begin.unix_timestamp();
        // The numbers of months were added to until now: in the middle of a day they are computed anew.
        let months = if half % 2 == 0 {
            until
        } else {
            change(&world, "delete from usage_cells where grain = 'month'").await;
            change(&world, "delete from usage_sums where grain = 'month'").await;
            first.replace_day(1).expect("a first").unix_timestamp()
        };
        let rewind = format!(
            "update usage_rollup_state set seen_until = now(), late_until = now(), hours_until = to_timestamp({until}),
                days_until = to_timestamp({until}), months_until = to_timestamp({months})"
        );
        change(&world, &rewind).await;
        let calls = (0..30).map(|nth| Event {
            duration_us: 700 << (nth % 5),
            outcome: [Outcome::Ok, Outcome::ToolError][usize::from(nth % 7 == 0)],
            ..call_at(&ada, &key, begin + Duration::minutes(23 * nth))
        });
        record(&world, calls).await;
        usage::roll_up(&world.services.db, &usage::Pace::AtOnce)
            .await
            .expect("rolled up");
    }
    assert_eq!(
        number(&world, "select count(*) from usage_repairs").await,
        0
    );
    let month = report(&world, &ada, Range::Month).await;
    assert_eq!(month.total.calls, 180);
    let calls =
        "select sum(calls)::bigint from usage_sums where grain = 'month' and dimension = 'all'";
    assert_eq!(number(&world, calls).await, 180);
    let grown = text(&world, DIGEST).await;
    usage::roll_up_anew(&world.services.db, ada.actor.tenant(), first)
        .await
        .expect("rolled up anew");
    assert_eq!(text(&world, DIGEST).await, grown);
    let anew = report(&world, &ada, Range::Month).await;
    assert_eq!(anew.total, month.total);
    assert_eq!(anew.hours_of_week, month.hours_of_week);
}

async fn text(world: &World, query: &'static str) -> String {
    sqlx::query_scalar(query)
        .fetch_one(&world.database.pool("postgres", 1))
        .await
        .expect("a text")
}

#[tokio::test]
async fn a_server_whose_clock_is_ten_minutes_off_loses_nothing() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let now = OffsetDateTime::now_utc();
    for minutes in [-10, 0, 10] {
        let at = now + Duration::minutes(minutes);
        record(&world, [call_at(&ada, &key, at)]).await;
        usage::roll_up(&world.services.db, &usage::Pace::AtOnce)
            .await
            .expect("rolled up");
    }
    roll_up(&world).await;
    let rollups = "select (select coalesce(sum(calls), 0) from usage_by_minute
            where bucket >= (select hours_until from usage_rollup_state))::bigint
        + (select coalesce(sum(calls), 0) from usage_sums where dimension = 'all' and grain = 'hour')::bigint";
    assert_eq!(number(&world, rollups).await, 3);
}
