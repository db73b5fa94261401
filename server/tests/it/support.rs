//! A server of one test: the production router over a world, on a port of its own.

use api_types::{McpClientId, OauthSecretId, oauth::ClientAuth};
use domain::oauth_server;
use domain::places::Places;
use domain::sign_in_with::{Provider, Providers};
use domain::toolkits::Registry;
use leptos::server_fn::axum::server_fn_paths;
use reqwest::{Client, RequestBuilder, Response, header, redirect::Policy};
use serde_json::{Value, json};
use server::{
    AppState, Front, Lifecycle,
    config::{Config, PublicUrl, Site},
    serve,
};
use sqlx::PgPool;
use std::net::SocketAddr;
use test_support::{PASSWORD, Person, World};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The newest revision of the protocol.
pub const MODERN: &str = "2026-07-28";

/// How many; `make soak` has more of them.
pub fn short_or_soak<N>(few: N, soak: N) -> N {
    if std::env::var_os("BULKHEAD_SOAK").is_some() {
        soak
    } else {
        few
    }
}

/// A running server.
pub struct TestServer {
    pub world: World,
    pub base: String,
    pub lifecycle: Lifecycle,
    serving: Option<JoinHandle<()>>,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server with other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut config = Config::new(PublicUrl::of_address(address));
        change(&mut config);
        let registry = Registry::built_in().expect("the built-in toolkits");
        let world = World::with(registry, &config.public_url.to_string(), 5).await;
        Self::serving(world, listener, address, config)
    }

    /// A server on which people can sign in with these providers.
    pub async fn with_providers(list: Vec<Provider>) -> Self {
        Self::knowing(Providers::new(list).expect("providers")).await
    }

    /// The same, with tenants' providers on loopback and a name server of the test's.
    pub async fn with_sso(list: Vec<Provider>, dns: SocketAddr) -> Self {
        let providers = Providers::new(list).expect("providers");
        Self::knowing(providers.reaching(true, Some(dns))).await
    }

    /// The same world on a server that knows these places and takes a proxy's word for who comes from where.
    pub async fn with_places(world: &World, places: Places) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut config = Config::new(PublicUrl::of_address(address));
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        let world = world.with_places(&config.public_url.to_string(), places);
        Self::serving(world, listener, address, config)
    }

    /// A server whose authorization server is set so.
    pub async fn with_oauth(change: impl FnOnce(&mut oauth_server::Settings)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let config = Config::new(PublicUrl::of_address(address));
        let url = config.public_url.to_string();
        let registry = Registry::built_in().expect("the built-in toolkits");
        let mut settings = oauth_server::Settings::default();
        change(&mut settings);
        let world = World::with(registry, &url, 5).await;
        Self::serving(world.with_oauth(&url, settings), listener, address, config)
    }

    async fn knowing(providers: Providers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let config = Config::new(PublicUrl::of_address(address));
        let url = config.public_url.to_string();
        let registry = Registry::built_in().expect("the built-in toolkits");
        let world = World::with(registry, &url, 5).await;
        Self::serving(
            world.with_providers(&url, providers),
            listener,
            address,
            config,
        )
    }

    /// Another server over a world.
    pub fn over(world: World, listener: TcpListener, address: SocketAddr) -> Self {
        Self::serving(
            world,
            listener,
            address,
            Config::new(PublicUrl::of_address(address)),
        )
    }

    fn serving(world: World, listener: TcpListener, address: SocketAddr, config: Config) -> Self {
        let lifecycle = Lifecycle::default();
        let options = Site::find(None).expect("a site").leptos_options();
        let state = AppState::new(world.services.clone(), options, lifecycle.clone(), config);
        let stopping = lifecycle.stopping().clone();
        let serving = Some(tokio::spawn(serve(listener, Front::new(&state), stopping)));
        Self {
            world,
            base: format!("http://{address}"),
            lifecycle,
            serving,
        }
    }

    /// Stops as the binary does, and waits for the end.
    pub async fn stopped(mut self) {
        self.lifecycle.stop();
        if let Some(serving) = self.serving.take() {
            serving.await.expect("an orderly end");
        }
    }

    /// A browser that follows no redirect and keeps cookies.
    pub fn browser(&self) -> Browser {
        let client = Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .build()
            .expect("a client");
        Browser {
            client,
            base: self.base.clone(),
        }
    }

    /// A browser in which this person is signed in.
    pub async fn browser_of(&self, person: &Person) -> Browser {
        let browser = self.browser();
        let form = [("email", person.email.as_str()), ("password", PASSWORD)];
        let answer = browser
            .post("/api/sign_in")
            .form(&form)
            .send()
            .await
            .expect("an answer");
        assert!(
            answer.status().is_success() || answer.status().is_redirection(),
            "{answer:?}"
        );
        browser
    }

    /// Calls a method of the newest revision at `/mcp`.
    pub async fn mcp(&self, key: &str, method: &str, params: Value) -> Response {
        self.mcp_at("/mcp", key, method, params).await
    }

    /// The same at a path of choice.
    pub async fn mcp_at(&self, path: &str, key: &str, method: &str, params: Value) -> Response {
        modern(
            &Client::new(),
            &format!("{}{path}", self.base),
            key,
            method,
            params,
        )
        .send()
        .await
        .expect("an answer")
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

/// A browser.
pub struct Browser {
    pub client: Client,
    pub base: String,
}

impl Browser {
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client
            .get(format!("{}{path}", self.base))
            .header(header::ACCEPT, "text/html")
    }

    /// A form of the page at `page`, posted without JavaScript.
    pub fn post_plainly(&self, path: &str, page: &str) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.base))
            .header(header::ORIGIN, &self.base)
            .header(header::REFERER, format!("{}{page}", self.base))
            .header(header::ACCEPT, "text/html")
    }

    /// A call of a server function as the hydrated page makes it.
    pub fn calling(&self, name: &str, arguments: &Value) -> RequestBuilder {
        let request = self.post(&format!("/api/{name}"));
        if name == "list_tasks" {
            request.json(arguments)
        } else {
            request.form(arguments)
        }
    }

    /// A mutation from one of our own pages, made by a script.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.base))
            .header(header::ORIGIN, &self.base)
            .header(header::ACCEPT, "application/json")
    }
}

/// A request of the newest revision. What `_meta` of `params` says besides is kept.
pub fn modern(
    client: &Client,
    url: &str,
    key: &str,
    method: &str,
    mut params: Value,
) -> RequestBuilder {
    let mut meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1" },
    });
    if let (Some(all), Some(more)) = (meta.as_object_mut(), params["_meta"].as_object()) {
        all.extend(more.clone());
    }
    params["_meta"] = meta;
    let name = params["name"]
        .as_str()
        .or(params["uri"].as_str())
        .map(str::to_owned);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let mut request = client
        .post(url)
        .bearer_auth(key)
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", MODERN)
        .header("mcp-method", method)
        .json(&body);
    if let Some(name) = name {
        request = request.header("mcp-name", name);
    }
    request
}

/// A request of a revision with a handshake.
pub fn legacy(
    client: &Client,
    url: &str,
    key: &str,
    method: &str,
    params: &Value,
) -> RequestBuilder {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    client
        .post(url)
        .bearer_auth(key)
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .json(&body)
}

/// The names of all functions that a browser can call: each is at `/api/{name}`.
pub fn functions() -> impl Iterator<Item = &'static str> {
    server_fn_paths().map(|(path, _)| path.strip_prefix("/api/").expect("a name below /api"))
}

/// Lets a client of a person's tenant log in, with a secret. Answers the secret's id.
pub async fn log_in_with_secret(person: &Person, client: McpClientId) -> OauthSecretId {
    let s = &person.world.services;
    let new = oauth_server::NewLogIn {
        auth: ClientAuth::Secret,
        redirect_uris: vec!["https://app.example/callback".into()],
        jwks: None,
        scopes: Vec::new(),
    };
    oauth_server::set_log_in(s, &person.actor, client, new)
        .await
        .expect("a log-in");
    let log_in = oauth_server::log_in(s, &person.actor, client).await;
    log_in.expect("the client").expect("its log-in").secrets[0].id
}

/// A digest of all that acts may change: every table of the control plane and of accounts, which sessions there are, and
/// which letters wait. Half sign-ins, requests of apps that nobody has answered, and guesses are no acts.
pub async fn everything(pool: &PgPool) -> String {
    sqlx::query_scalar(
        "select md5(concat(
            (select string_agg(t::text, ',' order by t::text) from users t),
            (select string_agg(t::text, ',' order by t::text) from tenants t),
            (select string_agg(t::text, ',' order by t::text) from memberships t),
            (select string_agg(t::text, ',' order by t::text) from roles t),
            (select string_agg(t::text, ',' order by t::text) from invitations t),
            (select string_agg(t::text, ',' order by t::text) from support_consents t),
            (select string_agg(t::text, ',' order by t::text) from operator_log t),
            (select string_agg(t::text, ',' order by t::text) from tenant_slugs t),
            (select string_agg(t::text, ',' order by t::text) from tenant_toolkits t),
            (select string_agg(t::text, ',' order by t::text) from identities t),
            (select string_agg(t::text, ',' order by t::text) from tenant_domains t),
            (select string_agg(t::text, ',' order by t::text) from tenant_sso t),
            (select string_agg(t::text, ',' order by t::text) from sso_group_roles t),
            (select string_agg(t::text, ',' order by t::text) from mcp_clients t),
            (select string_agg(t::text, ',' order by t::text) from api_keys t),
            (select string_agg(t::text, ',' order by t::text) from oauth_apps t),
            (select string_agg(t::text, ',' order by t::text) from oauth_clients t),
            (select string_agg(t::text, ',' order by t::text) from oauth_client_secrets t),
            (select string_agg(t::text, ',' order by t::text) from oauth_grants t),
            (select string_agg(t::text, ',' order by t::text) from oauth_consents t),
            (select string_agg(t::text, ',' order by t::text) from oauth_codes t),
            (select string_agg(t::text, ',' order by t::text) from oauth_refresh_tokens t),
            (select string_agg(t::text, ',' order by t::text) from connections t),
            (select string_agg(t::text, ',' order by t::text) from webhook_endpoints t),
            (select string_agg(t::text, ',' order by t::text) from webhook_deliveries t),
            (select string_agg(t::text, ',' order by t::text) from connection_apps t),
            (select string_agg(t::text, ',' order by t::text) from own_providers t),
            (select string_agg(t::text, ',' order by t::text) from apis t),
            (select string_agg(t::text, ',' order by t::text) from webhook_endpoints t),
            (select string_agg(t::text, ',' order by t::text) from webhook_deliveries t),
            (select string_agg(t::text, ',' order by t::text) from one_time_links t),
            (select string_agg(t::text, ',' order by t::text) from second_factors t),
            (select string_agg(t::text, ',' order by t::text) from recovery_codes t),
            (select string_agg(t::text, ',' order by t::text) from passkeys t),
            (select string_agg(t.session_id::text, ',' order by t.session_id)
                from sessions t where not t.pending),
            (select string_agg(t.job_id::text, ',' order by t.job_id) from outbox t),
            (select string_agg(t::text, ',' order by t::text) from audit_heads t)))",
    )
    .fetch_one(pool)
    .await
    .expect("a digest")
}
