//! Making and changing endpoints.

use super::Scene;
use api_types::{Refusal, Role, audit::Act};
use domain::{Error, members, webhooks};
use futures::future::join_all;
use test_support::{Manner, assert_refused};
use uuid::Uuid;

async fn create(scene: &Scene, url: &str, events: &[&str]) -> Result<(), Refusal> {
    let events = events.iter().map(|event| (*event).to_owned()).collect();
    let made = webhooks::create(scene.s(), &scene.ada.actor, url, "", events).await;
    match made {
        Ok(_) => Ok(()),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn what_leads_inside_or_is_unknown_is_refused() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    for url in [
        "",
        "hooks.example",
        "http://hooks.example/in",
        "https://127.0.0.1/in",
        "https://10.0.0.1/in",
        "https://[::1]/in",
        "https://localhost/in",
        "https://169.254.169.254/latest",
        "https://user:secret@hooks.example/in",
        "ftp://hooks.example",
    ] {
        let refusal = create(&scene, url, &["*"]).await.expect_err(url);
        assert_eq!(refusal.field(), Some("url"), "{url}: {refusal}");
    }
    for events in [&[][..], &["person.*"], &["connection.nothing"]] {
        let refusal = create(&scene, "https://hooks.example/in", events).await;
        assert_eq!(refusal.expect_err("refused").field(), Some("events"));
    }
    create(&scene, "https://hooks.example/in", &["*"])
        .await
        .expect("an endpoint");
}

#[tokio::test]
async fn a_tenant_has_twenty_and_no_more_however_many_come_at_once() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let all = (0..25).map(|_| create(&scene, "https://hooks.example/in", &["api.*"]));
    let made = join_all(all).await;
    assert_eq!(made.iter().filter(|one| one.is_ok()).count(), 20);
    let list = webhooks::list(scene.s(), &scene.ada.actor).await;
    assert_eq!(list.expect("a list").endpoints.len(), 20);
}

#[tokio::test]
async fn each_change_has_its_row_and_neither_address_nor_secret_is_in_it() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let (s, a) = (scene.s(), &scene.ada.actor);
    let events = vec!["api.*".to_owned()];
    let url = "https://hooks.example/in/very-secret-path";
    let made = webhooks::create(s, a, url, "for us", events.clone())
        .await
        .expect("made");
    let id = made.id;
    webhooks::change(s, a, id, &format!("{url}/2"), "for us", events)
        .await
        .expect("changed");
    let rotated = webhooks::rotate(s, a, id).await.expect("rotated");
    webhooks::disable(s, a, id).await.expect("disabled");
    webhooks::disable(s, a, id).await.expect("nothing to do");
    webhooks::enable(s, a, id).await.expect("enabled");
    webhooks::enable(s, a, id).await.expect("nothing to do");
    webhooks::delete(s, a, id).await.expect("deleted");
    assert_refused(webhooks::delete(s, a, id).await, &Refusal::NotFound);
    let rows = sqlx::query_as::<_, (String, String)>(
        "select act, concat(object_name, before, after) from audit_events where act like 'webhook.%' order by seq",
    )
    .fetch_all(&scene.world.database.pool("postgres", 1))
    .await
    .expect("rows");
    let acts: Vec<_> = rows.iter().map(|(act, _)| act.as_str()).collect();
    let wanted = [
        Act::WebhookCreated,
        Act::WebhookChanged,
        Act::WebhookSecretRotated,
        Act::WebhookDisabled,
        Act::WebhookEnabled,
        Act::WebhookDeleted,
    ];
    assert_eq!(acts, wanted.map(Act::as_str));
    for (act, row) in rows {
        assert!(row.contains("hooks.example"), "{act}: {row}");
        for secret in ["very-secret-path", &made.secret[6..], &rotated.secret[6..]] {
            assert!(!row.contains(secret), "{act}: {row}");
        }
    }
}

#[tokio::test]
async fn who_reads_only_sees_no_webhook() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let id = scene.endpoint(&["*"]).await.id;
    let (delivery, _) = scene.deliveries(id).await[0];
    let person = scene.world.owner("eve").await;
    let (tenant, user) = (scene.ada.actor.tenant(), person.user);
    for (role, sees) in [
        (Role::Viewer, false),
        (Role::Billing, false),
        (Role::Developer, true),
    ] {
        let role = role.as_str();
        scene
            .run(&format!(
                "insert into memberships (tenant_id, user_id, role) values ('{tenant}', '{user}', '{role}')
                on conflict (tenant_id, user_id) do update set role = '{role}'"
            ))
            .await;
        let a = members::actor(scene.s(), user, scene.ada.actor.slug()).await;
        let (s, a) = (scene.s(), a.expect("a member"));
        assert_eq!(webhooks::list(s, &a).await.is_ok(), sees, "{role}");
        assert_eq!(webhooks::detail(s, &a, id).await.is_ok(), sees, "{role}");
        assert_eq!(
            webhooks::deliveries(s, &a, id, None, None).await.is_ok(),
            sees
        );
        assert_eq!(webhooks::delivery(s, &a, delivery).await.is_ok(), sees);
        assert_eq!(webhooks::test(s, &a, id).await.is_ok(), sees);
        assert_eq!(webhooks::rotate(s, &a, id).await.is_ok(), sees);
    }
}

#[tokio::test]
async fn acts_and_deletions_at_once_do_not_stand_in_each_others_way() {
    let scene = Scene::new(&[Manner::Say(200)]).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(scene.endpoint(&["*"]).await.id);
    }
    let names: Vec<String> = (0..40)
        .map(|_| Uuid::new_v4().simple().to_string())
        .collect();
    let acts = join_all(names.iter().map(|name| scene.act(name)));
    let deletions = join_all(ids.iter().map(async |id| {
        webhooks::delete(scene.s(), &scene.ada.actor, *id)
            .await
            .expect("deleted");
    }));
    let rounds = async {
        for _ in 0..10 {
            scene.deliver().await;
        }
    };
    tokio::join!(acts, deletions, rounds);
    assert_eq!(scene.count("roles").await, 40);
    assert_eq!(scene.count("webhook_deliveries").await, 0);
}
