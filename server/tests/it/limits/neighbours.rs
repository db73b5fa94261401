//! One tenant far beyond its share, nine others within theirs (rule R32): the others are refused nothing and wait hardly
//! longer. The load is open: calls are made at their time, whatever became of those before.

use crate::kill::Server;
use crate::support::{modern, short_or_soak};
use domain::api_keys;
use reqwest::{Client, StatusCode};
use serde_json::json;
use std::time::{Duration, Instant};
use test_support::{World, new_key};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

const OTHERS: usize = 9;

/// Calls a second of each of the others, and the share of the greedy one.
const RATE: u32 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_far_beyond_its_share_costs_the_others_nothing() {
    let world = World::new().await;
    let mut server = Server::over(&world);
    server.start().await;
    let mut keys = Vec::new();
    for nth in 0..=OTHERS {
        let person = world.owner("ada").await;
        let client = person.client(&format!("agent {nth}")).await;
        let new = api_keys::NewKey {
            rate_limit_per_minute: (nth == OTHERS).then_some(RATE * 60),
            ..new_key(&["account:read"])
        };
        let key = api_keys::create(&world.services, &person.actor, client.id, new).await;
        keys.push(key.expect("a key").secret);
        let forget = sqlx::query("delete from sign_in_guesses");
        let pool = world.database.pool("postgres", 1);
        forget.execute(&pool).await.expect("forgotten");
    }
    let greedy = keys.pop().expect("a key");
    let length = short_or_soak(Duration::from_secs(6), Duration::from_mins(1));
    let client = Client::new();
    let alone = load(&client, &server.mcp(), &keys, length).await;
    let (stop, began) = (CancellationToken::new(), Instant::now());
    let flood = tokio::spawn(flood(client.clone(), server.mcp(), greedy, stop.clone()));
    // What its bucket holds is let through first.
    tokio::time::sleep(Duration::from_secs(7)).await;
    let beside = load(&client, &server.mcp(), &keys, length).await;
    stop.cancel();
    let (let_through, refused) = flood.await.expect("no panic");
    let flooded = began.elapsed();
    println!(
        "others alone: p50 {:?} p99 {:?}; beside: p50 {:?} p99 {:?}, {} refused; greedy: {let_through} let through, {refused} refused",
        alone.at(0.5),
        alone.at(0.99),
        beside.at(0.5),
        beside.at(0.99),
        beside.refused
    );
    assert_eq!((alone.refused, beside.refused), (0, 0));
    // A bucketful, and its rate for as long as it called.
    let most = RATE as usize * (60 + flooded.as_secs() as usize + 1);
    assert!(
        let_through <= most && refused > let_through / 2,
        "{let_through} let through, {refused} refused"
    );
    // On a machine that is busy with other tests, one late answer in a hundred is the machine's.
    let most = alone.at(0.99).mul_f64(short_or_soak(20.0, 1.5)) + Duration::from_millis(5);
    assert!(beside.at(0.99) <= most, "{:?}", beside.at(0.99));
    server.stop().await;
}

struct Waits {
    /// In order.
    waits: Vec<Duration>,
    refused: usize,
}

impl Waits {
    fn at(&self, share: f64) -> Duration {
        let place = (self.waits.len() as f64 * share) as usize;
        self.waits[place.min(self.waits.len() - 1)]
    }
}

/// Each key calls so many times a second.
async fn load(client: &Client, url: &str, keys: &[String], length: Duration) -> Waits {
    let mut calls = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1) / (RATE * keys.len() as u32));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let began = Instant::now();
    let mut nth = 0;
    while began.elapsed() < length {
        ticks.tick().await;
        calls.spawn(call(
            client.clone(),
            url.to_owned(),
            keys[nth % keys.len()].clone(),
        ));
        nth += 1;
    }
    let done = calls.join_all().await;
    let mut waits: Vec<_> = done.iter().map(|(_, wait)| *wait).collect();
    waits.sort_unstable();
    Waits {
        refused: done
            .iter()
            .filter(|(status, _)| *status != StatusCode::OK)
            .count(),
        waits,
    }
}

/// One key calls ten times as often as it may. Answers how many calls were let through and how many refused.
async fn flood(
    client: Client,
    url: String,
    key: String,
    stop: CancellationToken,
) -> (usize, usize) {
    let mut calls = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1) / (RATE * 10));
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        calls.spawn(call(client.clone(), url.clone(), key.clone()));
    }
    let done = calls.join_all().await;
    let ok = done
        .iter()
        .filter(|(status, _)| *status == StatusCode::OK)
        .count();
    (ok, done.len() - ok)
}

async fn call(client: Client, url: String, key: String) -> (StatusCode, Duration) {
    let began = Instant::now();
    let params = json!({ "name": "whoami", "arguments": {} });
    let answer = modern(&client, &url, &key, "tools/call", params)
        .send()
        .await;
    let answer = answer.expect("an answer");
    let status = answer.status();
    let _ = answer.bytes().await;
    (status, began.elapsed())
}
