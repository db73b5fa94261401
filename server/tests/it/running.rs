//! A server of this process: the production router behind the production accept loop.

use domain::sessions::{Store, USER};
use domain::toolkits::Registry;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use server::config::{Config, PublicUrl, Site};
use server::{AppState, Lifecycle, build_router, serve};
use std::collections::HashMap;
use test_support::{Person, World};
use time::{Duration, OffsetDateTime};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_sessions::SessionStore as _;
use tower_sessions::session::{Id, Record};

/// A server and the world behind it.
pub struct Running {
    pub world: World,
    pub url: String,
    pub lifecycle: Lifecycle,
    pub client: Client,
    serving: JoinHandle<()>,
}

impl Running {
    /// A server with nobody in it.
    pub async fn start() -> Self {
        Self::with(Registry::built_in().expect("the built-in toolkits"), |_| {}).await
    }

    /// A server with other toolkits or settings.
    pub async fn with(toolkits: Registry, change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut config =
            Config::new(PublicUrl::of_address(listener.local_addr().expect("an address")));
        change(&mut config);
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let world = World::with(toolkits, &config.public_url.to_string(), 5).await;
        let lifecycle = Lifecycle::default();
        let options = Site::find(None).expect("the usual place").leptos_options();
        let state = AppState::new(world.services.clone(), options, lifecycle.clone(), config);
        let serving =
            tokio::spawn(serve(listener, build_router(state), lifecycle.stopping().clone()));
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { world, url, lifecycle, client, serving }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// A request that changes something, as one of our own pages would send it.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).header("origin", &self.url)
    }

    /// Signs a person in without the form. The value is for the header `cookie`.
    pub async fn session_of(&self, person: &Person) -> (Id, String) {
        let user = serde_json::to_value(person.user).expect("an id");
        let mut record = Record {
            id: Id::default(),
            data: HashMap::from([(USER.to_owned(), user)]),
            expiry_date: OffsetDateTime::now_utc() + Duration::days(1),
        };
        self.sessions().create(&mut record).await.expect("a session");
        (record.id, format!("bulkhead={}", record.id))
    }

    pub fn sessions(&self) -> Store {
        Store::new(self.world.services.db.clone())
    }

    /// Stops as the binary does, and waits for the end.
    pub async fn stop(self) {
        self.lifecycle.stop();
        self.serving.await.expect("an orderly end");
    }
}
