//! Passkeys through HTTP, with a device in software: added, asked, and not to be got around.

pub mod own;
mod refused;

use crate::accounts::{call, do_it, is_in};
use crate::second_factor::{Protected, half_in};
use crate::step_up::let_ten_minutes_pass;
use crate::support::{Browser, TestServer};
use reqwest::{StatusCode, header::LOCATION};
use test_support::{PASSWORD, Person, SoftPasskey};

/// The server's pages by the name that passkeys belong to.
pub fn named(server: &TestServer) -> String {
    server.base.replace("127.0.0.1", "localhost")
}

/// A browser that knows the server by that name.
pub fn browser(server: &TestServer) -> Browser {
    Browser {
        base: named(server),
        ..server.browser()
    }
}

/// The same after the password of somebody.
pub async fn after_password(server: &TestServer, person: &Person) -> Browser {
    let browser = browser(server);
    let form = [("email", person.email.as_str()), ("password", PASSWORD)];
    do_it(&browser, "sign_in", &form).await;
    browser
}

/// What a device is asked to do.
pub async fn asked(browser: &Browser, function: &str) -> String {
    serde_json::from_str(&do_it(browser, function, &[]).await).expect("options")
}

/// Somebody with a passkey, and the browser in which it was added.
pub struct Keyed {
    pub browser: Browser,
    pub device: SoftPasskey,
    pub codes: Vec<String>,
}

impl Keyed {
    pub async fn new(server: &TestServer, person: &Person) -> Self {
        Self::with(server, person, SoftPasskey::at(&named(server))).await
    }

    pub async fn with(server: &TestServer, person: &Person, mut device: SoftPasskey) -> Self {
        let browser = after_password(server, person).await;
        let made = device.register(&asked(&browser, "begin_passkey").await);
        let codes = do_it(&browser, "add_passkey", &[("passkey", &made)]).await;
        let codes = serde_json::from_str(&codes).expect("codes");
        Self {
            browser,
            device,
            codes,
        }
    }
}

/// What comes of signing in by a passkey alone.
pub async fn sign_in(browser: &Browser, device: &mut SoftPasskey) -> (StatusCode, String) {
    let answer = device.answer(&asked(browser, "begin_passkey_sign_in").await);
    call(browser, "sign_in_with_passkey", &[("passkey", &answer)]).await
}

/// What comes of answering where a code was asked for.
pub async fn check(
    browser: &Browser,
    function: &str,
    device: &mut SoftPasskey,
) -> (StatusCode, String) {
    let answer = device.answer(&asked(browser, "begin_passkey_check").await);
    call(browser, function, &[("passkey", &answer)]).await
}

#[tokio::test]
async fn a_passkey_signs_in_without_an_address_and_without_a_password() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut own = Keyed::new(&server, &ada).await;
    for _ in 0..2 {
        let elsewhere = browser(&server);
        let (status, text) = sign_in(&elsewhere, &mut own.device).await;
        assert!(status.is_success() || status.is_redirection(), "{text}");
        assert!(is_in(&elsewhere).await);
        // It is two factors by itself, and a recent authentication.
        do_it(&elsewhere, "begin_passkey", &[]).await;
    }
}

#[tokio::test]
async fn a_device_that_does_not_count_its_signatures_will_do() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut device = SoftPasskey::at(&named(&server));
    device.count = 0;
    let mut own = Keyed::with(&server, &ada, device).await;
    for _ in 0..2 {
        let elsewhere = browser(&server);
        sign_in(&elsewhere, &mut own.device).await;
        assert!(is_in(&elsewhere).await);
    }
}

#[tokio::test]
async fn it_leads_to_the_page_that_was_asked_for_and_to_no_other_site() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut own = Keyed::new(&server, &ada).await;
    for (next, to) in [("/account", "/account"), ("//evil.example", "/")] {
        let browser = browser(&server);
        let options = asked(&browser, "begin_passkey_sign_in").await;
        let answer = own.device.answer(&options);
        let answer = browser
            .post_plainly("/api/sign_in_with_passkey", "/sign-in")
            .form(&[("passkey", answer.as_str()), ("next", next)])
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.headers()[LOCATION], to);
    }
}

#[tokio::test]
async fn after_a_password_a_passkey_or_a_code_will_do() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let mut own = Keyed::new(&server, &ada).await;
    let half = after_password(&server, &ada).await;
    assert!(!is_in(&half).await, "the password alone was enough");
    let steps = do_it(&half, "find_second_step", &[]).await;
    assert_eq!(steps, r#"{"app":false,"passkey":true}"#);
    let page = half.get("/sign-in/code").send().await.expect("a page");
    let page = page.text().await.expect("a body");
    assert!(page.contains("Use a passkey"), "{page}");
    let (status, text) = check(&half, "sign_in_with_code", &mut own.device).await;
    assert!(status.is_success() || status.is_redirection(), "{text}");
    assert!(is_in(&half).await);
    // With an app too, its codes do as well.
    let app = Protected::by(own.browser).await;
    let half = after_password(&server, &ada).await;
    let steps = do_it(&half, "find_second_step", &[]).await;
    assert_eq!(steps, r#"{"app":true,"passkey":true}"#);
    let code = test_support::code_of_app(&app.secret, 1);
    do_it(&half, "sign_in_with_code", &[("code", &code)]).await;
    assert!(is_in(&half).await);
    let half = after_password(&server, &ada).await;
    check(&half, "sign_in_with_code", &mut own.device).await;
    assert!(is_in(&half).await);
}

#[tokio::test]
async fn recovery_codes_stand_in_for_a_passkey() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Keyed::new(&server, &ada).await;
    assert_eq!(own.codes.len(), 10);
    let half = half_in(&server, &ada).await;
    do_it(&half, "sign_in_with_code", &[("code", &own.codes[0])]).await;
    assert!(is_in(&half).await);
    // A second passkey brings no new ones, which would make the first worthless.
    let mut second = SoftPasskey::at(&named(&server));
    let made = second.register(&asked(&own.browser, "begin_passkey").await);
    let codes = do_it(&own.browser, "add_passkey", &[("passkey", &made)]).await;
    assert_eq!(codes, "[]");
}

#[tokio::test]
async fn a_passkey_confirms_that_it_is_still_its_person() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let mut own = Keyed::new(&server, &ada).await;
    let mut bobs = Keyed::new(&server, &bob).await;
    let pool = server.world.database.pool("postgres", 1);
    let_ten_minutes_pass(&pool).await;
    for function in ["begin_passkey", "add_passkey", "remove_passkey"] {
        let (status, text) = call(&own.browser, function, &[("passkey", "x")]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{function}: {text}");
        assert!(text.contains("step_up"), "{function}: {text}");
    }
    let (status, _) = call(&own.browser, "step_up", &[("password", PASSWORD)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _) = check(&own.browser, "step_up", &mut bobs.device).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "another's passkey"
    );
    let (status, text) = check(&own.browser, "step_up", &mut own.device).await;
    assert!(status.is_success() || status.is_redirection(), "{text}");
    do_it(&own.browser, "begin_passkey", &[]).await;
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_that_a_tenant_wants() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let required = [("tenant", ada.actor.slug()), ("required", "true")];
    let plain = server.browser_of(&ada).await;
    let (status, _) = call(&plain, "require_factor", &required).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let own = Keyed::new(&server, &ada).await;
    do_it(&own.browser, "require_factor", &required).await;
    let tenant = [("tenant", ada.actor.slug())];
    do_it(&own.browser, "overview", &tenant).await;
    // Without the last one, the door is closed as it is without an app.
    let passkey = own::only_id(&own.browser).await;
    do_it(&own.browser, "remove_passkey", &[("passkey", &passkey)]).await;
    let (status, text) = call(&own.browser, "overview", &tenant).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{text}");
    // And the password is enough again to get as far as adding another.
    assert!(is_in(&after_password(&server, &ada).await).await);
}
