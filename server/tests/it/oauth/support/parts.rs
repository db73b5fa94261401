//! What a program and its server say to one another.

use super::SCOPES;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{RequestBuilder, StatusCode, Url, header};
use serde_json::Value;

/// A program that is known to the server, and how it proves that it is itself.
#[derive(Clone, Debug)]
pub struct App {
    pub id: String,
    pub secret: Option<String>,
    pub method: &'static str,
    pub callback: String,
}

impl App {
    /// A program without a secret.
    pub fn public(id: &str, callback: &str) -> Self {
        Self {
            id: id.into(),
            secret: None,
            method: "none",
            callback: callback.into(),
        }
    }

    /// The same, proving itself in another way.
    pub fn by(&self, method: &'static str, secret: &str) -> Self {
        Self {
            method,
            secret: Some(secret.into()),
            ..self.clone()
        }
    }

    /// Says who it is.
    pub fn identify(
        &self,
        request: RequestBuilder,
        form: &mut Vec<(String, String)>,
    ) -> RequestBuilder {
        let secret = self.secret.clone().unwrap_or_default();
        if self.method == "client_secret_basic" {
            return request.basic_auth(&self.id, Some(secret));
        }
        form.push(("client_id".into(), self.id.clone()));
        if self.method == "client_secret_post" {
            form.push(("client_secret".into(), secret));
        }
        request
    }
}

/// What an endpoint for programs answered.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Value,
}

impl Reply {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.json().await.unwrap_or_default(),
        }
    }

    /// The same, if it is what was wanted.
    pub fn good(self) -> Self {
        assert!(self.status.is_success(), "{self:?}");
        self
    }

    /// A text of the answer.
    pub fn text(&self, name: &str) -> String {
        let text = self.body[name].as_str();
        text.unwrap_or_else(|| panic!("no {name}: {self:?}")).into()
    }

    /// A header, empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    /// Asserts that it is this refusal (RFC 6749, section 5.2), and nothing that may be kept.
    pub fn refuses(&self, status: StatusCode, error: &str) {
        assert_eq!(
            (self.status, self.body["error"].as_str()),
            (status, Some(error)),
            "{self:?}"
        );
        assert!(
            self.header("cache-control").contains("no-store"),
            "{self:?}"
        );
    }
}

/// The parameters of an authorization request.
#[derive(Clone, Debug)]
pub struct Question(pub Vec<(String, String)>);

impl Question {
    /// The same with another value, or without one if it is empty.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.0.push((name.into(), value.into()));
        }
        self
    }

    /// The scopes that are asked for.
    pub fn scope(&self) -> &str {
        let scope = self.0.iter().find(|(name, _)| name == "scope");
        scope.map_or(SCOPES, |(_, scope)| scope)
    }
}

/// The one parameter of this name in what a program is told.
pub fn parameter(told: &Url, name: &str) -> Option<String> {
    let mut found = told.query_pairs().filter(|(known, _)| known == name);
    let value = found.next().map(|(_, value)| value.into_owned());
    assert!(found.next().is_none(), "{name} twice: {told}");
    value
}

/// What an access token says of itself. Its signature is another matter.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("JSON")
}
