//! What a database of before has counted.

use super::{number, roll_up};
use api_types::usage::{Outcome, Range, UsageFilter};
use domain::{MIGRATOR, members, usage};
use sqlx::migrate::Migrator;
use test_support::World;
use uuid::Uuid;

/// The last migration before calls stood in partitions.
const BEFORE: i64 = 22;

#[tokio::test]
async fn calls_of_before_are_carried_over_and_counted_again() {
    let world = World::new().await;
    let superuser = world.database.pool("postgres", 1);
    let empty = "drop schema public cascade; create schema public authorization bulkhead_owner";
    sqlx::raw_sql(empty)
        .execute(&superuser)
        .await
        .expect("an empty database");
    let owner = world.database.pool("bulkhead_owner", 1);
    let old = MIGRATOR
        .iter()
        .filter(|migration| migration.version <= BEFORE);
    let old = Migrator::with_migrations(old.cloned().collect());
    old.run(&owner).await.expect("a database of before");
    // What registers tenants now needs tables of now.
    let tenant = Uuid::now_v7();
    sqlx::query("insert into tenants (tenant_id, slug, name) values ($1, 'before', 'Before')")
        .bind(tenant)
        .execute(&superuser)
        .await
        .expect("a tenant of before");
    let (client, key) = (Uuid::now_v7(), Uuid::now_v7());
    sqlx::query(
        "insert into usage_events (tenant_id, event_id, occurred_at, client_id, key_id, toolkit, tool, era, outcome,
            duration_us, request_bytes, response_bytes, request_id)
        select $1, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n), 3, '0')
                || '8000000000000000')::uuid,
            at, $2, $3, 'tasks', 'list', 'modern', case when n % 5 = 0 then 'limited' else 'ok' end, 1000, 1, 1,
            gen_random_uuid()
        from generate_series(0, 99) n, lateral (select date_trunc('milliseconds', now()) - n * interval '17 hours') t (at)",
    )
    .bind(tenant)
    .bind(client)
    .bind(key)
    .execute(&superuser)
    .await
    .expect("calls of before");
    sqlx::query(
        "insert into usage_days (tenant_id, bucket, client_id, key_id, toolkit, tool, outcome, latency_class, calls,
            duration_us, request_bytes, response_bytes)
        select tenant_id, date_trunc('day', occurred_at, 'UTC'), client_id, key_id, toolkit, tool, outcome, 1, count(*), 1, 1, 1
        from usage_events group by 1, 2, 3, 4, 5, 6, 7",
    )
    .execute(&superuser)
    .await
    .expect("days of before");
    domain::migrate(&owner).await.expect("migrated");
    let units = "select sum(units)::bigint from usage_events";
    assert_eq!(number(&world, units).await, 80, "what was refused has none");
    let s = &world.services;
    let ada = world.owner("ada").await;
    sqlx::query("insert into memberships (tenant_id, user_id, role) values ($1, $2, 'owner')")
        .bind(tenant)
        .bind(ada.user.0)
        .execute(&superuser)
        .await
        .expect("a member");
    let actor = members::actor(s, ada.user, "before").await;
    let actor = actor.expect("being a member");
    let new = usage::Event {
        tenant: actor.tenant(),
        ..ada.call(&ada.key(&ada.client("ci").await).await, "list", Outcome::Ok)
    };
    s.usage.record(new).await.expect("calls go on");
    roll_up(&world).await;
    let filter = UsageFilter {
        range: Range::Quarter,
        ..UsageFilter::default()
    };
    let report = usage::report(s, &actor, &filter).await.expect("a report");
    assert_eq!((report.total.calls, report.total.units), (101, 81));
    assert_eq!(report.recent.len(), 50);
}
