//! Callers that go away in the middle of anything (rule R3): no connection is reused inside
//! somebody else's transaction, and what was acknowledged stays.

use api_types::input::TaskTitle;
use domain::toolkits::tasks::{self, NewTask};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use test_support::World;
use tokio::task::JoinSet;

/// `make soak` makes more.
fn how_many() -> u64 {
    if std::env::var_os("BULKHEAD_SOAK").is_some() {
        10_000
    } else {
        2_000
    }
}

const TENANTS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_cancelled_requests_leaves_no_trace() {
    let world = World::new().await;
    let mut people = Vec::new();
    for nth in 0..TENANTS {
        people.push(world.owner(&format!("owner{nth}")).await);
    }
    let people = Arc::new(people);
    let acknowledged: Arc<Vec<AtomicUsize>> =
        Arc::new((0..TENANTS).map(|_| AtomicUsize::new(0)).collect());
    let mut calls = JoinSet::new();
    for nth in 0..how_many() {
        let (people, acknowledged) = (people.clone(), acknowledged.clone());
        calls.spawn(async move {
            let who = nth as usize % TENANTS;
            let person = &people[who];
            let title = TaskTitle::parse(&format!("task {nth}")).expect("a title");
            let create = tasks::create(
                &person.world.services,
                &person.actor,
                NewTask::titled(title),
            );
            // Every other caller goes away somewhere between nothing and the answer.
            let patience = if nth % 2 == 0 {
                Duration::from_micros(nth * 13 % 20_000)
            } else {
                Duration::from_mins(1)
            };
            if let Ok(answer) = tokio::time::timeout(patience, create).await {
                answer.expect("created");
                acknowledged[who].fetch_add(1, Ordering::Relaxed);
            }
        });
        if calls.len() > 64 {
            calls.join_next().await.expect("a call").expect("no panic");
        }
    }
    while let Some(done) = calls.join_next().await {
        done.expect("no panic");
    }
    check(&world, &people, &acknowledged).await;
}

async fn check(world: &World, people: &[test_support::Person], acknowledged: &[AtomicUsize]) {
    tokio::time::sleep(Duration::from_secs(1)).await;
    let all = world.database.pool("postgres", 1);
    let idle: i64 = sqlx::query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database()
            and state like 'idle in transaction%'",
    )
    .fetch_one(&all)
    .await
    .expect("activity");
    assert_eq!(idle, 0, "connections stayed inside a transaction");
    for (person, acknowledged) in people.iter().zip(acknowledged) {
        let tenant = person.actor.tenant().0;
        let kept: i64 = sqlx::query_scalar("select count(*) from tasks where tenant_id = $1")
            .bind(tenant)
            .fetch_one(&all)
            .await
            .expect("tasks");
        assert!(
            kept >= acknowledged.load(Ordering::Relaxed) as i64,
            "an acknowledged task is gone"
        );
        let mut tx = world
            .services
            .db
            .tenant_tx(person.actor.tenant())
            .await
            .expect("a transaction");
        let foreign: i64 = sqlx::query_scalar("select count(*) from tasks where tenant_id <> $1")
            .bind(tenant)
            .fetch_one(&mut *tx)
            .await
            .expect("tasks");
        assert_eq!(foreign, 0);
    }
}
