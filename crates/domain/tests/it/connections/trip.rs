//! The way to a provider and back: what an answer has to be, and what it leaves.

use super::{BROWSER, Scene, answer, parameter, stub::APP_SECRET, wish};
use api_types::{
    Refusal, Role,
    connections::{ConnectionState, Sharing},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Origin, connections, sign_in_with::Answer};
use std::fmt::Write as _;
use test_support::assert_refused;

#[tokio::test]
async fn an_account_is_connected_with_pkce_and_its_tokens_are_in_no_row() {
    let scene = Scene::new().await;
    let a = &scene.ada.actor;
    let new = wish("Acme", Sharing::Shared);
    let started = connections::start(scene.s(), a, BROWSER, new, None, "/next").await;
    let url = started.expect("led there").url;
    assert_eq!(parameter(&url, "code_challenge_method"), "S256");
    let id = scene
        .come_back(scene.ada.user, answer(&parameter(&url, "state")))
        .await
        .expect("connected");
    let view = scene.view(id).await;
    assert_eq!(view.state, ConnectionState::Healthy);
    assert_eq!(view.account.as_deref(), Some("octocat"));
    assert_eq!(view.scopes, ["read"]);
    assert!(view.expires_at.is_some());
    let form = scene.stub.ledger().tokens[0].clone();
    let verifier = vault::sha256(form["code_verifier"].as_bytes());
    assert_eq!(
        URL_SAFE_NO_PAD.encode(verifier),
        parameter(&url, "code_challenge")
    );
    assert!(form["redirect_uri"].ends_with("/connections/acme/callback"));
    for table in [
        "connections",
        "connection_apps",
        "audit_events",
        "outbox",
        "connection_attempts",
    ] {
        for secret in ["access-1", "refresh-1", APP_SECRET] {
            let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            let found =
                format!("{table} t where t::text like '%{secret}%' or t::text like '%{hex}%'");
            assert_eq!(scene.count(&found).await, 0, "{secret} in {table}");
        }
    }
    let offered = "tenant_toolkits where toolkit = 'acme' and enabled";
    assert_eq!(scene.count(offered).await, 1);
    assert_eq!(
        scene
            .count("audit_events where act = 'connection.made'")
            .await,
        1
    );
}

#[tokio::test]
async fn an_answer_counts_once_and_where_and_for_whom_it_began() {
    let scene = Scene::new().await;
    let (s, from) = (scene.s(), Origin::default());
    let (bob, _) = scene.member("bob", Role::Admin).await;
    let state = scene
        .led(&scene.ada.actor, wish("Acme", Sharing::Shared))
        .await;
    let ada = scene.ada.user;
    for (user, browser, provider, state) in [
        (ada, BROWSER, "acme", "another state"),
        (ada, "another browser", "acme", &state),
        (ada, BROWSER, "keys", &state),
        (bob.user, BROWSER, "acme", &state),
    ] {
        let ended = connections::finish(s, user, from, browser, provider, answer(state)).await;
        let ended = ended.expect("an end");
        assert_eq!((ended.connection, ended.failure), (None, Some("expired")));
        assert!(scene.stub.ledger().tokens.is_empty());
    }
    // None of these has used it up.
    scene
        .come_back(ada, answer(&state))
        .await
        .expect("connected");
    assert_eq!(scene.come_back(ada, answer(&state)).await, Err("expired"));
    assert_eq!(scene.stub.ledger().tokens.len(), 1);
}

#[tokio::test]
async fn of_two_answers_at_once_one_counts() {
    let scene = Scene::new().await;
    let state = scene
        .led(&scene.ada.actor, wish("Acme", Sharing::Shared))
        .await;
    let both = [0; 8].map(|_| scene.come_back(scene.ada.user, answer(&state)));
    let ended = futures::future::join_all(both).await;
    assert_eq!(ended.iter().filter(|one| one.is_ok()).count(), 1);
    assert_eq!(scene.stub.ledger().tokens.len(), 1);
}

#[tokio::test]
async fn answers_of_others_and_refusals_connect_nothing() {
    let scene = Scene::new().await;
    let (ada, host) = (&scene.ada, scene.stub.host.clone());
    let led = async || scene.led(&ada.actor, wish("Acme", Sharing::Shared)).await;
    let with_iss = |state: &str, iss: &str| Answer {
        iss: Some(iss.into()),
        ..answer(state)
    };
    let foreign = with_iss(&led().await, "https://evil.example");
    assert_eq!(scene.come_back(ada.user, foreign).await, Err("refused"));
    let declined = Answer {
        code: None,
        error: Some("access_denied".into()),
        ..answer(&led().await)
    };
    assert_eq!(scene.come_back(ada.user, declined).await, Err("denied"));
    let wrong = Answer {
        code: Some("another code".into()),
        ..answer(&led().await)
    };
    assert_eq!(scene.come_back(ada.user, wrong).await, Err("refused"));
    scene
        .run("update connection_attempts set expires_at = now()")
        .await;
    let late = led().await;
    scene
        .run("update connection_attempts set expires_at = now() - interval '1 s'")
        .await;
    assert_eq!(
        scene.come_back(ada.user, answer(&late)).await,
        Err("expired")
    );
    assert!(
        connections::delete_expired(&scene.s().db)
            .await
            .expect("deleted")
            >= 1
    );
    assert_eq!(scene.count("connections").await, 0);
    let own = with_iss(&led().await, &format!("http://{host}/"));
    scene.come_back(ada.user, own).await.expect("connected");
}

#[tokio::test]
async fn whoever_has_lost_the_right_meanwhile_connects_nothing() {
    let scene = Scene::new().await;
    let (bob, actor) = scene.member("bob", Role::Admin).await;
    let state = scene.led(&actor, wish("Acme", Sharing::Shared)).await;
    let viewer = format!(
        "update memberships set role = 'viewer' where user_id = '{}' and tenant_id = '{}'",
        bob.user,
        actor.tenant()
    );
    scene.run(&viewer).await;
    assert_eq!(
        scene.come_back(bob.user, answer(&state)).await,
        Err("other")
    );
    let own = members_actor(&scene, bob.user).await;
    let shared = connections::start(
        scene.s(),
        &own,
        BROWSER,
        wish("x", Sharing::Shared),
        None,
        "/",
    );
    assert!(shared.await.is_err());
    let state = scene.led(&own, wish("Bob's", Sharing::Personal)).await;
    let gone = format!(
        "update memberships set removed_at = now() where user_id = '{}' and tenant_id = '{}'",
        bob.user,
        actor.tenant()
    );
    scene.run(&gone).await;
    assert_eq!(
        scene.come_back(bob.user, answer(&state)).await,
        Err("other")
    );
    assert!(scene.stub.ledger().tokens.is_empty());
}

async fn members_actor(scene: &Scene, user: api_types::UserId) -> domain::Actor {
    let actor = domain::members::actor(scene.s(), user, scene.ada.actor.slug()).await;
    actor.expect("a member")
}

#[tokio::test]
async fn the_same_account_twice_is_one_and_a_taken_name_is_numbered() {
    let scene = Scene::new().await;
    let first = scene.connected().await;
    assert_eq!(scene.connected().await, first);
    scene
        .run("update connections set account = 'somebody else'")
        .await;
    let second = scene.connected().await;
    assert_ne!(second, first);
    assert_eq!(scene.view(second).await.label, "Acme 2");
}

#[tokio::test]
async fn a_connection_is_renewed_with_more_scopes_and_keeps_its_name() {
    let scene = Scene::new().await;
    let (s, a) = (scene.s(), &scene.ada.actor);
    let id = scene.connected().await;
    let mut new = wish("another name", Sharing::Personal);
    new.scopes.push("write".into());
    let started = connections::start(s, a, BROWSER, new, Some(id), "/next").await;
    let url = started.expect("led there").url;
    assert_eq!(parameter(&url, "scope"), "read%20write");
    let state = parameter(&url, "state");
    let renewed = scene.come_back(scene.ada.user, answer(&state)).await;
    assert_eq!(renewed, Ok(id));
    let view = scene.view(id).await;
    assert_eq!(
        (view.label.as_str(), view.sharing),
        ("Acme", Sharing::Shared)
    );
    assert_eq!(
        scene
            .count("audit_events where act = 'connection.renewed'")
            .await,
        1
    );
    let mut unknown = wish("x", Sharing::Shared);
    unknown.scopes.push("everything".into());
    let refused = connections::start(s, a, BROWSER, unknown, None, "/").await;
    assert!(matches!(
        refused,
        Err(domain::Error::Refused(Refusal::Invalid { .. }))
    ));
}

#[tokio::test]
async fn another_tenants_and_another_persons_connections_look_missing() {
    let scene = Scene::new().await;
    let s = scene.s();
    let (bob, his) = scene.member("bob", Role::Viewer).await;
    let state = scene.led(&his, wish("Bob's", Sharing::Personal)).await;
    let personal = scene
        .come_back(bob.user, answer(&state))
        .await
        .expect("connected");
    let shared = scene.connected().await;
    let eve = scene.world.owner("eve").await;
    let missing = &Refusal::NotFound;
    for (a, id) in [
        (&scene.ada.actor, personal),
        (&eve.actor, personal),
        (&eve.actor, shared),
    ] {
        assert_refused(connections::detail(s, a, id).await, missing);
        assert_refused(connections::rename(s, a, id, "x").await, missing);
        assert_refused(connections::test(s, a, id).await, missing);
        assert_refused(connections::disconnect(s, a, id).await, missing);
        let again = connections::reconnect_with_secret(s, a, id, vec!["x".into()]).await;
        assert_refused(again, missing);
        let again = connections::start(s, a, BROWSER, wish("x", Sharing::Shared), Some(id), "/");
        assert_refused(again.await, missing);
        let list = connections::list(s, a).await.expect("a list");
        assert!(list.connections.iter().all(|one| one.id != id));
    }
    assert_refused(connections::provider(s, &eve.actor, "acme").await, missing);
    // Its name is free to others, who must not learn of it.
    let mine = scene
        .led(&scene.ada.actor, wish("Bob's", Sharing::Personal))
        .await;
    let mine = scene
        .come_back(scene.ada.user, answer(&mine))
        .await
        .expect("connected");
    assert_eq!(scene.view(mine).await.label, "Bob's");
    let list = connections::list(s, &his).await.expect("a list");
    assert_eq!(list.connections.len(), 2);
    assert!(
        connections::rename(s, &his, shared, "x").await.is_err(),
        "a viewer"
    );
    connections::rename(s, &his, personal, "Bob's own")
        .await
        .expect("renamed");
}

#[tokio::test]
async fn a_removed_members_personal_connections_end() {
    let scene = Scene::new().await;
    let (bob, his) = scene.member("bob", Role::Viewer).await;
    let state = scene.led(&his, wish("Bob's", Sharing::Personal)).await;
    scene
        .come_back(bob.user, answer(&state))
        .await
        .expect("connected");
    scene.connected().await;
    let removed = domain::members::remove(scene.s(), &scene.ada.actor, bob.user).await;
    removed.expect("removed");
    let ended = "connections where state = 'disconnected' and secret = '' and sharing = 'personal'";
    assert_eq!(scene.count(ended).await, 1);
    assert_eq!(scene.count("connections where state = 'healthy'").await, 1);
}
