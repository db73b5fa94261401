//! A service elsewhere: an authorization server whose refresh tokens are good once, and an API that behaves as it is
//! asked to. It writes down everything that it was asked.

use super::odd;
use axum::{
    Json, Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch};
use url::form_urlencoded;

/// All that is secret there begins so.
pub const CANARY: &str = "canary-secret-";

/// The secret of our app there, and a key that opens it.
pub const APP_SECRET: &str = "canary-secret-of-the-app";
pub const KEY: &str = "canary-secret-key";

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    /// A header's value, empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    /// A field of the query or of the form.
    pub fn field(&self, name: &str) -> Option<String> {
        let all = [&self.query, &self.body].map(|text| form_urlencoded::parse(text.as_bytes()));
        let mut all = all.into_iter().flatten();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// How it treats the accounts that it does not treat well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Well,
    Hangs,
    Breaks,
}

/// The tokens of one account.
#[derive(Default)]
struct Tokens {
    /// The number of those that were given last.
    current: usize,
    /// Access tokens up to this one are refused.
    expired: usize,
}

#[derive(Default)]
struct Books {
    ledger: Vec<Asked>,
    tokens: HashMap<String, Tokens>,
    /// Whether it renews nothing any more.
    closed: bool,
    /// At which call of its API all tokens end.
    ends_at: Option<usize>,
    calls: usize,
    /// Whom it treats by its mood.
    moody_at: Option<String>,
}

/// The service.
#[derive(Clone)]
pub struct Stub {
    /// `127.0.0.1:port`.
    pub host: String,
    /// Bytes of long answers that were taken from it.
    pub given: Arc<AtomicUsize>,
    pub mood: watch::Sender<Mood>,
    books: Arc<Mutex<Books>>,
}

impl Stub {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let stub = Self {
            host: listener.local_addr().expect("an address").to_string(),
            given: Arc::default(),
            mood: watch::Sender::new(Mood::Well),
            books: Arc::default(),
        };
        let routes = Router::new().fallback(handle).with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        stub
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("no panic before")
    }

    /// What it was asked below its API, but for whose account it is.
    pub fn calls(&self) -> Vec<Asked> {
        let calls = |asked: &&Asked| asked.path.starts_with("/api/") && asked.path != "/api/me";
        self.books().ledger.iter().filter(calls).cloned().collect()
    }

    /// The one call that came since the ledger was read last.
    pub fn one_call(&self) -> Asked {
        let calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        self.forget();
        calls.into_iter().next().expect("a call")
    }

    /// Everything that it was asked.
    pub fn ledger(&self) -> Vec<Asked> {
        self.books().ledger.clone()
    }

    /// Begins a new ledger.
    pub fn forget(&self) {
        self.books().ledger.clear();
    }

    /// How often tokens were renewed, or were to be.
    pub fn refreshes(&self) -> usize {
        let is_one = |asked: &&Asked| asked.field("grant_type").as_deref() == Some("refresh_token");
        self.books().ledger.iter().filter(is_one).count()
    }

    /// Lets all access tokens end, whatever was said of their life.
    pub fn expire(&self) {
        for tokens in self.books().tokens.values_mut() {
            tokens.expired = tokens.current;
        }
    }

    /// The same, once so many more calls have come.
    pub fn expire_after(&self, calls: usize) {
        let mut books = self.books();
        books.ends_at = Some(books.calls + calls);
    }

    /// Renews nothing from now on.
    pub fn close(&self) {
        self.books().closed = true;
    }

    /// Treats this account by its mood, and all others well.
    pub fn be_moody_at(&self, account: &str) {
        self.books().moody_at = Some(account.into());
    }

    fn is_moody_at(&self, account: &str) -> bool {
        self.books().moody_at.as_deref() == Some(account)
    }

    /// The account that a request may act for.
    fn account(&self, asked: &Asked) -> Option<String> {
        if asked.header("x-api-key") == KEY {
            return Some("key".into());
        }
        let token = asked.header("authorization").strip_prefix("Bearer ")?;
        let (account, number) = named(token, "access")?;
        let mut books = self.books();
        if asked.path != "/api/me" {
            books.calls += 1;
            if books.ends_at.is_some_and(|at| books.calls >= at) {
                books.ends_at = None;
                for tokens in books.tokens.values_mut() {
                    tokens.expired = tokens.current;
                }
            }
        }
        let tokens = books.tokens.get(&account)?;
        (number > tokens.expired && number <= tokens.current).then_some(account)
    }

    fn exchange(&self, asked: &Asked) -> Response {
        let mut books = self.books();
        let refused = |told: &str| {
            let told = json!({ "error": "invalid_grant", "error_description": told });
            (StatusCode::BAD_REQUEST, Json(told)).into_response()
        };
        let given = |name: &str| asked.field(name).unwrap_or_default();
        let account = match given("grant_type").as_str() {
            "authorization_code" => named(&given("code"), "code").map(|(account, _)| account),
            _ => named(&given("refresh_token"), "refresh")
                .filter(|(account, number)| {
                    books.tokens.get(account).map(|known| known.current) == Some(*number)
                })
                .map(|(account, _)| account),
        };
        let shown = asked.header("authorization").starts_with("Basic ");
        let Some(account) = account.filter(|_| shown && !books.closed) else {
            return refused(&format!("{} is gone", given("refresh_token")));
        };
        let tokens = books.tokens.entry(account.clone()).or_default();
        tokens.current += 1;
        let number = tokens.current;
        Json(json!({
            "access_token": format!("{CANARY}access-{account}-{number}"),
            "refresh_token": format!("{CANARY}refresh-{account}-{number}"),
            "token_type": "bearer",
            "expires_in": 3600,
            "scope": "read",
        }))
        .into_response()
    }
}

/// Whose a secret is, and which.
fn named(secret: &str, kind: &str) -> Option<(String, usize)> {
    let rest = secret.strip_prefix(CANARY)?.strip_prefix(kind)?;
    let (account, number) = rest.strip_prefix('-')?.rsplit_once('-')?;
    Some((account.into(), number.parse().ok()?))
}

async fn handle(State(stub): State<Stub>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().into(),
        query: parts.uri.query().unwrap_or_default().into(),
        headers: parts.headers,
        body: String::from_utf8(body.into()).expect("text"),
    };
    stub.books().ledger.push(asked.clone());
    if asked.path == "/token" {
        return stub.exchange(&asked);
    }
    let Some(account) = stub.account(&asked) else {
        // Some repeat what they were shown.
        let told = format!("Bad credentials: {}", asked.header("authorization"));
        return (StatusCode::UNAUTHORIZED, Json(json!({ "message": told }))).into_response();
    };
    if stub.is_moody_at(&account) {
        let mut mood = stub.mood.subscribe();
        let _ = mood.wait_for(|mood| *mood != Mood::Hangs).await;
        if *mood.borrow() == Mood::Breaks {
            return odd::broken_off();
        }
    }
    api(&stub, &asked, &account).await
}

async fn api(stub: &Stub, asked: &Asked, account: &str) -> Response {
    let path = asked.path.strip_prefix("/api/").unwrap_or_default();
    match path.split_once('/') {
        None if path == "me" => Json(json!({ "login": account })).into_response(),
        None if path == "list" => Json(page(asked)).into_response(),
        None if path == "linked" => linked(stub, asked),
        Some(("odd", "repeating")) => {
            Json(json!({ "sent": asked.header("authorization") })).into_response()
        }
        Some(("odd", how)) => odd::answer(stub, how).await,
        Some(("texts", id)) => {
            Json(json!({ "id": id, "text": "x".repeat(100_000) })).into_response()
        }
        Some(("images", _)) => {
            let headers = [
                (header::CONTENT_TYPE, "image/png"),
                (
                    header::CONTENT_DISPOSITION,
                    "attachment; filename=\"../a cat.png\"",
                ),
            ];
            (headers, b"\x89PNG\r\n\x1a\n\xff\x00".to_vec()).into_response()
        }
        _ => {
            // Long enough for calls to be on their way together.
            tokio::time::sleep(Duration::from_millis(3)).await;
            Json(json!({ "account": account, "path": asked.path })).into_response()
        }
    }
}

/// 25 things by cursor.
fn page(asked: &Asked) -> Value {
    let number = |name: &str, otherwise| {
        let given = asked.field(name);
        given.map_or(otherwise, |text| text.parse().expect("a number"))
    };
    let (from, size): (usize, usize) = (number("cursor", 0), number("limit", 10));
    let to = (from + size).min(25);
    let things: Vec<_> = (from..to).map(|id| json!({ "id": id })).collect();
    let next = (to < 25).then(|| to.to_string());
    json!({ "things": things, "next": next })
}

/// Three things by links, one of which may lead to another host.
fn linked(stub: &Stub, asked: &Asked) -> Response {
    let number: usize = asked
        .field("page")
        .map_or(1, |page| page.parse().expect("a number"));
    let host = asked.field("away").unwrap_or(stub.host.clone());
    let link = format!(
        "<http://{host}/api/linked?page={}>; rel=\"next\"",
        number + 1
    );
    let body = Json(json!([{ "id": number }]));
    if number < 3 {
        ([(header::LINK, link)], body).into_response()
    } else {
        body.into_response()
    }
}

impl Stub {
    /// Counts what is taken of a long answer.
    pub fn gave(&self, bytes: usize) {
        self.given.fetch_add(bytes, Ordering::Relaxed);
    }
}
