//! What providers and other people's browsers try, and that it signs nobody in.

use super::issuer::{LIES, Ledger, Lie};
use super::{Place, come_back, lead, newcomer, sign_in_with};
use crate::accounts::is_in;
use reqwest::{StatusCode, header};
use serde_json::json;

#[tokio::test]
async fn an_answer_that_lies_signs_nobody_in() {
    let place = Place::new().await;
    newcomer(&place, "1", "ada@example.com").await;
    for (n, lie) in LIES.into_iter().enumerate() {
        place.a.lie(lie);
        let browser = place.server.browser();
        let to = sign_in_with(&browser, &place.a, "a").await;
        assert_eq!(to, "/sign-in?failed=provider", "{lie:?}");
        assert!(!is_in(&browser).await, "{lie:?}");
        // It was asked for a token: the refusal is about what that said.
        assert_eq!(place.a.ledger().exchanges, n + 2, "{lie:?}");
    }
    place.a.lie(Lie::Nothing);
    let browser = place.server.browser();
    assert_eq!(sign_in_with(&browser, &place.a, "a").await, "/");
    assert_eq!(place.a.ledger().refused, 0);
}

#[tokio::test]
async fn an_answer_counts_once_and_in_its_own_browser() {
    let place = Place::new().await;
    newcomer(&place, "1", "ada@example.com").await;
    let (own, other) = (place.server.browser(), place.server.browser());
    let back = place.a.agree(&lead(&own, "a", &[]).await);
    // Somebody else's browser, with a session of its own or with none.
    assert_eq!(come_back(&other, &back).await, "/sign-in?failed=expired");
    lead(&other, "a", &[]).await;
    assert_eq!(come_back(&other, &back).await, "/sign-in?failed=expired");
    assert!(!is_in(&other).await);
    assert_eq!(come_back(&own, &back).await, "/");
    let before = place.a.ledger();
    assert_eq!(come_back(&own, &back).await, "/sign-in?failed=expired");
    assert_eq!(place.a.ledger(), before, "a replayed answer was exchanged");
    // The same code under another state.
    let fresh = place.server.browser();
    let code = back.split_once("code=").expect("a code").1;
    let next = place.a.agree(&lead(&fresh, "a", &[]).await);
    let state = next.split_once("state=").expect("a state").1;
    let mixed = format!(
        "/sign-in/with/a/callback?code={}&state={state}",
        &code[..32]
    );
    assert_eq!(come_back(&fresh, &mixed).await, "/sign-in?failed=provider");
    assert_eq!(place.a.ledger().refused, 1);
    assert!(!is_in(&fresh).await);
}

#[tokio::test]
async fn two_answers_at_once_are_one() {
    let place = Place::new().await;
    newcomer(&place, "1", "ada@example.com").await;
    let browser = place.server.browser();
    let back = place.a.agree(&lead(&browser, "a", &[]).await);
    let before = place.a.ledger().exchanges;
    let tries: Vec<_> = (0..8).map(|_| browser.get(&back).send()).collect();
    let mut signed_in = 0;
    for answer in futures::future::join_all(tries).await {
        let answer = answer.expect("an answer");
        signed_in += usize::from(answer.headers()[header::LOCATION] == "/");
    }
    assert_eq!((signed_in, place.a.ledger().exchanges), (1, before + 1));
}

#[tokio::test]
async fn an_answer_is_taken_from_nobody_but_whom_was_asked() {
    let place = Place::new().await;
    newcomer(&place, "1", "ada@example.com").await;
    let browser = place.server.browser();
    // The answer of one at the address of another.
    let back = place.a.agree(&lead(&browser, "a", &[]).await);
    let (before, mixed) = (place.a.ledger(), back.replace("/with/a/", "/with/b/"));
    assert_eq!(come_back(&browser, &mixed).await, "/sign-in?failed=expired");
    // The wrong name under it, or none where one was promised (RFC 9207).
    place.b.says_iss();
    let none = place.b.agree(&lead(&browser, "b", &[]).await);
    let (start, _) = none.split_once("&iss=").expect("a name");
    let none = start.to_owned();
    assert_eq!(come_back(&browser, &none).await, "/sign-in?failed=provider");
    let wrong = place.b.agree(&lead(&browser, "b", &[]).await);
    let (start, _) = wrong.split_once("&iss=").expect("a name");
    let wrong = format!("{start}&iss=https%3A%2F%2Fevil.example");
    assert_eq!(
        come_back(&browser, &wrong).await,
        "/sign-in?failed=provider"
    );
    let odd = place.a.agree(&lead(&browser, "a", &[]).await) + "&iss=https%3A%2F%2Fevil.example";
    assert_eq!(come_back(&browser, &odd).await, "/sign-in?failed=provider");
    assert_eq!(place.a.ledger().exchanges, before.exchanges);
    assert_eq!(
        place.b.ledger(),
        Ledger::default(),
        "no code was given away"
    );
    assert!(!is_in(&browser).await);
}

#[tokio::test]
async fn an_address_never_leads_to_an_account_that_exists() {
    let place = Place::new().await;
    let ada = place.server.world.owner("ada").await;
    let mallory = place.server.browser();
    for claims in [
        json!({ "sub": "m", "email": ada.email, "email_verified": true }),
        json!({ "sub": "m", "email": ada.email.to_uppercase(), "email_verified": true }),
    ] {
        place.a.vouch(claims);
        let to = sign_in_with(&mallory, &place.a, "a").await;
        assert_eq!(to, "/sign-in?failed=address-known");
        assert!(!is_in(&mallory).await);
    }
    // Nor does an address that nobody has looked at begin an account.
    place
        .a
        .vouch(json!({ "sub": "m", "email": "new@example.com", "email_verified": false }));
    let to = sign_in_with(&mallory, &place.a, "a").await;
    assert_eq!(to, "/sign-in?failed=address-unverified");
    // And the same subject of another issuer is somebody else.
    newcomer(&place, "1", "eve@example.com").await;
    place
        .b
        .vouch(json!({ "sub": "1", "email": "eve@example.com", "email_verified": true }));
    let to = sign_in_with(&mallory, &place.b, "b").await;
    assert_eq!(to, "/sign-in?failed=address-known");
}

#[tokio::test]
async fn new_keys_are_learned_and_nobody_makes_us_ask_without_end() {
    let place = Place::new().await;
    newcomer(&place, "1", "ada@example.com").await;
    sign_in_with(&place.server.browser(), &place.a, "a").await;
    assert_eq!(place.a.ledger().keys, 1, "keys are remembered");
    place.a.rotate();
    assert_eq!(
        sign_in_with(&place.server.browser(), &place.a, "a").await,
        "/"
    );
    assert_eq!(place.a.ledger().keys, 2);
    place.a.lie(Lie::UnknownKey);
    for _ in 0..10 {
        let to = sign_in_with(&place.server.browser(), &place.a, "a").await;
        assert_eq!(to, "/sign-in?failed=provider");
    }
    assert_eq!(place.a.ledger().keys, 5);
    place.a.lie(Lie::Nothing);
    assert_eq!(
        sign_in_with(&place.server.browser(), &place.a, "a").await,
        "/"
    );
}

#[tokio::test]
async fn nobody_is_led_away_or_there_from_elsewhere() {
    let place = Place::new().await;
    newcomer(&place, "1", "ada@example.com").await;
    let browser = place.server.browser();
    let url = lead(&browser, "a", &[("next", "https://evil.example/")]).await;
    assert_eq!(come_back(&browser, &place.a.agree(&url)).await, "/");
    let foreign = browser
        .client
        .post(format!("{}/sign-in/with/a", browser.base));
    let foreign = foreign
        .header(header::ORIGIN, "https://evil.example")
        .send()
        .await;
    assert_eq!(foreign.expect("an answer").status(), StatusCode::FORBIDDEN);
    let unknown = browser
        .post_plainly("/sign-in/with/nobody", "/sign-in")
        .form(&[("wish", "")]);
    assert_eq!(
        unknown.send().await.expect("an answer").status(),
        StatusCode::NOT_FOUND
    );
    // What the person cancels there is told as such.
    let url = lead(&browser, "a", &[]).await;
    let state = url.split_once("state=").expect("a state").1;
    let state = state.split('&').next().expect("its end");
    let back = format!("/sign-in/with/a/callback?error=access_denied&state={state}");
    assert_eq!(come_back(&browser, &back).await, "/sign-in?failed=declined");
}
