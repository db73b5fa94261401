//! A service as others run it: an authorization server with rotating refresh tokens, and an API. It keeps a ledger of
//! what it was asked.

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::net::TcpListener;

/// The secret of our app there.
pub const APP_SECRET: &str = "app-secret-4711";

/// A key that it takes.
pub const KEY: &str = "key-that-opens";

/// What it was asked, and how it will answer.
#[derive(Default)]
pub struct Ledger {
    /// Forms of the token endpoint, in order.
    pub tokens: Vec<HashMap<String, String>>,
    /// Tokens that were revoked.
    pub revoked: Vec<String>,
    /// How often it was asked whose account it is.
    pub accounts: usize,
    /// Answers of the token endpoint that come before the usual ones.
    pub next: VecDeque<(u16, Value)>,
    /// How long the token endpoint takes.
    pub delay: Duration,
    /// How many seconds its access tokens live.
    pub lifetime: Option<u64>,
    /// Whether it takes no token any more.
    pub is_closed: bool,
    /// The number of the tokens that hold.
    pub current: usize,
    /// An access token that it has thrown away before its time.
    pub thrown_away: Option<String>,
    /// How often its token endpoint was asked, answered or not.
    pub asked: usize,
    /// What a key opens, where it is another than [`KEY`].
    pub key: Option<String>,
}

/// The service.
#[derive(Clone)]
pub struct Stub {
    /// `127.0.0.1:port`.
    pub host: String,
    ledger: Arc<Mutex<Ledger>>,
}

impl Stub {
    /// Starts it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let ledger = Ledger {
            lifetime: Some(3600),
            ..Ledger::default()
        };
        let stub = Self {
            host,
            ledger: Arc::new(Mutex::new(ledger)),
        };
        let routes = Router::new()
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/api/me", get(me))
            .with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        stub
    }

    /// What it knows.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no panic before")
    }

    /// How often a refresh token was exchanged.
    pub fn refreshes(&self) -> usize {
        let ledger = self.ledger();
        let kinds = ledger
            .tokens
            .iter()
            .filter_map(|form| form.get("grant_type"));
        kinds.filter(|kind| *kind == "refresh_token").count()
    }

    /// Waits until its token endpoint was asked so often.
    pub async fn was_asked(&self, times: usize) {
        while self.ledger().asked < times {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The service in the form in which a tenant describes it, with this id.
    pub fn described(&self, id: &str) -> String {
        let host = &self.host;
        format!(
            r#"
            id = "{id}"
            name = "Acme"
            category = "Tests"
            about = "A service for tests."
            docs = "https://acme.example/docs"
            setup = "Make an app on its page Apps."
            [auth]
            kind = "oauth2"
            authorize = "http://{host}/authorize"
            token = "http://{host}/token"
            pkce = true
            refresh = true
            rotates = true
            scopes = [
                {{ name = "read", about = "See things.", default = true }},
                {{ name = "write", about = "Change things." }},
            ]
            [auth.revocation]
            url = "http://{host}/revoke"
            {}"#,
            self.api()
        )
    }

    /// The same with a key.
    pub fn described_with_key(&self, id: &str) -> String {
        format!(
            r#"
            id = "{id}"
            name = "Acme"
            category = "Tests"
            about = "A service for tests."
            docs = "https://acme.example/docs"
            setup = "Make a key on its page Keys."
            [auth]
            kind = "api_key"
            label = "API key"
            placement = {{ header = {{ name = "authorization", prefix = "Bearer " }} }}
            {}"#,
            self.api()
        )
    }

    fn api(&self) -> String {
        format!(
            r#"
            [api]
            base = "http://{}/api"
            error_at = ["message"]
            [api.account]
            path = "/me"
            label_at = ["login"]
            "#,
            self.host
        )
    }
}

async fn token(
    State(stub): State<Stub>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let delay = {
        let mut ledger = stub.ledger();
        ledger.asked += 1;
        ledger.delay
    };
    tokio::time::sleep(delay).await;
    let mut ledger = stub.ledger();
    ledger.tokens.push(form.clone());
    if let Some((status, body)) = ledger.next.pop_front() {
        let status = StatusCode::from_u16(status).expect("a status");
        return (status, Json(body)).into_response();
    }
    let shown = headers.get("authorization").is_some();
    let wanted = format!("refresh-{}", ledger.current);
    let is_right = match form.get("grant_type").map(String::as_str) {
        Some("authorization_code") => form.get("code").is_some_and(|code| code == "code"),
        Some("refresh_token") => form.get("refresh_token") == Some(&wanted),
        _ => false,
    };
    if !is_right || !shown || ledger.is_closed {
        let told = format!(
            "the token {} is gone",
            form.get("refresh_token").map_or("", |t| t)
        );
        let refused = json!({ "error": "invalid_grant", "error_description": told });
        return (StatusCode::BAD_REQUEST, Json(refused)).into_response();
    }
    ledger.current += 1;
    let (current, lifetime) = (ledger.current, ledger.lifetime);
    Json(json!({
        "access_token": format!("access-{current}"),
        "refresh_token": format!("refresh-{current}"),
        "token_type": "bearer",
        "expires_in": lifetime,
        "scope": "read",
    }))
    .into_response()
}

async fn revoke(State(stub): State<Stub>, Form(form): Form<HashMap<String, String>>) -> StatusCode {
    let mut ledger = stub.ledger();
    ledger
        .revoked
        .push(form.get("token").cloned().unwrap_or_default());
    ledger.is_closed = true;
    StatusCode::OK
}

async fn me(State(stub): State<Stub>, headers: HeaderMap) -> Response {
    let mut ledger = stub.ledger();
    ledger.accounts += 1;
    let shown = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let key = ledger.key.clone().unwrap_or_else(|| KEY.into());
    let is_away = shown.is_some_and(|shown| {
        let away = ledger.thrown_away.as_deref();
        away.is_some_and(|away| shown.ends_with(away))
    });
    let holds = [
        format!("Bearer access-{}", ledger.current),
        format!("Bearer {key}"),
    ];
    if ledger.is_closed
        || is_away
        || !shown.is_some_and(|shown| holds.iter().any(|known| known == shown))
    {
        let told = format!("Bad credentials: {}", shown.unwrap_or_default());
        return (StatusCode::UNAUTHORIZED, Json(json!({ "message": told }))).into_response();
    }
    Json(json!({ "login": "octocat" })).into_response()
}
