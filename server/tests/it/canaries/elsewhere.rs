//! The secrets of accounts at other services.

use super::NAME;
use super::log_ins::{text, told};
use crate::service::{ACCESS, REFRESH, Service};
use crate::support::{Browser, modern};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// In a header, in an address, and with a name.
const KEY: &str = "canary-key-elsewhere-7a3c0e5d91f4";
const QUERY: &str = "canary-query-elsewhere-c8416f2b09de";
const PASSWORD: &str = "canary-password-elsewhere-1b96d0f3e752";
const WRONG: &str = "canary-wrong-elsewhere-5fe28c7ab014";
const APP: &str = "canary-app-elsewhere-93d7b1e0c68a";
const CODE: &str = "canary-code-elsewhere-e4a05c9f7d21";

/// A tenant's browser, and the service.
struct Tenant<'a> {
    browser: &'a Browser,
    slug: &'a str,
    service: &'a Service,
}

/// Connects accounts, rightly and wrongly, and uses them. Answers what opens them.
pub(super) async fn use_connections(
    browser: &Browser,
    slug: &str,
    client: &str,
    service: &Service,
) -> Vec<(&'static str, String)> {
    let tenant = Tenant {
        browser,
        slug,
        service,
    };
    for (provider, placement, key) in [
        ("bykey", "header = { name = \"x-key\" }", KEY),
        ("byquery", "query = { name = \"key\" }", QUERY),
    ] {
        let description = service.described(provider, placement);
        tenant.describe(&description).await;
        tenant.connect_wrongly(provider).await;
        tenant.connect(provider, &[key]).await;
    }
    tenant
        .describe(&service.described_with_name("byname"))
        .await;
    tenant.connect("byname", &[NAME, PASSWORD]).await;
    let state = tenant.log_in("bylogin").await;
    let key = tenant.key(client).await;
    for provider in ["bykey", "byquery", "byname", "bylogin"] {
        tenant.call(&key, provider).await;
    }
    // For the code, and when the first tokens had ended.
    let forms = service.forms();
    assert_eq!(forms.len(), 2, "{forms:?}");
    let (_, verifier) = forms[0].split_once("code_verifier=").expect("a verifier");
    let verifier = verifier.split('&').next().expect("a verifier").to_owned();
    tenant.disconnect().await;
    vec![
        ("a key for connections", key),
        ("a way's state", state),
        ("a way's verifier", verifier),
        ("a service's key", KEY.into()),
        ("a service's key in addresses", QUERY.into()),
        ("a service's password", PASSWORD.into()),
        ("a service's wrong key", WRONG.into()),
        ("an app's secret at a service", APP.into()),
        ("a service's code", CODE.into()),
        ("a service's access token", format!("{ACCESS}-1")),
        ("a service's next access token", format!("{ACCESS}-2")),
        ("a service's refresh token", format!("{REFRESH}-1")),
        ("a service's next refresh token", format!("{REFRESH}-2")),
    ]
}

impl Tenant<'_> {
    async fn ask(&self, function: &str, mut form: Value) -> (StatusCode, String) {
        form["tenant"] = self.slug.into();
        let answer = self.browser.calling(function, &form).send().await;
        let answer = answer.expect("an answer");
        (answer.status(), answer.text().await.expect("a body"))
    }

    async fn good(&self, function: &str, form: Value) -> String {
        let (status, body) = self.ask(function, form).await;
        assert!(
            status.is_success() || status.is_redirection(),
            "{function}: {status} {body}"
        );
        body
    }

    async fn listed(&self, function: &str, name: &str) -> Vec<Value> {
        let listed = self.good(function, json!({})).await;
        let listed: Value = serde_json::from_str(&listed).expect("JSON");
        listed[name].as_array().expect("a list").clone()
    }

    async fn describe(&self, description: &str) {
        let form = json!({ "description": description });
        self.good("describe_provider", form).await;
    }

    async fn connect(&self, provider: &str, secrets: &[&str]) {
        let mut form = json!({ "provider": provider, "label": NAME, "sharing": "shared" });
        for (place, secret) in secrets.iter().enumerate() {
            form[format!("secrets[{place}]")] = (*secret).into();
        }
        self.good("connect_account", form).await;
    }

    /// The service repeats what it does not take.
    async fn connect_wrongly(&self, provider: &str) {
        let form = json!({ "provider": provider, "label": NAME, "sharing": "shared",
            "secrets[0]": WRONG });
        let (status, body) = self.ask("connect_account", form).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(!body.contains(WRONG), "{body}");
    }

    /// Logs in at the service. Answers the state that led there and back.
    async fn log_in(&self, provider: &str) -> String {
        let description = self.service.described_with_log_in(provider);
        self.describe(&description).await;
        let app = json!({ "provider": provider, "client_id": NAME, "client_secret": APP });
        self.good("set_provider_app", app).await;
        let door = format!("/t/{}/connections/{provider}/start", self.slug);
        let form = [("label", NAME), ("sharing", "shared")];
        let page = self.browser.post(&door).form(&form).send().await;
        let page = page.expect("an answer").text().await.expect("a page");
        let (_, state) = page.split_once("state=").expect("a state");
        let state = state.split(['&', '"']).next().expect("a state");
        let back = format!("/connections/{provider}/callback?state={state}&code={CODE}");
        let answer = self.browser.get(&back).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        state.to_owned()
    }

    async fn key(&self, client: &str) -> String {
        let form = json!({ "tenant": self.slug, "client": client, "name": NAME,
            "scopes[0]": "connections:write" });
        let created = told(self.browser.calling("create_key", &form)).await;
        text(&created, "secret")
    }

    /// Imports the API for the provider's accounts, and calls it: with tokens that may have ended, and so that the
    /// service repeats what it was shown.
    async fn call(&self, key: &str, provider: &str) {
        let word = format!("{provider}api");
        let form = json!({ "word": word, "name": NAME, "source": self.service.document(),
            "provider": provider });
        self.good("import_api", form).await;
        let apis = self.listed("list_apis", "apis").await;
        let api = apis.iter().find(|api| api["word"] == word.as_str());
        let form = json!({ "id": api.expect("the API")["id"], "keys[0]": "GET /ended",
            "keys[1]": "GET /wrong" });
        self.good("choose_operations", form).await;
        let url = format!("{}/t/{}/mcp", self.browser.base, self.slug);
        for (tool, is_wrong) in [("get_ended", false), ("get_wrong", true)] {
            let params = json!({ "name": format!("{word}_{tool}"), "arguments": {} });
            let answer = modern(&Client::new(), &url, key, "tools/call", params);
            let answer = told(answer).await["result"].clone();
            assert_eq!(answer["isError"] == true, is_wrong, "{provider}: {answer}");
            for secret in [KEY, QUERY, PASSWORD, ACCESS] {
                assert!(!answer.to_string().contains(secret), "{answer}");
            }
        }
    }

    async fn disconnect(&self) {
        let all = self.listed("list_connections", "connections").await;
        assert_eq!(all.len(), 4, "{all:?}");
        for connection in all {
            let form = json!({ "id": connection["id"] });
            self.good("disconnect_account", form).await;
        }
    }
}
