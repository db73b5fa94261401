//! The second factor: added, asked for, and not to be got around.

use crate::accounts::{call, do_it, is_in, letter};
use crate::support::{Browser, TestServer, functions};
use reqwest::{StatusCode, header};
use serde_json::Value;
use sqlx::PgPool;
use test_support::{PASSWORD, Person, code_of_app};

/// A person with an app and recovery codes, and the browser in which they are signed in.
pub struct Protected {
    pub browser: Browser,
    pub secret: String,
    pub codes: Vec<String>,
}

impl Protected {
    pub async fn new(server: &TestServer, person: &Person) -> Self {
        Self::by(server.browser_of(person).await).await
    }

    /// In a browser in which the person is signed in.
    pub async fn by(browser: Browser) -> Self {
        do_it(&browser, "begin_factor", &[]).await;
        let secret = secret(&browser).await;
        let code = code_of_app(&secret, 0);
        let codes = do_it(&browser, "confirm_factor", &[("code", &code)]).await;
        let codes = serde_json::from_str(&codes).expect("codes");
        Self {
            browser,
            secret,
            codes,
        }
    }
}

async fn factor(browser: &Browser) -> Value {
    let account: Value =
        serde_json::from_str(&do_it(browser, "account", &[]).await).expect("an account");
    account["factor"].clone()
}

pub async fn secret(browser: &Browser) -> String {
    let factor = factor(browser).await;
    let secret = factor["Enrolling"]["secret"].as_str();
    secret.expect("a secret").to_owned()
}

/// A browser between the two steps of a sign-in.
pub async fn half_in(server: &TestServer, person: &Person) -> Browser {
    let browser = server.browser();
    let form = [("email", person.email.as_str()), ("password", PASSWORD)];
    do_it(&browser, "sign_in", &form).await;
    browser
}

/// Codes of steps that are past become usable again: as if time had passed.
async fn let_time_pass(pool: &PgPool) {
    sqlx::query("update second_factors set last_step = 0")
        .execute(pool)
        .await
        .expect("time passes");
}

#[tokio::test]
async fn a_second_factor_is_added_by_its_first_code_and_asked_for_from_then_on() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    assert_eq!(factor(&browser).await, "Off");
    do_it(&browser, "begin_factor", &[]).await;
    let page = browser.get("/account").send().await.expect("a page");
    let page = page.text().await.expect("a body");
    assert!(page.contains("M0 0h1v1h-1z"), "{page}");
    let (status, _) = call(&browser, "confirm_factor", &[("code", "000000")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    // Not on yet: the password is enough.
    assert!(is_in(&half_in(&server, &ada).await).await);
    let secret = secret(&browser).await;
    let code = code_of_app(&secret, 0);
    let codes = do_it(&browser, "confirm_factor", &[("code", &code)]).await;
    assert_eq!(
        serde_json::from_str::<Vec<String>>(&codes)
            .expect("codes")
            .len(),
        10
    );
    let letters = server.world.letters_to(&ada.email).await;
    letter(&letters, "A second factor was added");
    let other = half_in(&server, &ada).await;
    assert!(!is_in(&other).await);
    let code = code_of_app(&secret, 1);
    do_it(&other, "sign_in_with_code", &[("code", &code)]).await;
    assert!(is_in(&other).await);
    let (status, _) = call(&other, "begin_factor", &[]).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn recovery_codes_are_shown_once_without_javascript_too() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    let post = async |function: &str, form: &[(&str, &str)]| {
        let request = browser.post_plainly(&format!("/api/{function}"), "/account");
        let answer = request.form(form).send().await.expect("an answer");
        let to = answer.headers()[header::LOCATION].to_str().expect("text");
        assert!(
            to.trim_end_matches('?').ends_with("/account"),
            "{function} led to {to}"
        );
    };
    post("begin_factor", &[]).await;
    let code = code_of_app(&secret(&browser).await, 0);
    post("confirm_factor", &[("code", &code)]).await;
    let shown = async || {
        let page = browser.get("/account").send().await.expect("a page");
        let page = page.text().await.expect("a body");
        page.matches("<li><code>").count()
    };
    assert_eq!(shown().await, 10);
    assert_eq!(shown().await, 0, "shown twice");
}

#[tokio::test]
async fn between_the_steps_a_session_opens_nothing() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Protected::new(&server, &ada).await;
    let half = half_in(&server, &ada).await;
    // What needs nobody to be signed in.
    let open = [
        "sign_up",
        "sign_in",
        "sign_in_with_code",
        "begin_passkey_sign_in",
        "sign_in_with_passkey",
        "begin_passkey_check",
        "find_second_step",
        "sign_in_providers",
        "sign_out",
        "home",
        "set_theme",
        "visit",
        "who_am_i",
        "forgot_password",
        "find_reset",
        "choose_password",
    ];
    let mut tried = 0;
    for name in functions() {
        // Functions that read their arguments before they ask who asks may find them wanting.
        let harmless = [
            StatusCode::UNAUTHORIZED,
            StatusCode::BAD_REQUEST,
            StatusCode::UNPROCESSABLE_ENTITY,
            StatusCode::NOT_FOUND,
        ];
        if open.contains(&name) {
            continue;
        }
        let form = [
            ("tenant", ada.actor.slug()),
            ("token", "x"),
            ("code", "123456"),
        ];
        let request = half.post(&format!("/api/{name}"));
        let request = if name == "list_tasks" {
            request.json(&serde_json::json!({ "tenant": ada.actor.slug(), "filter": {} }))
        } else {
            request.form(&form)
        };
        let answer = request.send().await.expect("an answer");
        assert!(
            harmless.contains(&answer.status()),
            "{name}: {}",
            answer.status()
        );
        tried += 1;
    }
    assert!(tried > 30);
    for path in ["/account".to_owned(), format!("/t/{}", ada.actor.slug())] {
        let answer = half.get(&path).send().await.expect("an answer");
        let to = answer.headers()[header::LOCATION].to_str().expect("text");
        assert!(to.starts_with("/sign-in"), "{path} led to {to}");
    }
    let seen = do_it(&own.browser, "account", &[]).await;
    let seen: Value = serde_json::from_str(&seen).expect("an account");
    assert_eq!(seen["sessions"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_session_id_changes_at_each_step() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Protected::new(&server, &ada).await;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let post = async |function: &str, cookie: &str, form: &[(&str, &str)]| {
        let answer = client
            .post(format!("{}/api/{function}", server.base))
            .header(header::ORIGIN, &server.base)
            .header(header::COOKIE, cookie)
            .form(form)
            .send()
            .await
            .expect("an answer");
        let set = answer.headers().get_all(header::SET_COOKIE).iter();
        let set = set.filter_map(|value| value.to_str().ok());
        let set = set.rev().find(|line| line.starts_with("bulkhead="));
        let set = set.unwrap_or_default().split(';').next();
        (answer.status(), set.unwrap_or_default().to_owned())
    };
    let password = [("email", ada.email.as_str()), ("password", PASSWORD)];
    let (_, half) = post("sign_in", "", &password).await;
    let code = code_of_app(&own.secret, 1);
    let (status, whole) = post("sign_in_with_code", &half, &[("code", &code)]).await;
    assert!(status.is_redirection() || status.is_success(), "{status}");
    assert!(!half.is_empty() && !whole.is_empty() && half != whole);
    let (status, _) = post("account", &half, &[]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "the old id lives on");
    let (status, _) = post("account", &whole, &[]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_is_taken_once() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Protected::new(&server, &ada).await;
    let (one, two) = (half_in(&server, &ada).await, half_in(&server, &ada).await);
    // The code that turned the factor on is used up too.
    let used = code_of_app(&own.secret, 0);
    let (status, _) = call(&one, "sign_in_with_code", &[("code", &used)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = code_of_app(&own.secret, 1);
    let form = [("code", code.as_str())];
    let both = tokio::join!(
        call(&one, "sign_in_with_code", &form),
        call(&two, "sign_in_with_code", &form)
    );
    let refused = [both.0.0, both.1.0]
        .iter()
        .filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY)
        .count();
    assert_eq!(refused, 1, "{both:?}");
    assert!(is_in(&one).await != is_in(&two).await);
}

#[tokio::test]
async fn a_recovery_code_works_once_and_is_told_by_mail() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Protected::new(&server, &ada).await;
    let browser = half_in(&server, &ada).await;
    let typed = own.codes[3].to_uppercase().replace('-', " ");
    do_it(&browser, "sign_in_with_code", &[("code", &typed)]).await;
    assert!(is_in(&browser).await);
    let letters = server.world.letters_to(&ada.email).await;
    assert!(
        letter(&letters, "A recovery code was used")
            .text
            .contains("9 are left")
    );
    let again = half_in(&server, &ada).await;
    let (status, _) = call(&again, "sign_in_with_code", &[("code", &typed)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let renewed = do_it(&own.browser, "renew_codes", &[]).await;
    let renewed: Vec<String> = serde_json::from_str(&renewed).expect("codes");
    let (status, _) = call(&again, "sign_in_with_code", &[("code", &own.codes[4])]).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "an old code works"
    );
    do_it(&again, "sign_in_with_code", &[("code", &renewed[0])]).await;
}

#[tokio::test]
async fn codes_cannot_be_guessed() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Protected::new(&server, &ada).await;
    let browser = half_in(&server, &ada).await;
    let mut looked_at = 0;
    for guess in 0..40 {
        let code = format!("{guess:06}");
        let (status, _) = call(&browser, "sign_in_with_code", &[("code", &code)]).await;
        looked_at += usize::from(status == StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(looked_at <= 10, "{looked_at} guesses were looked at");
    // A new session does not begin the count anew, and a right code comes too late.
    let again = half_in(&server, &ada).await;
    let code = code_of_app(&own.secret, 1);
    let (status, _) = call(&again, "sign_in_with_code", &[("code", &code)]).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn what_is_stored_of_a_factor_is_of_no_use() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Protected::new(&server, &ada).await;
    let bob = server.world.owner("bob").await;
    let bobs = server.browser_of(&bob).await;
    do_it(&bobs, "begin_factor", &[]).await;
    let pool = server.world.database.pool("postgres", 1);
    let (stored, version): (Vec<u8>, i64) =
        sqlx::query_as("select secret, secret_version from second_factors where user_id = $1")
            .bind(ada.user.0)
            .fetch_one(&pool)
            .await
            .expect("a secret");
    let secret = totp_secret(&own.secret);
    assert!(!stored.windows(secret.len()).any(|part| part == secret));
    // Sealed for Ada, it does not open in Bob's row.
    sqlx::query("update second_factors set secret = $2, secret_version = $3 where user_id = $1")
        .bind(bob.user.0)
        .bind(&stored)
        .bind(version)
        .execute(&pool)
        .await
        .expect("moved");
    let (status, _) = call(&bobs, "account", &[]).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

/// The bytes of a secret as people type it.
pub fn totp_secret(base32: &str) -> Vec<u8> {
    let mut bits = 0_u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for letter in base32.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            _ => letter - b'2' + 26,
        };
        bits = bits << 5 | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

#[tokio::test]
async fn a_new_password_ends_a_sign_in_that_is_half_done() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Protected::new(&server, &ada).await;
    let half = half_in(&server, &ada).await;
    let form = [("current", PASSWORD), ("password", "another long phrase")];
    do_it(&own.browser, "change_password", &form).await;
    let_time_pass(&server.world.database.pool("postgres", 1)).await;
    let code = code_of_app(&own.secret, 0);
    let (status, _) = call(&half, "sign_in_with_code", &[("code", &code)]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
