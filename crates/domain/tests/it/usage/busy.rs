//! Minutes with more rows than are added up at once.

use super::{change, number};
use domain::usage::{self, Pace};
use test_support::World;
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Calls of the minute before this one, for three tenants: of the first it is three pieces, of the others two thirds of one.
const CALLS: &str = "
    insert into usage_events (tenant_id, event_id, occurred_at, client_id, key_id, member_id, toolkit, tool, era, outcome,
        duration_us, request_bytes, response_bytes, request_id, units)
    select tenant_id, overlay(usage_first_id(at)::text placing right(gen_random_uuid()::text, 22) from 15)::uuid, at,
        md5((nth % 3)::text)::uuid, md5((nth % 7)::text)::uuid, case when nth % 2 = 0 then md5('member')::uuid end, 'tasks',
        'tool' || nth % 5, 'modern', case when nth % 11 = 0 then 'tool_error' else 'ok' end, 500 + nth % 4000, 100, nth % 50,
        gen_random_uuid(), nth % 4
    from (
        select t.tenant_id, nth, date_trunc('minute', now()) - interval '1 minute'
            + random() * interval '59.999 seconds' as at
        from (select tenant_id, row_number() over (order by tenant_id) as place from tenants) t,
            generate_series(1, case when place = 1 then 50000 else 14000 end) nth
    ) calls";

/// How many combinations of everything have other numbers than their rows.
const WRONG: &str = "
    with rows as (
        select tenant_id, date_trunc('minute', occurred_at) as bucket, toolkit, tool, client_id, key_id, outcome,
            coalesce(member_id, '00000000-0000-0000-0000-000000000000') as member_id,
            count(*) as calls, sum(units) as units, sum(duration_us) as duration_us,
            sum(request_bytes + response_bytes) as bytes
        from usage_events group by 1, 2, 3, 4, 5, 6, 7, 8
    ), minutes as (
        select tenant_id, bucket, toolkit, tool, client_id, key_id, outcome, member_id, sum(calls) as calls,
            sum(units) as units, sum(duration_us) as duration_us, sum(bytes) as bytes
        from usage_by_minute group by 1, 2, 3, 4, 5, 6, 7, 8
    )
    select count(*) from rows natural full join minutes where rows is null or minutes is null";

#[tokio::test]
async fn minutes_of_many_rows_are_added_up_in_pieces_and_are_exact() {
    let world = World::new().await;
    for name in ["ada", "bob", "eve"] {
        world.owner(name).await;
    }
    let db = &world.services.db;
    let stop = CancellationToken::new();
    // All of it twice: what is there already is made anew, not added to.
    for nth in 1..=2 {
        change(&world, CALLS).await;
        let began = Instant::now();
        let gently = Pace::Gentle(stop.clone());
        assert!(usage::roll_up(db, &gently).await.expect("rolled up"));
        let rested = began.elapsed();
        assert_eq!(number(&world, WRONG).await, 0, "round {nth}");
        // Nothing new has come: the same once more, without a rest.
        let began = Instant::now();
        assert!(usage::roll_up(db, &Pace::AtOnce).await.expect("rolled up"));
        let worked = began.elapsed();
        assert_eq!(number(&world, WRONG).await, 0, "round {nth}, once more");
        assert!(
            rested > worked * 2,
            "{rested:?} with rests, {worked:?} without"
        );
    }
    assert_eq!(
        number(&world, "select sum(calls)::bigint from usage_by_minute").await,
        2 * (50_000 + 14_000 + 14_000)
    );
    // A server that stops does not wait.
    change(&world, CALLS).await;
    stop.cancel();
    let began = Instant::now();
    let gently = Pace::Gentle(stop);
    assert!(usage::roll_up(db, &gently).await.expect("rolled up"));
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(number(&world, WRONG).await, 0);
}
