//! A hard quota under `kill -9` (rule R25): two servers and 64 callers use up 1,000 units while the servers are killed.
//! Each call makes a task, so what was done is known whatever was answered or counted.

use super::set;
use crate::kill::Server;
use crate::support::{modern, short_or_soak};
use api_types::limits::OwnLimits;
use reqwest::{Client, StatusCode};
use serde_json::json;
use sqlx::PgPool;
use std::time::{Duration, Instant};
use test_support::World;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const UNITS: i64 = 1000;
const CALLERS: i64 = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_is_never_exceeded_and_what_dead_servers_held_comes_back() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let client = ada.client("agent").await;
    let key = ada.key(&client).await.secret;
    let own = OwnLimits {
        monthly_units: Some(UNITS),
        is_hard: true,
        ..OwnLimits::default()
    };
    set(&ada, own).await;
    let pool = world.database.pool("postgres", 1);
    let mut servers = [Server::over(&world), Server::over(&world)];
    for server in &mut servers {
        server.start().await;
    }
    let urls = servers.each_ref().map(Server::mcp);
    let stop = CancellationToken::new();
    let mut callers = JoinSet::new();
    for nth in 0..CALLERS as usize {
        callers.spawn(call_on(urls[nth % 2].clone(), key.clone(), stop.clone()));
    }
    let kills = short_or_soak(5, 25);
    for nth in 0..kills {
        sleep(Duration::from_millis(250)).await;
        let server = &mut servers[nth % 2];
        server.kill().await;
        assert!(done(&pool).await <= UNITS);
        server.start().await;
    }
    // What dead servers held comes back within a minute, and is used up.
    let killed = Instant::now();
    let (granted, lost, held) = loop {
        let counter = counter(&pool).await;
        let now = done(&pool).await;
        assert!(now <= UNITS, "{now} of {UNITS} units");
        if (counter.0, counter.2) == (UNITS, 0) {
            break counter;
        }
        assert!(
            killed.elapsed() < Duration::from_secs(65),
            "{counter:?}, {now} done"
        );
        sleep(Duration::from_millis(500)).await;
    };
    let waited = killed.elapsed();
    stop.cancel();
    let refused: u64 = callers.join_all().await.into_iter().sum();
    let last = done(&pool).await;
    let counted: i64 = sqlx::query_scalar("select count(*) from usage_events where outcome = 'ok'")
        .fetch_one(&pool)
        .await
        .expect("rows");
    println!(
        "{kills} kills: {last} done, {counted} counted, {granted} granted with {lost} lost and {held} held; {refused} \
         refused; all leases settled {waited:.1?} after the last kill"
    );
    assert!(
        last <= UNITS && last >= counted,
        "{last} done, {counted} counted"
    );
    assert_eq!(counted + lost, UNITS);
    assert!(lost <= CALLERS / 2 * 2 * kills as i64, "{lost} lost");
    assert!(refused > 0);
}

/// What is granted, lost and held.
async fn counter(pool: &PgPool) -> (i64, i64, i64) {
    sqlx::query_as(
        "select granted, lost, (select coalesce(sum(units), 0)::bigint from quota_leases)
        from quota_counters",
    )
    .fetch_one(pool)
    .await
    .expect("the counter")
}

/// How many tasks there are.
async fn done(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from tasks")
        .fetch_one(pool)
        .await
        .expect("a number")
}

/// Makes tasks as long as there are units. Answers how many calls were refused.
async fn call_on(url: String, key: String, stop: CancellationToken) -> u64 {
    let client = Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client");
    let mut refused = 0;
    while !stop.is_cancelled() {
        let call = json!({ "name": "create_task", "arguments": { "title": "x" } });
        let answer = modern(&client, &url, &key, "tools/call", call).send().await;
        let status = answer.map(|answer| answer.status());
        if let Ok(StatusCode::TOO_MANY_REQUESTS) = status {
            refused += 1;
            sleep(Duration::from_secs(1)).await;
        }
        sleep(Duration::from_millis(100)).await;
    }
    refused
}
