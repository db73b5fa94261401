//! What apps do leaves rows, too: when a tenant has a new client, when somebody lets it in, and when that ends.

use super::acts;
use crate::support::{Browser, TestServer, everything};
use api_types::OauthRequestId;
use reqwest::{Client, StatusCode, header};
use serde_json::json;
use sqlx::PgPool;
use test_support::{LogIn, Person};

const CALLBACK: &str = "https://app.example/callback";
/// Of every app in tests (RFC 7636, appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A person's browser, and the log-ins that they let apps have.
struct Place {
    server: TestServer,
    ada: Person,
    browser: Browser,
    pool: PgPool,
}

impl Place {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let ada = server.world.owner("ada").await;
        Self {
            browser: server.browser_of(&ada).await,
            pool: server.world.database.pool("postgres", 1),
            server,
            ada,
        }
    }

    /// The acts since there were so many, and how many there are now.
    async fn since(&self, seen: &mut usize) -> Vec<String> {
        let all = acts(&self.pool).await;
        let new = all[*seen..].to_vec();
        *seen = all.len();
        new
    }

    /// Allows what an app asks for. Answers the code, if there is one.
    async fn allow(&self, request: OauthRequestId) -> (StatusCode, Option<String>) {
        let (request, page) = (request.to_string(), format!("/oauth/consent/{request}"));
        let form = [
            ("request", request.as_str()),
            ("decision", "approve"),
            ("tenant", self.ada.actor.slug()),
            ("scope", "account:read"),
            ("remember", "on"),
        ];
        let posted = self.browser.post_plainly("/oauth/consent", &page);
        let answer = posted.form(&form).send().await.expect("an answer");
        let to = answer.headers().get(header::LOCATION);
        let to = to.map(|to| to.to_str().expect("text"));
        let code = to.and_then(|to| to.split_once("code="));
        let code = code.and_then(|(_, rest)| rest.split('&').next());
        (answer.status(), code.map(str::to_owned))
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (StatusCode, serde_json::Value) {
        let url = format!("{}{path}", self.server.base);
        let answer = Client::new().post(url).form(form).send().await;
        let answer = answer.expect("an answer");
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn exchange(&self, oauth_id: &str, code: &str) -> (StatusCode, serde_json::Value) {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", oauth_id),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.post("/oauth/token", &form).await
    }

    async fn give_back(&self, oauth_id: &str, token: &str) -> StatusCode {
        let form = [("client_id", oauth_id), ("token", token)];
        self.post("/oauth/revoke", &form).await.0
    }

    async fn disconnect(&self, app: &LogIn) -> StatusCode {
        let form = json!({ "tenant": self.ada.actor.slug(), "client": app.grant.client });
        let request = self.browser.calling("disconnect_app", &form);
        request.send().await.expect("an answer").status()
    }
}

#[tokio::test]
async fn a_log_in_leaves_a_row_when_it_begins_and_when_it_ends() {
    let place = Place::new().await;
    let mut seen = acts(&place.pool).await.len();
    let (oauth_id, request) = place.ada.asked_by("an app").await;
    assert!(place.since(&mut seen).await.is_empty(), "of no tenant yet");

    let (_, code) = place.allow(request).await;
    assert_eq!(place.since(&mut seen).await, ["client.connected"]);
    let (_, first) = place.exchange(&oauth_id, &code.expect("a code")).await;
    assert_eq!(place.since(&mut seen).await, ["grant.made"]);
    let text = |answer: &serde_json::Value, name: &str| answer[name].as_str().map(str::to_owned);
    let token = text(&first, "refresh_token").expect("a token");
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", &*oauth_id),
        ("refresh_token", &*token),
    ];
    let (status, second) = place.post("/oauth/token", &form).await;
    assert_eq!(status, StatusCode::OK, "{second}");
    assert!(place.since(&mut seen).await.is_empty(), "the same log-in");
    let token = text(&second, "access_token").expect("a token");
    assert_eq!(place.give_back(&oauth_id, &token).await, StatusCode::OK);
    assert_eq!(place.since(&mut seen).await, ["grant.ended"]);
    assert_eq!(place.give_back(&oauth_id, &token).await, StatusCode::OK);
    assert!(place.since(&mut seen).await.is_empty(), "it had ended");
}

#[tokio::test]
async fn disconnecting_an_app_leaves_a_row_for_each_thing() {
    let place = Place::new().await;
    let app = place.ada.log_in("an app").await;
    let mut seen = acts(&place.pool).await.len();
    place.disconnect(&app).await;
    let rows = place.since(&mut seen).await;
    assert_eq!(rows, ["grant.ended", "grant.consent_forgotten"]);
    place.disconnect(&app).await;
    assert!(place.since(&mut seen).await.is_empty(), "it was done");
}

#[tokio::test]
async fn without_its_row_no_log_in_begins_or_ends() {
    let place = Place::new().await;
    let app = place.ada.log_in("one that is in").await;
    let (coming, request) = place.ada.asked_by("one that is coming").await;
    let (_, code) = place.allow(request).await;
    let code = code.expect("a code");
    let (_, unanswered) = place.ada.asked_by("one that asks").await;
    let revoke = "revoke insert on audit_events from bulkhead_runtime";
    let done = sqlx::query(revoke).execute(&place.pool).await;
    done.expect("revoked");
    let before = everything(&place.pool).await;
    let unchanged = async |status: StatusCode, what: &str| {
        assert!(status.is_server_error(), "{what}: {status}");
        assert_eq!(everything(&place.pool).await, before, "{what}");
    };
    unchanged(place.allow(unanswered).await.0, "allowed").await;
    unchanged(place.exchange(&coming, &code).await.0, "let in").await;
    for token in [&app.access_token, &app.refresh_token] {
        unchanged(place.give_back(&app.oauth_id, token).await, "given back").await;
    }
    unchanged(place.disconnect(&app).await, "disconnected").await;

    let grant = "grant insert on audit_events to bulkhead_runtime";
    let done = sqlx::query(grant).execute(&place.pool).await;
    done.expect("granted");
    let (status, _) = place.exchange(&coming, &code).await;
    assert_eq!(status, StatusCode::OK, "the code was used up");
}
