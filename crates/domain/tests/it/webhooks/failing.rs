//! Endpoints that do not take what they are told.

use super::Scene;
use api_types::{
    audit::Act,
    webhooks::{DeliveryState, EndpointState},
};
use domain::webhooks;
use test_support::Manner;
use time::OffsetDateTime;

/// In how many seconds a delivery is tried next.
async fn wait(scene: &Scene, id: uuid::Uuid) -> i64 {
    let next = scene.delivery(id).await.delivery.next_at.expect("a time");
    (next - OffsetDateTime::now_utc()).whole_seconds()
}

#[tokio::test]
async fn a_delivery_is_tried_again_less_and_less_often_and_then_given_up() {
    let scene = Scene::new(&[Manner::Say(500)]).await;
    let endpoint = scene.endpoint(&["role.*"]).await.id;
    scene.act("reader").await;
    let pauses = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    let mut id = None;
    for (nth, pause) in pauses.into_iter().enumerate() {
        assert_eq!(scene.deliver().await, 1);
        assert_eq!(scene.deliver().await, 0, "not before its time");
        let [(one, state)] = scene.deliveries(endpoint).await[..] else {
            panic!("one delivery");
        };
        assert_eq!(state, DeliveryState::Retrying);
        let waits = wait(&scene, one).await;
        let (least, most) = (pause * 89 / 100 - 2, pause * 111 / 100);
        assert!((least..=most).contains(&waits), "{pause}: {waits}");
        assert_eq!(*id.get_or_insert(one), one);
        assert_eq!(scene.delivery(one).await.delivery.attempts, nth as i32 + 1);
        scene.time_passes().await;
    }
    assert_eq!(scene.deliver().await, 1);
    let dead = scene.deliveries(endpoint).await;
    assert_eq!(dead, [(id.expect("an id"), DeliveryState::Dead)]);
    let arrivals = scene.arrivals();
    assert_eq!(arrivals.len(), 10);
    assert!(arrivals.iter().all(|one| one.id() == arrivals[0].id()));
    assert!(arrivals.iter().all(|one| one.body == arrivals[0].body));
    let view = scene.view(endpoint).await;
    assert_eq!((view.state, view.dead), (EndpointState::Failing, 1));
    assert_eq!(view.trouble.as_deref(), Some("it answered 500"));
}

#[tokio::test]
async fn redirects_resets_and_silence_are_failures_and_an_answer_mends_all() {
    let scene = Scene::new(&[
        Manner::Say(302),
        Manner::Reset,
        Manner::Say(404),
        Manner::Say(204),
    ])
    .await;
    let endpoint = scene.endpoint(&["role.*"]).await.id;
    scene.act("reader").await;
    for _ in 0..4 {
        scene.deliver().await;
        scene.time_passes().await;
    }
    let [(id, state)] = scene.deliveries(endpoint).await[..] else {
        panic!("one delivery");
    };
    assert_eq!(state, DeliveryState::Delivered);
    let attempts = scene.delivery(id).await.attempts;
    let statuses: Vec<_> = attempts.iter().rev().map(|one| one.status).collect();
    assert_eq!(statuses, [Some(302), None, Some(404), Some(204)]);
    let error = attempts[2].error.as_deref();
    assert_eq!(
        error,
        Some("the service broke off, or its answer could not be read")
    );
    let view = scene.view(endpoint).await;
    assert_eq!(
        (view.state, view.trouble, view.failing_since),
        (EndpointState::Enabled, None, None)
    );
}

#[tokio::test]
async fn an_endpoints_wish_for_patience_is_kept() {
    let scene = Scene::new(&[Manner::Patience(503, 600)]).await;
    let endpoint = scene.endpoint(&["role.*"]).await.id;
    scene.act("reader").await;
    scene.deliver().await;
    let (id, _) = scene.deliveries(endpoint).await[0];
    let waits = wait(&scene, id).await;
    assert!((590..=600).contains(&waits), "{waits}");
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_at_once_and_people_are_told() {
    let scene = Scene::new(&[Manner::Say(410), Manner::Say(200)]).await;
    let endpoint = scene.endpoint(&["role.*"]).await.id;
    let other = scene.endpoint(&["webhook.disabled"]).await.id;
    scene.act("one").await;
    scene.deliver().await;
    let view = scene.view(endpoint).await;
    assert_eq!(view.state, EndpointState::Disabled);
    assert_eq!(view.trouble.as_deref(), Some("It answered 410: it is gone"));
    let letters = scene.world.letters_to(&scene.ada.email).await;
    let letters = letters
        .iter()
        .filter(|letter| letter.subject.contains("is disabled"));
    let texts: Vec<_> = letters.map(|letter| letter.text.clone()).collect();
    assert_eq!(texts.len(), 1);
    assert!(
        texts[0].contains(&format!("/webhooks/{endpoint}")),
        "{}",
        texts[0]
    );
    let acts = format!(
        "audit_events where act = '{}'",
        Act::WebhookDisabled.as_str()
    );
    assert_eq!(scene.count(&acts).await, 1);
    scene.act("two").await;
    assert_eq!(
        scene.deliveries(endpoint).await.len(),
        1,
        "nothing more is told"
    );
    assert_eq!(scene.deliveries(other).await.len(), 1, "but to others");
}

#[tokio::test]
async fn five_days_of_failures_disable_an_endpoint_and_what_waits_is_given_up() {
    let scene = Scene::new(&[Manner::Say(500)]).await;
    let endpoint = scene.endpoint(&["role.*"]).await.id;
    for name in ["one", "two", "three"] {
        scene.act(name).await;
    }
    for _ in 0..4 {
        scene.deliver().await;
        scene.time_passes().await;
    }
    let almost = "update webhook_endpoints set failing_since = now() - interval '119 hours'";
    scene.run(almost).await;
    scene.run("update webhook_deliveries set next_at = now() + interval '1 hour' where next_at is not null")
        .await;
    assert_eq!(scene.view(endpoint).await.state, EndpointState::Failing);
    scene
        .run("update webhook_endpoints set failing_since = now() - interval '121 hours'")
        .await;
    scene.act("four").await;
    scene.deliver().await;
    let view = scene.view(endpoint).await;
    assert_eq!(view.state, EndpointState::Disabled);
    assert!(
        view.trouble
            .expect("a reason")
            .starts_with("Nothing has arrived for five days")
    );
    for (_, state) in scene.deliveries(endpoint).await {
        assert_eq!(state, DeliveryState::Dead);
    }
    let letters = scene.world.letters_to(&scene.ada.email).await;
    assert!(
        letters
            .iter()
            .any(|letter| letter.subject.contains("is disabled"))
    );

    webhooks::enable(scene.s(), &scene.ada.actor, endpoint)
        .await
        .expect("enabled");
    let view = scene.view(endpoint).await;
    assert_eq!(
        (view.state, view.trouble, view.failing_since),
        (EndpointState::Enabled, None, None)
    );
    assert_eq!(scene.deliver().await, 0, "what was given up stays so");
}

#[tokio::test]
async fn one_that_hangs_holds_no_place_of_another() {
    let scene = Scene::new(&[Manner::Say(200), Manner::Hang]).await;
    let hanging = scene.endpoint(&["role.*"]).await.id;
    let begin = async || webhooks::begin_due(scene.s()).await.expect("a round");
    scene.act("first").await;
    scene.deliver().await;
    for nth in 0..20 {
        scene.act(&format!("role {nth}")).await;
    }
    assert_eq!(begin().await, 8, "it has answered before");
    scene.receiver.wait_for(9).await;
    assert_eq!(begin().await, 0);
    let bob = scene.world.owner("bob").await;
    scene.endpoint_of(&bob, &["*"]).await;
    assert_eq!(begin().await, 1);
    assert_eq!(scene.deliveries(hanging).await.len(), 21);
}

#[tokio::test]
async fn what_an_endpoint_that_rests_is_not_asked_keeps_its_place() {
    let scene = Scene::new(&[Manner::Reset]).await;
    scene.endpoint(&["role.*"]).await;
    for nth in 0..10 {
        scene.act(&format!("role {nth}")).await;
    }
    while scene.deliver().await > 0 {}
    let asked = scene.arrivals().len() as i64;
    assert!((5..10).contains(&asked), "{asked} were asked");
    let due = "webhook_deliveries where state = 'waiting' and lease is null and next_at <= now()";
    assert_eq!(scene.count(due).await, 10 - asked);
}
