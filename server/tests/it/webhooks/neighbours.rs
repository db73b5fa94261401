//! Endpoints that never answer, of the same tenant and of others, leave the others' deliveries as they were (rule R28).

use super::{act, endpoint, receivers, server};
use crate::support::short_or_soak;
use serde_json::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use test_support::{Manner, Person, Receiver};
use tokio::time::sleep;

/// How much longer the slowest of a hundred may take.
const AT_MOST: u32 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r28_dead_endpoints_leave_the_others_p99_as_it_was() {
    let good = Receiver::start(|_| Manner::Say(200)).await;
    let dead = receivers(10, |_| Manner::Hang).await;
    let all: Vec<Receiver> = dead.iter().chain([&good]).cloned().collect();
    let (world, mut server) = server(&all).await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    endpoint(&ada, &good).await;
    let events = short_or_soak(150, 1000);
    // Warm: data keys, connections, prepared statements.
    p99(&ada, &[], &good, 20).await;
    let before = p99(&ada, &[], &good, events).await;
    for (nth, receiver) in dead.iter().enumerate() {
        endpoint(if nth % 2 == 0 { &ada } else { &bob }, receiver).await;
    }
    let beside = p99(&ada, &[&bob], &good, events).await;
    let hanging: usize = dead.iter().map(|one| one.arrivals().len()).sum();
    println!("p99 {before:?}; beside ten dead endpoints with {hanging} requests {beside:?}");
    assert!(hanging >= 20, "only {hanging} requests hang");
    assert!(beside <= before * AT_MOST, "{before:?} became {beside:?}");
    server.stop().await;
}

/// How long the slowest of a hundred takes from the act until it has arrived.
async fn p99(person: &Person, others: &[&Person], receiver: &Receiver, events: usize) -> Duration {
    let there = receiver.arrivals().len();
    let mut began: HashMap<String, Instant> = HashMap::new();
    for _ in 0..events {
        began.insert(act(person).await, Instant::now());
        for other in others {
            act(other).await;
        }
        sleep(Duration::from_millis(20)).await;
    }
    let arrivals = receiver.wait_for(there + events).await;
    let mut took: Vec<Duration> = arrivals[there..]
        .iter()
        .map(|arrival| {
            let body: Value = serde_json::from_str(&arrival.body).expect("JSON");
            let name = body["data"]["object"]["name"].as_str().expect("a name");
            arrival.at.saturating_duration_since(began[name])
        })
        .collect();
    took.sort_unstable();
    took[took.len() * 99 / 100 - 1]
}
