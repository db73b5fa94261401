//! A world: a database and the services over it.

use crate::{Database, Person};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    Db, Services, Set, billing::Stripe, connections::Apps, data_keys::KeyRing, oauth_server,
    operator::Operators, outbound::InnerHosts, places::Places, plans::Plans,
    sign_in_with::Providers, toolkits::Registry,
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

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
        let set = Set {
            toolkits,
            ..set(public_url)
        };
        let services = Services::start(db, set, &stop);
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
        self.with_key_ring(public_url, key_ring())
    }

    /// The same as another server with this master key, and these others.
    #[must_use]
    pub fn with_master_keys(&self, in_use: &[u8; 32], others: &[[u8; 32]]) -> Self {
        let ring = KeyRing::of_master_keys(in_use, others);
        self.with_key_ring("http://127.0.0.1:3000", ring)
    }

    /// The same as another server with these keys.
    #[must_use]
    pub fn with_key_ring(&self, public_url: &str, ring: KeyRing) -> Self {
        let db = Db::new(
            self.database.pool("bulkhead_runtime", 5),
            self.database.pool("bulkhead_system", 5),
        );
        let set = Set {
            ring,
            ..set(public_url)
        };
        self.started(db, set)
    }

    /// The same world as a server sees it on which people can sign in with these providers.
    #[must_use]
    pub fn with_providers(&self, public_url: &str, providers: Providers) -> Self {
        let set = Set {
            providers,
            ..set(public_url)
        };
        self.started(self.services.db.clone(), set)
    }

    /// The same world as a server sees it that knows these places.
    #[must_use]
    pub fn with_places(&self, public_url: &str, places: Places) -> Self {
        let set = Set {
            places,
            ..set(public_url)
        };
        self.started(self.services.db.clone(), set)
    }

    /// The same world as a server sees it whose tenants may reach these hosts, `127.0.0.1:4010` say.
    #[must_use]
    pub fn with_inner_hosts(&self, public_url: &str, hosts: &str) -> Self {
        let set = Set {
            inner_hosts: InnerHosts::parse(hosts).expect("hosts"),
            ..set(public_url)
        };
        self.started(self.services.db.clone(), set)
    }

    /// The same world as a server sees it that these addresses run, with commas between them.
    #[must_use]
    pub fn with_operators(&self, public_url: &str, addresses: &str) -> Self {
        let set = Set {
            operators: Operators::parse(addresses).expect("addresses"),
            ..set(public_url)
        };
        self.started(self.services.db.clone(), set)
    }

    /// The same world as a server sees it whose authorization server is set so.
    #[must_use]
    pub fn with_oauth(&self, public_url: &str, oauth: oauth_server::Settings) -> Self {
        let set = Set {
            oauth,
            ..set(public_url)
        };
        self.started(self.services.db.clone(), set)
    }

    /// The same world as a server sees it with this plan for whoever has chosen none.
    #[must_use]
    pub fn with_default_plan(&self, public_url: &str, plan: &str) -> Self {
        let plans = Plans::built_in().with_default(plan);
        let set = Set {
            plans: plans.expect("a plan of this build"),
            ..set(public_url)
        };
        self.started(self.services.db.clone(), set)
    }

    /// The same, and through this Stripe tenants pay.
    #[must_use]
    pub fn with_inner_hosts_and_stripe(
        &self,
        public_url: &str,
        hosts: &str,
        stripe: Stripe,
    ) -> Self {
        let set = Set {
            inner_hosts: InnerHosts::parse(hosts).expect("hosts"),
            billing: Some(stripe),
            ..set(public_url)
        };
        self.started(self.services.db.clone(), set)
    }

    /// The same world as a server sees it that bills through this Stripe.
    #[must_use]
    pub fn with_stripe(&self, public_url: &str, stripe: Stripe) -> Self {
        let set = Set {
            billing: Some(stripe),
            ..set(public_url)
        };
        self.started(self.services.db.clone(), set)
    }

    fn started(&self, db: Db, set: Set) -> Self {
        Self {
            services: Services::start(db, set, &self.stop),
            database: self.database.clone(),
            stop: self.stop.clone(),
        }
    }

    /// The token in the newest invitation to this address that has not been sent.
    pub async fn invitation_token(&self, email: &str) -> String {
        let letters = self.unsent_letters().await;
        let mut invitations = letters
            .iter()
            .rev()
            .filter(|letter| letter.contains(email) && letter.contains("invitations?token="));
        let letter = invitations.next().expect("an invitation");
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
pub const MASTER_KEY: [u8; 32] = [7; 32];

/// The same as a server is told it.
pub fn master_key_setting() -> String {
    STANDARD.encode(MASTER_KEY)
}

fn key_ring() -> KeyRing {
    KeyRing::of_master_keys(&MASTER_KEY, &[])
}

/// What servers in tests are told.
fn set(public_url: &str) -> Set {
    Set {
        public_url: public_url.into(),
        toolkits: Registry::built_in().expect("the built-in toolkits"),
        ring: key_ring(),
        providers: Providers::default(),
        places: Places::default(),
        operators: Operators::default(),
        connection_apps: Apps::default(),
        plans: Plans::built_in(),
        inner_hosts: InnerHosts::default(),
        oauth: oauth_server::Settings::default(),
        billing: None,
    }
}
