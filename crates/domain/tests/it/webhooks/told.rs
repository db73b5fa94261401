//! Who is told what: each act once, if and only if it committed, and nobody else's.

use super::Scene;
use api_types::{
    Permission,
    input::{PersonName, RoleName},
    webhooks::DeliveryState,
};
use domain::{Origin, roles, users, webhooks};
use serde_json::Value;
use test_support::Manner;

#[tokio::test]
async fn an_act_is_told_once_signed_and_as_the_log_has_it() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let made = scene.endpoint(&["role.*"]).await;
    let role = scene.act("reader").await;
    assert_eq!(scene.deliver().await, 1);
    assert_eq!(scene.deliver().await, 0);
    let [arrival] = &scene.arrivals()[..] else {
        panic!("{:?}", scene.events());
    };
    let body: Value = serde_json::from_str(&arrival.body).expect("JSON");
    assert_eq!(body["type"], "role.created");
    let data = &body["data"];
    assert_eq!(data["what"], "Made a role");
    assert_eq!(data["tenant"], scene.ada.actor.tenant().to_string());
    assert_eq!(data["actor"]["kind"], "member");
    assert_eq!(data["actor"]["id"], scene.ada.user.to_string());
    assert_eq!(data["object"]["id"], role.to_string());
    assert_eq!(data["object"]["name"], "reader");
    assert_eq!(data["after"]["permissions"][0], "view_usage");
    assert!(data["before"].is_null() && data.get("address").is_none());
    let timestamp = arrival.header("webhook-timestamp").parse().expect("a time");
    let signed = webhooks::signature(&made.secret, arrival.id(), timestamp, &arrival.body);
    assert_eq!(arrival.header("webhook-signature"), signed);
    assert_eq!(arrival.header("content-type"), "application/json");

    let [(id, state)] = scene.deliveries(made.id).await[..] else {
        panic!("one delivery");
    };
    assert_eq!(
        (id.to_string(), state),
        (arrival.id().into(), DeliveryState::Delivered)
    );
    let detail = scene.delivery(id).await;
    assert_eq!((detail.webhook, &detail.payload), (made.id, &arrival.body));
    let [attempt] = &detail.attempts[..] else {
        panic!("one attempt");
    };
    assert_eq!((attempt.number, attempt.status), (1, Some(200)));
    assert_eq!(attempt.response.as_deref(), Some("status 200"));
    let view = scene.view(made.id).await;
    assert_eq!((view.delivered, view.retrying, view.dead), (1, 0, 0));
}

#[tokio::test]
async fn what_did_not_happen_is_not_told() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    scene.endpoint(&["role.*"]).await;
    scene.act("reader").await;
    let before = scene.count("webhook_deliveries").await;
    // The name is taken.
    let name = RoleName::parse("reader").expect("a name");
    let again = roles::create(
        scene.s(),
        &scene.ada.actor,
        name,
        vec![Permission::ViewUsage],
    );
    again.await.expect_err("taken");
    // An act without its row is none, and its row without the news is none either.
    for table in ["audit_events", "webhook_deliveries"] {
        scene
            .run(&format!("revoke insert on {table} from bulkhead_runtime"))
            .await;
        let name = RoleName::parse("writer").expect("a name");
        let made = roles::create(
            scene.s(),
            &scene.ada.actor,
            name,
            vec![Permission::ViewUsage],
        );
        made.await.expect_err("no row");
        scene
            .run(&format!("grant insert on {table} to bulkhead_runtime"))
            .await;
    }
    assert_eq!(scene.count("roles").await, 1);
    assert_eq!(scene.count("webhook_deliveries").await, before);
}

#[tokio::test]
async fn an_endpoint_is_told_what_it_wants_and_no_more() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let family = scene.endpoint(&["role.*"]).await.id;
    let one = scene
        .endpoint(&["client.registered", "role.deleted"])
        .await
        .id;
    let off = scene.endpoint(&["*"]).await.id;
    webhooks::disable(scene.s(), &scene.ada.actor, off)
        .await
        .expect("disabled");
    let all = scene.endpoint(&["*"]).await.id;
    let role = scene.act("reader").await;
    scene.ada.client("ci").await;
    roles::delete(scene.s(), &scene.ada.actor, role)
        .await
        .expect("deleted");
    // A person's own affair.
    let name = PersonName::parse("Ada L.").expect("a name");
    let renamed = users::rename(scene.s(), scene.ada.user, Origin::default(), name).await;
    renamed.expect("renamed");
    let told = async |id| {
        let page = webhooks::deliveries(scene.s(), &scene.ada.actor, id, None, None).await;
        let events = page
            .expect("a page")
            .deliveries
            .into_iter()
            .map(|one| one.event);
        let mut events: Vec<String> = events.collect();
        events.reverse();
        events
    };
    assert_eq!(told(family).await, ["role.created", "role.deleted"]);
    assert_eq!(told(one).await, ["client.registered", "role.deleted"]);
    assert_eq!(
        told(off).await,
        ["webhook.created"],
        "until it was disabled"
    );
    assert_eq!(
        told(all).await,
        [
            "webhook.created",
            "role.created",
            "client.registered",
            "role.deleted"
        ]
    );
}

#[tokio::test]
async fn another_tenants_endpoint_is_told_nothing() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let bob = scene.world.owner("bob").await;
    let bobs = scene.endpoint_of(&bob, &["*"]).await;
    scene.deliver().await;
    scene.act("reader").await;
    scene.deliver().await;
    assert_eq!(scene.events(), ["webhook.created"], "Bob's own");
    let seen = webhooks::detail(scene.s(), &scene.ada.actor, bobs.id).await;
    test_support::assert_refused(seen, &api_types::Refusal::NotFound);
}

#[tokio::test]
async fn both_secrets_sign_for_a_day_after_a_rotation() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let first = scene.endpoint(&["role.*"]).await;
    let rotated = webhooks::rotate(scene.s(), &scene.ada.actor, first.id).await;
    let second = rotated.expect("rotated");
    assert_ne!(first.secret, second.secret);
    assert!(scene.view(first.id).await.previous_secret_until.is_some());
    scene.act("one").await;
    scene.deliver().await;
    scene
        .run("update webhook_endpoints set previous_until = now()")
        .await;
    scene.act("two").await;
    scene.deliver().await;
    let arrivals = scene.arrivals();
    let signed = |nth: usize, secret: &str| {
        let arrival = &arrivals[nth];
        let timestamp = arrival.header("webhook-timestamp").parse().expect("a time");
        webhooks::signature(secret, arrival.id(), timestamp, &arrival.body)
    };
    let both = format!("{} {}", signed(0, &second.secret), signed(0, &first.secret));
    assert_eq!(arrivals[0].header("webhook-signature"), both);
    assert_eq!(
        arrivals[1].header("webhook-signature"),
        signed(1, &second.secret)
    );
    assert!(scene.view(first.id).await.previous_secret_until.is_none());
}
