//! Tokens are refreshed once, whoever asks; and people are told when they cannot be.

use super::{Scene, answer, stub::APP_SECRET, wish};
use api_types::connections::{ConnectionState, Sharing, TestResult};
use domain::{Services, connections};
use futures::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};

const OVER: &str = "update connections set expires_at = now() - interval '1 s'";
const DUE: &str = "update connections set refresh_at = now() - interval '1 s'";

impl Scene {
    async fn test_on(&self, s: &Services, id: api_types::ConnectionId) -> TestResult {
        let found = connections::test(s, &self.ada.actor, id).await;
        found.expect("an answer")
    }

    async fn letters(&self) -> usize {
        let letters = self.world.unsent_letters().await;
        letters
            .iter()
            .filter(|letter| letter.contains("Connect Acme again"))
            .count()
    }
}

#[tokio::test]
async fn twenty_callers_on_two_servers_refresh_once() {
    let scene = Scene::new().await;
    let id = scene.connected().await;
    let servers = [scene.s().clone(), scene.sibling()];
    for round in 1..=3 {
        scene.run(OVER).await;
        scene.stub.ledger().delay = Duration::from_millis(200);
        let calls = (0..20).map(|nth| scene.test_on(&servers[nth % 2], id));
        for found in join_all(calls).await {
            assert!(found.is_good, "{}", found.told);
        }
        assert_eq!(scene.stub.refreshes(), round);
    }
    let view = scene.view(id).await;
    assert!(view.refreshed_at.is_some() && view.state == ConnectionState::Healthy);
}

#[tokio::test]
async fn workers_of_two_servers_refresh_ahead_of_time_once_and_calls_go_on() {
    let scene = Scene::new().await;
    let id = scene.connected().await;
    assert_eq!(connections::refresh_due(scene.s()).await.expect("none"), 0);
    scene.run(DUE).await;
    scene.stub.ledger().delay = Duration::from_millis(1500);
    let sibling = scene.sibling();
    let began = Instant::now();
    let call = async {
        scene.stub.was_asked(2).await;
        let found = scene.test_on(scene.s(), id).await;
        assert!(
            found.is_good && began.elapsed() < Duration::from_millis(1500),
            "{}",
            found.told
        );
    };
    let (one, other, ()) = futures::join!(
        connections::refresh_due(scene.s()),
        connections::refresh_due(&sibling),
        call
    );
    one.expect("run");
    other.expect("run");
    assert_eq!(scene.stub.refreshes(), 1);
    assert_eq!(connections::refresh_due(scene.s()).await.expect("none"), 0);
}

#[tokio::test]
async fn a_token_that_is_refused_before_its_time_is_refreshed() {
    let scene = Scene::new().await;
    let id = scene.connected().await;
    scene.stub.ledger().thrown_away = Some("access-1".into());
    let found = scene.test_on(scene.s(), id).await;
    assert!(found.is_good, "{}", found.told);
    assert_eq!(scene.stub.refreshes(), 1);
}

#[tokio::test]
async fn what_a_provider_has_ended_needs_attention_and_people_are_told_once() {
    let scene = Scene::new().await;
    let id = scene.connected().await;
    scene.stub.ledger().is_closed = true;
    scene.run(OVER).await;
    let servers = [scene.s().clone(), scene.sibling()];
    for found in join_all((0..6).map(|nth| scene.test_on(&servers[nth % 2], id))).await {
        assert!(!found.is_good);
    }
    connections::refresh_due(scene.s()).await.expect("run");
    let view = scene.view(id).await;
    assert_eq!(view.state, ConnectionState::NeedsAttention);
    let trouble = view.trouble.expect("words");
    assert!(
        trouble.contains("is gone") && !trouble.contains("refresh-1"),
        "{trouble}"
    );
    assert_eq!(scene.letters().await, 1);
    assert_eq!(
        scene
            .count("audit_events where act = 'connection.lost' and actor_kind = 'system'")
            .await,
        1
    );
    assert_eq!(scene.stub.refreshes(), 1);
    // Connected again, it is healthy, and may be lost again.
    scene.stub.ledger().is_closed = false;
    assert_eq!(scene.connected().await, id);
    let view = scene.view(id).await;
    assert_eq!((view.state, view.trouble), (ConnectionState::Healthy, None));
    scene.stub.ledger().is_closed = true;
    scene.run(DUE).await;
    connections::refresh_due(scene.s()).await.expect("run");
    assert_eq!(scene.letters().await, 2);
}

#[tokio::test]
async fn a_provider_that_fails_for_a_while_is_asked_again_and_nobody_is_told() {
    let scene = Scene::new().await;
    let id = scene.connected().await;
    let down = || (503, json!({ "error": "temporarily_unavailable" }));
    scene.stub.ledger().next.extend([down(), down()]);
    scene.run(DUE).await;
    connections::refresh_due(scene.s()).await.expect("run");
    let view = scene.view(id).await;
    assert_eq!(view.state, ConnectionState::Expiring);
    assert_eq!(scene.count("connections where failures = 1").await, 1);
    // The token still lives, and the next try is not due.
    scene
        .run("update connections set refresh_at = refresh_at + interval '1 h'")
        .await;
    assert!(scene.test_on(scene.s(), id).await.is_good);
    assert_eq!(connections::refresh_due(scene.s()).await.expect("none"), 0);
    scene.run(OVER).await;
    for _ in 0..3 {
        assert!(!scene.test_on(scene.s(), id).await.is_good);
    }
    assert_eq!(scene.stub.refreshes(), 1);
    scene.run(DUE).await;
    connections::refresh_due(scene.s()).await.expect("run");
    assert_eq!(
        scene
            .count("connections where failures = 2 and refresh_at > now() + interval '1 s'")
            .await,
        1
    );
    scene.run(DUE).await;
    connections::refresh_due(scene.s()).await.expect("run");
    let view = scene.view(id).await;
    assert_eq!((view.state, view.trouble), (ConnectionState::Healthy, None));
    assert_eq!(scene.letters().await, 0);
}

#[tokio::test]
async fn a_provider_that_fails_long_after_the_end_is_told_of_and_still_asked() {
    let scene = Scene::new().await;
    let id = scene.connected().await;
    scene
        .run("update connections set expires_at = now() - interval '2 h', refresh_at = now()")
        .await;
    scene.stub.ledger().next.push_back((500, json!({})));
    connections::refresh_due(scene.s()).await.expect("run");
    assert_eq!(scene.view(id).await.state, ConnectionState::NeedsAttention);
    assert_eq!(scene.letters().await, 1);
    scene.run(DUE).await;
    connections::refresh_due(scene.s()).await.expect("run");
    assert_eq!(scene.view(id).await.state, ConnectionState::Healthy);
}

#[tokio::test]
async fn a_server_that_died_while_it_refreshed_holds_nobody_up_for_long() {
    let scene = Scene::new().await;
    let id = scene.connected().await;
    scene.run(OVER).await;
    scene.run("update connections set lease = gen_random_uuid(), leased_until = now() + interval '2 s'").await;
    let found = scene.test_on(scene.s(), id).await;
    assert!(found.is_good, "{}", found.told);
    assert_eq!(scene.stub.refreshes(), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_no_tokens_with_it() {
    let scene = Scene::new().await;
    let id = scene.connected().await;
    scene.run(OVER).await;
    scene.stub.ledger().delay = Duration::from_millis(300);
    tokio::select! {
        found = scene.test_on(scene.s(), id) => panic!("{}", found.told),
        () = scene.stub.was_asked(2) => {}
    }
    connections::settle(scene.s()).await;
    assert!(scene.view(id).await.refreshed_at.is_some());
    assert!(scene.test_on(scene.s(), id).await.is_good);
    assert_eq!(scene.stub.refreshes(), 1);
}

#[tokio::test]
async fn what_ends_and_cannot_be_renewed_needs_attention() {
    let scene = Scene::new().await;
    scene
        .stub
        .ledger()
        .next
        .push_back((200, json!({ "access_token": "access-0", "expires_in": 60 })));
    let id = scene.connected().await;
    scene.run(OVER).await;
    scene.run(DUE).await;
    connections::refresh_due(scene.s()).await.expect("run");
    assert_eq!(scene.view(id).await.state, ConnectionState::NeedsAttention);
}

#[tokio::test]
async fn disconnecting_tells_the_provider_and_leaves_nothing() {
    let scene = Scene::new().await;
    let id = scene.connected().await;
    assert!(
        connections::disconnect(scene.s(), &scene.ada.actor, id)
            .await
            .expect("done")
    );
    assert_eq!(scene.stub.ledger().revoked, ["refresh-1"]);
    assert_eq!(
        scene
            .count("connections where secret = '' and secret_key is null")
            .await,
        1
    );
    assert_eq!(scene.view(id).await.state, ConnectionState::Disconnected);
    assert!(
        connections::disconnect(scene.s(), &scene.ada.actor, id)
            .await
            .is_err()
    );
    // While it was being refreshed: what came after is given back.
    scene.stub.ledger().is_closed = false;
    let other = scene.connected().await;
    assert_ne!(other, id);
    scene.run(DUE).await;
    scene.stub.ledger().delay = Duration::from_millis(300);
    let gone = async {
        scene.stub.was_asked(3).await;
        scene.run("update connections set state = 'disconnected', secret = '', ended_at = now(), lease = null, refresh_at = null where state <> 'disconnected'").await;
    };
    let (refreshed, ()) = futures::join!(connections::refresh_due(scene.s()), gone);
    refreshed.expect("run");
    let last = format!("refresh-{}", scene.stub.ledger().current);
    assert_eq!(scene.stub.ledger().revoked.last(), Some(&last));
}

#[tokio::test]
async fn tokens_are_refreshed_with_the_app_that_they_were_given_to() {
    let scene = Scene::new().await;
    let (s, a) = (scene.s(), &scene.ada.actor);
    let id = scene.connected().await;
    connections::set_app(s, a, "acme", "another", APP_SECRET)
        .await
        .expect("set");
    scene.run(DUE).await;
    connections::refresh_due(s).await.expect("run");
    assert_eq!(scene.stub.refreshes(), 0);
    let view = scene.view(id).await;
    assert_eq!(view.state, ConnectionState::NeedsAttention);
    assert!(view.trouble.expect("words").contains("no longer set up"));
    let state = scene.led(a, wish("Acme", Sharing::Shared)).await;
    assert_eq!(
        scene.come_back(scene.ada.user, answer(&state)).await,
        Ok(id)
    );
    assert_eq!(scene.view(id).await.state, ConnectionState::Healthy);
}
