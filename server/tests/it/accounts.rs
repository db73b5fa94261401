//! A person's account, through HTTP and through the letters that are sent.

use crate::support::{Browser, TestServer};
use domain::mail::Mail;
use reqwest::{Response, StatusCode, header};
use std::time::Instant;
use test_support::{PASSWORD, link_in};

const NEW_PASSWORD: &str = "another long phrase";

/// What a server function answers.
pub async fn call(
    browser: &Browser,
    function: &str,
    form: &[(&str, &str)],
) -> (StatusCode, String) {
    let request = browser.post(&format!("/api/{function}")).form(form);
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("a body"))
}

/// Asserts that a server function did what was asked.
pub async fn do_it(browser: &Browser, function: &str, form: &[(&str, &str)]) -> String {
    let (status, text) = call(browser, function, form).await;
    assert!(
        status.is_success() || status.is_redirection(),
        "{function}: {status} {text}"
    );
    text
}

/// The one letter with this subject.
pub fn letter<'a>(letters: &'a [Mail], subject: &str) -> &'a Mail {
    let mut found = letters.iter().filter(|mail| mail.subject == subject);
    let subjects: Vec<_> = letters.iter().map(|mail| &mail.subject).collect();
    let letter = found
        .next()
        .unwrap_or_else(|| panic!("no \"{subject}\" among {subjects:?}"));
    assert!(found.next().is_none(), "{subject} twice");
    letter
}

/// The token of the link in a letter.
pub fn token_in(mail: &Mail) -> String {
    let link = link_in(mail);
    link.split_once("?token=").expect("a token").1.to_owned()
}

async fn page(browser: &Browser, path: &str) -> (StatusCode, String) {
    let answer: Response = browser.get(path).send().await.expect("a page");
    (answer.status(), answer.text().await.expect("a body"))
}

async fn signed_up(server: &TestServer, email: &str) -> Browser {
    let browser = server.browser();
    let form = [
        ("name", "Eve"),
        ("email", email),
        ("password", PASSWORD),
        ("tenant_name", "Eve's team"),
    ];
    do_it(&browser, "sign_up", &form).await;
    browser
}

/// Whether this browser is signed in.
pub async fn is_in(browser: &Browser) -> bool {
    do_it(browser, "who_am_i", &[]).await != "null"
}

#[tokio::test]
async fn an_address_is_confirmed_once_by_the_link_that_was_sent_to_it() {
    let server = TestServer::start().await;
    let eve = signed_up(&server, "eve@example.com").await;
    let letters = server.world.letters_to("eve@example.com").await;
    let mail = letter(&letters, "Confirm your email address");
    let (link, token) = (link_in(mail), token_in(mail));
    assert!(link.starts_with(&format!("{}/confirm-address?", server.base)));
    // The banner is there, and opening the page is not enough: mail programs open links too.
    let home = do_it(&eve, "home", &[]).await;
    let tenant = home.trim_matches('"').to_owned();
    assert!(
        page(&eve, &tenant)
            .await
            .1
            .contains("Please confirm your address")
    );
    let path = link.strip_prefix(&server.base).expect("ours");
    let (status, text) = page(&eve, path).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("Confirm address"));
    assert!(
        page(&eve, &tenant)
            .await
            .1
            .contains("Please confirm your address")
    );
    do_it(&eve, "confirm_address", &[("token", &token)]).await;
    assert!(
        !page(&eve, &tenant)
            .await
            .1
            .contains("Please confirm your address")
    );
    let (status, text) = call(&eve, "confirm_address", &[("token", &token)]).await;
    assert_eq!(status, StatusCode::CONFLICT, "{text}");
    let (status, _) = call(&eve, "send_confirmation", &[]).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_letter_can_be_sent_again_and_then_the_first_link_is_worthless() {
    let server = TestServer::start().await;
    let eve = signed_up(&server, "eve@example.com").await;
    let first = token_in(&server.world.letters_to("eve@example.com").await[0]);
    do_it(&eve, "send_confirmation", &[]).await;
    let second = token_in(&server.world.letters_to("eve@example.com").await[0]);
    let (status, _) = call(&eve, "confirm_address", &[("token", &first)]).await;
    assert_eq!(status, StatusCode::CONFLICT);
    do_it(&eve, "confirm_address", &[("token", &second)]).await;
    for _ in 0..5 {
        call(&eve, "send_confirmation", &[]).await;
    }
    assert!(server.world.letters_to("eve@example.com").await.len() <= 4);
}

#[tokio::test]
async fn the_owner_of_an_address_cannot_confirm_it_for_whoever_signed_up_with_it() {
    let server = TestServer::start().await;
    let mallory = signed_up(&server, "victim@example.com").await;
    let letters = server.world.letters_to("victim@example.com").await;
    let token = token_in(letter(&letters, "Confirm your email address"));
    // The victim follows the link: signed out, and as somebody else.
    let (status, _) = call(&server.browser(), "confirm_address", &[("token", &token)]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let victim = signed_up(&server, "other@example.com").await;
    let (status, _) = call(&victim, "confirm_address", &[("token", &token)]).await;
    assert_eq!(status, StatusCode::CONFLICT);
    // Neither used the link up.
    do_it(&mallory, "confirm_address", &[("token", &token)]).await;
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_once_and_all_sessions_end() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let (here, there) = (server.browser_of(&ada).await, server.browser_of(&ada).await);
    server.world.letters_to("").await;
    let anybody = server.browser();
    let email = ada.email.as_str();
    do_it(&anybody, "forgot_password", &[("email", email)]).await;
    let letters = server.world.letters_to(email).await;
    let token = token_in(letter(&letters, "Choose a new password"));
    let (status, text) = page(&anybody, &format!("/reset?token={token}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("New password") && text.contains(&token));
    let form = [("token", token.as_str()), ("password", NEW_PASSWORD)];
    do_it(&anybody, "choose_password", &form).await;
    for browser in [&here, &there, &anybody] {
        assert!(!is_in(browser).await);
    }
    let letters = server.world.letters_to(email).await;
    letter(&letters, "Your password was changed");
    let (status, _) = call(&anybody, "choose_password", &form).await;
    assert_eq!(status, StatusCode::CONFLICT, "the link worked twice");
    let (_, text) = page(&anybody, &format!("/reset?token={token}")).await;
    assert!(text.contains("used already"));
    let old = [("email", email), ("password", PASSWORD)];
    assert_eq!(
        call(&anybody, "sign_in", &old).await.0,
        StatusCode::UNAUTHORIZED
    );
    let new = [("email", email), ("password", NEW_PASSWORD)];
    do_it(&anybody, "sign_in", &new).await;
    assert!(is_in(&anybody).await);
}

#[tokio::test]
async fn a_link_works_for_an_hour_and_two_who_follow_it_at_once_do_not_both_succeed() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let email = ada.email.as_str();
    let browser = server.browser();
    let ask = async || {
        do_it(&browser, "forgot_password", &[("email", email)]).await;
        let letters = server.world.letters_to(email).await;
        token_in(letter(&letters, "Choose a new password"))
    };
    let token = ask().await;
    let pool = server.world.database.pool("postgres", 1);
    let left: f64 = sqlx::query_scalar(
        "select extract(epoch from expires_at - now())::float8 from one_time_links
        where purpose = 'reset_password'",
    )
    .fetch_one(&pool)
    .await
    .expect("a link");
    assert!((3500.0..=3600.0).contains(&left), "{left}");
    sqlx::query("update one_time_links set expires_at = now() - interval '1 second'")
        .execute(&pool)
        .await
        .expect("time passes");
    let form = [("token", token.as_str()), ("password", NEW_PASSWORD)];
    let (status, _) = call(&browser, "choose_password", &form).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let token = ask().await;
    let form = [("token", token.as_str()), ("password", NEW_PASSWORD)];
    let both = tokio::join!(
        call(&browser, "choose_password", &form),
        call(&browser, "choose_password", &form)
    );
    let worked = [both.0.0, both.1.0]
        .iter()
        .filter(|status| **status != StatusCode::CONFLICT)
        .count();
    assert_eq!(worked, 1, "{both:?}");
}

#[tokio::test]
async fn who_has_an_account_is_told_neither_by_answer_nor_by_time() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..5 {
        let nobody = format!("nobody{round}@example.com");
        for (email, times) in [(ada.email.as_str(), &mut known), (&nobody, &mut unknown)] {
            let began = Instant::now();
            let (status, text) = call(&browser, "forgot_password", &[("email", email)]).await;
            times.push(began.elapsed().as_millis());
            assert_eq!((status, text.as_str()), (StatusCode::OK, "null"));
        }
    }
    known.sort_unstable();
    unknown.sort_unstable();
    let apart = known[2].abs_diff(unknown[2]);
    assert!(apart < 60, "{known:?} against {unknown:?}");
    // Five letters in a quarter of an hour, for whatever address.
    let (status, _) = call(&browser, "forgot_password", &[("email", &ada.email)]).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..5 {
        call(&browser, "forgot_password", &[("email", "no@example.com")]).await;
    }
    let (status, _) = call(&browser, "forgot_password", &[("email", "no@example.com")]).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn an_address_changes_when_the_new_one_confirms_it_and_the_old_one_is_told() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    server.world.letters_to("").await;
    let (old, new) = (ada.email.as_str(), "ada.new@example.com");
    do_it(&browser, "change_address", &[("email", new)]).await;
    let world = &server.world;
    let inbox = test_support::Inbox::default();
    domain::mail::send_due(&world.services, &inbox)
        .await
        .expect("sending");
    let letters = inbox.letters();
    let to_new = letter(&letters, "Confirm your new email address");
    assert_eq!(to_new.to.as_str(), new);
    let to_old = letter(&letters, "A new email address for your account");
    assert_eq!(to_old.to.as_str(), old);
    // Not before it is confirmed.
    assert!(do_it(&browser, "who_am_i", &[]).await.contains(old));
    do_it(&browser, "confirm_address", &[("token", &token_in(to_new))]).await;
    assert!(do_it(&browser, "who_am_i", &[]).await.contains(new));
    let letters = world.letters_to(old).await;
    letter(&letters, "Your email address was changed");
    let taken = server.world.owner("bob").await;
    let (status, _) = call(&browser, "change_address", &[("email", &taken.email)]).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_link_that_went_to_an_old_address_opens_nothing() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    do_it(&browser, "forgot_password", &[("email", &ada.email)]).await;
    let letters = server.world.letters_to(&ada.email).await;
    let reset = token_in(letter(&letters, "Choose a new password"));
    do_it(&browser, "change_address", &[("email", "new@example.com")]).await;
    let letters = server.world.letters_to("new@example.com").await;
    let confirm = token_in(letter(&letters, "Confirm your new email address"));
    do_it(&browser, "confirm_address", &[("token", &confirm)]).await;
    let form = [("token", reset.as_str()), ("password", NEW_PASSWORD)];
    let (status, _) = call(&browser, "choose_password", &form).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn changing_the_password_ends_other_sessions_and_is_told_by_mail() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let (here, there) = (server.browser_of(&ada).await, server.browser_of(&ada).await);
    let form = [("current", PASSWORD), ("password", NEW_PASSWORD)];
    do_it(&here, "change_password", &form).await;
    assert!(is_in(&here).await && !is_in(&there).await);
    let letters = server.world.letters_to(&ada.email).await;
    letter(&letters, "Your password was changed");
}

#[tokio::test]
async fn links_work_in_a_browser_without_javascript() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser();
    let answer = browser
        .post_plainly("/api/forgot_password", "/forgot")
        .form(&[("email", ada.email.as_str())])
        .send()
        .await
        .expect("an answer");
    let to = answer.headers()[header::LOCATION].to_str().expect("text");
    assert_eq!(to, "/forgot?sent=yes");
    let (_, text) = page(&browser, to).await;
    assert!(text.contains("a link is on its way"), "{text}");
}
