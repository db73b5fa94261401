//! Somebody new whom a tenant has invited: they need no tenant of their own.

use super::{Place, come_back, lead};
use crate::accounts::{call, do_it, is_in, letter};
use crate::support::Browser;
use reqwest::{StatusCode, header::LOCATION};
use serde_json::{Value, json};
use test_support::{Person, link_in};

const EMAIL: &str = "grace@example.com";

/// Invites Grace. Answers who does, and the address that the letter leads to.
async fn invited(place: &Place) -> (Person, String) {
    let ada = place.server.world.owner("ada").await;
    let form = [
        ("tenant", ada.actor.slug()),
        ("email", EMAIL),
        ("role", "developer"),
    ];
    do_it(&place.server.browser_of(&ada).await, "invite_member", &form).await;
    let letters = place.server.world.letters_to(EMAIL).await;
    let link = link_in(letter(&letters, "ada invites you to ada's team"));
    let path = link
        .strip_prefix(&place.server.base)
        .expect("ours")
        .to_owned();
    (ada, path)
}

/// Comes from the provider, wanting to go to a page then.
async fn newcomer(place: &Place, email: &str, next: &str) -> Browser {
    place
        .a
        .vouch(json!({ "sub": email, "email": email, "email_verified": true }));
    let browser = place.server.browser();
    let url = lead(&browser, "a", &[("next", next)]).await;
    assert_eq!(
        come_back(&browser, &place.a.agree(&url)).await,
        "/sign-up/with"
    );
    browser
}

async fn page(browser: &Browser, path: &str) -> String {
    let page = browser.get(path).send().await.expect("a page");
    page.text().await.expect("a body")
}

/// Posts the form as a browser without scripts. Answers where it leads.
async fn sign_up(browser: &Browser, form: &[(&str, &str)]) -> String {
    let request = browser
        .post_plainly("/api/sign_up_with", "/sign-up/with")
        .form(form);
    let answer = request.send().await.expect("an answer");
    answer.headers()[LOCATION]
        .to_str()
        .expect("text")
        .to_owned()
}

async fn tenants(browser: &Browser) -> Vec<Value> {
    let account = do_it(browser, "account", &[]).await;
    let account: Value = serde_json::from_str(&account).expect("JSON");
    account["me"]["tenants"]
        .as_array()
        .expect("tenants")
        .clone()
}

#[tokio::test]
async fn who_comes_by_an_invitation_joins_without_a_tenant_of_their_own() {
    let place = Place::new().await;
    let (ada, path) = invited(&place).await;
    // The page of the invitation leads to providers, and they back.
    let there = page(&place.server.browser(), &path).await;
    assert!(
        there.contains("action=\"/sign-in/with/a\"") && there.contains(&path),
        "{there}"
    );
    let grace = newcomer(&place, EMAIL, &path).await;
    let form = page(&grace, "/sign-up/with").await;
    assert!(
        form.contains("invites you to join") && form.contains("Create account and join"),
        "{form}"
    );
    assert!(!form.contains("name=\"tenant_name\""), "{form}");
    let own = format!("/t/{}", ada.actor.slug());
    assert_eq!(sign_up(&grace, &[("name", "Grace")]).await, own);
    let tenants = tenants(&grace).await;
    assert_eq!(tenants.len(), 1, "{tenants:?}");
    assert_eq!(tenants[0]["slug"], ada.actor.slug());
    assert_eq!(tenants[0]["role"]["built_in"], "developer");
    let acts: Vec<String> =
        sqlx::query_scalar("select act from audit_events order by at desc limit 1")
            .fetch_all(&place.server.world.database.pool("postgres", 1))
            .await
            .expect("rows");
    assert_eq!(acts, ["invitation.accepted"]);
    // The link has served.
    let (status, _) = call(&place.server.browser(), "look_at_invitation", &token(&path)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

fn token(path: &str) -> [(&'static str, &str); 1] {
    [("token", path.split_once('=').expect("a token").1)]
}

#[tokio::test]
async fn who_is_invited_by_a_letter_signs_up_without_a_tenant_and_joins_by_its_link_alone() {
    let place = Place::new().await;
    let (ada, path) = invited(&place).await;
    let grace = newcomer(&place, EMAIL, "").await;
    let form = page(&grace, "/sign-up/with").await;
    assert!(
        form.contains("Somebody has invited this address") && !form.contains(ada.actor.slug()),
        "{form}"
    );
    assert_eq!(
        sign_up(&grace, &[("name", "Grace"), ("tenant_name", " ")]).await,
        "/"
    );
    assert!(is_in(&grace).await);
    // A provider's word for an address takes up no invitation.
    assert_eq!(tenants(&grace).await, Vec::<Value>::new());
    do_it(&grace, "accept_invitation", &token(&path)).await;
    assert_eq!(tenants(&grace).await.len(), 1);
}

#[tokio::test]
async fn nobody_else_comes_in_by_it_or_without_a_tenant() {
    let place = Place::new().await;
    let (_, path) = invited(&place).await;
    for (email, next) in [
        ("eve@example.com", path.as_str()),
        ("eve@example.com", ""),
        ("eve@example.com", "/invitations?token=%ff"),
    ] {
        let eve = newcomer(&place, email, next).await;
        let form = page(&eve, "/sign-up/with").await;
        assert!(form.contains("Becomes your first tenant"), "{next}: {form}");
        let (status, text) = call(&eve, "sign_up_with", &[("name", "Eve")]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
        assert!(!is_in(&eve).await);
    }
    // An invitation that is over waits for nobody.
    sqlx::query("update invitations set expires_at = now()")
        .execute(&place.server.world.database.pool("postgres", 1))
        .await
        .expect("over");
    let grace = newcomer(&place, EMAIL, &path).await;
    let (status, text) = call(&grace, "sign_up_with", &[("name", "Grace")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
}
