//! The authorization server without HTTP: keys that change while serving, and what is removed when nobody needs it.

use api_types::oauth::StepKind;
use domain::{
    Services,
    credentials::{self, Presented},
    oauth_server::{self, Settings, public_keys, rotate_signing_keys},
};
use sqlx::PgPool;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use test_support::{World, issue, seen};
use vault::TokenAlgorithm;

const URL: &str = "http://127.0.0.1:3000";

async fn opens(s: &Services, token: &str) -> bool {
    let shown = Presented::parse(token).expect("the shape of a token");
    let found = credentials::authenticate(s, &shown).await;
    found.expect("looked up").is_some()
}

/// The ids of the published keys, as a server sees them that has just started.
async fn published(world: &World) -> BTreeSet<String> {
    let fresh = world.on_another_server(URL);
    let keys = public_keys(&fresh.services).await.expect("keys");
    let ids = keys.keys.into_iter().map(|key| key.common.key_id);
    ids.map(|id| id.expect("an id")).collect()
}

async fn time_passes(pool: &PgPool, by: &str) {
    sqlx::query("update token_signing_keys set signs_from = signs_from - $1::interval")
        .bind(by)
        .execute(pool)
        .await
        .expect("moved");
}

fn signed_by(token: &str) -> String {
    let header = jsonwebtoken::decode_header(token).expect("a header");
    header.kid.expect("an id")
}

#[tokio::test]
async fn a_new_key_is_known_before_it_signs_and_the_old_one_after() {
    let world = World::new().await;
    let pool = world.database.pool("postgres", 1);
    let ada = world.owner("ada").await;
    let log_in = ada.log_in("An app").await;
    let first = signed_by(&log_in.access_token);
    assert_eq!(published(&world).await, BTreeSet::from([first.clone()]));
    let fresh = async || world.on_another_server(URL);

    let s = &fresh().await.services;
    assert!(!rotate_signing_keys(s).await.expect("looked"), "too early");
    time_passes(&pool, "30 days").await;
    let s = &fresh().await.services;
    assert!(rotate_signing_keys(s).await.expect("rotated"));
    assert!(!rotate_signing_keys(s).await.expect("looked"), "once");
    let both = published(&world).await;
    assert_eq!(both.len(), 2);
    let refresh = format!(
        "grant_type=refresh_token&client_id={}&refresh_token={}",
        log_in.oauth_id, log_in.refresh_token
    );
    let token = issue(s, &refresh).await["access_token"].clone();
    assert_eq!(signed_by(token.as_str().expect("a token")), first);

    time_passes(&pool, "2 hours").await;
    let s = &fresh().await.services;
    let token = issue(s, &refresh).await["access_token"].clone();
    let token = token.as_str().expect("a token");
    assert_ne!(signed_by(token), first);
    // A server that has not heard of the new key looks for it.
    assert!(opens(&world.services, token).await);
    assert!(opens(s, &log_in.access_token).await, "the old key verifies");

    time_passes(&pool, "1 day").await;
    rotate_signing_keys(s).await.expect("looked");
    let left = published(&world).await;
    assert_eq!(left, BTreeSet::from([signed_by(token)]));
}

#[tokio::test]
async fn tokens_of_each_algorithm_are_good_on_every_server() {
    let world = World::new().await;
    for algorithm in TokenAlgorithm::ALL {
        let settings = Settings {
            algorithm,
            ..Settings::default()
        };
        let there = world.with_oauth(URL, settings);
        let mut person = there.owner("bob").await;
        person.world = there.clone();
        let log_in = person.log_in("An app").await;
        let header = jsonwebtoken::decode_header(&log_in.access_token).expect("a header");
        assert_eq!(format!("{:?}", header.alg), algorithm.as_str());
        assert_eq!(header.typ.as_deref(), Some("at+jwt"));
        let fresh = world.on_another_server(URL);
        assert!(opens(&fresh.services, &log_in.access_token).await);
    }
}

#[tokio::test]
async fn apps_that_nobody_uses_are_removed_and_those_with_a_log_in_stay() {
    let world = World::new().await;
    let (s, pool) = (&world.services, world.database.pool("postgres", 1));
    let ada = world.owner("ada").await;
    let used = ada.log_in("Used").await;
    let (idle, _) = ada.asked_by("Idle").await;
    let (young, _) = ada.asked_by("Young").await;
    let aged = sqlx::query(
        "update oauth_apps set last_used_at = now() - interval '31 days' where oauth_id <> $1",
    );
    aged.bind(&young).execute(&pool).await.expect("aged");
    oauth_server::delete_expired(&s.db).await.expect("removed");
    let left: Vec<String> = sqlx::query_scalar("select oauth_id from oauth_apps")
        .fetch_all(&pool)
        .await
        .expect("apps");
    let left: BTreeSet<_> = left.iter().map(String::as_str).collect();
    assert_eq!(left, BTreeSet::from([used.oauth_id.as_str(), &young]));
    assert!(!left.contains(idle.as_str()));

    oauth_server::end_grant(s, &ada.actor, used.grant.id)
        .await
        .expect("ended");
    oauth_server::delete_expired(&s.db).await.expect("removed");
    let left: i64 = sqlx::query_scalar("select count(*) from oauth_apps where oauth_id = $1")
        .bind(&used.oauth_id)
        .fetch_one(&pool)
        .await
        .expect("a number");
    assert_eq!(left, 0, "no live log-in holds it");
}

#[tokio::test]
async fn a_conversation_begins_with_what_the_app_said_when_it_registered() {
    let world = World::new().await;
    let s = &world.services;
    let ada = world.owner("ada").await;
    let (oauth_id, _) = ada.asked_by("An app").await;
    // A request that lacks its challenge: the app is told, and so is whoever looks.
    let query = format!(
        "response_type=code&client_id={oauth_id}&state=secret&resource={URL}/t/{}/mcp",
        ada.actor.slug()
    );
    let outcome = oauth_server::begin(s, &query, Some(ada.user.into())).await;
    oauth_server::asked(s, &seen(), &query, &outcome);
    let deadline = Instant::now() + Duration::from_secs(10);
    let conversation = loop {
        let all = oauth_server::conversations(s, &ada.actor).await;
        if let Some(one) = all.expect("steps").pop() {
            break one;
        }
        assert!(Instant::now() < deadline, "no step was kept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let kinds: Vec<_> = conversation.steps.iter().map(|step| step.kind).collect();
    assert_eq!(kinds, [StepKind::Registered, StepKind::Authorize]);
    assert_eq!(conversation.name, "An app");
    assert!(conversation.is_stuck());
    let asked = &conversation.steps[1];
    assert_eq!(asked.error.as_deref(), Some("invalid_request"));
    assert!(asked.told.contains("code_challenge"), "{}", asked.told);
    let sent = format!("{:?}", asked.sent);
    assert!(!sent.contains("secret"), "{sent}");
}
