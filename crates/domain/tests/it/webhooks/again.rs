//! Test events, and sending again.

use super::Scene;
use api_types::{
    Refusal,
    webhooks::{DeliveryState, EndpointState},
};
use domain::webhooks;
use test_support::{Manner, assert_refused};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

#[tokio::test]
async fn a_test_goes_to_its_endpoint_whatever_that_is_told() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let one = scene.endpoint(&["connection.*"]).await.id;
    let other = scene.endpoint(&["connection.*"]).await.id;
    webhooks::test(scene.s(), &scene.ada.actor, one)
        .await
        .expect("a test");
    scene.deliver().await;
    assert_eq!(scene.events(), ["webhook.test"]);
    assert_eq!(scene.deliveries(one).await.len(), 1);
    assert_eq!(scene.deliveries(other).await.len(), 0);
}

#[tokio::test]
async fn a_delivery_is_sent_again_with_its_id_and_counts_on() {
    let scene = Scene::new(&[Manner::Say(200), Manner::Say(500), Manner::Say(200)]).await;
    let endpoint = scene.endpoint(&["role.*"]).await.id;
    scene.act("reader").await;
    scene.deliver().await;
    let (id, _) = scene.deliveries(endpoint).await[0];
    for state in [DeliveryState::Retrying, DeliveryState::Delivered] {
        let again = webhooks::replay(scene.s(), &scene.ada.actor, id).await;
        again.expect("sent again");
        scene.deliver().await;
        assert_eq!(scene.deliveries(endpoint).await, [(id, state)]);
    }
    let numbers: Vec<_> = scene
        .delivery(id)
        .await
        .attempts
        .iter()
        .map(|one| one.number)
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert!(
        scene
            .arrivals()
            .iter()
            .all(|one| one.id() == id.to_string())
    );
    let nobodys = webhooks::replay(scene.s(), &scene.ada.actor, Uuid::now_v7()).await;
    assert_refused(nobodys, &Refusal::NotFound);
}

#[tokio::test]
async fn what_was_given_up_in_a_time_is_sent_again() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let endpoint = scene.endpoint(&["role.*"]).await.id;
    for name in ["one", "two", "three", "four"] {
        scene.act(name).await;
    }
    scene.deliver().await;
    let ids: Vec<Uuid> = scene
        .deliveries(endpoint)
        .await
        .iter()
        .map(|(id, _)| *id)
        .collect();
    // The first is two days old; it and the next were given up.
    scene
        .run(&format!(
            "update webhook_deliveries set state = 'dead' where delivery_id in ('{}', '{}')",
            ids[0], ids[1]
        ))
        .await;
    scene.run(&format!("update webhook_deliveries set created_at = now() - interval '2 days' where delivery_id = '{}'", ids[0])).await;
    let now = OffsetDateTime::now_utc() + Duration::MINUTE;
    let again = async |from: OffsetDateTime, only_dead| {
        let (s, a) = (scene.s(), &scene.ada.actor);
        webhooks::replay_between(s, a, endpoint, from, now, only_dead).await
    };
    assert_eq!(again(now - Duration::DAY, true).await.expect("a number"), 1);
    scene.deliver().await;
    assert_eq!(scene.arrivals()[4].id(), ids[1].to_string());
    assert_eq!(
        again(now - Duration::DAY, false).await.expect("a number"),
        3
    );
    scene.deliver().await;
    assert_eq!(scene.arrivals().len(), 8);
    assert_eq!(
        again(now - Duration::DAY * 3, true)
            .await
            .expect("a number"),
        1
    );
    scene.deliver().await;
    assert_eq!(scene.arrivals()[8].id(), ids[0].to_string());
    let wrong = again(now + Duration::DAY, true).await;
    assert_refused(
        wrong,
        &Refusal::invalid("to", "the end is before the beginning"),
    );
}

#[tokio::test]
async fn a_disabled_endpoint_is_sent_nothing_until_it_is_enabled() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let (s, a) = (scene.s(), &scene.ada.actor);
    let endpoint = scene.endpoint(&["role.*"]).await.id;
    scene.act("reader").await;
    webhooks::disable(s, a, endpoint).await.expect("disabled");
    assert_eq!(scene.deliver().await, 0);
    let (id, state) = scene.deliveries(endpoint).await[0];
    assert_eq!(state, DeliveryState::Dead);
    let refusal = Refusal::conflict("the webhook is disabled: enable it first");
    assert_refused(webhooks::test(s, a, endpoint).await, &refusal);
    assert_refused(webhooks::replay(s, a, id).await, &refusal);
    webhooks::enable(s, a, endpoint).await.expect("enabled");
    assert_eq!(scene.view(endpoint).await.state, EndpointState::Enabled);
    assert_eq!(scene.deliver().await, 0);
    webhooks::replay(s, a, id).await.expect("sent again");
    assert_eq!(scene.deliver().await, 1);
}
