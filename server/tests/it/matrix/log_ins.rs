//! Apps that log in, and what of one tenant they and people of another come by.

use super::no_canary;
use super::twins::{CANARY, Twins};
use crate::support::Browser;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use test_support::LogIn;

/// What an app asks that was registered for this address, without a word about where it wants to go.
const QUESTION: &str = "response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&state=x\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

async fn decide(browser: &Browser, request: &str, tenant: &str) -> Response {
    let page = format!("/oauth/consent/{request}");
    let form = [
        ("request", request),
        ("decision", "approve"),
        ("tenant", tenant),
        ("scope", "account:read"),
        ("remember", "on"),
    ];
    let request = browser.post_plainly("/oauth/consent", &page).form(&form);
    request.send().await.expect("an answer")
}

/// Brings an app's question to the server. Answers the request that it becomes.
async fn ask(browser: &Browser, oauth_id: &str) -> String {
    let path = format!("/oauth/authorize?client_id={oauth_id}&{QUESTION}");
    let answer = browser.get(&path).send().await.expect("an answer");
    let to = answer.headers()[header::LOCATION].to_str().expect("text");
    let id = to.strip_prefix("/oauth/consent/");
    id.unwrap_or_else(|| panic!("led to {to}")).to_owned()
}

#[tokio::test]
async fn nobody_lets_an_app_into_another_tenant() {
    let t = Twins::new().await;
    let before = t.bobs_things().await;
    let browser = t.server.browser_of(&t.ada).await;
    let (s, ada, bob) = (
        &t.server.world.services,
        t.ada.actor.slug(),
        t.bob.actor.slug(),
    );
    let id = t.client.parse().expect("an id");
    let bobs = domain::oauth_server::log_in(s, &t.bob.actor, id).await;
    let bobs = bobs.expect("the client").expect("its log-in").oauth_id;
    // What names Bob's tenant, and what is an app of his tenant alone.
    for request in [t.request.clone(), ask(&browser, &bobs).await] {
        let page = format!("/oauth/consent/{request}");
        let shown = browser.get(&page).send().await.expect("an answer");
        assert_eq!(shown.status(), StatusCode::NOT_FOUND, "{page}");
        no_canary(&page, &shown.text().await.expect("a body"));
        for slug in [bob, ada, "no-such-tenant"] {
            let answer = decide(&browser, &request, slug).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{page}, {slug}");
            no_canary(&page, &answer.text().await.expect("a body"));
        }
    }
    // What may go wherever the person belongs.
    let (oauth_id, _) = t.ada.asked_by("an app").await;
    let request = ask(&browser, &oauth_id).await;
    let page = format!("/oauth/consent/{request}");
    let shown = browser.get(&page).send().await.expect("an answer");
    assert_eq!(shown.status(), StatusCode::OK);
    let shown = shown.text().await.expect("a body");
    no_canary(&page, &shown);
    assert!(!shown.contains(bob), "{shown}");
    for slug in [bob, "no-such-tenant"] {
        let answer = decide(&browser, &request, slug).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{slug}");
    }
    assert_eq!(t.bobs_things().await, before, "something of Bob's changed");
    let answer = decide(&browser, &request, ada).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    // Nobody has decided for Bob.
    let bobs = t.server.browser_of(&t.bob).await;
    let answer = decide(&bobs, &t.request, bob).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn disconnecting_another_tenants_app_does_nothing() {
    let t = Twins::new().await;
    let before = t.bobs_things().await;
    let browser = t.server.browser_of(&t.ada).await;
    let mut answers = Vec::new();
    for client in [t.app.clone(), uuid::Uuid::now_v7().to_string()] {
        let form = json!({ "tenant": t.ada.actor.slug(), "client": client });
        let answer = browser.calling("disconnect_app", &form).send().await;
        let answer = answer.expect("an answer");
        answers.push((answer.status(), answer.text().await.expect("a body")));
    }
    assert_eq!(answers[0], answers[1], "a foreign app differs from none");
    assert_eq!(t.bobs_things().await, before, "something of Bob's changed");
}

/// Ada's app against the tokens of Bob's.
#[tokio::test]
async fn an_app_of_another_tenant_gets_nothing() {
    let t = Twins::new().await;
    let bobs = t.bob.log_in(&format!("{CANARY} other")).await;
    let adas = t.ada.client("hers").await;
    let (s, ada) = (&t.server.world.services, &t.ada.actor);
    crate::support::log_in_with_secret(&t.ada, adas.id).await;
    let issued = domain::oauth_server::issue_secret(s, ada, adas.id, 0).await;
    let issued = issued.expect("a secret");
    let secret = issued.secret.expect("a secret");
    let before = t.bobs_things().await;
    let post = async |path: &str, form: Value| {
        let url = format!("{}{path}", t.server.base);
        let request = reqwest::Client::new().post(url).form(&form);
        let request = request.basic_auth(&issued.oauth_id, Some(&secret));
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        no_canary(path, &text);
        (status, text)
    };
    for token in [&bobs.access_token, &bobs.refresh_token] {
        let nobodys = json!({ "token": "a token of nobody" });
        let theirs = json!({ "token": token });
        for path in ["/oauth/introspect", "/oauth/revoke"] {
            let answer = post(path, theirs.clone()).await;
            assert_eq!(answer.0, StatusCode::OK, "{answer:?}");
            assert_eq!(answer, post(path, nobodys.clone()).await, "{path}");
        }
    }
    let refreshed = |token: &str| json!({ "grant_type": "refresh_token", "refresh_token": token });
    let answer = post("/oauth/token", refreshed(&bobs.refresh_token)).await;
    assert_eq!(answer.0, StatusCode::BAD_REQUEST, "{answer:?}");
    assert_eq!(
        answer,
        post("/oauth/token", refreshed("bh_ref_of_nobody")).await
    );
    assert_eq!(t.bobs_things().await, before, "something of Bob's changed");
}

#[tokio::test]
async fn a_token_at_another_tenants_address_is_refused_as_at_no_tenants() {
    let t = Twins::new().await;
    let LogIn { access_token, .. } = t.ada.log_in("an app").await;
    let mut answers = Vec::new();
    for slug in [t.bob.actor.slug(), "no-such-tenant"] {
        let path = format!("/t/{slug}/mcp");
        let answer = t
            .server
            .mcp_at(&path, &access_token, "tools/list", json!({}))
            .await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{slug}");
        let challenge = answer.headers()["www-authenticate"].to_str();
        let challenge = challenge.expect("text").replace(slug, "");
        let mut body: Value = answer.json().await.unwrap_or_default();
        body["error"]["data"] = Value::Null;
        answers.push((challenge, body.to_string().replace(slug, "")));
    }
    assert_eq!(answers[0], answers[1]);
}
