//! Tools over another service's API: real servers of ours, and a service on loopback that writes down what it is asked.

mod arguments;
mod expiry;
mod files;
mod logs;
mod neighbours;
mod odd;
mod stub;
mod tokens;
mod troubles;
mod uses;
mod whose;

use crate::support::{MODERN, TestServer, legacy};
use api_types::{
    ConnectionId, UserId,
    connections::{ConnectionDetail, Sharing},
    mcp_clients::ClientView,
};
use domain::{
    Actor, Origin, Services,
    apis::{self, NewApi},
    connections::{self, NewConnection},
    members,
    sign_in_with::Answer,
    toolkits::Registry,
};
use reqwest::{Client, StatusCode, header};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use stub::{APP_SECRET, CANARY, KEY, Stub};
use test_support::{Person, World};
use tokio::net::TcpListener;

/// The secret of everybody's browser.
const BROWSER: &str = "a browser's secret";

/// What clients can do that are not asked anything.
const NOTHING: fn() -> Value = || json!({});

/// A server, and a service that its tenants may reach.
pub struct Scene {
    pub server: TestServer,
    pub stub: Stub,
    pub http: Client,
}

impl Scene {
    pub async fn new() -> Self {
        let stub = Stub::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let url = format!("http://{address}");
        let registry = Registry::built_in().expect("the built-in toolkits");
        let world = World::with(registry, &url, 8).await;
        let world = world.with_inner_hosts(&url, &stub.host);
        Self {
            server: TestServer::over(world, listener, address),
            stub,
            http: Client::new(),
        }
    }

    /// A scene with a tenant whose account is connected for everybody.
    pub async fn connected() -> (Self, Tenant, ConnectionId) {
        let scene = Self::new().await;
        let ada = scene.tenant("ada").await;
        let id = ada.connect("ada", "Acme", Sharing::Shared).await;
        scene.stub.forget();
        (scene, ada, id)
    }

    /// Another server over the same database.
    pub async fn another_server(&self) -> TestServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let world = self.server.world.on_another_server(&self.server.base);
        let world = world.with_inner_hosts(&self.server.base, &self.stub.host);
        TestServer::over(world, listener, address)
    }

    /// Somebody who owns a tenant that has described the service twice and imported its API for each: `shop` is called
    /// with log-ins, and `safe` with keys. Nothing is connected yet.
    pub async fn tenant(&self, name: &str) -> Tenant {
        let person = self.server.world.owner(name).await;
        let (s, a) = (&person.world.services, &person.actor);
        for described in [self.described_with_log_in(), self.described_with_key()] {
            let described = connections::describe(s, a, &described).await;
            described.expect("described");
        }
        let set = connections::set_app(s, a, "acme", "bulkhead", APP_SECRET).await;
        set.expect("an app");
        let client = person.client("agent").await;
        for (word, provider) in [("shop", "acme"), ("safe", "vault")] {
            self.import(&person, word, provider).await;
        }
        Tenant {
            key: person
                .key_with(&client, &["connections:write"])
                .await
                .secret,
            client,
            person,
        }
    }

    /// Imports the API under this word, with all of its operations as tools.
    async fn import(&self, person: &Person, word: &str, provider: &str) {
        let (s, a) = (&person.world.services, &person.actor);
        let new = NewApi {
            word: word.into(),
            name: "Shop".into(),
            source: None,
            document: Some(include_str!("shop.yaml").into()),
            base: Some(format!("http://{}/api", self.stub.host)),
            provider: Some(provider.into()),
        };
        let id = apis::import(s, a, new).await.expect("imported");
        let all = apis::get(s, a, id).await.expect("an API").candidates;
        assert!(all.iter().all(|one| one.why_not.is_none()), "{all:?}");
        let keys = all.into_iter().map(|one| one.key).collect();
        apis::choose(s, a, id, keys).await.expect("chosen");
    }

    fn described_with_log_in(&self) -> String {
        let (host, api) = (&self.stub.host, self.described_api());
        format!(
            r#"
            id = "acme"
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
            scopes = [{{ name = "read", about = "See things.", default = true }}]
            {api}"#
        )
    }

    fn described_with_key(&self) -> String {
        let api = self.described_api();
        format!(
            r#"
            id = "vault"
            name = "Vault"
            category = "Tests"
            about = "A service for tests."
            docs = "https://acme.example/docs"
            setup = "Make a key on its page Keys."
            [auth]
            kind = "api_key"
            label = "API key"
            placement = {{ header = {{ name = "x-api-key" }} }}
            {api}"#
        )
    }

    fn described_api(&self) -> String {
        format!(
            r#"
            [api]
            base = "http://{}/api"
            error_at = ["message"]
            account = {{ path = "/me", label_at = ["login"] }}
            "#,
            self.stub.host
        )
    }

    /// Calls a tool with a key, at the address where every tenant's keys are good.
    pub async fn call(&self, key: &str, tool: &str, arguments: Value) -> Told {
        self.call_at(&self.server, key, tool, arguments).await
    }

    /// The same at one of several servers.
    pub async fn call_at(
        &self,
        server: &TestServer,
        key: &str,
        tool: &str,
        arguments: Value,
    ) -> Told {
        let params = json!({ "name": tool, "arguments": arguments });
        let url = format!("{}/mcp", server.base);
        self.ask(&url, key, NOTHING(), "tools/call", params).await
    }

    /// Asks as a client of the newest revision that can do this.
    pub async fn ask(
        &self,
        url: &str,
        key: &str,
        can: Value,
        method: &str,
        mut params: Value,
    ) -> Told {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": can,
            "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" },
        });
        let mut request = self
            .http
            .post(url)
            .bearer_auth(key)
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", MODERN)
            .header("mcp-method", method);
        let named = params["name"].as_str().or(params["uri"].as_str());
        if let Some(name) = named {
            request = request.header("mcp-name", name);
        }
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        Told::of(request.json(&body)).await
    }

    /// Calls a tool as a client of a revision with a handshake.
    pub async fn call_by_legacy(&self, key: &str, tool: &str, arguments: Value) -> Told {
        let params = json!({ "name": tool, "arguments": arguments });
        let url = format!("{}/mcp", self.server.base);
        Told::of(legacy(&self.http, &url, key, "tools/call", &params)).await
    }

    /// Runs a statement as the owner of the database.
    pub async fn run(&self, sql: &str) {
        let pool = self.server.world.database.pool("postgres", 1);
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        done.execute(&pool).await.expect(sql);
    }
}

/// A tenant, its owner, and a key that opens all connections there.
pub struct Tenant {
    pub person: Person,
    pub client: ClientView,
    pub key: String,
}

impl Tenant {
    pub fn s(&self) -> &Services {
        &self.person.world.services
    }

    pub fn actor(&self) -> &Actor {
        &self.person.actor
    }

    /// Connects the owner's account of this name.
    pub async fn connect(&self, account: &str, label: &str, sharing: Sharing) -> ConnectionId {
        let who = (self.actor(), self.person.user);
        self.connect_as(who, account, label, sharing).await
    }

    /// Connects a member's account, by the whole way there and back.
    pub async fn connect_as(
        &self,
        (actor, user): (&Actor, UserId),
        account: &str,
        label: &str,
        sharing: Sharing,
    ) -> ConnectionId {
        let new = NewConnection {
            scopes: vec!["read".into()],
            ..wish("acme", label, sharing)
        };
        let started = connections::start(self.s(), actor, BROWSER, new, None, "/").await;
        let url = reqwest::Url::parse(&started.expect("led there").url).expect("a URL");
        let mut pairs = url.query_pairs();
        let state = pairs.find(|(name, _)| name == "state").expect("a state");
        let answer = Answer {
            state: state.1.into_owned(),
            code: Some(format!("{CANARY}code-{account}-1")),
            ..Answer::default()
        };
        let from = Origin::default();
        let finished = connections::finish(self.s(), user, from, BROWSER, "acme", answer).await;
        let finished = finished.expect("an end");
        finished.connection.expect("a connection")
    }

    /// Connects the key.
    pub async fn connect_key(&self) -> ConnectionId {
        let new = NewConnection {
            secrets: vec![KEY.into()],
            ..wish("vault", "Key", Sharing::Shared)
        };
        let made = connections::connect_with_secret(self.s(), self.actor(), new).await;
        made.expect("connected").id
    }

    /// Another member.
    pub async fn member(&self, scene: &Scene, name: &str) -> (Person, Actor) {
        let person = scene.server.world.owner(name).await;
        let (tenant, user) = (self.actor().tenant(), person.user);
        scene
            .run(&format!(
                "insert into memberships (tenant_id, user_id, role) values ('{tenant}', '{user}', 'developer')"
            ))
            .await;
        let actor = members::actor(self.s(), user, self.actor().slug()).await;
        (person, actor.expect("a member"))
    }

    pub async fn detail(&self, id: ConnectionId) -> ConnectionDetail {
        let detail = connections::detail(self.s(), self.actor(), id).await;
        detail.expect("a connection")
    }

    /// The address of a page about connections.
    pub fn page(&self, path: &str) -> String {
        let (origin, slug) = (&self.s().public_url, self.actor().slug());
        format!("{origin}/t/{slug}/connections/{path}")
    }
}

fn wish(provider: &str, label: &str, sharing: Sharing) -> NewConnection {
    NewConnection {
        provider: provider.into(),
        label: label.into(),
        sharing,
        scopes: Vec::new(),
        answers: BTreeMap::new(),
        secrets: Vec::new(),
    }
}

/// What a client was told.
#[derive(Debug)]
pub struct Told {
    pub status: StatusCode,
    pub body: Value,
}

impl Told {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.expect("an answer");
        Self {
            status: answer.status(),
            body: answer.json().await.unwrap_or_default(),
        }
    }

    pub fn result(&self) -> &Value {
        &self.body["result"]
    }

    pub fn text(&self) -> &str {
        let text = self.result()["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("no text: {self:?}"))
    }

    /// What a tool gave that did what it should.
    pub fn good(&self) -> Value {
        let is_good = self.result()["isError"] != json!(true);
        assert!(is_good && self.status == StatusCode::OK, "{self:?}");
        serde_json::from_str(self.text()).expect("JSON")
    }

    /// The words of a tool that did not.
    pub fn failed(&self) -> &str {
        assert_eq!(self.result()["isError"], true, "{self:?}");
        let text = self.text();
        assert!(!text.contains(CANARY), "{text}");
        text
    }
}
