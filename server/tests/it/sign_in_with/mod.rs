//! Signing in with an account elsewhere: the way there and back, and the person at the end of it.

mod attacks;
mod invited;
pub mod issuer;
mod linked;

use crate::accounts::{do_it, is_in};
use crate::support::{Browser, TestServer};
use issuer::Issuer;
use reqwest::header::LOCATION;
use serde_json::{Value, json};

/// A server, and the providers `a` and `b` that it knows.
pub struct Place {
    pub server: TestServer,
    pub a: Issuer,
    pub b: Issuer,
}

impl Place {
    pub async fn new() -> Self {
        let (a, b) = (Issuer::start().await, Issuer::start().await);
        let server = TestServer::with_providers(vec![a.provider("a"), b.provider("b")]).await;
        Self { server, a, b }
    }
}

/// Posts the form of a provider's button. Answers where the browser is led.
pub async fn lead(browser: &Browser, provider: &str, form: &[(&str, &str)]) -> String {
    let path = format!("/sign-in/with/{provider}");
    let answer = browser
        .post_plainly(&path, "/sign-in")
        .form(form)
        .send()
        .await;
    let answer = answer.expect("an answer");
    assert!(answer.status().is_success(), "{answer:?}");
    let page = answer.text().await.expect("a page");
    let (_, rest) = page.split_once("<a href=\"").expect("a link");
    let (url, _) = rest.split_once('"').expect("its end");
    url.replace("&amp;", "&")
}

/// Follows a path as a browser that was sent there. Answers where it leads.
pub async fn come_back(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).send().await.expect("an answer");
    let to = answer
        .headers()
        .get(LOCATION)
        .map(|to| to.to_str().expect("text").to_owned());
    to.unwrap_or_else(|| panic!("{path}: {}", answer.status()))
}

/// The whole way. Answers where it leads.
pub async fn sign_in_with(browser: &Browser, issuer: &Issuer, provider: &str) -> String {
    let url = lead(browser, provider, &[]).await;
    come_back(browser, &issuer.agree(&url)).await
}

/// Signs somebody new up. Answers their browser.
pub async fn newcomer(place: &Place, subject: &str, email: &str) -> Browser {
    place
        .a
        .vouch(json!({ "sub": subject, "email": email, "email_verified": true, "name": "Ada" }));
    let browser = place.server.browser();
    assert_eq!(sign_in_with(&browser, &place.a, "a").await, "/sign-up/with");
    let form = [("name", "Ada L."), ("tenant_name", "Engines")];
    do_it(&browser, "sign_up_with", &form).await;
    browser
}

#[tokio::test]
async fn somebody_new_signs_up_and_comes_back() {
    let place = Place::new().await;
    let email = "ada@example.com";
    place
        .a
        .vouch(json!({ "sub": "1", "email": email, "email_verified": true, "name": "Ada" }));
    let browser = place.server.browser();
    assert_eq!(sign_in_with(&browser, &place.a, "a").await, "/sign-up/with");
    assert!(!is_in(&browser).await, "a newcomer is nobody yet");
    let page = browser.get("/sign-up/with").send().await.expect("a page");
    let page = page.text().await.expect("a body");
    assert!(
        page.contains(email) && page.contains("value=\"Ada\"") && page.contains("A Inc."),
        "{page}"
    );
    let form = [("name", "Ada L."), ("tenant_name", "Engines")];
    do_it(&browser, "sign_up_with", &form).await;
    assert!(is_in(&browser).await);
    let account: Value =
        serde_json::from_str(&do_it(&browser, "account", &[]).await).expect("JSON");
    assert_eq!(account["me"]["email_verified"], true);
    assert_eq!(account["identities"]["has_password"], false);
    assert_eq!(
        account["identities"]["linked"][0]["provider_name"],
        "A Inc."
    );
    let acts: Vec<String> = sqlx::query_scalar("select act from audit_events")
        .fetch_all(&place.server.world.database.pool("postgres", 1))
        .await
        .expect("rows");
    assert_eq!(acts, ["tenant.created"]);

    let again = place.server.browser();
    let url = lead(&again, "a", &[("next", "/t/engines/usage")]).await;
    assert_eq!(
        come_back(&again, &place.a.agree(&url)).await,
        "/t/engines/usage"
    );
    assert!(is_in(&again).await);
    // A new browser, so a letter.
    let letters = place.server.world.letters_to(email).await;
    assert!(
        letters
            .iter()
            .any(|mail| mail.subject == "A sign-in from a new device")
    );
    // Without a password there is none to guess.
    let form = [("email", email), ("password", "")];
    let (status, _) = crate::accounts::call(&again, "sign_in", &form).await;
    assert_eq!(status, reqwest::StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_pages_have_a_button_for_each_provider() {
    let place = Place::new().await;
    for page in ["/sign-in", "/sign-up"] {
        let answer = place
            .server
            .browser()
            .get(page)
            .send()
            .await
            .expect("a page");
        let text = answer.text().await.expect("a body");
        for provider in ["a", "b"] {
            assert!(
                text.contains(&format!("action=\"/sign-in/with/{provider}\"")),
                "{page}: {text}"
            );
        }
    }
    let why = place
        .server
        .browser()
        .get("/sign-in?failed=expired")
        .send()
        .await
        .expect("a page");
    assert!(
        why.text()
            .await
            .expect("a body")
            .contains("This sign-in took too long")
    );
}

#[tokio::test]
async fn the_session_id_changes_and_a_second_factor_is_asked_for() {
    let place = Place::new().await;
    let ada = newcomer(&place, "1", "ada@example.com").await;
    do_it(&ada, "begin_factor", &[]).await;
    let account: Value = serde_json::from_str(&do_it(&ada, "account", &[]).await).expect("JSON");
    let secret = account["factor"]["Enrolling"]["secret"]
        .as_str()
        .expect("a secret");
    let code = test_support::code_of_app(secret, 0);
    do_it(&ada, "confirm_factor", &[("code", &code)]).await;
    let other = place.server.browser();
    let url = lead(&other, "a", &[]).await;
    let answer = other
        .get(&place.a.agree(&url))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.headers()[LOCATION], "/sign-in/code");
    let planted = answer.headers().get_all("set-cookie").iter();
    let changed = planted
        .filter_map(|line| line.to_str().ok())
        .any(|line| line.starts_with("bulkhead="));
    assert!(changed, "{answer:?}");
    assert!(!is_in(&other).await);
    let code = test_support::code_of_app(secret, 1);
    do_it(&other, "sign_in_with_code", &[("code", &code)]).await;
    assert!(is_in(&other).await);
}

#[tokio::test]
async fn github_vouches_by_its_api() {
    let hub = Issuer::start().await;
    let kind = api_types::sign_in_with::ProviderKind::GitHub;
    let provider = domain::sign_in_with::Provider {
        kind,
        ..hub.provider("github")
    };
    let server = TestServer::with_providers(vec![provider]).await;
    let say = |verified: bool| {
        hub.vouch(json!({
            "user": { "id": 42, "login": "ada", "name": null },
            "emails": [
                { "email": "other@example.com", "primary": false, "verified": true },
                { "email": "Ada@Example.com", "primary": true, "verified": verified },
            ],
        }));
    };
    say(false);
    let browser = server.browser();
    let to = sign_in_with(&browser, &hub, "github").await;
    assert_eq!(to, "/sign-in?failed=address-unverified");
    say(true);
    assert_eq!(
        sign_in_with(&browser, &hub, "github").await,
        "/sign-up/with"
    );
    let form = [("name", "Ada"), ("tenant_name", "Engines")];
    do_it(&browser, "sign_up_with", &form).await;
    let other = server.browser();
    assert_eq!(sign_in_with(&other, &hub, "github").await, "/");
    let who = do_it(&other, "who_am_i", &[]).await;
    assert_eq!(who, "\"ada@example.com\"");
    // A code that was used already is answered with 200 and an error.
    let url = lead(&other, "github", &[]).await;
    let back = hub.agree(&url).replace("code=", "code=x");
    assert_eq!(
        come_back(&server.browser(), &back).await,
        "/sign-in?failed=expired"
    );
    assert_eq!(come_back(&other, &back).await, "/sign-in?failed=provider");
}
