//! A world: a database and the services over it.

use crate::{Database, Person};
use domain::{Db, Services, sign_in_with::Providers, toolkits::Registry};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use vault::Sealer;

/// One test's database and services. Cloning shares them.
#[derive(Clone)]
pub struct World {
    /// The services, as the server builds them.
    pub services: Services,
    /// The database.
    pub database: Arc<Database>,
    stop: CancellationToken,
}

impl World {
    /// A world with nobody in it.
    pub async fn new() -> Self {
        Self::with(
            Registry::built_in().expect("the built-in toolkits"),
            "http://127.0.0.1:3000",
            5,
        )
        .await
    }

    /// A world with other toolkits, address or number of connections.
    pub async fn with(toolkits: Registry, public_url: &str, connections: u32) -> Self {
        Self::on(Database::create().await, toolkits, public_url, connections)
    }

    /// A world over a database that exists: that of a server in another process.
    pub fn on(database: Database, toolkits: Registry, public_url: &str, connections: u32) -> Self {
        let db = Db::new(
            database.pool("bulkhead_runtime", connections),
            database.pool("bulkhead_system", connections),
        );
        let stop = CancellationToken::new();
        let providers = Providers::default();
        let services = Services::start(db, public_url, toolkits, sealer(), providers, &stop);
        Self {
            services,
            database: Arc::new(database),
            stop,
        }
    }

    /// A second server on the same database: services that share nothing in memory.
    pub fn sibling(&self) -> Services {
        self.on_another_server("http://127.0.0.1:3000").services
    }

    /// The same world as another server sees it, which shares nothing in memory with this one.
    #[must_use]
    pub fn on_another_server(&self, public_url: &str) -> Self {
        let db = Db::new(
            self.database.pool("bulkhead_runtime", 5),
            self.database.pool("bulkhead_system", 5),
        );
        let toolkits = Registry::built_in().expect("the built-in toolkits");
        Self {
            services: self.started(db, public_url, toolkits, Providers::default()),
            database: self.database.clone(),
            stop: self.stop.clone(),
        }
    }

    /// The same world as a server sees it on which people can sign in with these providers.
    #[must_use]
    pub fn with_providers(&self, public_url: &str, providers: Providers) -> Self {
        let db = self.services.db.clone();
        let toolkits = Registry::built_in().expect("the built-in toolkits");
        Self {
            services: self.started(db, public_url, toolkits, providers),
            database: self.database.clone(),
            stop: self.stop.clone(),
        }
    }

    fn started(
        &self,
        db: Db,
        public_url: &str,
        toolkits: Registry,
        providers: Providers,
    ) -> Services {
        Services::start(db, public_url, toolkits, sealer(), providers, &self.stop)
    }

    /// The token in the newest invitation to this address that has not been sent.
    pub async fn invitation_token(&self, email: &str) -> String {
        let letter: String = sqlx::query_scalar(
            "select payload from outbox where position($1 in payload) > 0
             and position('invitations?token=' in payload) > 0 order by created_at desc limit 1",
        )
        .bind(email)
        .fetch_one(&self.database.pool("postgres", 1))
        .await
        .expect("an invitation");
        let (_, rest) = letter.split_once("?token=").expect("a link");
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
        rest[..end.unwrap_or(rest.len())].to_owned()
    }

    /// A person of this name who owns a tenant of their own.
    pub async fn owner(&self, name: &str) -> Person {
        Person::sign_up(self, name).await
    }
}

/// The master key of every server in tests.
fn sealer() -> Sealer {
    Sealer::with_key(&[7; 32])
}
