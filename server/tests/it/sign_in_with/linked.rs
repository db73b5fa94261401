//! Accounts elsewhere that a person links to their own, and takes away.

use super::{Place, come_back, lead, newcomer, sign_in_with};
use crate::accounts::{call, do_it, is_in, letter, token_in};
use crate::second_factor::Protected;
use crate::step_up::let_ten_minutes_pass;
use crate::support::Browser;
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_support::Person;

/// A person with a password and a confirmed address, and their browser.
async fn confirmed(place: &Place) -> (Person, Browser) {
    let ada = place.server.world.owner("ada").await;
    let browser = place.server.browser_of(&ada).await;
    let letters = place.server.world.letters_to(&ada.email).await;
    let token = token_in(letter(&letters, "Confirm your email address"));
    do_it(&browser, "confirm_address", &[("token", &token)]).await;
    (ada, browser)
}

async fn link(place: &Place, browser: &Browser) -> String {
    let url = lead(browser, "a", &[("wish", "link")]).await;
    come_back(browser, &place.a.agree(&url)).await
}

#[tokio::test]
async fn an_account_is_linked_with_a_letter_and_a_row_and_signs_in_from_then_on() {
    let place = Place::new().await;
    let (ada, browser) = confirmed(&place).await;
    let pool = place.server.world.database.pool("postgres", 1);
    place
        .a
        .vouch(json!({ "sub": "7", "email": "ada@elsewhere.example" }));
    assert_eq!(link(&place, &browser).await, "/account?linked=yes");
    let letters = place.server.world.letters_to(&ada.email).await;
    letter(&letters, "You can sign in with A Inc. now");
    let other = place.server.browser();
    assert_eq!(sign_in_with(&other, &place.a, "a").await, "/");
    assert!(do_it(&other, "who_am_i", &[]).await.contains(&ada.email));
    let base = place.a.base();
    let form = [("issuer", base.as_str()), ("subject", "7")];
    do_it(&browser, "unlink_identity", &form).await;
    let letters = place.server.world.letters_to(&ada.email).await;
    letter(&letters, "A Inc. no longer signs you in");
    let (status, _) = call(&browser, "unlink_identity", &form).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(
        sign_in_with(&place.server.browser(), &place.a, "a").await,
        "/sign-in?failed=address-unverified"
    );
    let acts: Vec<String> = sqlx::query_scalar(
        "select act from audit_events where act like 'person.identity%' order by seq",
    )
    .fetch_all(&pool)
    .await
    .expect("rows");
    assert_eq!(acts, ["person.identity_linked", "person.identity_unlinked"]);
}

#[tokio::test]
async fn linking_and_unlinking_ask_for_a_recent_authentication() {
    let place = Place::new().await;
    let (_, browser) = confirmed(&place).await;
    let pool = place.server.world.database.pool("postgres", 1);
    let_ten_minutes_pass(&pool).await;
    let form = [("wish", "link")];
    let answer = browser
        .post_plainly("/sign-in/with/a", "/account")
        .form(&form)
        .send()
        .await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.headers()["location"], "/step-up?next=%2Faccount");
    let base = place.a.base();
    let form = [("issuer", base.as_str()), ("subject", "7")];
    let (status, _) = call(&browser, "unlink_identity", &form).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_somebody_elses_or_unconfirmed_is_not_linked() {
    let place = Place::new().await;
    newcomer(&place, "7", "eve@example.com").await;
    let (ada, browser) = confirmed(&place).await;
    assert_eq!(
        link(&place, &browser).await,
        "/account?next=%2Faccount&failed=linked-elsewhere".replace("next=%2Faccount&", "")
    );
    // Who signed up with an address that is not theirs must leave no way in behind.
    let bob = place.server.world.owner("bob").await;
    let bobs = place.server.browser_of(&bob).await;
    place.a.vouch(json!({ "sub": "8" }));
    assert_eq!(link(&place, &bobs).await, "/account?failed=confirm-first");
    // An attempt of one person does not end as another's.
    place.a.vouch(json!({ "sub": "9" }));
    let back = place
        .a
        .agree(&lead(&browser, "a", &[("wish", "link")]).await);
    do_it(&browser, "sign_out", &[]).await;
    assert_eq!(come_back(&browser, &back).await, "/sign-in?failed=expired");
    let sign_in = [
        ("email", ada.email.as_str()),
        ("password", test_support::PASSWORD),
    ];
    do_it(&browser, "sign_in", &sign_in).await;
    let account: Value =
        serde_json::from_str(&do_it(&browser, "account", &[]).await).expect("JSON");
    assert_eq!(account["identities"]["linked"], json!([]));
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let place = Place::new().await;
    let browser = newcomer(&place, "1", "ada@example.com").await;
    let base = place.a.base();
    let form = [("issuer", base.as_str()), ("subject", "1")];
    let (status, text) = call(&browser, "unlink_identity", &form).await;
    assert_eq!(status, StatusCode::CONFLICT, "{text}");
    // With a password there is another way.
    do_it(&browser, "forgot_password", &[("email", "ada@example.com")]).await;
    let letters = place.server.world.letters_to("ada@example.com").await;
    let token = token_in(letter(&letters, "Choose a new password"));
    let choice = [
        ("token", token.as_str()),
        ("password", test_support::PASSWORD),
    ];
    do_it(&browser, "choose_password", &choice).await;
    let sign_in = [
        ("email", "ada@example.com"),
        ("password", test_support::PASSWORD),
    ];
    do_it(&browser, "sign_in", &sign_in).await;
    do_it(&browser, "unlink_identity", &form).await;
}

#[tokio::test]
async fn who_has_no_password_confirms_elsewhere_that_it_is_them() {
    let place = Place::new().await;
    let browser = newcomer(&place, "1", "ada@example.com").await;
    let pool = place.server.world.database.pool("postgres", 1);
    let_ten_minutes_pass(&pool).await;
    let address = [("email", "new@example.com")];
    let (status, _) = call(&browser, "change_address", &address).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let page = browser
        .get("/step-up?next=/account")
        .send()
        .await
        .expect("a page");
    let page = page.text().await.expect("a body");
    assert!(
        page.contains("action=\"/sign-in/with/a\"") && !page.contains("action=\"/sign-in/with/b\""),
        "{page}"
    );
    assert!(
        !page.contains("name=\"password\"") && !page.contains("name=\"code\""),
        "{page}"
    );
    assert!(!page.contains("/sign-in/sso"), "{page}");
    let form = [("wish", "step_up"), ("next", "/account")];
    // Somebody else's account there does not do.
    let url = lead(&browser, "a", &form).await;
    assert!(
        url.contains("prompt=login") && url.contains("max_age=0"),
        "{url}"
    );
    place.a.vouch(json!({ "sub": "2" }));
    let to = come_back(&browser, &place.a.agree(&url)).await;
    assert_eq!(to, "/step-up?next=%2Faccount&failed=somebody-else");
    let (status, _) = call(&browser, "change_address", &address).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    place.a.vouch(json!({ "sub": "1" }));
    let url = lead(&browser, "a", &form).await;
    assert_eq!(come_back(&browser, &place.a.agree(&url)).await, "/account");
    do_it(&browser, "change_address", &address).await;
    assert!(is_in(&browser).await);
}

#[tokio::test]
async fn with_a_second_factor_no_password_and_no_account_elsewhere_confirms_anything() {
    let place = Place::new().await;
    let (_, browser) = confirmed(&place).await;
    place.a.vouch(json!({ "sub": "7" }));
    link(&place, &browser).await;
    let offered = async || {
        let page = browser.get("/step-up").send().await.expect("a page");
        let page = page.text().await.expect("a body");
        [
            "name=\"password\"",
            "action=\"/sign-in/with/a\"",
            "name=\"code\"",
        ]
        .map(|way| page.contains(way))
    };
    assert_eq!(offered().await, [true, true, false]);
    let same = Browser {
        client: browser.client.clone(),
        base: browser.base.clone(),
    };
    Protected::by(same).await;
    assert_eq!(offered().await, [false, false, true]);
    let pool = place.server.world.database.pool("postgres", 1);
    let_ten_minutes_pass(&pool).await;
    // Whoever sits at an open session may be signed in at the provider too.
    let answer = browser
        .post_plainly("/sign-in/with/a", "/step-up")
        .form(&[("wish", "step_up")])
        .send()
        .await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::CONFLICT);
}
