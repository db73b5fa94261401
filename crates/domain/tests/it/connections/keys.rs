//! Keys: a wrong one is never stored, and one that no longer opens is noticed.

use super::{Scene, key, stub::KEY};
use api_types::{
    Refusal, Role,
    connections::{ConnectionState, Sharing},
};
use domain::{Error, connections};
use test_support::assert_refused;

#[tokio::test]
async fn a_key_is_tried_before_it_is_stored() {
    let scene = Scene::new().await;
    let (s, a) = (scene.s(), &scene.ada.actor);
    for (wrong, field) in [
        ("wrong-key-0815", "secret"),
        ("", "secret"),
        ("two\nlines", "secret"),
    ] {
        let refused =
            connections::connect_with_secret(s, a, key("Acme", Sharing::Shared, wrong)).await;
        let Err(Error::Refused(refusal)) = refused else {
            panic!("{wrong:?} was taken");
        };
        assert_eq!(refusal.field(), Some(field));
        assert!(!refusal.to_string().contains("wrong-key-0815"), "{refusal}");
    }
    assert_eq!(scene.count("connections").await, 0);
    let made = connections::connect_with_secret(s, a, key("Acme", Sharing::Shared, KEY)).await;
    assert_eq!(made.expect("connected").account.as_deref(), Some("octocat"));
    let again = connections::connect_with_secret(s, a, key("acme", Sharing::Shared, KEY)).await;
    assert_refused(again, &Refusal::taken("label"));
    let (_, viewer) = scene.member("bob", Role::Viewer).await;
    let shared = connections::connect_with_secret(s, &viewer, key("x", Sharing::Shared, KEY)).await;
    assert!(matches!(
        shared,
        Err(Error::Refused(Refusal::Forbidden { .. }))
    ));
    let own =
        connections::connect_with_secret(s, &viewer, key("Acme", Sharing::Personal, KEY)).await;
    own.expect("a name that another one's connection has too");
}

#[tokio::test]
async fn a_key_that_no_longer_opens_is_lost_and_found_again() {
    let scene = Scene::new().await;
    let (s, a) = (scene.s(), &scene.ada.actor);
    let made = connections::connect_with_secret(s, a, key("Acme", Sharing::Shared, KEY)).await;
    let id = made.expect("connected").id;
    scene.stub.ledger().key = Some("another".into());
    let found = connections::test(s, a, id).await.expect("an answer");
    assert!(
        !found.is_good && !found.told.contains(KEY),
        "{}",
        found.told
    );
    let view = scene.view(id).await;
    assert_eq!(view.state, ConnectionState::NeedsAttention);
    assert!(!view.trouble.expect("words").contains(KEY));
    // It was the service's fault.
    scene.stub.ledger().key = None;
    assert!(
        connections::test(s, a, id)
            .await
            .expect("an answer")
            .is_good
    );
    assert_eq!(scene.view(id).await.state, ConnectionState::Healthy);
    scene.stub.ledger().key = Some("another".into());
    let wrong = connections::reconnect_with_secret(s, a, id, vec!["wrong".into()]).await;
    assert!(wrong.is_err());
    let right = connections::reconnect_with_secret(s, a, id, vec!["another".into()]).await;
    right.expect("connected again");
    assert!(
        connections::test(s, a, id)
            .await
            .expect("an answer")
            .is_good
    );
    assert!(!connections::disconnect(s, a, id).await.expect("ended"));
}

#[tokio::test]
async fn names_are_free_again_once_a_connection_has_ended() {
    let scene = Scene::new().await;
    let (s, a) = (scene.s(), &scene.ada.actor);
    let made = connections::connect_with_secret(s, a, key("Acme", Sharing::Shared, KEY)).await;
    let first = made.expect("connected").id;
    connections::disconnect(s, a, first).await.expect("ended");
    let made = connections::connect_with_secret(s, a, key("Acme", Sharing::Shared, KEY)).await;
    let second = made.expect("connected").id;
    let again = connections::reconnect_with_secret(s, a, first, vec![KEY.into()]).await;
    assert_refused(again, &Refusal::taken("label"));
    connections::rename(s, a, second, "Other")
        .await
        .expect("renamed");
    let again = connections::reconnect_with_secret(s, a, first, vec![KEY.into()]).await;
    again.expect("connected again");
    assert_refused(
        connections::rename(s, a, second, "ACME").await,
        &Refusal::taken("label"),
    );
    // What ended a month ago is forgotten.
    connections::disconnect(s, a, second).await.expect("ended");
    scene.run("update connections set ended_at = now() - interval '31 days' where state = 'disconnected'").await;
    assert_eq!(
        connections::delete_expired(&s.db).await.expect("deleted"),
        1
    );
}
