//! Keys: issued, presented, rotated, revoked.

use api_types::{Refusal, api_keys::KeyState};
use domain::{
    Services,
    api_keys::{self, NewKey},
    credentials::{self, Use},
    mcp_clients,
};
use std::time::{Duration, Instant};
use test_support::{HOME, World, assert_refused, new_key};
use time::OffsetDateTime;
use vault::KeySecret;

async fn works(s: &Services, secret: &str) -> bool {
    let secret = KeySecret::parse(secret).expect("well-formed");
    credentials::authenticate(s, &secret.clone().into())
        .await
        .expect("looked up")
        .is_some()
}

/// Until the key is refused; panics if that takes longer than the second we promise.
async fn refused_within_a_second(s: &Services, secret: &str) -> Duration {
    let begun = Instant::now();
    while works(s, secret).await {
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "still accepted after a second"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begun.elapsed()
}

#[tokio::test]
async fn a_key_says_who_it_is() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada
        .key_with(&ada.client("ci").await, &["tasks:write"])
        .await;
    let secret = KeySecret::parse(&key.secret).expect("well-formed");
    let principal = credentials::authenticate(&world.services, &secret.clone().into())
        .await
        .expect("looked up")
        .expect("known");
    assert_eq!(principal.tenant(), ada.actor.tenant());
    assert_eq!(principal.client_name, "ci");
    let toolkit = |name| world.services.toolkits.get(name).expect("a toolkit");
    assert!(principal.opens(toolkit("tasks"), false) && principal.opens(toolkit("tasks"), true));
    assert!(!principal.opens(toolkit("account"), false));
    assert!(!works(&world.services, &KeySecret::generate().reveal()).await);
}

#[tokio::test]
async fn the_secret_is_stored_nowhere() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let pool = world.database.pool("postgres", 1);
    let row: String = sqlx::query_scalar("select k::text from api_keys k")
        .fetch_one(&pool)
        .await
        .expect("a row");
    assert!(!row.contains(&key.secret[12..]));
}

#[tokio::test]
async fn a_revoked_key_is_refused_by_every_server_within_a_second() {
    let world = World::new().await;
    let other = world.sibling();
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    assert!(works(&world.services, &key.secret).await && works(&other, &key.secret).await);
    api_keys::revoke(&world.services, &ada.actor, key.key.id)
        .await
        .expect("revoked");
    let (here, there) = tokio::join!(
        refused_within_a_second(&world.services, &key.secret),
        refused_within_a_second(&other, &key.secret)
    );
    println!("refused after {here:?} here and {there:?} on the other server");
    let keys = api_keys::list(&world.services, &ada.actor, key.key.client)
        .await
        .expect("keys");
    assert_eq!(keys[0].state, KeyState::Revoked);
}

#[tokio::test]
async fn an_archived_client_takes_its_keys_along() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let client = ada.client("ci").await;
    let key = ada.key(&client).await;
    assert!(works(&world.services, &key.secret).await);
    mcp_clients::archive(&world.services, &ada.actor, client.id)
        .await
        .expect("archived");
    refused_within_a_second(&world.services, &key.secret).await;
    ada.client("ci").await; // The name is free again.
}

#[tokio::test]
async fn a_rotated_key_works_on_for_the_overlap() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let old = ada.key(&ada.client("ci").await).await;
    let s = &world.services;
    let new = api_keys::rotate(s, &ada.actor, old.key.id, 1)
        .await
        .expect("rotated");
    assert_eq!(new.key.scopes, old.key.scopes);
    assert!(works(s, &old.secret).await && works(s, &new.secret).await);
    let again = api_keys::rotate(s, &ada.actor, old.key.id, 1).await;
    assert!(matches!(
        again,
        Err(domain::Error::Refused(Refusal::Conflict { .. }))
    ));
    let newest = api_keys::rotate(s, &ada.actor, new.key.id, 0)
        .await
        .expect("rotated");
    refused_within_a_second(s, &new.secret).await;
    assert!(works(s, &newest.secret).await);
}

#[tokio::test]
async fn a_key_expires() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    assert!(works(&world.services, &key.secret).await);
    let pool = world.database.pool("postgres", 1);
    sqlx::query("update api_keys set expires_at = now()")
        .execute(&pool)
        .await
        .expect("expired");
    refused_within_a_second(&world.services, &key.secret).await;
}

#[tokio::test]
async fn a_key_knows_where_it_may_be_used() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let client = ada.client("ci").await;
    let new = NewKey {
        allowed_networks: vec!["192.0.2.0/24".into()],
        ..new_key(&["tasks:read"])
    };
    let key = api_keys::create(&world.services, &ada.actor, client.id, new)
        .await
        .expect("issued");
    let secret = KeySecret::parse(&key.secret).expect("well-formed");
    let principal = credentials::authenticate(&world.services, &secret.clone().into())
        .await
        .expect("looked up")
        .expect("known");
    assert!(principal.admits("192.0.2.9".parse().expect("an address")));
    assert!(principal.admits("::ffff:192.0.2.9".parse().expect("an address")));
    assert!(!principal.admits(HOME));
}

#[tokio::test]
async fn bad_keys_are_refused_and_leave_nothing() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let client = ada.client("ci").await;
    let bad = [
        new_key(&[]),
        new_key(&["nothing:read"]),
        new_key(&["tasks:own"]),
        NewKey {
            expires_in_days: Some(0),
            ..new_key(&["tasks:read"])
        },
        NewKey {
            rate_limit_per_minute: Some(0),
            ..new_key(&["tasks:read"])
        },
        NewKey {
            allowed_networks: vec!["everywhere".into()],
            ..new_key(&["tasks:read"])
        },
    ];
    for new in bad {
        let answer = api_keys::create(&world.services, &ada.actor, client.id, new).await;
        assert!(
            matches!(answer, Err(domain::Error::Refused(Refusal::Invalid { .. }))),
            "{answer:?}"
        );
    }
    assert!(
        api_keys::list(&world.services, &ada.actor, client.id)
            .await
            .expect("keys")
            .is_empty()
    );
}

#[tokio::test]
async fn the_last_use_is_shown() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    world.services.keys.used(key.key.id.into(), || Use {
        is_grant: false,
        tenant: ada.actor.tenant(),
        at: OffsetDateTime::now_utc(),
        address: HOME,
        agent: Some("tests/1.0".into()),
    });
    assert_eq!(
        credentials::flush_uses(&world.services)
            .await
            .expect("flushed"),
        1
    );
    let keys = api_keys::list(&world.services, &ada.actor, key.key.client)
        .await
        .expect("keys");
    assert_eq!(keys[0].last_used_agent.as_deref(), Some("tests/1.0"));
    assert_eq!(keys[0].last_used_address.as_deref(), Some("127.0.0.1"));
    assert_refused(
        api_keys::rotate(&world.services, &ada.actor, key.key.id, 9999).await,
        &Refusal::invalid("overlap_hours", "at most 30 days (720 hours)"),
    );
}
