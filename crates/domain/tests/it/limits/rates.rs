//! How fast calls may come, whichever server they come to.

use super::principal;
use domain::{Services, limits};
use std::time::Duration;
use test_support::{World, new_key};

/// How many calls of a key a server lets through at once.
async fn burst(s: &Services, key: &api_types::api_keys::CreatedKey, most: usize) -> usize {
    let gate = &principal(s, key).await.gate;
    (0..most).filter(|_| gate.take_call().is_ok()).count()
}

async fn world_and_key(per_minute: u32) -> (World, api_types::api_keys::CreatedKey) {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let client = ada.client("agent").await;
    let new = domain::api_keys::NewKey {
        rate_limit_per_minute: Some(per_minute),
        ..new_key(&["account:read"])
    };
    let key = domain::api_keys::create(&world.services, &ada.actor, client.id, new).await;
    (world, key.expect("a key"))
}

#[tokio::test]
async fn two_servers_share_a_rate_and_one_that_is_alone_has_all_of_it() {
    let (world, key) = world_and_key(100).await;
    let (one, two) = (world.services.clone(), world.sibling());
    assert_eq!(burst(&one, &key, 1).await, 1);
    for s in [&one, &two, &one, &two] {
        limits::beat(s).await.expect("a heartbeat");
    }
    // One call was taken already, of what was all of it then.
    let (here, there) = (burst(&one, &key, 200).await, burst(&two, &key, 200).await);
    assert!((48..=50).contains(&here), "{here}");
    assert_eq!(there, 50);
    limits::settle(&two).await;
    limits::beat(&one).await.expect("a heartbeat");
    let gate = &principal(&one, &key).await.gate;
    assert_eq!(gate.fields().expect("limited").1.split(';').count(), 3);
}

/// A balancer may keep a client on one server: then most of its rate is there.
#[tokio::test]
async fn a_rate_goes_where_the_calls_are() {
    let (world, key) = world_and_key(600).await;
    let (busy, idle) = (world.services.clone(), world.sibling());
    for s in [&busy, &idle, &busy, &idle] {
        limits::beat(s).await.expect("a heartbeat");
    }
    assert_eq!(burst(&busy, &key, 1000).await, 300);
    // The busy one tells that it is asked; the other one hears it.
    for s in [&busy, &idle, &busy] {
        limits::beat(s).await.expect("a heartbeat");
    }
    assert_eq!(burst(&idle, &key, 1000).await, 75);
    // An eighth of a minute's worth and the idle server's quarter of its half: 525 calls a minute are 8.75 a second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let more = burst(&busy, &key, 1000).await;
    assert!((15..=20).contains(&more), "{more}");
}

#[tokio::test]
async fn the_limit_of_a_key_is_the_lower_one_of_its_own_and_the_plans() {
    let (world, key) = world_and_key(1000).await;
    let free = world
        .with_default_plan("http://127.0.0.1:3000", "free")
        .services;
    assert_eq!(burst(&free, &key, 2000).await, 300);
    let gate = &principal(&free, &key).await.gate;
    let soon = gate.take_call().expect_err("too soon");
    assert_eq!((soon.whose, soon.per_minute), (limits::Whose::Key, 300));
    let (policy, left) = gate.fields().expect("limited");
    assert_eq!(policy.split(", ").next(), Some("\"key\";q=300;w=60"));
    assert!(policy.contains("\"tenant\";q=600;w=60") && policy.contains("\"plan\";q=10000;w="));
    assert!(left.starts_with("\"key\";r=0;t="), "{left}");
}
