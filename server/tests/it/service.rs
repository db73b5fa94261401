//! A service elsewhere that lets everybody in, and what a tenant can have there: for the tests that list every door.

use crate::support::TestServer;
use api_types::{ApiId, ConnectionId, connections::Sharing};
use axum::{
    Json, Router,
    body::to_bytes,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::apis::{self, NewApi};
use domain::connections::{self, NewConnection};
use domain::toolkits::Registry;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use test_support::{Person, World, stripe_fake, way_to};
use tokio::net::TcpListener;

/// A provider of this build that takes a key, and has no request that says whose it is: nothing is asked when one
/// connects.
pub const PROVIDER: &str = "openweather";

/// One at which people log in with an app.
pub const WITH_APP: &str = "github";

/// What the tokens begin with that it gives.
pub const ACCESS: &str = "canary-access-0d5b7e91c3fa";
pub const REFRESH: &str = "canary-refresh-b82f60e4a97d";

/// The service.
#[derive(Clone)]
pub struct Service {
    /// `127.0.0.1:port`.
    pub host: String,
    /// Through which its tenants pay.
    pub stripe: stripe_fake::Stripe,
    /// Whether it renews nothing any more.
    is_closed: Arc<AtomicBool>,
    given: Arc<AtomicUsize>,
    /// The forms that its token endpoint was sent.
    forms: Arc<Mutex<Vec<String>>>,
}

impl Service {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let service = Self {
            host: listener.local_addr().expect("an address").to_string(),
            stripe: stripe_fake::Stripe::start().await,
            is_closed: Arc::default(),
            given: Arc::default(),
            forms: Arc::default(),
        };
        let routes = Router::new().fallback(handle).with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        service
    }

    /// A server whose tenants may reach it.
    pub async fn server(&self) -> TestServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let url = format!("http://{address}");
        let registry = Registry::built_in().expect("the built-in toolkits");
        let world = World::with(registry, &url, 5).await;
        let stripe = way_to(&self.stripe);
        let world = world.with_inner_hosts_and_stripe(&url, &self.host, stripe);
        TestServer::over(world, listener, address)
    }

    /// Renews nothing from now on.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// The forms that its token endpoint was sent.
    pub fn forms(&self) -> Vec<String> {
        self.forms.lock().expect("no panic before").clone()
    }

    /// Where its document is; each time a newer one.
    pub fn document(&self) -> String {
        format!("http://{}/openapi.json", self.host)
    }

    /// Its description, with a secret that is put there.
    pub fn described(&self, id: &str, placement: &str) -> String {
        let auth =
            format!("kind = \"api_key\"\nlabel = \"API key\"\nplacement = {{ {placement} }}");
        self.description(id, &auth)
    }

    /// Its description, with a name and a password.
    pub fn described_with_name(&self, id: &str) -> String {
        let auth = "kind = \"basic\"\nusername = \"Name\"\npassword = \"Password\"";
        self.description(id, auth)
    }

    /// Its description, for people who log in there.
    pub fn described_with_log_in(&self, id: &str) -> String {
        let host = &self.host;
        let auth = format!(
            "kind = \"oauth2\"\nauthorize = \"http://{host}/authorize\"\ntoken = \"http://{host}/token\"\n\
             pkce = true\nrefresh = true\nrotates = true\nrevocation = {{ url = \"http://{host}/revoke\" }}\n\
             scopes = [{{ name = \"read\", about = \"See things.\", default = true }}]"
        );
        self.description(id, &auth)
    }

    fn description(&self, id: &str, auth: &str) -> String {
        let host = &self.host;
        format!(
            "id = \"{id}\"\nname = \"Service\"\ncategory = \"Tests\"\nabout = \"A service for tests.\"\n\
             docs = \"https://service.example/docs\"\nsetup = \"Ask for it.\"\n[auth]\n{auth}\n\
             [api]\nbase = \"http://{host}/api\"\nerror_at = [\"message\"]\n\
             account = {{ path = \"/me\", label_at = [\"login\"] }}\n"
        )
    }

    /// Imports its API without an account, with one tool. Answers it with the tool's name.
    pub async fn import(&self, person: &Person) -> (ApiId, String) {
        let (s, a) = (&person.world.services, &person.actor);
        let word = unique();
        let new = NewApi {
            word: word.clone(),
            name: format!("API {word}"),
            source: Some(self.document()),
            document: None,
            base: None,
            provider: None,
        };
        let id = apis::import(s, a, new).await.expect("imported");
        let chosen = apis::choose(s, a, id, vec!["GET /thing".into()]).await;
        chosen.expect("chosen");
        (id, format!("{word}_get_thing"))
    }

    /// The same, with a newer document that waits.
    pub async fn import_with_news(&self, person: &Person) -> ApiId {
        let (id, _) = self.import(person).await;
        let synced = apis::sync(&person.world.services, &person.actor, id, None).await;
        synced.expect("a newer document");
        id
    }
}

/// A word that is nobody's yet.
pub fn unique() -> String {
    format!("x{}", &uuid::Uuid::new_v4().simple().to_string()[..20])
}

/// Connects a person's account with a key, for everybody.
pub async fn connect(person: &Person, label: &str) -> ConnectionId {
    let new = NewConnection {
        provider: PROVIDER.into(),
        label: label.into(),
        sharing: Sharing::Shared,
        scopes: Vec::new(),
        answers: BTreeMap::new(),
        secrets: vec!["a key".into()],
    };
    let made = connections::connect_with_secret(&person.world.services, &person.actor, new);
    made.await.expect("connected").id
}

/// Sets the tenant's app at a provider of this build.
pub async fn set_app(person: &Person) {
    let (s, a) = (&person.world.services, &person.actor);
    let set = connections::set_app(s, a, WITH_APP, "an app", "its secret").await;
    set.expect("an app");
}

async fn handle(State(service): State<Service>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let shown = parts.headers.values();
    let shown = shown.filter_map(|value| value.to_str().ok());
    let shown: Vec<_> = shown.chain(parts.uri.query()).collect();
    // It repeats what it was shown.
    let refused = |status| (status, Json(json!({ "message": shown.join(" ") }))).into_response();
    match parts.uri.path() {
        "/openapi.json" => Json(service.newer_document()).into_response(),
        "/token" => {
            let form = to_bytes(body, 1 << 16).await.expect("a form");
            service.tokens(String::from_utf8(form.into()).expect("text"))
        }
        // The first tokens of an account have ended there, whatever was said of their life.
        "/api/ended" if shown.iter().any(|text| text.ends_with("-1")) => {
            refused(StatusCode::UNAUTHORIZED)
        }
        "/api/wrong" => refused(StatusCode::BAD_REQUEST),
        _ if shown.iter().any(|text| text.contains("wrong")) => refused(StatusCode::UNAUTHORIZED),
        _ => Json(json!({ "login": "somebody" })).into_response(),
    }
}

impl Service {
    fn newer_document(&self) -> Value {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        let operation = |id: &str| json!({ "get": { "operationId": id, "responses": {} } });
        json!({
            "openapi": "3.0.3",
            "info": { "title": "Service", "version": number.to_string() },
            "servers": [{ "url": format!("http://{}/api", self.host) }],
            "paths": {
                "/thing": operation("getThing"),
                "/ended": operation("getEnded"),
                "/wrong": operation("getWrong"),
                (format!("/new/{number}")): operation("getNew"),
            },
        })
    }

    fn tokens(&self, form: String) -> Response {
        let mut forms = self.forms.lock().expect("no panic before");
        forms.push(form);
        if self.is_closed.load(Ordering::Relaxed) {
            let told = json!({ "error": "invalid_grant" });
            return (StatusCode::BAD_REQUEST, Json(told)).into_response();
        }
        let number = forms.len();
        let tokens = json!({
            "access_token": format!("{ACCESS}-{number}"),
            "refresh_token": format!("{REFRESH}-{number}"),
            "token_type": "bearer",
            "expires_in": 3600,
        });
        ([(header::CACHE_CONTROL, "no-store")], Json(tokens)).into_response()
    }
}
