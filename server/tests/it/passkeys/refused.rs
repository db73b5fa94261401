//! Answers of passkeys that open nothing.

use super::{Keyed, after_password, asked, browser, check, named, own::only_id, sign_in};
use crate::accounts::{call, do_it, is_in, letter};
use crate::support::TestServer;
use reqwest::StatusCode;
use test_support::SoftPasskey;

/// Makes something about a device wrong.
type Spoil = fn(&mut SoftPasskey);

const REFUSED: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

#[tokio::test]
async fn an_answer_is_taken_once() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut own = Keyed::new(&server, &ada).await;
    let there = browser(&server);
    let options = asked(&there, "begin_passkey_sign_in").await;
    let (one, two) = (own.device.answer(&options), own.device.answer(&options));
    let (first, second) = ([("passkey", one.as_str())], [("passkey", two.as_str())]);
    let both = tokio::join!(
        call(&there, "sign_in_with_passkey", &first),
        call(&there, "sign_in_with_passkey", &second)
    );
    let refused = [both.0.0, both.1.0]
        .iter()
        .filter(|status| **status == REFUSED)
        .count();
    assert_eq!(refused, 1, "{both:?}");
    let (status, text) = call(&there, "sign_in_with_passkey", &first).await;
    assert_eq!(status, REFUSED, "{text}");
    // Nor is a new passkey.
    let mut new = SoftPasskey::at(&named(&server));
    let made = new.register(&asked(&own.browser, "begin_passkey").await);
    do_it(&own.browser, "add_passkey", &[("passkey", &made)]).await;
    let (status, _) = call(&own.browser, "add_passkey", &[("passkey", &made)]).await;
    assert_eq!(status, REFUSED);
}

#[tokio::test]
async fn a_challenge_is_for_one_browser_one_person_and_one_purpose() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let mut own = Keyed::new(&server, &ada).await;
    let bobs = Keyed::new(&server, &bob).await;
    // Of another browser.
    let answer = own
        .device
        .answer(&asked(&browser(&server), "begin_passkey_sign_in").await);
    let elsewhere = browser(&server);
    asked(&elsewhere, "begin_passkey_sign_in").await;
    let form = [("passkey", answer.as_str())];
    let (status, _) = call(&elsewhere, "sign_in_with_passkey", &form).await;
    assert_eq!(status, REFUSED);
    assert!(!is_in(&elsewhere).await);
    // Of another person, in the same browser.
    let shared = after_password(&server, &ada).await;
    let adas = asked(&shared, "begin_passkey_check").await;
    let form = [
        ("email", bob.email.as_str()),
        ("password", test_support::PASSWORD),
    ];
    do_it(&shared, "sign_in", &form).await;
    let mut device = bobs.device;
    let answer = device.answer(&adas);
    let form = [("passkey", answer.as_str())];
    let (status, _) = call(&shared, "sign_in_with_code", &form).await;
    assert_eq!(status, REFUSED);
    // For another purpose.
    let options = asked(&shared, "begin_passkey_sign_in").await;
    let answer = device.answer(&options);
    let (status, _) = call(&shared, "sign_in_with_code", &[("passkey", &answer)]).await;
    assert_eq!(status, REFUSED);
    assert!(!is_in(&shared).await);
}

#[tokio::test]
async fn the_passkey_of_another_is_no_second_factor() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let _adas = Keyed::new(&server, &ada).await;
    let mut bobs = Keyed::new(&server, &bob).await;
    let half = after_password(&server, &ada).await;
    let (status, text) = check(&half, "sign_in_with_code", &mut bobs.device).await;
    assert_eq!(status, REFUSED, "{text}");
    assert!(!is_in(&half).await);
}

#[tokio::test]
async fn a_phishing_page_a_wrong_name_and_a_missing_person_get_nowhere() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Keyed::new(&server, &ada).await;
    let wrong: [(&str, Spoil); 4] = [
        ("origin", |device| {
            device.origin = "https://evil.example".into();
        }),
        ("number", |device| {
            device.origin = device.origin.replace("localhost", "127.0.0.1");
        }),
        ("name", |device| device.rp_id = "evil.example".into()),
        ("verification", |device| device.verifies = false),
    ];
    for (what, spoil) in wrong {
        let mut device = own.device.clone();
        spoil(&mut device);
        let there = browser(&server);
        let (status, text) = sign_in(&there, &mut device).await;
        assert_eq!(status, REFUSED, "{what}: {text}");
        assert!(!is_in(&there).await, "{what}");
        // Nor is such a passkey added.
        let mut new = SoftPasskey::at(&named(&server));
        spoil(&mut new);
        let made = new.register(&asked(&own.browser, "begin_passkey").await);
        let (status, text) = call(&own.browser, "add_passkey", &[("passkey", &made)]).await;
        assert_eq!(status, REFUSED, "{what}: {text}");
    }
    only_id(&own.browser).await;
}

#[tokio::test]
async fn somebody_elses_key_under_a_known_id_opens_nothing() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Keyed::new(&server, &ada).await;
    let mut forged = own.device.with_another_key();
    let there = browser(&server);
    assert_eq!(sign_in(&there, &mut forged).await.0, REFUSED);
    let mut stray = own.device.clone();
    stray.handle = "A".repeat(86);
    assert_eq!(sign_in(&there, &mut stray).await.0, REFUSED);
    for rubbish in ["", "{}", "[]", "null", "\u{0}", &"[".repeat(5000)] {
        let (status, _) = call(&there, "sign_in_with_passkey", &[("passkey", rubbish)]).await;
        assert_eq!(status, REFUSED, "{rubbish:.10}");
    }
    assert!(!is_in(&there).await);
}

#[tokio::test]
async fn a_copied_passkey_is_refused_written_down_and_told() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut own = Keyed::new(&server, &ada).await;
    let mut copy = own.device.clone();
    for _ in 0..2 {
        sign_in(&browser(&server), &mut own.device).await;
    }
    let there = browser(&server);
    let (status, text) = sign_in(&there, &mut copy).await;
    assert_eq!(status, REFUSED);
    assert!(text.contains("copied"), "{text}");
    assert!(!is_in(&there).await);
    let letters = server.world.letters_to(&ada.email).await;
    letter(&letters, "A passkey was refused");
    let pool = server.world.database.pool("postgres", 1);
    let acts: i64 = sqlx::query_scalar(
        "select count(*) from audit_events where act = 'person.passkey_refused'",
    )
    .fetch_one(&pool)
    .await
    .expect("a count");
    assert_eq!(acts, 1);
    // Not to be switched off by counting no more.
    copy.count = 0;
    assert_eq!(sign_in(&there, &mut copy).await.0, REFUSED);
}

#[tokio::test]
async fn a_removed_passkey_opens_nothing() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut own = Keyed::new(&server, &ada).await;
    let there = browser(&server);
    let options = asked(&there, "begin_passkey_sign_in").await;
    let passkey = only_id(&own.browser).await;
    do_it(&own.browser, "remove_passkey", &[("passkey", &passkey)]).await;
    let answer = own.device.answer(&options);
    let (status, text) = call(&there, "sign_in_with_passkey", &[("passkey", &answer)]).await;
    assert_eq!(status, REFUSED);
    assert!(text.contains("removed"), "{text}");
}

#[tokio::test]
async fn a_challenge_is_good_for_five_minutes_and_then_deleted() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut own = Keyed::new(&server, &ada).await;
    let pool = server.world.database.pool("postgres", 1);
    let there = browser(&server);
    let options = asked(&there, "begin_passkey_sign_in").await;
    let longest: bool = sqlx::query_scalar(
        "update passkey_ceremonies set expires_at = expires_at - interval '5 minutes'
        returning expires_at <= now()",
    )
    .fetch_one(&pool)
    .await
    .expect("time passes");
    assert!(longest);
    let answer = own.device.answer(&options);
    let (status, text) = call(&there, "sign_in_with_passkey", &[("passkey", &answer)]).await;
    assert_eq!(status, REFUSED, "{text}");
    let deleted = domain::passkeys::delete_expired(&server.world.services.db).await;
    assert_eq!(deleted.expect("deleted"), 1);
}

#[tokio::test]
async fn answers_cannot_be_tried_without_end() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Keyed::new(&server, &ada).await;
    let mut forged = own.device.with_another_key();
    let there = browser(&server);
    let mut looked_at = 0;
    for _ in 0..14 {
        looked_at += usize::from(sign_in(&there, &mut forged).await.0 == REFUSED);
    }
    assert!(looked_at <= 10, "{looked_at} answers were looked at");
    // Nor does a stranger fill the table.
    let mut given = 0;
    for _ in 0..220 {
        let (status, _) = call(&there, "begin_passkey_sign_in", &[]).await;
        given += usize::from(status == StatusCode::OK);
    }
    assert!(given < 200, "{given} challenges were given");
}
