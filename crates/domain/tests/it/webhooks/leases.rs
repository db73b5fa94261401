//! One server at a time, whatever becomes of it.

use super::Scene;
use api_types::webhooks::DeliveryState;
use domain::webhooks;
use test_support::Manner;

#[tokio::test]
async fn two_servers_deliver_once() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    scene.endpoint(&["role.*"]).await;
    let other = scene.sibling();
    for nth in 0..30 {
        scene.act(&format!("role {nth}")).await;
    }
    for _ in 0..20 {
        let (one, two) = tokio::join!(
            webhooks::deliver_due(scene.s()),
            webhooks::deliver_due(&other)
        );
        one.expect("a round");
        two.expect("a round");
    }
    let arrivals = scene.arrivals();
    let mut ids: Vec<_> = arrivals.iter().map(|one| one.id().to_owned()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((arrivals.len(), ids.len()), (30, 30));
}

#[tokio::test]
async fn what_a_dead_server_had_is_taken_over_when_its_lease_is_over() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let endpoint = scene.endpoint(&["role.*"]).await.id;
    scene.act("reader").await;
    let held =
        "update webhook_deliveries set lease = gen_random_uuid(), leased_until = now() + interval";
    scene.run(&format!("{held} '30 seconds'")).await;
    assert_eq!(scene.deliver().await, 0);
    scene.run(&format!("{held} '0 seconds'")).await;
    assert_eq!(scene.deliver().await, 1);
    let [(_, state)] = scene.deliveries(endpoint).await[..] else {
        panic!("one delivery");
    };
    assert_eq!(state, DeliveryState::Delivered);
}

#[tokio::test]
async fn who_has_lost_the_lease_writes_nothing_down() {
    let scene = Scene::new(&[Manner::Hang, Manner::Say(200)]).await;
    let endpoint = scene.endpoint(&["role.*"]).await.id;
    scene.act("reader").await;
    webhooks::begin_due(scene.s()).await.expect("a round");
    scene.receiver.wait_for(1).await;
    // It hangs for longer than anybody believes in it.
    scene
        .run("update webhook_deliveries set leased_until = now()")
        .await;
    let other = scene.sibling();
    assert_eq!(webhooks::deliver_due(&other).await.expect("a round"), 1);
    webhooks::deliver_due(scene.s())
        .await
        .expect("the end of both");
    let [(id, state)] = scene.deliveries(endpoint).await[..] else {
        panic!("one delivery");
    };
    let detail = scene.delivery(id).await;
    assert_eq!(
        (state, detail.attempts.len()),
        (DeliveryState::Delivered, 1)
    );
    let arrivals = scene.arrivals();
    assert_eq!(arrivals.len(), 2);
    assert_eq!(arrivals[0].id(), arrivals[1].id());
}

#[tokio::test]
async fn a_month_later_deliveries_and_their_attempts_are_gone() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    scene.endpoint(&["role.*"]).await;
    scene.act("old").await;
    scene.deliver().await;
    scene
        .run("update webhook_deliveries set created_at = now() - interval '31 days'")
        .await;
    scene.act("new").await;
    scene.deliver().await;
    assert_eq!(scene.count("webhook_attempts").await, 2);
    let deleted = webhooks::delete_expired(&scene.s().db).await;
    assert_eq!(deleted.expect("deleted"), 1);
    assert_eq!(scene.count("webhook_deliveries").await, 1);
    assert_eq!(scene.count("webhook_attempts").await, 1);
}
