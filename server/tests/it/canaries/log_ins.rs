//! The secrets of apps that log in.

use super::NAME;
use crate::support::{Browser, modern};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, RequestBuilder, StatusCode, Url, header};
use serde_json::{Value, json};

const CALLBACK: &str = "https://app.example/callback";
const VERIFIER: &str = "canary-verifier-9c1f4a7de2b85036-58e0b7d1c3f64a29";
const WRONG: &str = "bh_sec_canary-wrong-7d20e5b9c814";
/// A code and tokens that were never issued.
const NOBODYS: [(&str, &str); 3] = [
    (
        "an access token of nobody",
        "eyJhbGciOiJSUzI1NiJ9.canary-94b7.0c1de8f2a563",
    ),
    (
        "a refresh token of nobody",
        "bh_ref_canary-5e83a01f7bd2c496",
    ),
    ("a code of nobody", "bh_code_canary-d86b20c3f57e149a"),
];

/// An app that registered itself, and the tenant that it is let into.
struct App<'a> {
    browser: &'a Browser,
    http: Client,
    slug: &'a str,
    id: String,
    secret: String,
}

/// Lets apps log in, rightly and wrongly. Answers what they held.
pub(super) async fn use_log_ins(
    browser: &Browser,
    slug: &str,
    client: &str,
) -> Vec<(&'static str, String)> {
    let mut secrets = vec![
        ("a wrong secret of an app", WRONG.to_owned()),
        ("an app's verifier", VERIFIER.to_owned()),
    ];
    secrets.extend(NOBODYS.map(|(what, secret)| (what, secret.to_owned())));
    let (app, registration) = register(browser, slug).await;
    let code = app.code().await;
    let first = app.tokens(&code).await;
    let renewed = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*text(&first, "refresh_token")),
    ];
    let second = told(app.post("/oauth/token", &renewed)).await;
    app.call(&text(&second, "access_token")).await;
    secrets.extend([
        ("an app's secret", app.secret.clone()),
        ("a registration's token", registration),
        ("a code", code),
    ]);
    for (answer, access, refresh) in [
        (&first, "an access token", "a refresh token"),
        (&second, "a second access token", "a second refresh token"),
    ] {
        secrets.push((access, text(answer, "access_token")));
        secrets.push((refresh, text(answer, "refresh_token")));
    }
    app.fail().await;
    for path in ["/oauth/introspect", "/oauth/revoke"] {
        let token = text(&second, "access_token");
        let answer = app.post(path, &[("token", &token)]).send().await;
        assert_eq!(answer.expect("an answer").status(), StatusCode::OK);
    }
    secrets.extend(by_hand(browser, slug, client).await);
    secrets
}

async fn register<'a>(browser: &'a Browser, slug: &'a str) -> (App<'a>, String) {
    let http = Client::new();
    let url = format!("{}/oauth/register", browser.base);
    let metadata = json!({
        "client_name": NAME,
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let registered = told(http.post(url).json(&metadata)).await;
    let app = App {
        browser,
        slug,
        id: text(&registered, "client_id"),
        secret: text(&registered, "client_secret"),
        http,
    };
    let token = text(&registered, "registration_access_token");
    let uri = text(&registered, "registration_client_uri");
    told(app.http.get(uri).bearer_auth(&token)).await;
    (app, token)
}

impl App<'_> {
    /// Asks, and is allowed to read the account.
    async fn code(&self) -> String {
        let resource = format!("{}/t/{}/mcp", self.browser.base, self.slug);
        let question = [
            ("response_type", "code"),
            ("client_id", &*self.id),
            ("redirect_uri", CALLBACK),
            ("scope", "account:read"),
            ("state", "x"),
            ("code_challenge", &challenge()),
            ("code_challenge_method", "S256"),
            ("resource", &resource),
        ];
        let url = format!("{}/oauth/authorize", self.browser.base);
        let url = Url::parse_with_params(&url, question).expect("a URL");
        let page = led(self.browser.client.get(url)).await;
        let id = page.rsplit('/').next().expect("an id");
        let form = [
            ("request", id),
            ("decision", "approve"),
            ("tenant", self.slug),
            ("scope", "account:read"),
        ];
        let allowed = self.browser.post_plainly("/oauth/consent", &page);
        let to = led(allowed.form(&form)).await;
        let (_, rest) = to.split_once("code=").expect("a code");
        rest.split('&').next().expect("a code").to_owned()
    }

    async fn tokens(&self, code: &str) -> Value {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        told(self.post("/oauth/token", &form)).await
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.post_with(&self.secret, path, form)
    }

    fn post_with(&self, secret: &str, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        let own = [("client_id", &*self.id), ("client_secret", secret)];
        let request = self.http.post(format!("{}{path}", self.browser.base));
        request.form(&[&own, form].concat())
    }

    async fn call(&self, token: &str) {
        let url = format!("{}/t/{}/mcp", self.browser.base, self.slug);
        let params = json!({ "name": "whoami", "arguments": {} });
        let call = modern(&self.http, &url, token, "tools/call", params);
        let status = call.send().await.expect("an answer").status();
        assert_eq!(status, StatusCode::OK);
    }

    /// Shows what is wrong, at every door.
    async fn fail(&self) {
        let [(_, access), (_, refresh), (_, code)] = NOBODYS;
        let refreshed = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let exchanged = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let url = format!("{}/t/{}/mcp", self.browser.base, self.slug);
        let registration = format!("{}/oauth/register/{}", self.browser.base, self.id);
        for request in [
            self.post("/oauth/token", &refreshed),
            self.post("/oauth/token", &exchanged),
            self.post_with(WRONG, "/oauth/token", &exchanged),
            modern(&self.http, &url, access, "tools/list", json!({})),
            self.http.get(registration).bearer_auth(access),
        ] {
            let status = request.send().await.expect("an answer").status();
            assert!(status.is_client_error(), "{status}");
        }
    }
}

/// The secrets of a client that was registered by hand.
async fn by_hand(browser: &Browser, slug: &str, client: &str) -> Vec<(&'static str, String)> {
    let form = json!({ "tenant": slug, "id": client, "auth": "client_secret",
        "redirect_uris": CALLBACK });
    let first = told(browser.calling("set_log_in", &form)).await;
    let form = json!({ "tenant": slug, "id": client, "overlap_hours": "1" });
    let second = told(browser.calling("issue_secret", &form)).await;
    let (id, secret) = (text(&second, "oauth_id"), text(&second, "secret"));
    let asked = Client::new()
        .post(format!("{}/oauth/introspect", browser.base))
        .basic_auth(id, Some(&secret));
    told(asked.form(&[("token", NOBODYS[0].1)])).await;
    vec![
        ("a client's secret", text(&first, "secret")),
        ("a client's second secret", secret),
    ]
}

/// RFC 7636, section 4.2.
fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()))
}

/// What an answer says that is wanted.
pub(super) async fn told(request: RequestBuilder) -> Value {
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    assert!(!status.is_client_error(), "{status}: {body}");
    body
}

async fn led(request: RequestBuilder) -> String {
    let answer = request.send().await.expect("an answer");
    let to = answer.headers().get(header::LOCATION);
    let to = to.unwrap_or_else(|| panic!("leads nowhere: {answer:?}"));
    to.to_str().expect("text").to_owned()
}

pub(super) fn text(answer: &Value, name: &str) -> String {
    let text = answer[name].as_str();
    text.unwrap_or_else(|| panic!("no {name}: {answer}")).into()
}
