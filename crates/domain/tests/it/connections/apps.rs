//! Apps, and providers that tenants describe.

use super::{Scene, wish};
use api_types::{
    Refusal, Role,
    connections::{AppSource, Sharing},
};
use domain::{Error, connections};
use test_support::assert_refused;

#[tokio::test]
async fn without_an_app_nobody_is_led_anywhere() {
    let scene = Scene::new().await;
    let (s, a) = (scene.s(), &scene.ada.actor);
    let view = connections::provider(s, a, "acme")
        .await
        .expect("a provider");
    assert_eq!(view.card.app, AppSource::Tenant);
    assert_eq!(view.client_id.as_deref(), Some("bulkhead"));
    connections::remove_app(s, a, "acme")
        .await
        .expect("removed");
    assert_refused(
        connections::remove_app(s, a, "acme").await,
        &Refusal::NotFound,
    );
    let started = connections::start(s, a, "b", wish("Acme", Sharing::Shared), None, "/").await;
    assert!(matches!(
        started,
        Err(Error::Refused(Refusal::Conflict { .. }))
    ));
    let (_, developer) = scene.member("bob", Role::Developer).await;
    let set = connections::set_app(s, &developer, "acme", "x", "y").await;
    assert!(matches!(
        set,
        Err(Error::Refused(Refusal::Forbidden { .. }))
    ));
}

#[tokio::test]
async fn a_description_in_use_keeps_its_addresses() {
    let scene = Scene::new().await;
    let (s, a) = (scene.s(), &scene.ada.actor);
    let moved = scene.stub.described("acme").replace("/token", "/elsewhere");
    let renamed = scene
        .stub
        .described("acme")
        .replace("\"Acme\"", "\"Acme Inc.\"");
    connections::describe(s, a, &renamed)
        .await
        .expect("another name");
    let conflict = |answer: Result<_, Error>| {
        assert!(matches!(
            answer,
            Err(Error::Refused(Refusal::Conflict { .. }))
        ));
    };
    conflict(connections::describe(s, a, &moved).await.map(drop));
    conflict(connections::remove_provider(s, a, "acme").await);
    connections::remove_app(s, a, "acme")
        .await
        .expect("removed");
    connections::describe(s, a, &moved)
        .await
        .expect("other addresses");
    connections::remove_provider(s, a, "acme")
        .await
        .expect("removed");
    assert_refused(
        connections::provider(s, a, "acme").await,
        &Refusal::NotFound,
    );
}

#[tokio::test]
async fn what_is_described_leads_to_public_addresses_and_takes_nobodys_name() {
    let scene = Scene::new().await;
    let (s, a) = (scene.s(), &scene.ada.actor);
    let described = scene.stub.described("other");
    for wrong in [
        described.replace(&scene.stub.host, "127.0.0.1:1"),
        described.replace(
            &format!("http://{}", scene.stub.host),
            "https://169.254.169.254",
        ),
        described.replace(
            &format!("http://{}", scene.stub.host),
            "http://acme.example",
        ),
        scene.stub.described("github"),
        scene.stub.described("tasks"),
        "id = 1".into(),
    ] {
        let refused = connections::describe(s, a, &wrong).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{wrong}");
    }
    let (_, viewer) = scene.member("bob", Role::Viewer).await;
    let refused = connections::describe(s, &viewer, &described).await;
    assert!(matches!(
        refused,
        Err(Error::Refused(Refusal::Forbidden { .. }))
    ));
}
