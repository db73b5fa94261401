//! Calls that a client may send again.

use api_types::{api_keys::CreatedKey, usage::Outcome};
use domain::{
    idempotency::{self, Ask, Claim, Key},
    usage::{Event, Settled},
};
use futures::future;
use serde_json::value::RawValue;
use test_support::{Person, World};
use uuid::Uuid;

fn ask(person: &Person, key: &CreatedKey, name: &str, arguments: &str) -> Ask {
    let arguments = RawValue::from_string(arguments.into()).expect("JSON");
    let name = Key::parse(name).expect("a key");
    let credential = key.key.id.into();
    Ask::new(
        person.actor.tenant(),
        credential,
        name,
        "create_task",
        &arguments,
    )
}

/// Ends a call as its holder does.
async fn settle(world: &World, call: &Event, key: &str, holder: Uuid, answer: &[u8]) -> bool {
    let settled = Settled {
        key,
        holder,
        status: 200,
        response: Some(answer),
    };
    let recorder = &world.services.usage;
    recorder.settle(call, &settled).await.expect("settled")
}

async fn number(world: &World, query: &'static str) -> i64 {
    sqlx::query_scalar(query)
        .fetch_one(&world.database.pool("postgres", 1))
        .await
        .expect("a number")
}

#[tokio::test]
async fn of_many_claims_one_executes_and_all_others_hear_its_answer() {
    let world = World::new().await;
    let other = world.sibling();
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let ask = ask(&ada, &key, "k1", r#"{"title":"x"}"#);
    let claims = (0..20).map(|nth| {
        let services = if nth % 2 == 0 {
            &world.services
        } else {
            &other
        };
        idempotency::claim(services, &ask, false)
    });
    let claims = future::join_all(claims).await;
    let mut ours = Vec::new();
    for claim in claims {
        match claim.expect("an answer") {
            Claim::Ours(holder) => ours.push(holder),
            Claim::Running => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ours.len(), 1);
    let call = ada.call(&key, "create_task", Outcome::Ok);
    assert!(settle(&world, &call, "k1", ours[0], b"done").await);
    // Its own commit whose answer got lost.
    assert!(settle(&world, &call, "k1", ours[0], b"done").await);
    let again = idempotency::claim(&other, &ask, false)
        .await
        .expect("an answer");
    assert!(
        matches!(&again, Claim::Done { status: 200, body: Some(body) } if body == b"done"),
        "{again:?}"
    );
    assert_eq!(number(&world, "select count(*) from usage_events").await, 1);
}

#[tokio::test]
async fn a_key_is_of_one_credential_and_one_request() {
    let world = World::new().await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let client = ada.client("ci").await;
    let (one, two) = (ada.key(&client).await, ada.key(&client).await);
    let bobs = bob.key(&bob.client("ci").await).await;
    let s = &world.services;
    let first = ask(&ada, &one, "k", r#"{"a":1,"b":2}"#);
    for ask in [
        &first,
        &ask(&ada, &two, "k", "{}"),
        &ask(&bob, &bobs, "k", "{}"),
    ] {
        let claim = idempotency::claim(s, ask, false).await.expect("an answer");
        assert!(matches!(claim, Claim::Ours(_)), "{claim:?}");
    }
    let same = ask(&ada, &one, "k", r#"{"b":2,"a":1}"#);
    let claim = idempotency::claim(s, &same, false)
        .await
        .expect("an answer");
    assert!(matches!(claim, Claim::Running), "{claim:?}");
    let another = ask(&ada, &one, "k", r#"{"a":1}"#);
    let claim = idempotency::claim(s, &another, false)
        .await
        .expect("an answer");
    assert!(matches!(claim, Claim::Another), "{claim:?}");
}

#[tokio::test]
async fn what_a_dead_server_had_is_unknown_or_done_again_and_billed_once() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let s = &world.services;
    let ask = ask(&ada, &key, "k", "{}");
    let Claim::Ours(dead) = idempotency::claim(s, &ask, true).await.expect("an answer") else {
        panic!("not ours");
    };
    let past = "update idempotency_keys set locked_until = now() - interval '1 second'";
    sqlx::query(past)
        .execute(&world.database.pool("postgres", 1))
        .await
        .expect("long ago");
    let claim = idempotency::claim(s, &ask, false).await.expect("an answer");
    assert!(matches!(claim, Claim::Unknown), "{claim:?}");
    let claims = (0..10).map(|_| idempotency::claim(s, &ask, true));
    let claims = future::join_all(claims).await;
    let ours: Vec<_> = claims
        .into_iter()
        .filter_map(|claim| match claim.expect("an answer") {
            Claim::Ours(holder) => Some(holder),
            _ => None,
        })
        .collect();
    assert_eq!(ours.len(), 1, "one takes it over");
    // The dead one was only slow: its row is not written, and its answer is not kept.
    let late = ada.call(&key, "late", Outcome::Ok);
    assert!(!settle(&world, &late, "k", dead, b"late").await);
    let call = ada.call(&key, "in time", Outcome::Ok);
    assert!(settle(&world, &call, "k", ours[0], b"in time").await);
    assert!(!settle(&world, &late, "k", dead, b"late").await);
    assert_eq!(number(&world, "select count(*) from usage_events").await, 1);
    let kept =
        "select count(*) from idempotency_keys where state = 'done' and response = 'in time'";
    assert_eq!(number(&world, kept).await, 1);
}

#[tokio::test]
async fn what_was_let_go_begins_anew_and_what_was_given_up_is_unknown() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let s = &world.services;
    let ask = ask(&ada, &key, "k", "{}");
    for _ in 0..2 {
        let Claim::Ours(holder) = idempotency::claim(s, &ask, false).await.expect("an answer")
        else {
            panic!("not ours");
        };
        // Somebody else's word for it does nothing.
        idempotency::release(s, &ask, Uuid::now_v7())
            .await
            .expect("released");
        let claim = idempotency::claim(s, &ask, false).await.expect("an answer");
        assert!(matches!(claim, Claim::Running), "{claim:?}");
        idempotency::release(s, &ask, holder)
            .await
            .expect("released");
    }
    let Claim::Ours(holder) = idempotency::claim(s, &ask, false).await.expect("an answer") else {
        panic!("not ours");
    };
    idempotency::abandon(s, &ask, holder)
        .await
        .expect("given up");
    let claim = idempotency::claim(s, &ask, false).await.expect("an answer");
    assert!(matches!(claim, Claim::Unknown), "{claim:?}");
}

#[tokio::test]
async fn keys_are_kept_for_two_days_and_not_for_ever() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let key = ada.key(&ada.client("ci").await).await;
    let s = &world.services;
    for (name, age) in [
        ("young", "47 hours 59 minutes"),
        ("old", "48 hours 1 minute"),
    ] {
        let ask = ask(&ada, &key, name, "{}");
        idempotency::claim(s, &ask, false).await.expect("an answer");
        sqlx::query("update idempotency_keys set created_at = now() - $2::interval where key = $1")
            .bind(name)
            .bind(age.to_owned())
            .execute(&world.database.pool("postgres", 1))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
    }
    assert_eq!(
        idempotency::delete_expired(&s.db).await.expect("deleted"),
        1
    );
    let left = "select count(*) from idempotency_keys where key = 'young'";
    assert_eq!(number(&world, left).await, 1);
}
